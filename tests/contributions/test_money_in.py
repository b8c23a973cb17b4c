"""A unit's fee from the levy to the centre's book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from contributions import fees, remittance
from contributions.allocation import assign, complete, complete_all, standing
from contributions.fees import OutsideWindow
from contributions.freeze import StillOpen, freeze_period
from contributions.levies import PaidAlready, assess
from contributions.models import Allocation, Levy, OfficeSummary, Remittance, RosterFee
from contributions.proof import prove
from core.errors import Moved, NotAllowed
from core.models import Office, OfficeKind
from enrollment import roster as rosters
from enrollment.cover import withdraw
from enrollment.models import Cover, Enrollment, Roster, RosterState
from funds.models import Receipt, Voucher
from funds.proof import prove as prove_books
from funds.receipts import KnownReceipt, give_back, receive
from tests.contributions.support import FROZEN, LAST, PAID
from tests.funds.support import balances

SUMMED = date(2022, 3, 1)
SENT = date(2022, 3, 11)


def proved() -> bool:
    return [str(fault) for fault in (*prove_books(), *prove())] == []


# --- what is owed ------------------------------------------------------------------------------------------


def test_seven_continuing_and_three_new_owe_1290(province):
    done = province.assess()
    assert (done.written, done.rosters, done.owed) == (10, 1, D("1290.00"))
    assert sorted(Levy.objects.values_list("continuing", "amount", "article").order_by().distinct()) == [
        (False, D("150.00"), "第四条"),
        (True, D("120.00"), "第四条"),
    ]
    assert set(Levy.objects.values_list("due", flat=True)) == {LAST}
    assert proved()


def test_assessing_again_writes_only_what_changed(province):
    province.assess()
    assert province.assess().written == 0
    province.enrol(province.roster, 1, again=False)
    done = province.assess(roster=province.roster)
    assert (done.written, done.owed) == (1, D("1440.00"))
    row = Enrollment.objects.filter(continuing=True).first()
    Enrollment.objects.filter(pk=row.pk).update(continuing=False)
    assert province.assess().owed == D("1470.00")
    Enrollment.objects.filter(pk=row.pk).update(state="removed")
    assert province.assess().owed == D("1320.00")
    assert Levy.objects.get(enrollment=row).void


def test_a_period_is_assessed_roster_by_roster_alike(province):
    other = province.make_roster(province.make_unit(), continuing=2, new=0)
    draft = province.make_roster(province.make_unit(), continuing=2, new=0, state=RosterState.DRAFT)
    assert province.assess().owed == D("1530.00")
    assert RosterFee.objects.get(roster=other).owed == D("240.00")
    assert not RosterFee.objects.filter(roster=draft).exists()


def test_who_may_assess(province):
    far = Office.objects.create(code="90", name="系统", kind=OfficeKind.OFFICE, parent=province.centre)
    for who in (
        province.staff("agent", unit=province.unit.code),
        province.staff("reviewer", far),
        province.staff("auditor"),
    ):
        with pytest.raises(NotAllowed):
            assess(roster=province.roster, by=who, on=PAID)
    near = province.staff("reviewer")
    assert assess(roster=province.roster, by=near, on=PAID).owed == D("1290.00")
    with pytest.raises(NotAllowed):
        assess(period=province.period, by=near, on=PAID)
    with pytest.raises(ValueError, match="period or a roster"):
        assess(by=near, on=PAID)


def test_a_name_taken_off_a_draft_takes_its_levy_along(province):
    province.assess()
    Enrollment.objects.filter(roster=province.roster).first().delete()
    assert Levy.objects.count() == 9
    assert province.assess().owed == D("1170.00")
    assert proved()


# --- what is paid ------------------------------------------------------------------------------------------


def test_the_exact_payment_is_a_fee_and_everybody_is_covered(province):
    province.assess()
    receipt = province.pay("1290.00")
    fee = RosterFee.objects.get()
    assert (fee.paid, fee.paid_on) == (D("1290.00"), PAID)
    assert (receipt.matched, receipt.left) == (D("1290.00"), 0)
    assert list(Voucher.objects.values_list("kind", "total")) == [("fee_received", D("1290.00"))]
    assert balances(province.books["23"]) == {"10201": D("1290.00"), "221 period=18": D("-1290.00")}
    covers = Cover.objects.values_list("valid_from", "valid_to").order_by().distinct()
    assert list(covers) == [(date(2022, 1, 1), date(2022, 12, 31))]
    assert Cover.objects.count() == 10
    assert proved()


def test_short_money_waits_and_covers_nobody_until_the_rest_is_paid(province):
    province.assess()
    province.pay("1000.00")
    outcome = standing(province.roster)
    assert (outcome.waiting, outcome.missing, outcome.excess) == (D("1000.00"), D("290.00"), 0)
    assert balances(province.books["23"]) == {"10201": D("1000.00"), "215": D("-1000.00")}
    assert not Cover.objects.exists()
    province.pay("290.00", paid_on=LAST, on=LAST)
    assert balances(province.books["23"]) == {"10201": D("1290.00"), "221 period=18": D("-1290.00")}
    assert RosterFee.objects.get().paid_on == LAST
    assert Cover.objects.count() == 10
    assert Allocation.objects.count() == 2
    assert proved()


def test_a_short_unit_takes_a_name_off_and_what_is_over_is_given_back(province):
    province.assess()
    receipt = province.pay("1150.00")
    Enrollment.objects.filter(continuing=False).first().delete()
    outcome = complete(roster=province.roster, by=province.system, on=PAID)
    assert (outcome.paid_now, outcome.excess) == (True, D("10.00"))
    receipt.refresh_from_db()
    give_back(receipt=receipt, amount=D("10.00"), reason="多付", by=province.system, on=PAID)
    assert balances(province.books["23"]) == {"10201": D("1140.00"), "221 period=18": D("-1140.00")}
    assert proved()


def test_too_much_is_no_fee_and_goes_back(province):
    province.assess()
    receipt = province.pay("1300.00")
    assert receipt.left == D("10.00")
    assert standing(province.roster).excess == D("10.00")
    assert balances(province.books["23"])["215"] == D("-10.00")
    assert proved()


def test_a_paid_fee_is_not_refunded(province):
    province.assess()
    province.pay("1290.00")
    Enrollment.objects.filter(continuing=False).update(state="removed")
    with pytest.raises(PaidAlready, match=r"1290\.00"), transaction.atomic():
        province.assess()


def test_a_name_added_after_payment_has_to_be_paid_too(province):
    province.assess()
    province.pay("1290.00")
    province.enrol(province.roster, 1, again=True)
    assert province.assess().owed == D("1410.00")
    assert RosterFee.objects.get().paid_on is None
    assert not Cover.objects.exists(), "receipts equal the roster, or nobody of it is covered"
    assert not Enrollment.objects.filter(state="covered").exists()
    assert frozen(province).frozen == []
    province.pay("120.00")
    assert RosterFee.objects.get().paid_on == PAID
    assert Cover.objects.count() == 11
    assert proved()


def test_a_paid_roster_that_is_opened_again_covers_nobody_until_it_is_accepted(province):
    province.assess()
    province.pay("1290.00")
    left = Cover.objects.order_by("pk").first()
    withdraw(
        member=left.member,
        scheme=province.scheme,
        day=date(2022, 1, 10),
        by=province.system,
        on=date(2022, 1, 10),
    )
    rosters.give_back(roster=province.roster, reason="缺页", by=province.system, on=PAID)
    assert [(cover.pk, cover.ended) for cover in Cover.objects.all()] == [(left.pk, "withdrawn")]
    with pytest.raises(rosters.NotCovered):
        rosters.remove(roster=province.roster, members=[left.member], by=province.system, on=PAID)
    Roster.objects.update(state=RosterState.ACCEPTED)
    assert complete_all(period=province.period, by=province.system, on=PAID) == []
    assert Cover.objects.count() == Enrollment.objects.filter(state="covered").count() == 10
    assert Cover.objects.get(pk=left.pk).ended == "withdrawn"
    assert Cover.history.filter(history_type="-").count() == 9
    assert proved()


def waiting_units(province, count):
    made = [
        province.make_roster(province.make_unit(), continuing=1, new=1, state=RosterState.SUBMITTED)
        for _ in range(count)
    ]
    province.assess()
    for roster in made:
        province.pay("70.00", unit=roster.unit)
        province.pay("201.00", unit=roster.unit, paid_on=LAST, on=LAST)
    Roster.objects.filter(pk__in=[roster.pk for roster in made]).update(state=RosterState.ACCEPTED)
    return made


def test_more_rosters_take_no_more_statements(province, django_assert_max_num_queries):
    few = waiting_units(province, 2)
    with CaptureQueriesContext(connection) as first:
        assert complete_all(period=province.period, by=province.system, on=LAST) == few
    many = waiting_units(province, 9)
    with django_assert_max_num_queries(len(first) + 2):
        assert complete_all(period=province.period, by=province.system, on=LAST) == many
    assert set(RosterFee.objects.exclude(roster=province.roster).values_list("paid", "paid_on")) == {
        (D("270.00"), LAST)
    }
    assert {standing(roster).excess for roster in few + many} == {D("1.00")}
    with django_assert_max_num_queries(60):
        assert frozen(province).frozen == few + many
    assert proved()


def test_a_roster_that_has_paid_too_much_is_named_and_stops_nobody(province):
    other = province.make_roster(province.make_unit(), continuing=1, new=0)
    province.assess()
    province.pay("1290.00")
    province.pay("120.00", unit=other.unit)
    Enrollment.objects.filter(roster=province.roster, continuing=False).update(state="removed")
    done = frozen(province)
    assert done.frozen == [other]
    assert [row.roster for row in done.unpaid] == [province.roster]
    assert "1290.00" in str(done.unpaid[0].because) and "840.00" in str(done.unpaid[0].because)


def test_money_before_the_roster_is_accepted_waits_for_it(province):
    Roster.objects.update(state=RosterState.SUBMITTED)
    province.assess()
    province.pay("1290.00")
    assert not Cover.objects.exists()
    Roster.objects.update(state=RosterState.ACCEPTED)
    assert complete_all(period=province.period, by=province.system, on=PAID) == [province.roster]
    assert complete_all(period=province.period, by=province.system, on=PAID) == []
    assert Cover.objects.count() == 10
    assert proved()


@pytest.mark.parametrize("day", [date(2021, 12, 19), date(2022, 2, 26)])
def test_a_payment_outside_the_window_is_refused_with_the_article(province, day):
    province.assess()
    with pytest.raises(OutsideWindow, match="第五条"):
        province.pay("1290.00", paid_on=day, on=day)
    assert not Receipt.objects.exists()


@pytest.mark.parametrize("day", [date(2021, 12, 20), date(2022, 2, 25)])
def test_the_window_has_its_first_and_last_day(province, day):
    province.assess()
    province.pay("1290.00", paid_on=day, on=date(2022, 2, 28))
    assert Cover.objects.exists()


def test_a_bank_serial_counts_once(province):
    province.assess()
    province.pay("645.00", reference="B1")
    with pytest.raises(KnownReceipt):
        province.pay("645.00", reference="B1")


def test_unmatched_money_is_given_to_the_unit_that_it_is_from(province):
    province.assess()
    receipt = receive(
        book=province.books["23"],
        amount=D("1290.00"),
        received_on=PAID,
        reference="?",
        by=province.system,
        on=PAID,
    )
    cashier = province.staff("cashier")
    assert assign(receipt=receipt, unit=province.unit, period=province.period, by=cashier, on=PAID).paid_now
    other = province.make_unit()
    with pytest.raises(Exception, match="单位"):
        assign(receipt=receipt, unit=other, period=province.period, by=cashier, on=PAID)
    assert Cover.objects.count() == 10
    assert proved()


def test_two_payments_at_once_of_which_one_completes_the_roster(committed):
    from tests.contributions.support import Province

    province = Province()
    province.assess()
    results = committed.together(
        lambda: province.pay("1290.00", reference="a"), lambda: province.pay("1290.00", reference="b")
    )
    assert all(isinstance(result, Receipt) for result in results), results
    assert RosterFee.objects.get().paid == D("1290.00")
    assert standing(province.roster).excess == D("1290.00")
    assert Cover.objects.count() == 10
    assert proved()


# --- the freeze --------------------------------------------------------------------------------------------


def frozen(province, **about):
    return freeze_period(period=province.period, by=province.system, on=FROZEN, **about)


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


def test_the_fee_expression_says_what_the_rules_say(province):
    document = fees.document_for_fees(province.period)
    said = fees.sql(document, kind="kind", continuing="again", shares="shares")
    people = "(VALUES ('active', true, 1), ('retired', false, 1)) AS t (kind, again, shares)"
    query = f"SELECT {said.amount} FROM {people}"
    with connection.cursor() as cursor:
        cursor.execute(query, said.amount_params)
        assert cursor.fetchall() == [(D("120.00"),), (D("150.00"),)]


def test_unmatched_money_counts_for_a_unit_of_the_office_whose_book_it_lies_in_alone(province):
    from contributions.allocation import ElsewhereUnit
    from enrollment.models import Unit

    receipt = receive(
        book=province.books["23"],
        amount=D("10.00"),
        received_on=PAID,
        reference="?",
        by=province.system,
        on=PAID,
    )
    centre = Office.objects.get(parent=None)
    other = Office.objects.create(code="90", name="产业办事处", kind=OfficeKind.OFFICE, parent=centre)
    unit = Unit.objects.create(code="12532300216463146P", name="示例县第一中学工会", agency=other)
    with pytest.raises(ElsewhereUnit):
        assign(receipt=receipt, unit=unit, period=province.period, by=province.staff("cashier"), on=PAID)


def test_the_same_bank_serial_recorded_twice_at_once_counts_once(committed):
    from tests.contributions.support import Province

    province = Province()
    province.assess()
    results = committed.together(
        lambda: province.pay("100.00", reference="same"), lambda: province.pay("100.00", reference="same")
    )
    assert sorted(type(each).__name__ for each in results) == ["KnownReceipt", "Receipt"]
    assert Receipt.objects.count() == 1


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
