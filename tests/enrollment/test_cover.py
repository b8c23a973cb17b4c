"""Who is covered on which day, and what ends it (第十四条)."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import NotAllowed
from enrollment import cover
from enrollment.models import Affiliation, Cover, Member, Roster
from tests.support.rosters import ON, person, roster_csv

pytestmark = pytest.mark.django_db
JULY = date(2022, 7, 1)


@pytest.fixture
def member(read, by):
    read(roster_csv([person(1), person(2)]))
    cover.begin(roster=Roster.objects.get(), by=by, on=ON)
    return Member.objects.get(name="张一")


@pytest.fixture
def scheme(period):
    return period.scheme


def test_the_whole_period_is_covered_edges_included_and_nothing_else(member, scheme):
    covered = [
        cover.on_day(member, scheme, day).covered for day in (date(2022, 1, 1), ON, date(2022, 12, 31))
    ]
    assert covered == [True, True, True]
    for day in (date(2021, 12, 31), date(2023, 1, 1)):
        if day.year == 2023:
            Cover.objects.filter(member=member).update(
                ended="withdrawn", ended_on=date(2022, 12, 31), valid_to=date(2022, 12, 30)
            )
            assert not cover.on_day(member, scheme, day).covered


def test_who_withdraws_has_no_right_from_that_day_on(member, scheme, by):
    ended = cover.withdraw(member=member, scheme=scheme, day=JULY, by=by, on=ON)
    assert (ended.ended, ended.ended_on, ended.valid_to) == ("withdrawn", JULY, date(2022, 6, 30))
    assert cover.on_day(member, scheme, date(2022, 6, 30)).covered
    assert cover.on_day(member, scheme, JULY) == (False, "withdrawn", "第十四条")


def test_who_withdraws_before_it_began_was_never_covered(member, scheme, by):
    cover.withdraw(member=member, scheme=scheme, day=date(2021, 12, 1), by=by, on=ON)
    assert cover.on_day(member, scheme, date(2022, 1, 1)) == (False, "withdrawn", "第十四条")


def test_death_is_no_withdrawal_the_stay_that_ends_with_it_is_covered(member, scheme, by):
    cover.died(member=member, day=JULY, by=by, on=ON)
    member.refresh_from_db()
    assert member.died_on == JULY
    assert cover.on_day(member, scheme, JULY).covered
    assert cover.on_day(member, scheme, date(2022, 7, 2)).reason == "died"


def test_moving_inside_the_province_ends_nothing(member, scheme, school, by):
    cover.moved(member=member, to=school, kind="active", day=JULY, by=by, on=ON)
    assert cover.on_day(member, scheme, JULY).covered
    assert list(member.affiliations.order_by("pk").values_list("until", flat=True)) == [JULY, None]
    assert Affiliation.objects.get(member=member, until=None).unit == school


def test_an_end_entered_by_mistake_is_taken_back_with_history(member, scheme, by):
    ended = cover.withdraw(member=member, scheme=scheme, day=JULY, by=by, on=ON)
    cover.restore(cover=ended, by=by, on=ON, reason="误录")
    assert cover.on_day(member, scheme, JULY).covered
    assert [record.ended for record in ended.history.order_by("history_id")] == ["", "withdrawn", ""]


def test_cover_that_is_over_cannot_end_again_and_strangers_have_none(member, scheme, by):
    cover.withdraw(member=member, scheme=scheme, day=JULY, by=by, on=ON)
    with pytest.raises(cover.NoCoverToEnd):
        cover.withdraw(member=member, scheme=scheme, day=JULY, by=by, on=ON)
    stranger = Member.objects.create(id_number="530000000000000000", name="外人", sex="M", birth_date=ON)
    assert cover.on_day(stranger, scheme, JULY) == (False, "not_covered", "第三条")
    with pytest.raises(cover.NoCoverToEnd):
        cover.withdraw(member=stranger, scheme=scheme, day=JULY, by=by, on=ON)


def test_only_the_members_own_office_ends_cover(member, scheme, staff):
    with pytest.raises(NotAllowed):
        cover.withdraw(member=member, scheme=scheme, day=JULY, by=staff("reviewer", office="90"), on=ON)
    assert cover.withdraw(member=member, scheme=scheme, day=JULY, by=staff("reviewer"), on=ON)


days = st.dates(date(2022, 1, 1), date(2022, 12, 31))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.tuples(days, days), second=st.tuples(days, days))
def test_the_database_lets_no_two_covers_of_a_member_overlap(member, scheme, first, second):
    (a, b), (c, d) = sorted(first), sorted(second)
    with transaction.atomic():
        Cover.objects.filter(member=member).delete()
        Cover.objects.create(member=member, scheme=scheme, valid_from=a, valid_to=b, began="paid")
        overlap = a <= d and c <= b
        try:
            with transaction.atomic():
                Cover.objects.create(member=member, scheme=scheme, valid_from=c, valid_to=d, began="restored")
        except IntegrityError as error:
            assert overlap and "cover_no_overlap" in str(error)
        else:
            assert not overlap
