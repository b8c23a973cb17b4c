"""Long jobs over few rows and over ten times as many; a workbook's memory; two workers beside one."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks import Result, begin_peak, peak_of, roster_import, times
from claims import filing_jobs
from claims.models import Claim
from core import runs, sheets
from core.models import Run, RunState
from core.roles import system_user
from core.tasks import enqueue
from enrollment import roster_import as rosters
from schemes.models import Period
from tests.support import stock
from tests.support.workers import Worker, until

ON = date(2022, 6, 1)
LIMIT = 300
LEAST_ROWS = 20_000  # of an import by a worker: below, a worker's start is what is measured


def measure(size: int) -> list[Result]:
    """Claims first: the stock of slips names its own numbers in empty tables."""
    claims = _claims(size // 1000 // stock.STEP * stock.STEP)
    period = roster_import.place()
    with tempfile.TemporaryDirectory() as folder:
        memory = _workbook(period, Path(folder) / "roster.xlsx", size // 10)
        one, two = _workers(period, Path(folder), max(size // 5, LEAST_ROWS))
    return [
        Result("roster import from XLSX, memory", memory, "MB", f"limit of {LIMIT} MB", LIMIT / memory, 1),
        *claims,
        Result("two imports, two workers", one / two, "times", "one worker", one / two, 1.4),
    ]


def _workbook(period: Period, file: Path, size: int) -> float:
    """The process's greatest memory while it reads a workbook of so many rows (MB)."""
    header, unit = roster_import.HEADER, roster_import.MORE[0]
    with open(file, "wb") as out:
        sheets.write_xlsx(out, header, roster_import.people(size, 31))
    begin_peak()
    begun = rosters.start(
        file=file, name=file.name, period=period, unit_code=unit, by=system_user("bench"), on=roster_import.ON
    )
    run = runs.work(begun.run.pk)
    assert (run.state, run.applied) == (RunState.DONE, size), (run.state, run.error, run.applied)
    return peak_of()


def _claims(few: int) -> list[Result]:
    """Filing and calculating the slips that wait: so many, then ten times as many more."""
    place = stock.place()
    begin_peak()
    part = _filed(place, few, few)
    least = peak_of()
    begin_peak()
    took = _filed(place, few * 11, few * 10)
    name = "claims filed and calculated by jobs, ten times the rows"
    return [
        times(f"{name}, time", took, part, most=11),
        times(f"{name}, memory", peak_of(), least, most=1.2, unit="MB"),
    ]


def _filed(place: stock.Stock, slips: int, fresh: int) -> float:
    stock.slips(place, slips)
    began = time.perf_counter()
    for begin in (filing_jobs.begin_filing, filing_jobs.begin_adjudication):
        run = runs.work(begin(period=place.period, by=place.by, on=ON).pk)
        assert run.state == RunState.DONE and run.applied == fresh, (run.state, run.error, run.applied)
    took = time.perf_counter() - began
    assert Claim.objects.count() == slips
    return took


def _workers(period: Period, folder: Path, size: int) -> tuple[float, float]:
    """Seconds for two files by one worker, and for two like them by two: a run has one lease."""
    first, second = roster_import.CODE, roster_import.PART
    third, fourth = roster_import.MORE[1:3]
    with _at_work(folder, 1):
        one = _both(period, folder, {first: 41, second: 42}, size)
    with _at_work(folder, 2):
        two = _both(period, folder, {third: 43, fourth: 44}, size)
    return one, two


@contextmanager
def _at_work(folder: Path, count: int) -> Iterator[None]:
    workers = [Worker(dict(os.environ), folder / f"worker{n}.log") for n in range(count)]
    try:
        for worker in workers:
            worker.start()
        yield
    finally:
        for worker in workers:
            worker.stop()


def _both(period: Period, folder: Path, seeds: dict[str, int], size: int) -> float:
    files = {unit: roster_import.written(folder / f"{unit}.csv", size, unit=unit, seed=seed)
             for unit, seed in seeds.items()}  # fmt: skip
    by = system_user("bench")
    begun = [
        rosters.start(file=file, name=file.name, period=period, by=by, on=roster_import.ON).run
        for file in files.values()
    ]
    began = time.perf_counter()
    for run in begun:
        enqueue(run)
    until(lambda: all(_over(run) for run in begun), seconds=3_600, what="both imports")
    took = time.perf_counter() - began
    ended = Run.objects.filter(pk__in=[run.pk for run in begun])
    assert {(run.state, run.applied) for run in ended} == {(RunState.DONE, size)}
    return took


def _over(run: Run) -> bool:
    return Run.objects.get(pk=run.pk).is_over
