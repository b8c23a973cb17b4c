"""A worker killed in the middle of a settlement file: no slip lost, none twice, everything still said."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from claims import filing_jobs, proof, settlements
from claims.models import Bill, Claim, Hospital
from core import runs
from core.models import Run, RunState
from core.roles import system_user
from core.tasks import enqueue
from enrollment.models import Member
from tests.support.claims import MAY, build_region, enroll
from tests.support.rosters import codes
from tests.support.workers import until

SLIPS = 16_000
HEADER = (
    "结算单号,票据代码,票据号码,姓名,身份证号,医院名称,入院日期,出院日期,"
    "总费用,全自费,统筹支付,个人账户支付,现金支付"
)


def line(place: int, member: Member, *, total: str = "6000", number: int = 0) -> str:
    who = f"{member.name},{member.id_number},示例医院{place % 7}"
    return f"S{number or place},5301,R{place},{who},2022-04-01,2022-04-20,{total},0,1000,0,5000"


def bureau_file(people: list[Member]) -> bytes:
    lines = [line(place, people[place % len(people)]) for place in range(1, SLIPS + 1)]
    lines += [line(SLIPS + 1, people[0], number=7), line(SLIPS + 2, people[0], total="7000")]
    return "\n".join([HEADER, *lines]).encode()


def test_a_worker_killed_in_the_middle_of_a_settlement_file_loses_no_slip_and_doubles_none(committed, worker):
    region = build_region()
    people = [enroll(region) for _ in range(20)]
    by = system_user("test")
    run, known = settlements.begin(content=bureau_file(people), name="settlements.csv", by=by, on=MAY)
    assert not known
    enqueue(run)
    until(lambda: Run.objects.get(pk=run.pk).done > 0, what="the first chunk")
    worker.kill()
    halfway = Run.objects.get(pk=run.pk)
    assert halfway.state == RunState.RUNNING
    assert halfway.done < SLIPS
    assert Bill.objects.count() == halfway.applied, "slips and cursor were committed together"
    later = timezone.now() + timedelta(minutes=10)
    until(lambda: runs.work(run.pk, now=later).is_over, what="the run to be taken up and finished")
    finished = Run.objects.get(pk=run.pk)
    assert (finished.state, finished.done, finished.applied) == (RunState.DONE, SLIPS + 2, SLIPS)
    assert Bill.objects.filter(state="accepted").values("settlement_number").distinct().count() == SLIPS
    assert codes(runs.report(finished)) == [
        (SLIPS + 2, "error", "duplicate_settlement"),
        (SLIPS + 3, "error", "bill_unbalanced"),
    ]
    assert (Bill.objects.count(), Hospital.objects.count()) == (SLIPS, 7)


def test_a_worker_killed_while_claims_are_filed_files_each_slip_once(committed, worker):
    region = build_region()
    people = [enroll(region) for _ in range(40)]
    by = system_user("test")
    content = "\n".join([HEADER, *(line(place, people[place % 40]) for place in range(1, 8_001))]).encode()
    runs.work(settlements.begin(content=content, name="settlements.csv", by=by, on=MAY)[0].pk)
    run = filing_jobs.begin_filing(period=region.period, by=by, on=MAY)
    enqueue(run)
    until(lambda: Run.objects.get(pk=run.pk).done > 0, what="the first chunk")
    worker.kill()
    assert Claim.objects.count() == Run.objects.get(pk=run.pk).applied
    later = timezone.now() + timedelta(minutes=10)
    until(lambda: runs.work(run.pk, now=later).is_over, what="the run to be taken up and finished")
    assert Claim.objects.count() == Claim.objects.values("bill").distinct().count() == 8_000
    assert proof.prove() == []
