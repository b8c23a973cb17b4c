"""A simulation as people start it: a run that a worker takes, over stored calculations, to its report."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from django.db import connection

from benchmarks import Result, peak_of, times
from claims.models import Adjudication
from core.models import Run, RunState, User
from core.tasks import enqueue
from desk import simulation
from desk.simulation import report
from schemes.versions import document_of
from tests.support import stock
from tests.support.processes import children
from tests.support.workers import Worker, until

ON = stock.ON
MOST_SECONDS = 120
PART = 10


def measure(size: int) -> list[Result]:
    """Bills per second from the click to the report; time and memory of ten times the bills."""
    place = stock.place()
    less, few = _simulated(place, size // PART)
    took, many = _simulated(place, size)
    return [
        Result("population simulated", size / took, "bills/s", reach=1_000_000 / MOST_SECONDS),
        times("population simulated, ten times the bills, time", took, less, most=11),
        times("population simulated, ten times the bills, memory", many, few, most=1.2, unit="MB"),
    ]


def _simulated(place: stock.Stock, size: int) -> tuple[float, float]:
    """Seconds from the start of the run to its end, and the worker's greatest memory in MB."""
    stock.grow(place, size, tidy="VACUUM ANALYZE")
    text = document_of(place.period).version.document.replace("30%", "40%")
    with tempfile.TemporaryDirectory() as folder:
        worker = Worker(dict(os.environ), Path(folder) / "worker.log")
        worker.start()
        try:
            began = time.perf_counter()
            run = simulation.start(period=place.period, text=text, by=place.by, on=ON)
            enqueue(run)
            until(lambda: _over(run), seconds=3_600, what="the simulation")
            took = time.perf_counter() - began
            assert worker.process is not None
            most = max(peak_of(pid) for pid in children(worker.process.pid))
        finally:
            worker.stop()
    _check(Run.objects.get(pk=run.pk), size, place.by)
    return took, most


def _over(run: Run) -> bool:
    connection.close_if_unusable_or_obsolete()
    return Run.objects.get(pk=run.pk).is_over


def _check(run: Run, size: int, by: User) -> None:
    """The report is whole, and what it says of the document in force is what stands in the tables."""
    assert run.state == RunState.DONE, (run.state, run.error)
    total = report.total(run)
    assert total.claims == size and total.winners > 0 and len(report.changes(run)) == 50
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(amount) FROM claims_claim")
        assert total.old == cursor.fetchone()[0]
    assert run.started_by == by and Adjudication.objects.count() == size
