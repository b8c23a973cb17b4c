"""A simulation killed (-9) on its way is taken up where it stood and says the same to the fen."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from config.engines.places import BASE_DIR
from core import runs
from core.models import Run, RunState
from desk import simulation
from desk.simulation import report
from tests.support import stock

CLAIMS, PEOPLE = 800, 60
CHUNKS = -(-CLAIMS * 5 // 8 // PEOPLE)
# A process of its own that dies without warning: in the middle of a chunk, whose sums are not committed yet,
# or between the last member and the report.
WORK = f"""
import django, os, signal, sys
django.setup()
from core import runs
from desk.simulation import comparison, running
comparison.PEOPLE = {PEOPLE}
run_id, dies_in = int(sys.argv[1]), int(sys.argv[2])
step, chunks = runs.JOBS[running.JOB], []
def dying(run):
    over = step(run)
    chunks.append(run.done)
    if len(chunks) == dies_in:
        os.kill(os.getpid(), signal.SIGKILL)
    return over
runs.JOBS[running.JOB] = dying
runs.work(run_id)
"""


def killed(env: dict[str, str], run: Run, dies_in: int) -> Run:
    command = [sys.executable, "-c", WORK, str(run.pk), str(dies_in)]
    process = subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, check=False)
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    return Run.objects.get(pk=run.pk)


@pytest.mark.parametrize("dies_in", [4, CHUNKS + 1])
def test_a_killed_simulation_ends_with_the_report_of_an_undisturbed_one(committed, dies_in):
    place = stock.place()
    stock.grow(place, CLAIMS)
    text = place.period.version.document.replace('pays = "30%"', 'pays = "40%"')
    text = text.replace("至10000元的部分补30%", "至10000元的部分补40%")
    options = {"period": place.period, "text": text, "by": place.by, "on": stock.ON}
    undisturbed = runs.work(simulation.start(**options).pk)
    assert undisturbed.state == RunState.DONE and report.total(undisturbed).claims == CLAIMS
    runs.free_key(undisturbed)

    run = simulation.start(**options)
    assert run.pk != undisturbed.pk
    halfway = killed(committed.env(), run, dies_in)
    assert (halfway.state, halfway.done) == (RunState.RUNNING, min((dies_in - 1) * PEOPLE, CLAIMS * 5 // 8))
    again = runs.work(run.pk, now=timezone.now() + timedelta(minutes=10))
    assert (again.state, again.done, again.applied) == (RunState.DONE, CLAIMS * 5 // 8, CLAIMS * 5 // 8)
    assert again.report == undisturbed.report
