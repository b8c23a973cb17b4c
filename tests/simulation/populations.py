"""Made-up populations: several stays per person, amounts at the edges of bands, excluded stays among them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any, NamedTuple

from hypothesis import strategies as st

from claims import account, population
from claims.population import Population
from schemes.rules.stay import Stay

EDGES = (0, 80_000, 113_334, 1_000_000, 1_034_286, 10_000_000, 50_000_000)
"""Where Yunnan's bands and its least benefit change, in fen."""
OPENS = date(2022, 1, 1)


class Fact(NamedTuple):
    """One stay with what its claim says."""

    claim: int
    member: int
    place: int | None
    accepted: bool
    covered: bool
    stay: Stay


def of(facts: list[Fact]) -> Population:
    """The facts as a relation, read back out of the JSON that an adjudication keeps."""
    rows = [
        {
            **fact._asdict(),
            "stay": None,
            "facts": account.facts_of(fact.stay),
            "born": f"{1950 + fact.member}-03-01",
        }
        for fact in facts
    ]
    select = f"""SELECT claim, member, place, accepted, covered, 1::bigint AS agency, 'employer' AS unit_kind,
        born, 0::bigint AS recorded, 0::bigint AS paid, {population.facts_sql("x.facts")}
        FROM jsonb_to_recordset(%(rows)s::jsonb) AS x (claim bigint, member bigint, place int,
          accepted boolean,
             covered boolean, born date, facts jsonb) WHERE member > %(after)s AND member <= %(upto)s"""
    people = "SELECT member FROM jsonb_to_recordset(%(rows)s::jsonb) AS x (member bigint)"
    return Population(select, people, {"rows": json.dumps(rows)})


def amounts() -> st.SearchStrategy[int]:
    at_edges = st.builds(
        lambda edge, off: max(edge + off, 0), st.sampled_from(EDGES), st.integers(min_value=-1, max_value=1)
    )
    between = st.builds(
        lambda upper, lower: max(upper - lower, 0), st.sampled_from(EDGES), st.sampled_from(EDGES)
    )
    return st.one_of(at_edges, between, st.integers(min_value=0, max_value=60_000_000))


@st.composite
def bills(draw: st.DrawFn) -> dict[str, int]:
    """A slip whose base is an amount of interest, with deductions around it; now and then a faulty one."""
    base, funded, paid = draw(amounts()), draw(st.integers(0, 5_000)), draw(st.integers(0, 900_000))
    wrong = draw(st.sampled_from([0] * 9 + [base + 7]))
    return {
        "total": base + funded + paid,
        "self_funded": funded,
        "basic_paid": paid,
        "cash_paid": base + funded + wrong,
        "deductible": min(base, 40_000),
    }


@st.composite
def stays(draw: st.DrawFn) -> Stay:
    day = OPENS + timedelta(days=draw(st.sampled_from([-1, 0, 30, 180, 364, 365])))
    return Stay(
        bill=draw(bills()),
        admitted=day - timedelta(days=3),
        discharged=day,
        settled=day,
        care=draw(st.sampled_from(["inpatient"] * 6 + ["home_bed", "outpatient", "emergency"])),
        designated=draw(st.sampled_from([True] * 6 + [False])),
        exclusion=draw(st.sampled_from([None] * 8 + ["work_injury", "duplicate_cover"])),
    )


@st.composite
def facts(draw: st.DrawFn) -> list[Fact]:
    """Up to six people with up to seven stays each; a stay that began to count was accepted or paid."""
    found: list[Fact] = []
    for member in range(1, draw(st.integers(1, 6)) + 1):
        place = 0
        for _stay in range(draw(st.integers(1, 7))):
            counted = draw(st.booleans())
            place += counted
            found.append(
                Fact(
                    claim=len(found) + 1,
                    member=member,
                    place=place if counted else None,
                    accepted=draw(st.booleans()),
                    covered=draw(st.sampled_from([True] * 9 + [False])),
                    stay=draw(stays()),
                )
            )
    return draw(st.permutations(found))


def result_of(document: Any, made: Population, table: str = "found") -> dict[int, tuple]:
    """What the statement finds, by claim: base, before, amount, level, counts."""
    from django.db import connection

    population.scratch(table, population.RESULT)
    population.adjudicate(
        document, facts=made.select, into=table, params={**made.params, **population.EVERYBODY}
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT claim, base, before, amount, level, counts, faulty FROM {table}")
        return {row[0]: tuple(row[1:]) for row in cursor.fetchall()}
