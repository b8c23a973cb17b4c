"""What several people do at the same moment has one effect; real commits, real connections."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import connection, transaction

from claims import adjudication, bank, filing_jobs, payment, proof, review
from claims.models import Adjudication, BenefitAccount, Claim, Decision, Payment, PaymentBatch, ReviewCase
from core import runs
from core.errors import Moved
from core.models import Run
from core.roles import system_user
from funds.models import Voucher
from tests.support.claims import (
    MAY,
    answer,
    build_region,
    enroll,
    file_claim,
    file_without_calculation,
    open_with_money,
    slip,
)
from tests.support.workers import until

JUNE = date(2022, 6, 1)


@pytest.fixture
def region(committed):
    return build_region()


def test_two_claims_of_one_person_adjudicated_at_once_add_up(committed, region):
    member, by = enroll(region), system_user("test")
    claims = [
        file_without_calculation(region, member, base) for base in ("5000.00", "6000.00", "9000.00", "800.00")
    ]
    outcomes = committed.together(
        *(lambda claim=claim: adjudication.adjudicate(claims=[claim], by=by, on=MAY) for claim in claims)
    )
    assert not [each for each in outcomes if isinstance(each, Exception)]
    row = BenefitAccount.objects.get(member=member)
    assert (row.base, row.paid) == (D("20800.00"), D("10320.00"))  # 2,760 + 70 % of 10,800
    assert sum(Claim.objects.filter(member=member).values_list("amount", flat=True)) == D("10320.00")
    assert proof.prove() == []


def test_the_same_claim_adjudicated_twice_at_once_is_calculated_once(committed, region):
    claim, by = file_without_calculation(region, enroll(region), "5000.00"), system_user("test")
    committed.together(*[lambda: adjudication.adjudicate(claims=[claim], by=by, on=MAY)] * 3)
    assert Adjudication.objects.count() == ReviewCase.objects.count() == 1
    assert BenefitAccount.objects.get().paid == D("1260.00")


def test_a_task_delivered_twice_has_one_effect(committed, region):
    by = system_user("test")
    for _ in range(3):
        slip(region, enroll(region), "5000.00")
    filing = filing_jobs.begin_filing(period=region.period, by=by, on=MAY)
    committed.together(*[lambda: runs.work(filing.pk)] * 2)
    assert Claim.objects.count() == 3
    run = filing_jobs.begin_adjudication(period=region.period, by=by, on=MAY)
    committed.together(*[lambda: runs.work(run.pk)] * 2)
    assert Adjudication.objects.count() == 3
    assert set(Run.objects.values_list("state", flat=True)) == {"done"}
    assert proof.prove() == []


def test_two_reviewers_decide_the_same_case_and_one_verdict_stands(committed, region):
    claim = file_claim(region, enroll(region), "5000.00")
    case = ReviewCase.objects.get(claim=claim)
    outcomes = committed.together(
        lambda: review.decide(case=case, verdict="approve", by=region.clerk, on=MAY),
        lambda: review.decide(
            case=case, verdict="reject", by=region.second_clerk, on=MAY, article="第十二条"
        ),
    )
    assert sum(isinstance(each, Decision) for each in outcomes) == 1
    assert sum(isinstance(each, Moved) for each in outcomes) == 1
    assert Decision.objects.count() == 1
    assert proof.prove() == []


def test_one_is_approved_while_the_other_is_rejected_and_the_account_stays_right(committed, region):
    member = enroll(region)
    first, second = (file_claim(region, member, base) for base in ("5000.00", "6000.00"))
    cases = {claim: ReviewCase.objects.get(claim=claim) for claim in (first, second)}
    committed.together(
        lambda: review.decide(
            case=cases[first], verdict="reject", by=region.clerk, on=MAY, article="第十二条"
        ),
        lambda: review.decide(case=cases[second], verdict="approve", by=region.second_clerk, on=MAY),
    )
    assert proof.prove() == []
    row = BenefitAccount.objects.get(member=member)
    assert row.paid in {D("1560.00"), D("3460.00")}


def test_two_reviewers_taking_the_next_case_get_different_ones(committed, region):
    for _ in range(2):
        file_claim(region, enroll(region), "5000.00")
    taken = committed.together(
        lambda: review.take_next(by=region.clerk, on=MAY),
        lambda: review.take_next(by=region.second_clerk, on=MAY),
    )
    assert len({case.pk for case in taken}) == 2


def test_a_batch_built_released_and_confirmed_twice_at_once_pays_once(committed, region):
    open_with_money(region)
    for _ in range(3):
        claim = file_claim(region, enroll(region), "5000.00")
        review.decide(case=ReviewCase.objects.get(claim=claim), verdict="approve", by=region.clerk, on=MAY)
    built = committed.together(*[lambda: payment.build(period=region.period, by=region.cashier, on=JUNE)] * 3)
    batch = next(each for each in built if isinstance(each, PaymentBatch))
    assert PaymentBatch.objects.count() == 1
    assert Payment.objects.count() == 3
    freed = committed.together(*[lambda: payment.release(batch=batch, by=region.accountant, on=JUNE)] * 3)
    assert sum(isinstance(each, Moved) for each in freed) == 2
    bank.bank_file(batch=batch, by=region.cashier, on=JUNE)
    content = answer(*((each, "成功", "") for each in batch.payments.order_by("pk")))
    results = committed.together(
        *[
            lambda: bank.import_result(
                batch=batch, content=content, name="x.csv", by=region.accountant, on=JUNE
            )
        ]
        * 3
    )
    assert len({each.pk for each in results}) == 1
    assert list(Voucher.objects.filter(kind="benefit_paid").values_list("total", flat=True)) == [D("3780.00")]
    assert proof.prove() == []


def test_a_batch_built_while_another_is_not_committed_yet_takes_the_next_number(committed, region):
    open_with_money(region)
    claims = [file_claim(region, enroll(region), "5000.00") for _ in range(2)]
    cases = [ReviewCase.objects.get(claim=claim) for claim in claims]
    review.decide(case=cases[0], verdict="approve", by=region.clerk, on=MAY)
    built = threading.Event()

    def build():
        return payment.build(period=region.period, by=region.cashier, on=JUNE)

    def first():
        with transaction.atomic():
            batch = build()
            built.set()
            until(somebody_waits, what="the other batch to wait for this one")
        return batch

    def second():
        assert built.wait(30)
        review.decide(case=cases[1], verdict="approve", by=region.clerk, on=MAY)
        return build()

    batches = committed.together(first, second)
    assert [batch.number[-4:] for batch in batches] == ["0001", "0002"]
    assert proof.prove() == []


def somebody_waits() -> bool:
    """Whether another transaction waits for this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
        )
        return cursor.fetchone() is not None
