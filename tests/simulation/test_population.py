"""The population read from our own tables says what the claims say."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import connection

from claims import population
from claims.account import yuan_of
from claims.models import Claim
from enrollment.models import Cover
from schemes.versions import document_of
from tests.support.claims import MAY, calculate, enroll, file_claim, file_without_calculation

D = Decimal


def found_in(made, period) -> dict[int, tuple[Decimal, Decimal, bool]]:
    """Base, amount, counts by claim as the statement finds them."""
    population.scratch("found", population.RESULT)
    params = {**made.params, **population.EVERYBODY}
    population.adjudicate(document_of(period).document, facts=made.select, into="found", params=params)
    with connection.cursor() as cursor:
        cursor.execute("SELECT claim, base, amount, counts FROM found")
        return {row[0]: (yuan_of(row[1]), yuan_of(row[2]), row[3]) for row in cursor.fetchall()}


def standing(period) -> dict[int, tuple[Decimal, Decimal, bool]]:
    """The same as the claims' calculations stand."""
    claims = Claim.objects.filter(period=period, adjudication__isnull=False).select_related("adjudication")
    return {c.pk: (c.adjudication.base, c.adjudication.amount, c.adjudication.counts) for c in claims}


def test_stored_facts_under_the_document_in_force_give_what_stands(region):
    member = enroll(region)
    for base in ("500.00", "799.99", "800.01", "9999.99", "90000.00"):
        file_claim(region, member, base)
    file_claim(region, enroll(region), "3000.00", exclusion="work_injury")
    file_claim(region, enroll(region), "3000.00", designated=False)
    found = found_in(population.stored(region.period), region.period)
    assert found == standing(region.period)
    assert len(found) == 7


def test_a_claim_that_was_not_covered_stays_so_under_any_document(region):
    member = enroll(region)
    Cover.objects.filter(member=member).update(
        valid_to=date(2022, 3, 31), ended=Cover.Ended.WITHDRAWN, ended_on=date(2022, 4, 1)
    )
    claim = file_claim(region, member, "5000.00")
    found = found_in(population.stored(region.period), region.period)
    assert found == {claim.pk: (D("5000.00"), D("0.00"), False)} == standing(region.period)


def test_filed_slips_in_sql_pay_what_the_calculation_then_finds(region):
    member = enroll(region)
    waiting = [file_without_calculation(region, member, base) for base in ("700.00", "700.00", "20000.00")]
    waiting += [file_without_calculation(region, enroll(region), "800.02")]
    found = found_in(population.filed(region.period), region.period)
    calculate(region, *waiting, on=MAY)
    assert found == standing(region.period)


def test_the_next_bound_walks_everybody_once(region):
    members = [enroll(region) for _each in range(5)]
    for member in members:
        file_claim(region, member, "900.00")
    made, seen, after = population.stored(region.period), [], -1
    while (upto := made.next_bound(after, 2)) is not None:
        params = {**made.params, "after": after, "upto": upto}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT member FROM ({made.select}) f ORDER BY member", params)
            seen.append([row[0] for row in cursor.fetchall()])
        after = upto
    assert [len(chunk) for chunk in seen] == [2, 2, 1]
    assert [member for chunk in seen for member in chunk] == [member.pk for member in members]
    assert made.size() == 5
