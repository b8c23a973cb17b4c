"""Money that stands with a member: what comes back after its payment neither leaves nor pays twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from claims import bank, bulk_review, filing, pages, payment, proof, review
from claims.models import Claim, Recovery, ReviewCase
from core.roles import system_user
from tests.support.claims import MAY, answer, enroll, file_claim

pytestmark = pytest.mark.django_db
JUNE = date(2022, 6, 1)


def case_of(claim: Claim) -> ReviewCase:
    return ReviewCase.objects.get(claim=claim)


def state_of(claim: Claim) -> str:
    return Claim.objects.get(pk=claim.pk).state


def climb(claim: Claim) -> ReviewCase:
    """The claim's case where its amount is decided."""
    case = case_of(claim)
    while case.at != case.level:
        review.decide(case=case, verdict="forward", by=system_user(f"climb-{case.at}-{case.round}"), on=MAY)
        case = case_of(claim)
    return case


def approve(claim: Claim, how: str = "one") -> None:
    case = climb(claim)
    by = system_user(f"approve-{case.round}")
    if how == "one":
        review.decide(case=case, verdict="approve", by=by, on=MAY)
    else:
        assert bulk_review.approve_many(cases=[case.pk], by=by, on=MAY).approved == 1


def to_the_bank(region, word: str, reason: str = "") -> None:
    batch = payment.build(period=region.period, by=region.cashier, on=JUNE)
    payment.release(batch=batch, by=region.accountant, on=JUNE)
    bank.bank_file(batch=batch, by=region.cashier, on=JUNE)
    rows = [(each, word, reason) for each in batch.payments.order_by("pk")]
    bank.import_result(batch=batch, content=answer(*rows), name="x.csv", by=region.accountant, on=JUNE)


def reopened(region, word: str, reason: str = "") -> Claim:
    """The cap left 100,000 for the second stay; the bank has answered; then the first stay is rejected."""
    member = enroll(region)
    first, second = (file_claim(region, member, base) for base in ("400000.00", "200000.00"))
    approve(second)
    to_the_bank(region, word, reason)
    review.decide(case=climb(first), verdict="reject", by=system_user("rejects"), on=MAY, article="第十二条")
    second.refresh_from_db()
    assert (second.state, second.amount > D("100000.00")) == ("review", True)
    return second


@pytest.mark.parametrize("verdict", ["return", "reject"])
def test_a_claim_of_which_a_part_is_paid_is_neither_returned_nor_rejected(region, book, verdict):
    claim = reopened(region, "成功")
    with pytest.raises(review.PaidBefore):
        review.decide(
            case=case_of(claim), verdict=verdict, by=region.clerk, on=MAY, reason="缺收据", article="第十二条"
        )
    assert state_of(claim) == "review"
    assert pages.claim_page(claim.pk, user=region.clerk, on=MAY).verdicts == ["forward"]
    assert proof.prove() == []


@pytest.mark.parametrize("how", ["one", "many"])
def test_what_rose_after_its_payment_is_approved_anew_and_only_the_difference_is_paid(region, book, how):
    claim = reopened(region, "成功")
    approve(claim, how)
    assert state_of(claim) == "approved"
    to_the_bank(region, "成功")
    claim.refresh_from_db()
    paid = list(claim.payments.order_by("pk").values_list("amount", flat=True))
    assert paid == [D("100000.00"), claim.amount - D("100000.00")]
    assert claim.state == "paid"
    assert proof.prove() == []


@pytest.mark.parametrize("how", ["one", "many"])
def test_a_refused_card_is_not_tried_again_because_the_amount_changed(region, book, how):
    claim = reopened(region, "退票", "户名不符")
    approve(claim, how)
    assert state_of(claim) == "card"
    with pytest.raises(payment.NothingToPay):
        payment.build(period=region.period, by=region.cashier, on=JUNE)
    waiting = Claim.objects.select_related("unit", "office").get(pk=claim.pk)
    filing.new_card(claim=waiting, card_number="6228480012345678901", by=region.agent, on=JUNE)
    assert state_of(claim) == "approved"
    assert proof.prove() == []


def test_what_comes_back_with_nothing_left_to_pay_is_paid(region, book):
    claim = file_claim(region, enroll(region), "5000.00")
    approve(claim)
    to_the_bank(region, "成功")
    Claim.objects.filter(pk=claim.pk).update(state="review")
    ReviewCase.objects.filter(claim=claim).update(state="open", round=2)
    steps = case_of(claim).steps
    last = steps.latest("number")
    last.pk, last.number, last.round = None, last.number + 1, 2
    last.save()
    approve(claim)
    assert state_of(claim) == "paid"
    assert proof.prove() == []


@pytest.mark.parametrize(
    "change", [{"state": "rejected", "count_order": None}, {"state": "returned", "count_order": None}]
)
def test_money_that_stands_behind_no_claim_is_named_by_the_proof(region, book, change):
    claim = file_claim(region, enroll(region), "5000.00")
    approve(claim)
    to_the_bank(region, "成功")
    Claim.objects.filter(pk=claim.pk).update(**change)
    fault = next(fault for fault in proof.prove() if fault.code == "claims_paid")
    assert fault.where == f"claim {claim.number}"
    assert fault.facts == {"found": "1260.00", "stands": "0"}


def test_more_paid_than_the_claim_is_worth_is_a_recovery_or_named_by_the_proof(region, book):
    member = enroll(region)
    first, second = (file_claim(region, member, base) for base in ("5000.00", "6000.00"))
    approve(second)
    to_the_bank(region, "成功")
    review.decide(case=case_of(first), verdict="reject", by=region.clerk, on=MAY, article="第十二条")
    assert Recovery.objects.get().claim == second
    assert proof.prove() == []
    Recovery.objects.update(state="void")
    assert [fault.code for fault in proof.prove()] == ["claims_paid"]
