"""Cover asked in bulk for claims says what enrolment says of one person and one day (第三条, 第十四条)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import coverage
from claims.models import Bill, Claim
from core.errors import Refused
from core.roles import system_user
from enrollment import cover
from enrollment.models import Cover
from schemes.versions import document_of
from tests.support.claims import MAY, enroll
from tests.support.claims import cover as begin_cover

pytestmark = pytest.mark.django_db
YEAR = st.dates(date(2022, 1, 1), date(2022, 12, 31))
AROUND = st.dates(date(2021, 11, 15), date(2023, 1, 31))
ACTS = st.sampled_from(["paid", "withdrawn", "died", "moved", "restored", "last year"])


def happen(region, member, act: str, day: date) -> None:
    """One thing in a person's life, by the functions that the pages call; what is refused does not happen."""
    by, scheme = system_user("test"), region.period.scheme
    rows = Cover.objects.filter(member=member, scheme=scheme)
    inside = rows.filter(valid_from=region.period.cover_from)
    try:
        if act == "paid" and not inside.exists():
            begin_cover(member.enrollments.get())
        elif act == "last year" and not rows.filter(valid_from__lt=region.period.cover_from).exists():
            begin_cover(member.enrollments.get(), valid_from=date(2021, 1, 1), valid_to=date(2021, 12, 31))
        elif act == "withdrawn":
            cover.withdraw(member=member, scheme=scheme, day=day, by=by, on=MAY)
        elif act == "died":
            cover.died(member=member, day=day, by=by, on=MAY)
        elif act == "moved":
            cover.moved(member=member, to=region.stranger, kind="active", day=day, by=by, on=MAY)
        elif act == "restored":
            ended = inside.exclude(ended="").first()
            if ended is not None:
                cover.restore(cover=ended, by=by, on=MAY, reason="误录")
    except Refused:
        pass


def in_bulk(region, people: list, days: list[date]) -> list[tuple[bool, str, str]]:
    claims = [
        Claim(pk=place, member=member, period=region.period, bill=Bill(discharged=day))
        for place, (member, day) in enumerate((member, day) for member in people for day in days)
    ]
    found = coverage.answers(claims, document_of(region.period).document)
    return [(found[claim.pk].covered, found[claim.pk].reason, found[claim.pk].article) for claim in claims]


def one_by_one(region, people: list, days: list[date]) -> list[tuple[bool, str, str]]:
    found = [cover.on_day(member, region.period.scheme, day) for member in people for day in days]
    # a stay without cover waits for the fee: the bulk answer names no article for it
    return [
        (each.covered, each.reason, "" if each.reason == "not_covered" else each.article) for each in found
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lives=st.lists(st.lists(st.tuples(ACTS, AROUND), max_size=5), min_size=1, max_size=3),
    days=st.lists(YEAR, min_size=1, max_size=4),
)
def test_both_say_the_same_whatever_happened(region, lives, days):
    people = [enroll(region, covered=False) for _ in lives]
    turning = set()
    for member, life in zip(people, lives, strict=True):
        for act, day in life:
            happen(region, member, act, day)
            turning |= {day - timedelta(days=1), day, day + timedelta(days=1)}
    edge = {region.period.cover_from, region.period.cover_to}
    asked = sorted({*days, *edge, *(day for day in turning if day.year == 2022)})
    assert in_bulk(region, people, asked) == one_by_one(region, people, asked)


def test_many_claims_take_one_question(region, django_assert_num_queries):
    people = [enroll(region) for _ in range(5)]
    loaded = document_of(region.period)
    claims = [
        Claim(pk=place, member=member, period=region.period, bill=Bill(discharged=MAY))
        for place, member in enumerate(people)
    ]
    with django_assert_num_queries(1):
        found = coverage.answers(claims, loaded.document)
    assert all(answer.covered for answer in found.values())
