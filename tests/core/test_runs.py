"""A run can die anywhere, is resumed behind its last chunk, and has one effect."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from core import runs
from core.errors import Refused
from core.models import Office, Run, RunState
from core.roles import system_user

ON = date(2022, 1, 10)
pytestmark = pytest.mark.django_db


@pytest.fixture
def start():
    def start(step, key="job:1"):
        runs.JOBS["counting"] = step
        return runs.start(job="counting", key=key, by=system_user("test"), on=ON)

    yield start
    runs.JOBS.pop("counting", None)


def add_office(run):
    """One chunk: an office, and the cursor behind it."""
    at = run.cursor.get("at", 0)
    Office.objects.create(
        code=f"c{at}", name=f"office {at}", kind="office", parent=Office.objects.get(code="00")
    )
    run.cursor, run.done, run.total = {"at": at + 1}, at + 1, 3
    return at + 1 == 3


@pytest.fixture
def center():
    return Office.objects.create(code="00", name="centre", kind="center")


def test_chunk_after_chunk_to_the_end(start, center):
    run = runs.work(start(add_office).pk)
    assert (run.state, run.done, run.percent) == (RunState.DONE, 3, 100)
    assert Office.objects.count() == 4


def test_the_same_key_is_the_same_run(start, center):
    assert start(add_office).pk == start(add_office).pk


def test_a_run_that_dies_goes_on_behind_its_last_chunk(start, center):
    def dies_in_the_second(run):
        finished = add_office(run)
        if run.cursor["at"] == 2:
            raise MemoryError
        return finished

    run = start(dies_in_the_second)
    with pytest.raises(MemoryError):
        runs.work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.error, run.done) == (RunState.FAILED, "MemoryError", 1)
    assert Office.objects.count() == 2, "the second chunk left nothing behind"


def test_a_lapsed_lease_is_taken_up_and_a_held_one_is_not(start, center):
    run = start(add_office)
    Run.objects.filter(pk=run.pk).update(
        state="running", lease_token="dead", lease_until=timezone.now() + timedelta(seconds=60)
    )
    assert runs.waiting() == []
    assert runs.work(run.pk).state == RunState.RUNNING
    later = timezone.now() + timedelta(seconds=61)
    assert runs.waiting(now=later) == [run.pk]
    assert runs.work(run.pk, now=later).state == RunState.DONE


def test_a_finished_run_that_is_delivered_again_does_nothing(start, center):
    run = start(add_office)
    runs.work(run.pk)
    assert runs.work(run.pk).done == 3
    assert Office.objects.count() == 4


def test_a_refusal_ends_the_run_with_its_sentence(start):
    def refuses(run):
        raise Refused(code="unit_unknown", sentence="no such unit: %(code_)s", code_="X")

    run = runs.work(start(refuses).pk)
    assert (run.state, run.error) == (RunState.REFUSED, "no such unit: X")
    assert runs.report(run)["issues"][0]["code"] == "unit_unknown"


def test_a_run_that_never_finishes_a_chunk_ends_as_failed(start):
    run = start(add_office)
    Run.objects.filter(pk=run.pk).update(attempts=runs.MAX_ATTEMPTS)
    assert runs.work(run.pk).state == RunState.FAILED
