"""A version is adopted in mid-period: accounts are shown, then settled again by a second person."""

from __future__ import annotations

from decimal import Decimal

import pytest

import claims.proof
from claims import review
from claims.models import Adjudication, Claim, Payment, Recovery, Verdict
from core import runs
from core.models import RunState
from desk import recalculation
from funds.proof import prove as prove_books
from tests.simulation.conftest import ON, amounts
from tests.support.claims import enroll, file_claim

D = Decimal


def shown(version, by):
    run = runs.work(recalculation.preview(version=version, by=by, on=ON).pk)
    assert run.state == RunState.DONE, run.error
    return run


def applied(preview, by):
    run = runs.work(recalculation.apply(run=preview, by=by, on=ON).pk)
    assert run.state == RunState.DONE, run.error
    return run


def test_a_preview_lists_every_adjustment_and_writes_nothing(region, policy, drafted, better):
    member = enroll(region)
    claims_of = [file_claim(region, member, "5000.00"), file_claim(region, member, "6000.00")]
    file_claim(region, enroll(region), "500.00")
    before = Adjudication.objects.count()
    run = shown(drafted(better), policy)
    found = list(recalculation.adjustments(run))
    assert [(each.claim, each.before, each.after) for each in found] == [
        (claims_of[0].number, D("1260.00"), D("1680.00")),
        (claims_of[1].number, D("2200.00"), D("2700.00")),
    ]
    assert {each.adjustment for each in found} == {D("4380.00")}
    assert (run.report["accounts"], run.report["more"], run.report["negative"]) == (1, "920.00", 0)
    assert Adjudication.objects.count() == before


def test_the_second_person_applies_and_each_change_supersedes(region, policy, second_policy, adopted, better):
    claim = file_claim(region, enroll(region), "5000.00")
    first = Claim.objects.get(pk=claim.pk).adjudication
    preview = shown(adopted(better), policy)
    with pytest.raises(recalculation.SecondPerson):
        recalculation.apply(run=preview, by=policy, on=ON)
    run = applied(preview, second_policy)
    now = Claim.objects.get(pk=claim.pk)
    assert (now.amount, now.adjudication.supersedes, run.applied) == (D("1680.00"), first, 1)
    assert claims.proof.prove() == []


def test_what_the_preview_shows_is_what_is_applied(region, policy, second_policy, adopted, better):
    member = enroll(region)
    filed = [file_claim(region, member, base) for base in ("700.00", "5000.00", "6000.00")]
    preview = shown(adopted(better), policy)
    expected = {each.claim: each.after for each in recalculation.adjustments(preview)}
    applied(preview, second_policy)
    for claim, amount in zip(filed, amounts(filed), strict=True):
        assert amount == expected.get(claim.number, claim.amount)


def test_applying_twice_is_one_effect(region, policy, second_policy, adopted, better):
    file_claim(region, enroll(region), "5000.00")
    preview = shown(adopted(better), policy)
    run = applied(preview, second_policy)
    count = Adjudication.objects.count()
    assert recalculation.apply(run=preview, by=second_policy, on=ON) == run
    runs.work(run.pk)
    assert Adjudication.objects.count() == count


def test_less_than_was_paid_waits_for_an_approval(region, book, policy, second_policy, adopted, changed):
    """A negative adjustment takes nothing: it stands as a recovery that waits; the other account goes on."""
    paid, open_claim = (
        file_claim(region, enroll(region), "5000.00"),
        file_claim(region, enroll(region), "2000.00"),
    )
    pay(region, paid)
    preview = shown(adopted(changed("20%")), policy)
    (negative,) = recalculation.adjustments(preview, negative=True)
    assert (negative.claim, negative.paid, negative.adjustment) == (paid.number, D("1260.00"), D("-420.00"))
    run = applied(preview, second_policy)
    assert (run.applied, run.report["negative"], run.report["recoveries"]) == (2, 1, 1)
    assert amounts([paid, open_claim]) == [D("840.00"), D("240.00")]
    waiting = Recovery.objects.get()
    assert (waiting.claim, waiting.amount, waiting.state) == (paid, D("420.00"), "waiting")
    assert (waiting.run, waiting.noted_by) == (run, second_policy)
    assert Payment.objects.get().amount == D("1260.00")
    assert (claims.proof.prove(), prove_books()) == ([], [])


def test_an_account_that_changed_since_the_preview_is_left_alone(
    region, policy, second_policy, adopted, better
):
    member = enroll(region)
    claim = file_claim(region, member, "5000.00")
    preview = shown(adopted(better), policy)
    review_away(region, claim)
    run = applied(preview, second_policy)
    assert (run.applied, run.report["left"]) == (0, 1)
    assert runs.report(run)["issues"][0]["code"] == recalculation.LEFT


def test_a_preview_of_a_draft_is_not_applied_before_its_adoption(
    region, policy, second_policy, drafted, better
):
    file_claim(region, enroll(region), "5000.00")
    preview = shown(drafted(better), policy)
    with pytest.raises(recalculation.PreviewOutdated):
        recalculation.apply(run=preview, by=second_policy, on=ON)


def test_the_commands_preview_and_apply(region, policy, second_policy, adopted, better, capsys):
    from django.core.management import call_command

    claim = file_claim(region, enroll(region), "5000.00")
    call_command("recalculate", adopted(better).pk, on=ON, by="policy")
    assert claim.number in capsys.readouterr().out
    preview = runs.Run.objects.get(job=recalculation.PREVIEW_JOB)
    call_command("recalculate", apply=preview.pk, on=ON, by="second_policy")
    assert amounts([claim]) == [D("1680.00")]


def review_away(region, claim: Claim) -> None:
    """The agency point returns the claim for completion: it leaves the account."""
    case = Claim.objects.get(pk=claim.pk).case
    review.take(case=case, by=region.clerk, on=ON)
    case.refresh_from_db()
    review.decide(case=case, verdict=Verdict.RETURN, reason="缺少收据", by=region.clerk, on=ON)


def pay(region, claim: Claim) -> Payment:
    """Approve the claim, and pay it."""
    from claims import bank, payment
    from tests.support.claims import answer

    case = Claim.objects.get(pk=claim.pk).case
    review.take(case=case, by=region.clerk, on=ON)
    case.refresh_from_db()
    review.decide(case=case, verdict=Verdict.APPROVE, reason="", by=region.clerk, on=ON)
    batch = payment.build(period=region.period, by=region.cashier, on=ON)
    payment.release(batch=batch, by=region.accountant, on=ON)
    bank.bank_file(batch=batch, by=region.cashier, on=ON)
    each = Payment.objects.get(claim=claim)
    bank.import_result(
        batch=batch, content=answer((each, "成功", "")), name="result.csv", by=region.cashier, on=ON
    )
    return each


@pytest.fixture
def book(region):
    from tests.support.claims import open_with_money

    return open_with_money(region)


def test_a_preview_in_small_chunks_lists_each_change_once(region, policy, drafted, better, monkeypatch):
    for _each in range(4):
        file_claim(region, enroll(region), "5000.00")
    version = drafted(better)
    whole = [each.claim for each in recalculation.adjustments(shown(version, policy))]
    monkeypatch.setattr(recalculation, "ACCOUNTS", 1)
    runs.free_key(runs.Run.objects.get(job=recalculation.PREVIEW_JOB))
    again = shown(version, policy)
    assert [each.claim for each in recalculation.adjustments(again)] == whole
    assert (again.done, again.total, again.report["claims"]) == (4, 4, 4)


def test_a_version_that_touches_no_open_period_recalculates_nothing(region, policy, drafted, better):
    from schemes.models import Period, PeriodState

    Period.objects.filter(pk=region.period.pk).update(state=PeriodState.CLOSED)
    with pytest.raises(recalculation.NothingTouched):
        recalculation.preview(version=drafted(better), by=policy, on=ON)


def test_people_without_the_right_neither_preview_nor_apply(region, policy, drafted, better):
    from core.errors import NotAllowed

    version = drafted(better)
    with pytest.raises(NotAllowed):
        recalculation.preview(version=version, by=region.chief, on=ON)
    preview = shown(version, policy)
    with pytest.raises(NotAllowed):
        recalculation.apply(run=preview, by=region.accountant, on=ON)
