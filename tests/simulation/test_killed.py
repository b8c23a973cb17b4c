"""A process killed (-9) while accounts are looked at and recalculated: taken up again, the same rows once."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

import claims.proof
from claims.models import Adjudication, Claim, Recovery
from config.engines.places import BASE_DIR
from core import runs
from core.models import Run, RunIssue, RunState, User
from desk import recalculation
from schemes import adoption
from tests.support.claims import Region, build_region, enroll, file_claim, person
from tests.support.worked import worked

ON = date(2022, 6, 1)
PEOPLE = 30
KILLED_IN = 6
# A process that works one run in chunks of four accounts and dies in the sixth: what that chunk has written
# is not committed yet.
WORK = f"""
import django, os, signal, sys
django.setup()
from core import runs
from desk import recalculation
recalculation.ACCOUNTS = recalculation.LOCKED = 4
run = runs.Run.objects.get(pk=int(sys.argv[1]))
step, chunks = runs.JOBS[run.job], []
def dying(run):
    over = step(run)
    chunks.append(run.done)
    if len(chunks) == {KILLED_IN}:
        os.kill(os.getpid(), signal.SIGKILL)
    return over
runs.JOBS[run.job] = dying
runs.work(run.pk)
"""


def killed_halfway(env: dict[str, str], run: Run) -> Run:
    """Let a process of its own work the run until it is killed without warning."""
    process = subprocess.run(
        [sys.executable, "-c", WORK, str(run.pk)], cwd=BASE_DIR, env=env, capture_output=True, check=False
    )
    assert process.returncode == -signal.SIGKILL, process.stderr.decode()
    halfway = Run.objects.get(pk=run.pk)
    assert (halfway.state, halfway.done) == (RunState.RUNNING, 4 * (KILLED_IN - 1))
    return halfway


def taken_up(run: Run) -> Run:
    """The lease has lapsed; another worker takes the run to its end."""
    return runs.work(run.pk, now=timezone.now() + timedelta(minutes=10))


def lower(region: Region, one: User, two: User) -> Any:
    """A version in force that pays 20% where 30% were paid."""
    now = region.period.version
    text = now.document.replace('pays = "30%"', 'pays = "20%"').replace("部分补30%", "部分补20%")
    draft = adoption.draft(
        scheme="yunnan-mutual-aid", text=text, cases=worked(text, now.cases), by=one, on=ON
    )
    version, found = adoption.record_check(version=draft, by=one, on=ON)
    assert found.clean
    return adoption.adopt(version=adoption.propose_adoption(version=version, by=one, on=ON), by=two, on=ON)


def said(run: Run) -> list[tuple[Any, ...]]:
    rows = RunIssue.objects.filter(run=run).order_by("row", "id")
    return [(row.row, row.code, sorted(row.facts.items())) for row in rows]


def test_a_killed_preview_and_a_killed_recalculation_end_with_the_rows_of_an_undisturbed_one(committed):
    region = build_region()
    one, two = (person(name, region.center, "policy") for name in ("one", "two"))
    for _each in range(PEOPLE):
        file_claim(region, enroll(region), "5000.00")
    version = lower(region, one, two)
    undisturbed = runs.work(recalculation.preview(version=version, by=one, on=ON).pk)
    runs.free_key(undisturbed)

    preview = recalculation.preview(version=version, by=one, on=ON)
    assert preview.pk != undisturbed.pk
    halfway = killed_halfway(committed.env(), preview)
    assert len(said(preview)) == halfway.done, "rows and cursor were committed together"
    preview = taken_up(preview)
    assert (preview.state, preview.report) == (RunState.DONE, undisturbed.report)
    assert said(preview) == said(undisturbed)

    before = Adjudication.objects.count()
    run = recalculation.apply(run=preview, by=two, on=ON)
    halfway = killed_halfway(committed.env(), run)
    assert Adjudication.objects.count() == before + halfway.applied
    run = taken_up(run)
    assert (run.state, run.applied, run.report["left"]) == (RunState.DONE, PEOPLE, 0)
    assert Adjudication.objects.count() == before + PEOPLE, "each account once"
    assert set(Claim.objects.values_list("amount", flat=True)) == {Decimal("840.00")}
    assert claims.proof.prove() == []


def test_recoveries_of_a_killed_recalculation_are_noted_once(committed):
    region = build_region()
    one, two = (person(name, region.center, "policy") for name in ("one", "two"))
    for _each in range(PEOPLE):
        file_claim(region, enroll(region), "5000.00")
    all_paid(region)
    version = lower(region, one, two)
    preview = runs.work(recalculation.preview(version=version, by=one, on=ON).pk)
    run = recalculation.apply(run=preview, by=two, on=ON)
    halfway = killed_halfway(committed.env(), run)
    assert Recovery.objects.count() == halfway.applied
    run = taken_up(run)
    assert (run.applied, run.report["negative"], run.report["recoveries"]) == (PEOPLE, PEOPLE, PEOPLE)
    assert set(Recovery.objects.values_list("amount", "state")) == {(Decimal("420.00"), "waiting")}
    assert Recovery.objects.values("claim").distinct().count() == PEOPLE
    assert claims.proof.prove() == []


def all_paid(region: Region) -> None:
    """Every claim approved, and paid by the bank."""
    from claims import bank, bulk_review, payment
    from tests.support.claims import answer, open_with_money

    open_with_money(region)
    bulk_review.work_off(by=region.clerk, on=ON)
    batch = payment.build(period=region.period, by=region.cashier, on=ON)
    payment.release(batch=batch, by=region.accountant, on=ON)
    bank.bank_file(batch=batch, by=region.cashier, on=ON)
    content = answer(*((each, "成功", "") for each in batch.payments.order_by("pk")))
    bank.import_result(batch=batch, content=content, name="result.csv", by=region.cashier, on=ON)
