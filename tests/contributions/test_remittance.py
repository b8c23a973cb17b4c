"""The freeze, the summary and the remittance: what a unit paid goes up to the centre."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction

from contributions import remittance
from contributions.fees import OutsideWindow
from contributions.freeze import StillOpen, freeze_period
from contributions.models import OfficeSummary, Remittance
from contributions.proof import prove
from core.errors import Moved, NotAllowed
from core.models import Office, OfficeKind
from enrollment.models import Cover
from tests.contributions.support import FROZEN, LAST, frozen, proved
from tests.funds.support import balances

SUMMED = date(2022, 3, 1)
SENT = date(2022, 3, 11)


# --- the freeze --------------------------------------------------------------------------------------------


def test_paid_rosters_are_frozen_and_unpaid_ones_named(province):
    short = province.make_roster(province.make_unit(), continuing=1, new=0)
    province.assess()
    province.pay("1290.00")
    province.pay("100.00", unit=short.unit)
    with pytest.raises(StillOpen, match="2022-02-25"):
        freeze_period(period=province.period, by=province.system, on=LAST)
    done = frozen(province)
    assert done.frozen == [province.roster]
    assert [(row.roster, row.missing) for row in done.unpaid] == [(short, D("20.00"))]
    assert Cover.objects.filter(enrollment__roster=short).count() == 0
    province.period.refresh_from_db()
    assert province.period.state == "frozen"
    assert proved()


def test_a_payment_of_the_last_day_that_is_recorded_late_still_counts(province):
    province.assess()
    assert frozen(province).frozen == []
    province.pay("1290.00", paid_on=LAST, on=date(2022, 2, 28))
    assert frozen(province).frozen == [province.roster]
    assert frozen(province).frozen == []


def test_levies_of_a_frozen_roster_do_not_change(province):
    province.assess()
    province.pay("1290.00")
    frozen(province)
    for statement in ("UPDATE contributions_levy SET amount = 1", "DELETE FROM contributions_levy"):
        with (
            pytest.raises(IntegrityError, match="frozen"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert province.assess().written == 0


def test_who_may_freeze(province):
    for role in ("cashier", "accountant", "auditor", "operator"):
        with pytest.raises(NotAllowed):
            freeze_period(period=province.period, by=province.staff(role), on=FROZEN)
    with pytest.raises(NotAllowed):
        freeze_period(period=province.period, by=province.staff("reviewer"), on=FROZEN)
    province.assess()
    province.pay("1290.00")
    near = province.staff("reviewer")
    assert freeze_period(period=province.period, office=province.office, by=near, on=FROZEN).frozen


# --- summary and remittance --------------------------------------------------------------------------------


@pytest.fixture
def paid(province):
    second = province.make_roster(province.make_unit(), continuing=0, new=2)
    province.assess()
    province.pay("1290.00")
    province.pay("300.00", unit=second.unit)
    frozen(province)
    return province


def summed(province, on=SUMMED, **about):
    about = {"office": province.office, "by": province.system} | about
    return remittance.summary(period=province.period, on=on, **about)


def sent(province, on=SENT, **about):
    about = {"office": province.office, "by": province.system} | about
    return remittance.send(period=province.period, on=on, **about)


def test_the_summary_counts_unit_by_unit(paid):
    made = summed(paid)
    assert (made.units, made.persons, made.continuing, made.new, made.amount) == (2, 12, 7, 5, D("1590.00"))
    assert list(made.lines.order_by("unit").values_list("persons", "continuing", "new", "amount")) == [
        (10, 7, 3, D("1290.00")),
        (2, 0, 2, D("300.00")),
    ]


def test_the_remittance_pairs_in_both_books(paid):
    summed(paid)
    made = sent(paid)
    assert (made.amount, made.sent_voucher.kind) == (D("1590.00"), "sent_up")
    assert balances(paid.books["23"]) == {}
    assert proved()
    accountant = paid.staff("accountant", paid.centre)
    confirmed = remittance.confirm(remittance=made, by=accountant, on=SENT)
    assert confirmed.received_voucher.checked_by == accountant
    assert balances(paid.books["00"]) == {"10201": D("1590.00"), "221 period=18": D("-1590.00")}
    with pytest.raises(Moved):
        remittance.confirm(remittance=made, by=accountant, on=SENT)
    assert proved()


def test_an_office_remits_once_and_after_that_sums_up_no_more(paid):
    summed(paid)
    sent(paid)
    with pytest.raises(remittance.SentAlready):
        sent(paid)
    with pytest.raises(remittance.SentAlready):
        summed(paid)
    assert Remittance.objects.count() == 1


def test_without_summary_no_remittance(paid):
    with pytest.raises(remittance.NoSummary):
        sent(paid)


def test_days_of_summary_and_remittance(paid):
    with pytest.raises(OutsideWindow, match="三\\(二\\)"):
        summed(paid, on=date(2022, 3, 2))
    summed(paid)
    with pytest.raises(OutsideWindow, match="三\\(二\\)"):
        sent(paid, on=date(2022, 3, 12))
    sent(paid)


def test_only_an_office_remits_never_an_agency_point_an_agent_or_the_centre(paid):
    for office in (paid.agency, paid.centre):
        with pytest.raises(remittance.NotAnOffice):
            summed(paid, office=office)
        with pytest.raises(remittance.NotAnOffice):
            sent(paid, office=office)
    summed(paid)
    for who in (
        paid.staff("agent", unit=paid.unit.code),
        paid.staff("reviewer"),
        paid.staff("cashier", paid.agency),
    ):
        with pytest.raises(NotAllowed):
            sent(paid, by=who)
    sender = paid.staff("cashier")
    made = sent(paid, by=sender)
    with pytest.raises(NotAllowed):
        remittance.confirm(remittance=made, by=sender, on=SENT)
    assert not OfficeSummary.objects.visible_to(paid.staff("agent", unit=paid.unit.code), on=SENT).exists()


def test_who_sends_does_not_confirm(paid):
    summed(paid)
    made = sent(paid)
    with pytest.raises(remittance.OwnRemittance):
        remittance.confirm(remittance=made, by=paid.system, on=SENT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Remittance.objects.filter(pk=made.pk).update(received_by=paid.system)


def test_a_difference_is_named_unit_by_unit(paid):
    summed(paid)
    third = paid.make_roster(paid.make_unit("后来的单位"), continuing=1, new=0)
    paid.assess()
    paid.pay("120.00", unit=third.unit, paid_on=LAST, on=FROZEN)
    frozen(paid)
    with pytest.raises(remittance.TotalsDiffer, match=r"后来的单位 0\.00 / 120\.00"):
        sent(paid)
    summed(paid)
    assert sent(paid).amount == D("1710.00")


def test_a_roster_frozen_after_the_remittance_goes_up_in_a_supplementary_one(paid):
    summed(paid)  # an earlier try, never sent
    summed(paid)
    sent(paid)
    third = paid.make_roster(paid.make_unit("后来的单位"), continuing=1, new=0)
    paid.assess()
    late = date(2022, 3, 20)
    paid.pay("120.00", unit=third.unit, paid_on=LAST, on=late)
    assert frozen(paid).frozen == [third]
    with pytest.raises(remittance.SupplementSaysWhy):
        sent(paid, on=late)
    with pytest.raises(remittance.NoSummary):
        sent(paid, on=late, reason="迟录")
    made = summed(paid, on=late)
    assert (made.units, made.amount) == (1, D("120.00"))
    more = sent(paid, on=late, reason="2月25日交费，银行回单迟到")
    assert (more.sequence, more.amount) == (2, D("120.00"))
    remittance.confirm(remittance=more, by=paid.staff("accountant", paid.centre), on=late)
    assert balances(paid.books["23"]) == {}
    with pytest.raises(remittance.SentAlready):
        summed(paid, on=late)
    with pytest.raises(IntegrityError), transaction.atomic():
        Remittance.objects.filter(pk=more.pk).update(reason="另一个理由")
    assert proved()


def test_an_office_of_a_like_code_keeps_its_own_money(paid):
    like = Office.objects.create(code="2_", name="相似", kind=OfficeKind.OFFICE, parent=paid.centre)
    assert remittance.rows_of(like, paid.period) == []
    assert len(remittance.rows_of(paid.office, paid.period)) == 2


def test_nothing_frozen_nothing_to_remit(province):
    with pytest.raises(remittance.NothingToRemit):
        summed(province)


def test_what_was_summed_up_or_sent_cannot_be_rewritten(paid):
    summed(paid)
    sent(paid)
    for statement in (
        "UPDATE contributions_officesummary SET amount = 1",
        "DELETE FROM contributions_summaryline",
        "UPDATE contributions_allocation SET amount = 1",
        "DELETE FROM contributions_allocation",
        "UPDATE contributions_remittance SET amount = 1",
        "DELETE FROM contributions_remittance",
        "DELETE FROM contributions_rosterfee",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


TAMPERING = [
    ("fee_sums", "UPDATE contributions_allocation SET amount = amount + 1"),
    ("fee_sums", "UPDATE contributions_levy SET amount = amount + 0.01"),
    ("levy_keys", "UPDATE contributions_levy SET unit_id = unit_id + 1"),
    ("allocations_receipt", "DELETE FROM contributions_allocation"),
    ("contributions_booked", "UPDATE contributions_allocation SET amount = amount + 1"),
    ("covered_unpaid", "UPDATE contributions_rosterfee SET paid_on = NULL"),
    (
        "remittance_booked",
        "UPDATE funds_voucher SET reverses_id = (SELECT id FROM funds_voucher WHERE kind = 'sent_up')"
        " WHERE id = (SELECT min(id) FROM funds_voucher)",
    ),
    ("frozen_unpaid", "UPDATE contributions_rosterfee SET paid_on = NULL"),
    ("remittance_booked", "UPDATE contributions_remittance SET amount = amount + 1"),
    ("remittance_pairs", "UPDATE contributions_remittance SET sent_voucher_id = NULL"),
]


@pytest.mark.parametrize(("code", "statement"), TAMPERING)
def test_a_change_behind_the_guards_is_found(paid, code, statement):
    summed(paid)
    sent(paid)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement)
        found = prove()
        cursor.execute("SET session_replication_role = origin")
    assert code in {fault.code for fault in found}
    assert all(str(fault) for fault in found)
    transaction.set_rollback(True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contributions_rosterfee SET owed = owed + 1, paid_on = NULL",
        "UPDATE contributions_rosterfee SET paid_on = NULL",
        "UPDATE contributions_levy SET void = true",
        "INSERT INTO contributions_levy (enrollment_id, roster_id, period_id, unit_id, month, continuing,"
        " amount, article, due, void) SELECT enrollment_id, roster_id, period_id, unit_id, 'x', continuing,"
        " amount, article, due, void FROM contributions_levy LIMIT 1",
        "INSERT INTO contributions_allocation (receipt_id, fee_id, amount, allocated_on, allocated_at,"
        " allocated_by_id) SELECT receipt_id, fee_id, amount, allocated_on, allocated_at, allocated_by_id"
        " FROM contributions_allocation LIMIT 1",
        "INSERT INTO contributions_summaryline (summary_id, unit_id, persons, continuing, new, amount)"
        " SELECT summary_id, (SELECT min(u.id) - 1 FROM enrollment_unit u), 1, 1, 0, 1"
        " FROM contributions_summaryline LIMIT 1",
    ],
)
def test_what_a_frozen_roster_owes_and_has_paid_is_final(paid, statement):
    summed(paid)
    sent(paid)
    with (
        pytest.raises(IntegrityError, match=r"frozen|has been sent"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
