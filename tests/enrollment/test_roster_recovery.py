"""Nothing lost, nothing twice: a killed worker, two imports that share people, a freeze in between."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from core import runs
from core.models import Run, RunState
from core.roles import system_user
from core.tasks import enqueue
from enrollment import roster_import
from enrollment.models import Affiliation, Enrollment, Member, SeenRow
from tests.support.rosters import HOSPITAL, ON, SCHOOL, build_province, codes, person, read_roster, roster_csv
from tests.support.workers import until


def people(first: int, last: int) -> list[dict[str, str]]:
    return [person(n) for n in range(first, last)]


def begin(period, file, **options):
    by = system_user("test")
    return roster_import.start(file=file, name="roster.csv", period=period, by=by, on=ON, **options)


def test_a_worker_killed_in_the_middle_loses_no_row_and_doubles_none(committed, worker):
    period = build_province()
    rows = [*people(1, 45_000), person(7), person(44_999), person(45_001, 交费金额="1")]
    run = begin(period, roster_csv(rows)).run
    enqueue(run)
    until(lambda: Run.objects.get(pk=run.pk).done > 0, what="the first chunk")
    worker.kill()
    halfway = Run.objects.get(pk=run.pk)
    assert halfway.state == RunState.RUNNING and halfway.done < len(rows)
    assert Enrollment.objects.count() == halfway.applied, "rows and cursor were committed together"
    later = timezone.now() + timedelta(minutes=10)
    # The killed worker's server process may still hold the row for a moment; the sweep would come again, too.
    until(lambda: runs.work(run.pk, now=later).is_over, what="the run to be taken up and finished")
    finished = Run.objects.get(pk=run.pk)
    assert (finished.state, finished.applied, finished.done) == (RunState.DONE, 44_999, 45_002)
    assert codes(runs.report(finished)) == [
        (45_003, "error", "duplicate_in_file"),
        (45_004, "error", "duplicate_in_file"),
        (45_005, "error", "fee_mismatch"),
    ]
    counts = {model.objects.count() for model in (Member, Enrollment, Affiliation)}
    histories = {model.history.count() for model in (Member, Enrollment)}
    assert counts == histories == {44_999} and not SeenRow.objects.exists()


def test_two_units_that_share_people_each_get_some_and_nobody_is_lost(committed):
    period = build_province()
    shared = people(1, 400)
    first = begin(period, roster_csv([*shared, person(900)])).run
    second = begin(period, roster_csv([person(901), *reversed(shared)], unit=SCHOOL)).run
    ended = committed.together(lambda: runs.work(first.pk), lambda: runs.work(second.pk))
    assert [run.state for run in ended] == [RunState.DONE, RunState.DONE]
    assert Enrollment.objects.count() == Member.objects.count() == 401
    reports = [runs.report(run) for run in ended]
    refused = [
        issue for report in reports for issue in report["issues"] if issue["code"] == "already_enrolled"
    ]
    assert len(refused) == 399 and sum(report["applied"] for report in reports) == 401
    assert Enrollment.objects.filter(unit__code=HOSPITAL).count() == reports[0]["applied"]
    assert Affiliation.objects.count() == 401


def test_two_files_of_one_unit_take_turns(committed):
    period = build_province()
    files = [begin(period, roster_csv(people(first, first + 300))).run for first in (1, 151)]
    ended = committed.together(*(lambda run=run: runs.work(run.pk) for run in files))
    assert [run.state for run in ended] == [RunState.DONE, RunState.DONE]
    assert Enrollment.objects.count() == 450
    assert sum(run.report["unchanged"] for run in ended) == 150


def test_the_same_file_begun_twice_at_once_is_one_run(committed):
    period = build_province()
    file = roster_csv(people(1, 50))
    begun = committed.together(lambda: begin(period, file), lambda: begin(period, file))
    assert len({one.run.pk for one in begun}) == 1
    ended = committed.together(*(lambda one=one: runs.work(one.run.pk) for one in begun))
    assert {run.pk for run in ended} == {begun[0].run.pk} and Enrollment.objects.count() == 49


def test_the_command_answers_in_json_and_with_its_exit_code(committed, tmp_path):
    build_province()
    file = tmp_path / "roster.csv"
    file.write_bytes(roster_csv([person(1), person(2, 姓名="")]))
    done = committed.manage("import_roster", file, "--period", "18", "--on", "2022-01-10", "--report", "json")
    assert done.returncode == 0, done.stderr
    assert '"rows": 2, "applied": 1' in done.stdout and '"code": "name_missing"' in done.stdout
    late = committed.manage("import_roster", file, "--period", "18", "--on", "2022-03-10", "--report", "json")
    assert late.returncode == 1 and "window_closed" in late.stdout


@pytest.mark.django_db
def test_an_import_asks_a_fixed_number_of_questions_per_chunk(period, django_assert_max_num_queries):
    read_roster(roster_csv([person(1)]), period=period)
    run = begin(period, roster_csv(people(2, 300))).run
    with django_assert_max_num_queries(45):
        runs.work(run.pk)
    assert connection.vendor == "postgresql" and Enrollment.objects.count() == 299
