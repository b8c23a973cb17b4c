"""A unit's fee from the levy to the centre's book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from hashlib import sha256

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contributions import fees
from contributions.allocation import assign, complete, complete_all, standing
from contributions.fees import OutsideWindow
from contributions.levies import PaidAlready, assess
from contributions.models import Allocation, Levy, RosterFee
from core import clock
from core.errors import NotAllowed
from core.models import Office, OfficeKind
from enrollment import roster as rosters
from enrollment.cover import withdraw
from enrollment.models import Cover, Enrollment, Roster, RosterState
from funds.models import Receipt, Voucher
from funds.receipts import KnownReceipt, give_back, receive
from schemes.models import SchemeVersion
from schemes.versions import ProvisionalParts
from tests.contributions.support import LAST, PAID, frozen, proved
from tests.funds.support import balances

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


def test_outside_training_nothing_is_owed_by_a_provisional_fee(province, settings):
    """The refusal names the article; the rosters stand as they were, and settled fees are assessed."""
    version = province.period.version
    text = version.document.replace("[[levy]]", "[[levy]]\nprovisional = true", 1)
    later = SchemeVersion.objects.create(
        scheme=version.scheme, document=text, cases=version.cases, sha=sha256(text.encode()).hexdigest(),
        effective_from=version.effective_from, effective_to=version.effective_to,
        period_codes=version.period_codes, state="adopted", shipped=True, written_by=province.system,
        adopted_at=clock.now(), adopted_by=province.system,
    )  # fmt: skip
    settings.TRAINING = False
    with pytest.raises(ProvisionalParts, match="第四条"):
        province.assess()
    assert not Levy.objects.exists()
    SchemeVersion.objects.filter(pk=later.pk).update(
        state="withdrawn", withdrawn_at=clock.now(), withdrawn_by=province.system, withdrawal_reason="x"
    )
    assert province.assess().owed == D("1290.00")


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
