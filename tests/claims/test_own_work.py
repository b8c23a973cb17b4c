"""Who typed a claim does not decide it; who decided it does not say where its money goes."""

from __future__ import annotations

import pytest

from claims import bank, bulk_review, filing, pages, payment, review, settlements
from claims.models import Claim, ReviewCase
from core import runs
from core.models import Run
from tests.support.claims import MAY, answer, build_region, enroll, file_claim, open_with_money, slip

pytestmark = pytest.mark.django_db


def test_who_typed_a_claim_does_not_decide_it_though_somebody_else_filed_it(region):
    member = enroll(region)
    bill = slip(region, member, "5000.00")
    draft = filing.start(
        member=member, unit=region.unit, period=region.period, bill=bill, by=region.clerk, on=MAY
    )
    claim = filing.submit(claim=draft, by=region.agent, on=MAY, on_paper=True)
    case = ReviewCase.objects.get(claim=claim)
    with pytest.raises(review.OwnWork):
        review.decide(case=case, verdict="approve", by=region.clerk, on=MAY)
    assert bulk_review.approve_many(cases=[case.pk], by=region.clerk, on=MAY).left == 1
    review.decide(case=case, verdict="approve", by=region.second_clerk, on=MAY)


def test_pages_do_not_offer_what_would_be_refused_as_own_work(region):
    member = enroll(region)
    bill = slip(region, member, "5000.00")
    draft = filing.start(
        member=member, unit=region.unit, period=region.period, bill=bill, by=region.clerk, on=MAY
    )
    typed = filing.submit(claim=draft, by=region.agent, on=MAY, on_paper=True)
    filed = file_claim(region, enroll(region), "5000.00", by=region.clerk)
    decided = file_claim(region, enroll(region), "50000.00")
    review.decide(case=ReviewCase.objects.get(claim=decided), verdict="forward", by=region.clerk, on=MAY)
    ReviewCase.objects.filter(claim=decided).update(office=region.agency)
    for claim in (typed, filed, decided):
        assert pages.claim_page(claim.pk, user=region.clerk, on=MAY).verdicts == []
        assert "reject" in pages.claim_page(claim.pk, user=region.second_clerk, on=MAY).verdicts
    assert pages.inbox(region.clerk, on=MAY).rows == []
    assert set(pages.counts(region.clerk, on=MAY).values()) == {0}
    assert review.take_next(by=region.clerk, on=MAY) is None
    assert len(pages.inbox(region.second_clerk, on=MAY).rows) == 3
    assert review.take_next(by=region.second_clerk, on=MAY) is not None


def test_who_decided_a_claim_does_not_say_where_its_money_goes(region):
    open_with_money(region)
    claim = file_claim(region, enroll(region), "5000.00")
    review.decide(case=ReviewCase.objects.get(claim=claim), verdict="approve", by=region.clerk, on=MAY)
    batch = payment.build(period=region.period, by=region.cashier, on=MAY)
    payment.release(batch=batch, by=region.accountant, on=MAY)
    bank.bank_file(batch=batch, by=region.cashier, on=MAY)
    back = answer((batch.payments.get(), "退票", "户名不符"))
    bank.import_result(batch=batch, content=back, name="回盘.csv", by=region.cashier, on=MAY)
    waiting = Claim.objects.select_related("unit", "office").get(pk=claim.pk)
    card = {"card_number": "6228480012345678901", "on": MAY}
    with pytest.raises(filing.DecidedBefore):
        filing.new_card(claim=waiting, by=region.clerk, **card)
    assert filing.new_card(claim=waiting, by=region.second_clerk, **card).state == "approved"


def test_a_settlement_run_that_broke_off_goes_on_when_its_file_comes_again(region):
    def begin():
        return settlements.begin(content="结算单号\n1\n".encode(), name="a.csv", by=region.chief, on=MAY)

    run, known = begin()
    assert (known, begin()) == (False, (run, False))
    Run.objects.filter(pk=run.pk).update(state="failed", ended_at="2022-05-20T09:00+08:00")
    again, known = begin()
    assert (again.pk, again.state, known) == (run.pk, "queued", False)
    assert runs.work(run.pk).state == "refused"
    assert begin()[1]


def test_two_clerks_who_begin_for_the_same_slip_make_one_claim(committed):
    region = build_region()
    member = enroll(region)
    bill = slip(region, member, "5000.00")

    def begin(by):
        return filing.start(member=member, unit=region.unit, period=region.period, bill=bill, by=by, on=MAY)

    made = committed.together(lambda: begin(region.agent), lambda: begin(region.clerk))
    assert sorted(type(each).__name__ for each in made) == ["BillUsed", "Claim"]
