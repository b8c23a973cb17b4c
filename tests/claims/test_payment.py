"""From approved claims to the bank and back: two people, parts, returned payments, nothing twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from claims import bank, filing, payment, proof, review
from claims.models import BankLayout, Claim, PaymentBatch, ReviewCase
from core import sheets
from core.errors import Moved, NotAllowed
from core.models import Access
from core.roles import system_user
from funds.models import Voucher
from funds.proof import prove as books_prove
from funds.strict import NotEnough
from tests.support.claims import MAY, answer, enroll, file_claim

pytestmark = pytest.mark.django_db
JUNE = date(2022, 6, 1)


def approved(region, base="5000.00", **more) -> Claim:
    claim = file_claim(region, enroll(region, **more), base)
    ReviewCase.objects.filter(claim=claim).update(at=claim.level or "agency")
    case = ReviewCase.objects.get(claim=claim)
    review.decide(case=case, verdict="approve", by=system_user(f"review-{case.at}"), on=MAY)
    return claim


def build(region) -> PaymentBatch:
    return payment.build(period=region.period, by=region.cashier, on=JUNE)


def released(region) -> PaymentBatch:
    batch = payment.release(batch=build(region), by=region.accountant, on=JUNE)
    bank.bank_file(batch=batch, by=region.cashier, on=JUNE)
    return PaymentBatch.objects.select_related("office").get(pk=batch.pk)


def confirm(region, batch, *rows, on=JUNE, name="回盘.csv"):
    return bank.import_result(batch=batch, content=answer(*rows), name=name, by=region.accountant, on=on)


def state_of(claim: Claim) -> str:
    return Claim.objects.get(pk=claim.pk).state


def all_prove() -> bool:
    assert proof.prove() == []
    assert books_prove() == []
    return True


def test_approved_claims_are_paid_and_booked_once(region, book):
    first, second = approved(region), approved(region, "12000.00")
    batch = build(region)
    assert (batch.count, batch.total, state_of(first)) == (2, D("5420.00"), "paying")
    assert payment.hold_of(batch).left == D("5420.00")
    assert all_prove()
    with pytest.raises(payment.NothingToPay):
        build(region)
    payment.release(batch=batch, by=region.accountant, on=JUNE)
    bank.bank_file(batch=batch, by=region.cashier, on=JUNE)
    paid = list(batch.payments.order_by("pk"))
    result = confirm(region, batch, *((each, "成功", "") for each in paid))
    assert (result.paid_count, result.paid_total) == (2, D("5420.00"))
    voucher = Voucher.objects.get(pk=result.voucher)
    assert (voucher.total, voucher.kind, voucher.checked_by) == (
        D("5420.00"),
        "benefit_paid",
        region.accountant,
    )
    assert {state_of(first), state_of(second)} == {"paid"}
    assert PaymentBatch.objects.get(pk=batch.pk).state == "done"
    assert all_prove()
    again = confirm(region, batch, *((each, "成功", "") for each in paid))
    assert again.pk == result.pk
    assert Voucher.objects.filter(kind="benefit_paid").count() == 1


def test_who_builds_a_batch_cannot_release_it(region, book):
    approved(region)
    batch = payment.build(period=region.period, by=system_user("test"), on=JUNE)
    with pytest.raises(payment.SamePerson):
        payment.release(batch=batch, by=system_user("test"), on=JUNE)
    with pytest.raises(NotAllowed):
        payment.release(batch=batch, by=region.cashier, on=JUNE)
    with pytest.raises(NotAllowed):
        payment.build(period=region.period, by=region.accountant, on=JUNE)
    payment.release(batch=batch, by=region.accountant, on=JUNE)
    with pytest.raises(Moved):
        payment.release(batch=batch, by=region.accountant, on=JUNE)


def test_a_returned_payment_goes_back_for_a_new_card_and_is_paid_by_the_next_batch(region, book):
    good, bad = approved(region), approved(region, "6000.00")
    batch = released(region)
    ok, ko = batch.payments.get(claim=good), batch.payments.get(claim=bad)
    with pytest.raises(bank.ResultRefused):
        confirm(region, batch, (ko, "退票", ""))
    result = confirm(region, batch, (ok, "成功", ""), (ko, "退票", "户名不符"))
    assert (result.paid_total, result.returned_total) == (D("1260.00"), D("1560.00"))
    assert (state_of(good), state_of(bad), payment.hold_of(batch).left) == ("paid", "card", D("0.00"))
    assert all_prove()
    waiting = Claim.objects.select_related("unit", "office").get(pk=bad.pk)
    with pytest.raises(filing.NotReady):
        filing.new_card(claim=waiting, card_number="  ", by=region.agent, on=JUNE)
    filing.new_card(claim=waiting, card_number="6228 4800 1234 5678 901", by=region.agent, on=JUNE)
    second = released(region)
    again = second.payments.get()
    assert (again.claim, again.amount, again.card_number) == (bad, D("1560.00"), "6228480012345678901")
    confirm(region, second, (again, "成功", ""))
    assert state_of(bad) == "paid"
    assert Voucher.objects.filter(kind="benefit_paid").count() == 2
    assert all_prove()


def test_a_result_may_come_in_parts_one_voucher_each(region, book):
    claims = [approved(region) for _ in range(3)]
    batch = released(region)
    rows = [(batch.payments.get(claim=claim), "成功", "") for claim in claims]
    confirm(region, batch, rows[0])
    assert [state_of(claim) for claim in claims] == ["paid", "paying", "paying"]
    assert PaymentBatch.objects.get(pk=batch.pk).state == "sent"
    assert all_prove()
    confirm(region, batch, *rows, name="回盘2.csv")  # the first row says nothing new
    assert sorted(Voucher.objects.filter(kind="benefit_paid").values_list("total", flat=True)) == [
        D("1260.00"),
        D("2520.00"),
    ]
    assert PaymentBatch.objects.get(pk=batch.pk).state == "done"
    assert all_prove()


def test_a_file_sent_again_names_only_what_is_open_under_the_same_references(region, book):
    claims = [approved(region) for _ in range(2)]
    batch = released(region)
    confirm(region, batch, (batch.payments.get(claim=claims[0]), "成功", ""))
    name, content = bank.bank_file(batch=batch, by=region.cashier, on=JUNE, kind="csv")
    table = [cells for _row, cells in sheets.rows(content)]
    assert name == f"{batch.number}.csv"
    assert table[0] == ["序号", "业务参考号", "收款人户名", "收款人账号", "开户银行", "金额", "用途"]
    assert [row[1] for row in table[1:]] == [batch.payments.get(claim=claims[1]).reference]
    assert Access.objects.filter(act="export").count() == 2


def test_both_kinds_of_file_keep_every_digit_of_a_card(region, book):
    approved(region, card="6222020200112233441")
    batch = released(region)
    for kind in ("csv", "xlsx"):
        _name, content = bank.bank_file(batch=batch, by=region.cashier, on=JUNE, kind=kind)
        row = list(sheets.rows(content))[1][1]
        assert row[3] == "6222020200112233441"
        assert D(str(row[5])) == D("1260.00")


def test_a_bank_s_own_layout_is_followed(region, book):
    BankLayout.objects.update(in_use=False)
    BankLayout.objects.create(
        name="示例银行", columns=[["card_number", "账号"], ["amount", "交易金额"], ["reference", "备注"]],
        result_heading="状态", paid_words="S", returned_words="F",
    )  # fmt: skip
    claim = approved(region)
    batch = released(region)
    _name, content = bank.bank_file(batch=batch, by=region.cashier, on=JUNE, kind="csv")
    assert next(iter(sheets.rows(content)))[1] == ["账号", "交易金额", "备注"]
    rows = answer((batch.payments.get(), "S", ""), header=["备注", "交易金额", "状态", "退票原因"])
    bank.import_result(batch=batch, content=rows, name="x.csv", by=region.accountant, on=JUNE)
    assert state_of(claim) == "paid"


@pytest.mark.parametrize("fault", ["amount", "reference", "word", "twice"])
def test_a_result_that_does_not_fit_is_refused_whole(region, book, fault):
    approved(region), approved(region)
    batch = released(region)
    first, second = batch.payments.order_by("pk")
    row = (second, "成功", "")
    if fault == "amount":
        second.amount += 1
    elif fault == "reference":
        second.reference = "18-00-9999-1"
    elif fault == "word":
        row = (second, "也许", "")
    rows = [(first, "成功", ""), row, *([row] if fault == "twice" else [])]
    with pytest.raises(bank.ResultRefused):
        confirm(region, batch, *rows)
    assert not Voucher.objects.filter(kind="benefit_paid").exists()
    assert set(batch.payments.values_list("state", flat=True)) == {"pending"}


def test_a_batch_that_is_not_released_goes_nowhere(region, book):
    approved(region)
    batch = build(region)
    with pytest.raises(bank.NotReleased):
        bank.bank_file(batch=batch, by=region.cashier, on=JUNE)
    with pytest.raises(bank.NotReleased):
        confirm(region, batch, (batch.payments.get(), "成功", ""))
    payment.cancel(batch=batch, by=region.cashier, on=JUNE)
    assert (Claim.objects.get().state, payment.hold_of(batch).left) == ("approved", D("0.00"))
    assert all_prove()
    assert build(region).number.endswith("-0002")


def test_a_batch_number_follows_the_highest_that_is_taken(region, book):
    approved(region)
    PaymentBatch.objects.filter(pk=build(region).pk).update(number="18-00-0007")
    approved(region)
    assert build(region).number == "18-00-0008"


def test_more_than_the_book_holds_is_not_promised(region, book):
    for _ in range(3):
        approved(region, "500000.00")
    with pytest.raises(NotEnough):
        build(region)
    assert not PaymentBatch.objects.exists()
    assert set(Claim.objects.values_list("state", flat=True)) == {"approved"}


def test_claims_without_a_card_or_without_a_benefit_are_not_in_a_batch(region, book):
    approved(region, card="")
    approved(region, "500.00")
    with pytest.raises(payment.NothingToPay):
        build(region)


def test_a_payment_that_has_ended_cannot_change(region, book):
    from django.db import DatabaseError, transaction

    approved(region)
    batch = released(region)
    with pytest.raises(DatabaseError), transaction.atomic():
        batch.payments.update(amount=D("1.00"))
    confirm(region, batch, (batch.payments.get(), "成功", ""))
    with pytest.raises(DatabaseError), transaction.atomic():
        batch.payments.update(state="pending", result=None)


def test_one_changed_amount_is_found_by_the_proof(region, book):
    claim = approved(region)
    Claim.objects.filter(pk=claim.pk).update(amount=D("1260.01"))
    assert [fault.code for fault in proof.prove()] == ["claims_current"]
