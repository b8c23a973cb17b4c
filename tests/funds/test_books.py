"""Opening books, holds, receipts, vouchers by hand, and what the proof finds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import NotAllowed
from core.models import Office, OfficeKind, StaffRole, User
from funds import charts, manual
from funds.books import BadSetting, BookExists, HoldsNoMoney, NoBook, book_for, open_book, paying_book
from funds.charts import NoChart, NoEvent
from funds.holds import HoldKeyReused, HoldOver, hold, release, settle
from funds.models import Book, Hold, Receipt, Voucher
from funds.posting import ItsOwnersAct, post_many, reverse
from funds.proof import counts, prove
from funds.receipts import KnownReceipt, ReasonMissing, TooMuch, give_back, match, receive
from funds.strict import NotEnough
from tests.funds.support import balances, posting

DAY = date(2022, 1, 5)


def staff(office: Office, role: str, name: str) -> User:
    user = User.objects.create(username=name)
    StaffRole.objects.create(user=user, office=office, role=role, since=date(2020, 1, 1))
    return user


def test_every_shipped_chart_reads_and_names_only_its_own_accounts():
    for code in charts.codes():
        chart = charts.chart_of(charts.shipped(code))
        assert chart.code == code
        assert {"fee_received", "benefit_paid", "sent_up", "received_from_below"} <= chart.events.keys()


def test_a_chart_that_names_an_unknown_account_is_refused():
    text = charts.shipped("trade-union-trust").replace('credit = "221"', 'credit = "222"', 1)
    with pytest.raises(ValueError, match="222"):
        charts.chart_of(text)


def test_the_social_insurance_chart_has_every_account_of_its_regulation(fund):
    codes = set(fund.book.account_by_code)
    assert {"1001", "1005", "1202", "2101", "3201", "4602", "5105", "5401"} <= codes
    assert {"300101", "300102", "540102"} <= codes
    assert len([code for code in codes if len(code) == 4]) == 34
    assert not fund.book.account_by_code["4001"].leaf


def test_an_office_opens_one_book_for_a_scheme(trust):
    with pytest.raises(BookExists):
        open_book(
            scheme=trust.scheme, office=trust.office, chart="trade-union-trust", by=trust.system, on=DAY
        )
    with pytest.raises(NoChart):
        open_book(scheme=trust.scheme, office=trust.centre, chart="none", by=trust.system, on=DAY)
    with pytest.raises(BadSetting):
        open_book(
            scheme=trust.scheme,
            office=trust.centre,
            chart="trade-union-trust",
            settings={"interest_to": "215"},
            by=trust.system,
            on=DAY,
        )
    with pytest.raises(BadSetting):
        open_book(
            scheme=trust.scheme,
            office=trust.centre,
            chart="trade-union-trust",
            details="x",
            by=trust.system,
            on=DAY,
        )


def test_agency_points_keep_no_book_and_use_that_of_their_office(trust):
    point = Office.objects.create(code="2301", name="代办点", kind=OfficeKind.AGENCY, parent=trust.office)
    with pytest.raises(HoldsNoMoney):
        open_book(scheme=trust.scheme, office=point, chart="trade-union-trust", by=trust.system, on=DAY)
    assert book_for(scheme=trust.scheme, office=point) == trust.book
    with pytest.raises(NoBook):
        paying_book(scheme=trust.scheme, office=point)
    centre = open_book(
        scheme=trust.scheme, office=trust.centre, chart="trade-union-trust", by=trust.system, on=DAY
    )
    assert paying_book(scheme=trust.scheme, office=point) == centre
    assert book_for(scheme=trust.scheme, office=point) == trust.book


def test_only_accountants_open_books_and_only_for_their_offices(trust):
    elsewhere = Office.objects.create(code="90", name="系统", kind=OfficeKind.OFFICE, parent=trust.centre)
    accountant = staff(elsewhere, "accountant", "acc")
    about = {"scheme": trust.scheme, "chart": "trade-union-trust", "on": DAY}
    with pytest.raises(NotAllowed):
        open_book(office=trust.centre, by=accountant, **about)
    with pytest.raises(NotAllowed):
        open_book(office=elsewhere, by=staff(elsewhere, "cashier", "cash"), **about)
    assert open_book(office=elsewhere, by=accountant, **about).office == elsewhere
    assert Book.objects.visible_to(accountant, on=DAY).get().office == elsewhere


def test_an_event_that_the_chart_does_not_know_is_named(trust):
    with pytest.raises(NoEvent, match="premium_paid"):
        trust.post("premium_paid", "1.00", "x")


def reserved(trust, amount="80.00", key="h"):
    return hold(
        book=trust.book,
        event="benefit_paid",
        amount=D(amount),
        source=("claims.paymentbatch", 1),
        key=key,
        by=trust.anna,
        on=DAY,
        dims={"period": "18"},
    )


def test_what_is_held_cannot_be_spent_by_another(trust):
    trust.post("fee_received", "100.00", "in")
    reserved(trust)
    with pytest.raises(NotEnough):
        trust.post("benefit_paid", "20.01", "other", on=DAY)
    with pytest.raises(NotEnough):
        with transaction.atomic():
            reserved(trust, "20.01", "second")
    assert Hold.objects.count() == 1
    trust.post("benefit_paid", "20.00", "fits", on=DAY)
    assert prove() == []


def test_a_hold_is_settled_file_by_file_and_the_rest_released(trust):
    trust.post("fee_received", "100.00", "in")
    held = reserved(trust)
    post_many([posting(trust, "benefit_paid", "30.00", "file1", DAY, hold=held)])
    post_many([posting(trust, "benefit_paid", "45.00", "file2", DAY, hold=held)])
    assert (held.settled, held.left, held.state) == (D("75.00"), D("5.00"), "active")
    release(hold=held, amount=D("5.00"), by=trust.anna, on=DAY)
    assert (held.state, held.ended_by) == ("settled", trust.anna)
    with pytest.raises(HoldOver):
        release(hold=held, by=trust.anna, on=DAY)
    with pytest.raises(HoldOver):
        post_many([posting(trust, "benefit_paid", "1.00", "file3", DAY, hold=held)])
    assert balances(trust.book)["10201"] == D("25.00")


def test_a_hold_ends_once_also_from_raw_sql(trust):
    trust.post("fee_received", "100.00", "in")
    held = reserved(trust)
    assert reserved(trust).pk == held.pk
    with pytest.raises(HoldKeyReused):
        reserved(trust, "81.00")
    with pytest.raises(HoldOver):
        settle(hold=held, amount=D("80.01"), by=trust.anna, on=DAY)
    release(hold=held, by=trust.anna, on=DAY, expired=True)
    assert held.state == "expired"
    for statement in (
        "UPDATE funds_hold SET state = 'active'",
        "DELETE FROM funds_hold",
        "UPDATE funds_holdon SET dimension = ''",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    trust.post("benefit_paid", "100.00", "out", on=DAY)


def test_settling_without_a_posting_frees_the_money_too(trust):
    trust.post("fee_received", "100.00", "in")
    held = reserved(trust)
    settle(hold=held, by=trust.anna, on=DAY)
    assert held.state == "settled"


def receipt_of(trust, amount="150.00", fee="0.00", reference="r1"):
    return receive(
        book=trust.book,
        amount=D(amount),
        received_on=date(2021, 12, 30),
        reference=reference,
        by=trust.system,
        on=DAY,
        payer="某单位",
        fee=D(fee),
        dims={"period": "18"},
    )


def test_money_from_nobody_known_waits_and_is_matched_later(trust):
    receipt = receipt_of(trust)
    assert balances(trust.book) == {"10201": D("150.00"), "215": D("-150.00")}
    match(receipt=receipt, amount=D("120.00"), dims={"period": "18"}, key="m1", by=trust.system, on=DAY)
    given = give_back(receipt=receipt, amount=D("30.00"), reason="多付", by=trust.system, on=DAY)
    assert given.voucher.total == D("30.00")
    assert receipt.left == 0
    assert balances(trust.book) == {"10201": D("120.00"), "221 period=18": D("-120.00")}
    with pytest.raises(TooMuch):
        give_back(receipt=receipt, amount=D("0.01"), reason="x", by=trust.system, on=DAY)
    assert prove() == []


def test_a_receipt_is_a_fee_and_a_rest_in_two_vouchers(trust):
    receipt_of(trust, "150.00", "120.00")
    assert sorted(Voucher.objects.values_list("kind", "total")) == [
        ("fee_received", D("120.00")),
        ("receipt_unmatched", D("30.00")),
    ]
    with pytest.raises(TooMuch):
        receipt_of(trust, "1.00", "2.00", "r2")
    assert prove() == []


def test_a_bank_serial_is_received_once_and_a_receipt_is_never_rewritten(trust):
    receipt = receipt_of(trust)
    with pytest.raises(KnownReceipt):
        receipt_of(trust)
    with pytest.raises(ReasonMissing):
        give_back(receipt=receipt, amount=D("1.00"), reason=" ", by=trust.system, on=DAY)
    for statement in (
        "UPDATE funds_receipt SET amount = 1",
        "DELETE FROM funds_receipt",
        "UPDATE funds_receipt SET matched = -1",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_only_a_cashier_of_the_office_records_receipts(trust):
    about = {
        "book": trust.book,
        "amount": D("1.00"),
        "received_on": DAY,
        "reference": "p",
        "on": DAY,
    }
    for role in ("agent", "reviewer", "accountant", "auditor", "policy", "operator"):
        user = User.objects.create(username=role)
        code = "x" if role == "agent" else ""
        StaffRole.objects.create(
            user=user, office=trust.centre, role=role, unit_code=code, since=date(2020, 1, 1)
        )
        with pytest.raises(NotAllowed):
            receive(by=user, **about)
    receive(by=staff(trust.office, "cashier", "cash"), **about)


def test_a_reversal_needs_the_right_and_leaves_what_books_a_record_to_its_module(trust):
    accountant = staff(trust.office, "accountant", "acc")
    about = {"event": "interest", "amount": D("2.00"), "dims": {"period": "18"}, "on": DAY}
    typed = manual.draft(book=trust.book, key="c", by=staff(trust.office, "cashier", "cash"), **about)
    receipt = receipt_of(trust, fee="150.00")
    posted = manual.check(voucher=typed, by=accountant, on=DAY)
    for who in (staff(trust.office, "cashier", "till"), staff(trust.office, "auditor", "looks"), trust.anna):
        with pytest.raises(NotAllowed):
            reverse(voucher=posted, on=DAY, checked_by=who)
    undone = reverse(voucher=posted, on=DAY, checked_by=accountant)
    assert f"{posted.number}" in undone.summary
    booked = Voucher.objects.get(source_type="funds.receipt", source_id=receipt.pk)
    with pytest.raises(ItsOwnersAct):
        reverse(voucher=booked, on=DAY, checked_by=accountant)
    assert prove() == []
    reverse(voucher=booked, on=DAY, checked_by=accountant, owner="funds.receipt")
    assert [fault.code for fault in prove()] == ["receipt_booked"]


def test_a_voucher_by_hand_needs_two_people_and_a_kind_that_is_typed(trust):
    cashier, accountant = staff(trust.office, "cashier", "cash"), staff(trust.office, "accountant", "acc")
    with pytest.raises(manual.NotByHand):
        manual.draft(book=trust.book, event="fee_received", amount=D("1.00"), key="m", by=cashier, on=DAY)
    about = {
        "book": trust.book,
        "event": "interest",
        "amount": D("8.10"),
        "dims": {"period": "18"},
        "on": DAY,
    }
    drafted = manual.draft(key="m", by=cashier, attachments=2, **about)
    assert manual.draft(key="m", by=cashier, attachments=2, **about).pk == drafted.pk
    assert (drafted.state, drafted.number, balances(trust.book)) == ("draft", None, {})
    with pytest.raises(NotAllowed):
        manual.check(voucher=drafted, by=cashier, on=DAY)
    own = manual.draft(key="own", by=accountant, **about)
    with pytest.raises(manual.OwnVoucher):
        manual.check(voucher=own, by=accountant, on=DAY)
    manual.discard(voucher=own, by=accountant, on=DAY)
    posted = manual.check(voucher=drafted, by=accountant, on=DAY)
    assert (posted.state, posted.number, posted.made_by, posted.checked_by) == (
        "posted",
        1,
        cashier,
        accountant,
    )
    for again in (manual.check, manual.discard):
        with pytest.raises((manual.NotADraft, NotAllowed)):
            again(voucher=posted, by=accountant, on=DAY)
    assert balances(trust.book)["10201"] == D("8.10")
    assert prove() == []


TAMPERING = [
    ("voucher_lines", "UPDATE funds_line SET debit = debit + 0.01 WHERE debit > 0 AND id = %(line)s"),
    (
        "voucher_changed",
        "UPDATE funds_line SET subject = overlay(subject placing 'x' from 1 for 1) WHERE id = %(line)s",
    ),
    ("voucher_changed", "UPDATE funds_voucher SET date = date - 1 WHERE id = %(voucher)s"),
    ("voucher_changed", "UPDATE funds_voucher SET summary = summary || '.' WHERE id = %(voucher)s"),
    ("line_account", "UPDATE funds_line SET account_name = 'x' WHERE id = %(line)s"),
    (
        "number_gap",
        "DELETE FROM funds_line WHERE voucher_id = %(voucher)s;"
        "DELETE FROM funds_voucher WHERE id = %(voucher)s",
    ),
    ("number_gap", "UPDATE funds_voucher SET number = 7 WHERE id = %(voucher)s"),
    ("balance_lines", "UPDATE funds_balance SET credit = credit + 0.01 WHERE credit > 0"),
    ("balance_lines", "DELETE FROM funds_balance"),
    ("trial_balance", "UPDATE funds_balance SET debit = debit + 1 WHERE debit > 0"),
    ("opening_balance", "UPDATE funds_balance SET opening = 5"),
    ("receipt_booked", "UPDATE funds_receipt SET amount = amount + 1"),
    ("hold_covered", "UPDATE funds_hold SET amount = 1000000"),
    ("strict_balance", "UPDATE funds_balance SET debit = 0, credit = 999 WHERE debit > 0"),
    ("voucher_month", "UPDATE funds_fiscalperiod SET month = month - interval '1 year'"),
]


@pytest.mark.parametrize(("code", "statement"), TAMPERING)
def test_a_change_behind_the_guards_is_found_and_named(trust, code, statement):
    receipt_of(trust, "150.00", "120.00")
    voucher = trust.post("benefit_paid", "20.00", "out", on=date(2021, 12, 31))
    reserved(trust)
    assert prove() == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        line = Voucher.objects.get(kind="fee_received").lines.order_by("id")[0].pk
        cursor.execute(statement.replace("%(line)s", str(line)).replace("%(voucher)s", str(voucher.pk)))
        found = prove()
        cursor.execute("SET session_replication_role = origin")
    assert code in {fault.code for fault in found}
    assert all(str(fault) for fault in found)
    transaction.set_rollback(True)


def test_the_proof_of_one_book_counts_that_book_alone(trust):
    trust.post("fee_received", "100.00", "in")
    other = open_book(
        scheme=trust.scheme, office=trust.centre, chart="trade-union-trust", by=trust.system, on=DAY
    )
    assert counts(other) == {"books": 0, "vouchers": 0, "lines": 0, "total": 0}
    assert counts() == counts(trust.book) == {"books": 1, "vouchers": 1, "lines": 2, "total": D("100.00")}
    assert prove(other) == prove(trust.book) == []


def test_receipts_of_other_offices_are_not_seen(trust):
    receipt_of(trust)
    elsewhere = Office.objects.create(code="90", name="系统", kind=OfficeKind.OFFICE, parent=trust.centre)
    stranger, own = staff(elsewhere, "cashier", "far"), staff(trust.office, "cashier", "near")
    for model in (Receipt, Voucher, Book):
        assert not model.objects.visible_to(stranger, on=DAY).exists()
        assert model.objects.visible_to(own, on=DAY).exists()
