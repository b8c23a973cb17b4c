"""A roster from draft to freeze, and what the database holds then."""

import pytest
from django.db import IntegrityError, connection, transaction

from core.errors import Moved, NotAllowed
from core.models import Run
from enrollment import cover, roster
from enrollment.models import Affiliation, Enrollment, LeftOut, Member, OpeningMembership, Roster, RosterState
from enrollment.roster_undo import StillNeeded, undo
from tests.support.rosters import HOSPITAL, ON, id_number, person, roster_csv

pytestmark = pytest.mark.django_db


@pytest.fixture
def filled(read):
    """A draft with eight active people and two retirees."""
    rows = [person(n) for n in range(1, 9)] + [person(n, 人员类别="退休") for n in (9, 10)]
    read(roster_csv(rows))
    return Roster.objects.select_related("unit", "period").get()


@pytest.fixture
def typed(filled, by):
    return roster.type_denominator(roster=filled, active=13, by=by, on=ON)


@pytest.fixture
def frozen(typed, by, other):
    typed = roster.submit(roster=typed, by=by, on=ON)
    for act in (roster.accept, roster.freeze):
        typed = act(roster=typed, by=other, on=ON)
    return typed


def refused(call, error=IntegrityError):
    """The database refuses it, whoever asks."""
    with pytest.raises(error), transaction.atomic():
        call()


def test_counts_tell_who_stands_on_it(filled):
    assert roster.counts(filled) == {"continuing": 0, "new": 10, "active": 8, "retired": 2, "total": 10}


def test_eight_of_thirteen_are_enough_and_of_fourteen_too_few(typed, by):
    assert roster.check_quota(typed)[:2] == (8, True)
    short = roster.type_denominator(roster=typed, active=14, by=by, on=ON)
    with pytest.raises(roster.QuotaShort) as told:
        roster.submit(roster=short, by=by, on=ON)
    assert told.value.facts == {"joining": 8, "insured": 14, "minimum": 9, "article": "第一条"}


def test_ten_or_fewer_must_join_whole(typed, by):
    ten = roster.type_denominator(roster=typed, active=10, by=by, on=ON)
    assert roster.check_quota(ten)[:2] == (10, False)


def test_the_units_own_number_is_proposed_and_the_agency_point_confirms(filled, by, staff):
    assert roster.denominator(filled) == 130
    typed = roster.type_denominator(roster=filled, active=12, by=by, on=ON)
    submitted = roster.submit(roster=typed, by=staff("agent", unit=HOSPITAL), on=ON)
    reviewer = staff("reviewer")
    accepted = roster.accept(roster=submitted, by=reviewer, on=ON)
    assert (accepted.confirmed_active, accepted.confirmed_active_by) == (12, reviewer)
    assert [record.state for record in accepted.history.order_by("history_id")][-3:] == [
        "draft",
        "submitted",
        "accepted",
    ]


def test_a_correction_by_the_agency_point_is_tested_again(typed, by, other):
    submitted = roster.submit(roster=typed, by=by, on=ON)
    roster.confirm_denominator(roster=submitted, active=20, by=by, on=ON)
    with pytest.raises(roster.QuotaShort):
        roster.accept(roster=submitted, by=other, on=ON)


def test_a_return_says_what_is_missing_and_leads_back_to_draft(typed, by):
    submitted = roster.submit(roster=typed, by=by, on=ON)
    with pytest.raises(roster.ReasonMissing):
        roster.give_back(roster=submitted, reason=" ", by=by, on=ON)
    back = roster.give_back(roster=submitted, reason="缺缴费证明", by=by, on=ON)
    assert (back.state, back.returned_reason, back.submitted_at) == (RosterState.DRAFT, "缺缴费证明", None)
    assert roster.submit(roster=back, by=by, on=ON).returned_reason == ""


def test_each_move_needs_its_state_and_its_role(typed, by, staff):
    agent = staff("agent", unit=HOSPITAL)
    with pytest.raises(Moved):
        roster.accept(roster=typed, by=by, on=ON)
    roster.submit(roster=typed, by=agent, on=ON)
    with pytest.raises(Moved):
        roster.submit(roster=typed, by=agent, on=ON)
    with pytest.raises(NotAllowed):
        roster.accept(roster=typed, by=agent, on=ON)
    with pytest.raises(NotAllowed):
        roster.accept(roster=typed, by=staff("reviewer", office="90"), on=ON)


def test_an_empty_roster_is_not_handed_in(period, hospital, by):
    empty = Roster.objects.create(unit=hospital, period=period)
    with pytest.raises(roster.RosterEmpty):
        roster.submit(roster=empty, by=by, on=ON)


def test_people_are_taken_off_a_draft_by_name(filled, by):
    gone = Member.objects.get(name="张一")
    assert roster.remove(roster=filled, members=[gone], by=by, on=ON) == 1
    assert not gone.enrollments.exists()
    assert Enrollment.history.filter(member_id=gone.pk, history_type="-").get().history_user == by
    with pytest.raises(roster.NotOnRoster):
        roster.remove(roster=filled, members=[gone], by=by, on=ON)


def test_a_frozen_roster_keeps_its_people_whoever_asks(frozen, read):
    row = Enrollment.objects.get(member__name="张一")
    refused(lambda: row.delete())
    refused(lambda: Enrollment.objects.all().delete())
    refused(lambda: Enrollment.objects.filter(pk=row.pk).update(continuing=True))
    refused(lambda: Enrollment.objects.filter(pk=row.pk).update(kind="retired"))
    stranger = Member.objects.create(id_number=id_number(77), name="外人", sex="M", birth_date=ON)
    values = {"period_id": frozen.period_id, "unit_id": frozen.unit_id, "kind": "active", "continuing": False}
    refused(lambda: Enrollment.objects.create(member=stranger, roster=frozen, **values))
    refused(lambda: Roster.objects.filter(pk=frozen.pk).update(state="draft"))
    refused(lambda: Roster.objects.filter(pk=frozen.pk).update(confirmed_active=1))
    refused(lambda: Roster.objects.filter(pk=frozen.pk).delete())
    assert Enrollment.objects.count() == 10
    with pytest.raises(roster.RosterClosed):
        read(roster_csv([person(20)]))


@pytest.mark.parametrize("table", ["enrollment_enrollment", "enrollment_roster", "enrollment_cover"])
def test_nothing_is_emptied_behind_the_products_back(db, table):
    def empty():
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {table} CASCADE")

    refused(empty, Exception)


def test_the_office_corrects_the_same_person_after_the_freeze_with_history(frozen, staff, by):
    member = Member.objects.get(name="张一")
    reviewer = staff("reviewer")
    number = id_number(501)
    fixed = roster.correct_member(
        member=member,
        roster=frozen,
        reason="身份证号录错",
        by=reviewer,
        on=ON,
        name="张壹",
        id_number=number,
        card_number="6228 4800 0146 4226 842",
    )
    fixed.refresh_from_db()
    assert (fixed.name, fixed.id_number, fixed.card_number) == ("张壹", number, "6228480001464226842")
    assert Member.objects.by_id_number(number).get() == member
    assert fixed.history.first().history_change_reason == "身份证号录错"
    taken = Member.objects.get(name="张二").id_number
    with pytest.raises(roster.WrongNumber):
        roster.correct_member(member=fixed, roster=frozen, reason="x", by=by, on=ON, id_number=taken)
    with pytest.raises(NotAllowed):
        roster.correct_member(
            member=fixed, roster=frozen, reason="x", by=staff("agent", unit=HOSPITAL), on=ON, name="y"
        )


def test_cover_begins_for_everybody_for_the_whole_period_and_once(frozen, by):
    assert cover.begin(roster=frozen, by=by, on=ON) == 10
    assert cover.begin(roster=frozen, by=by, on=ON) == 0
    member = Member.objects.get(name="张一")
    only = member.covers.get()
    assert (str(only.valid_from), str(only.valid_to), only.began) == ("2022-01-01", "2022-12-31", "paid")
    assert set(Enrollment.objects.values_list("state", flat=True)) == {"covered"}
    assert only.history.get().history_change_reason == f"roster:{frozen.pk}"


def test_a_paid_person_stays_and_an_upload_that_was_paid_is_not_undone(typed, by):
    cover.begin(roster=typed, by=by, on=ON)
    with pytest.raises(roster.NotCovered):
        roster.remove(roster=typed, members=[Member.objects.get(name="张一")], by=by, on=ON)
    with pytest.raises(StillNeeded):
        undo(run=Run.objects.get(job="import_roster"), by=by, on=ON)


def test_a_retiree_of_the_period_before_who_is_left_out_is_named_with_the_reason(filled, by):
    left = Member.objects.create(id_number=id_number(88), name="老人", sex="F", birth_date=ON)
    Affiliation.objects.create(member=left, unit=filled.unit, kind="retired", since=ON)
    OpeningMembership.objects.create(member=left, scheme=filled.period.scheme, period_code="17")
    assert list(roster.left_out_retirees(filled)) == [left]
    roster.give_reason(roster=filled, member=left, reason="本人不愿参加", by=by, on=ON)
    assert LeftOut.objects.get().reason == "本人不愿参加"
    assert not roster.needs_reasons(filled.period), "period 19 is the first that asks"


def test_papers_are_received_and_filed_at_the_agency_point(typed, staff):
    reviewer = staff("reviewer")
    kept = roster.receive_papers(roster=typed, place="二楼档案柜3", by=reviewer, on=ON)
    assert (kept.papers_place, kept.papers_by) == ("二楼档案柜3", reviewer) and kept.papers_at


def test_who_hands_a_roster_in_does_not_accept_it(typed, staff):
    clerk, other = staff("reviewer"), staff("reviewer", name="other")
    submitted = roster.submit(roster=typed, by=clerk, on=ON)
    with pytest.raises(roster.OwnRoster):
        roster.accept(roster=submitted, by=clerk, on=ON)
    assert roster.accept(roster=submitted, by=other, on=ON).accepted_by == other
    refused(lambda: Roster.objects.update(accepted_by=clerk))


def test_nor_does_the_machine(typed, by):
    with pytest.raises(roster.OwnRoster):
        roster.accept(roster=roster.submit(roster=typed, by=by, on=ON), by=by, on=ON)


@pytest.mark.parametrize("table", ["roster", "enrollment", "member", "cover", "unit"])
def test_history_is_not_rewritten(frozen, by, table):
    cover.begin(roster=frozen, by=by, on=ON)
    Roster.objects.get().unit.save()
    connection.check_constraints()
    name = f"enrollment_historical{table}"
    for statement in (f"UPDATE {name} SET history_type = '-'", f"DELETE FROM {name}", f"TRUNCATE {name}"):
        refused(lambda statement=statement: connection.cursor().execute(statement))
