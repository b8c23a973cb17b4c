"""Two documents over the same facts, a range of members at a time: sums by group, and the largest changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection, transaction

from claims import population
from claims.population import ABOUT, AMOUNTS, FACTS, KNOWN, Population
from schemes.rules import banded, columns, needs
from schemes.rules.bands import Steps
from schemes.rules.document import Document

PEOPLE = 20_000
"""Members per chunk."""
LARGEST = 50
AGES = (0, 30, 40, 50, 60, 70)
"""Where age groups begin, in completed years on the period's first day."""
METRICS = ("persons", "winners", "losers", "claims", "old", "new", "gained", "lost")
"""What each group counts; amounts in fen."""

Tally = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """The two documents, the day on which ages are taken, and whose claims are reported (None: all).

    A person's account is walked whole; claims of agency points outside `agencies` are left out of the sums.
    """

    old: Document
    new: Document
    opens: date
    agencies: tuple[int, ...] | None = None


def empty() -> Tally:
    """Nobody walked yet, no group: {table: {key: [METRICS]}}."""
    return {"after": -1, "groups": {}, "levels": {}, "faulty": 0, "recorded": 0, "paid": 0, "changes": [],
            "missing": {}, "aside": [0, 0], "aside_stands": 0}  # fmt: skip


def chunk(made: Population, pair: Pair, tally: Tally, *, size: int = PEOPLE) -> int:
    """Walk the next members under both documents and add them up; how many members, 0 when all are done.

    Call it in a transaction.
    """
    upto = made.next_bound(tally["after"], size)
    if upto is None:
        return 0
    stage(made, pair, after=tally["after"], upto=upto)
    tally["after"] = upto
    with connection.cursor() as cursor:
        _sum_people(cursor, tally)
        _sum_places(cursor, tally)
        _sum_claims(cursor, tally)
        aside = _sum_missing(cursor, pair, tally)
        cursor.execute("SELECT count(*) FROM sim_people")
        return int(cursor.fetchone()[0]) + aside


def whole(made: Population, old: Document, new: Document, *, opens: date, size: int = PEOPLE) -> Tally:
    """The whole population, chunk after chunk, each in its transaction."""
    pair, tally = Pair(old, new, opens), empty()
    while True:
        with transaction.atomic():
            if not chunk(made, pair, tally, size=size):
                return tally


# --- a range of members in tables of the transaction -------------------------------------------------------


def stage(made: Population, pair: Pair, *, after: int, upto: int) -> None:
    """Facts (sim_facts), findings by both documents (sim_old, sim_new), claims and people with both amounts.

    People of whom a document needs a fact that is not stored are left out and stand in sim_missing.
    Call it in a transaction: the tables go with it.
    """
    documents = (pair.old, pair.new)
    scalar = not all(columns.has_form(document) for document in documents)
    amounts = AMOUNTS if scalar else columns.needed(documents)
    names = ", ".join([*FACTS, *ABOUT, *(KNOWN if scalar else ()), *amounts])
    params = {**made.params, "after": after, "upto": upto}
    population.scratch("sim_facts", f"AS SELECT {names} FROM ({made.select}) every", params)
    _set_aside(documents)
    _find(pair.old, "sim_old")
    if pair.new is pair.old:
        population.scratch("sim_new", "AS SELECT * FROM sim_old")
    else:
        _find(pair.new, "sim_new")
    _put_together(pair)


def _set_aside(documents: Sequence[Document]) -> None:
    """Take out the accounts with a stay of which a fact is not known; no rule's default stands in for it."""
    needed = sorted({fact for document in documents for fact in needs.facts_read(document)})
    asked = ", ".join(f"('{fact}', {_absent(fact)})" for fact in needed)
    lacks = (
        f"CROSS JOIN LATERAL (VALUES {asked}) AS v (fact, absent) WHERE absent" if asked else "WHERE FALSE"
    )
    fact = "v.fact" if asked else "''::text AS fact"
    population.scratch("sim_missing", f"AS SELECT f.claim, f.member, {fact} FROM sim_facts f {lacks}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM sim_missing)")
        some = cursor.fetchone()[0]
        population.scratch("sim_aside", "(claim bigint, member bigint, agency bigint, recorded bigint)")
        if some:
            cursor.execute(
                """WITH gone AS (DELETE FROM sim_facts WHERE member IN (SELECT member FROM sim_missing)
                                 RETURNING claim, member, agency, recorded)
                   INSERT INTO sim_aside SELECT * FROM gone"""
            )


def _absent(fact: str) -> str:
    """Whether a stored stay lacks a fact; a base that cannot be taken from the slip is missing for all."""
    column = population.COLUMN_OF.get(fact)
    return f"f.{column} IS NULL" if column else "TRUE"


def _find(document: Document, table: str) -> None:
    population.scratch(table, population.RESULT)
    population.adjudicate(document, facts="SELECT * FROM sim_facts", into=table)


def _put_together(pair: Pair) -> None:
    only, params = (
        ("", None) if pair.agencies is None else ("WHERE f.agency = ANY(%s)", [list(pair.agencies)])
    )
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS pg_temp.sim_claims, pg_temp.sim_people")
        cursor.execute(
            f"""CREATE TEMPORARY TABLE sim_claims ON COMMIT DROP AS
            SELECT f.claim, f.member, COALESCE(above.id, f.agency) AS office, f.unit_kind, f.born,
              f.recorded, f.paid, o.amount AS old, n.amount AS new,
                   o.level AS old_level, n.level AS new_level, o.counts AS old_counts, n.counts AS new_counts,
                   o.base AS old_base, n.base AS new_base, CASE WHEN o.fits THEN o.base ELSE 0 END AS base,
                   n.faulty AND NOT o.faulty AS faulty
              FROM sim_facts f JOIN sim_old o USING (claim) JOIN sim_new n USING (claim)
              LEFT JOIN core_office place ON place.id = f.agency AND place.kind = 'agency'
              LEFT JOIN core_office above ON above.id = place.parent_id {only}""",
            params,
        )
        age, band = _age_sql(pair.opens), _band_sql(pair.old)
        cursor.execute(
            f"""CREATE TEMPORARY TABLE sim_people ON COMMIT DROP AS
            SELECT member, {age} AS age, {band} AS band, claims, old, new
              FROM (SELECT member, min(born) AS born, count(*) AS claims, sum(old)::bigint AS old,
                           sum(new)::bigint AS new, sum(base)::bigint AS base
                             FROM sim_claims GROUP BY member) p"""
        )


def _age_sql(opens: date) -> str:
    whens = []
    for age in AGES[:0:-1]:
        latest = (
            opens.replace(year=opens.year - age)
            if (opens.month, opens.day) != (2, 29)
            else date(opens.year - age, 3, 1)
        )
        whens.append(f"WHEN born <= DATE '{latest.isoformat()}' THEN {age}")
    return f"CASE {' '.join(whens)} WHEN born IS NULL THEN NULL ELSE 0 END"


def edges(document: Document) -> list[int]:
    """Where the document's bands begin (fen), 0 first; empty where it is not paid by bands."""
    if not isinstance(document.benefit, banded.BandedBenefit):
        return []
    steps: Steps = document.ready().steps or ()
    return [step.over for step in steps]


def _band_sql(document: Document) -> str:
    """The number of the band in which a person's base of the period ends; null where there are none."""
    whens = [f"WHEN base > {edge} THEN {number}" for number, edge in enumerate(edges(document)) if edge]
    return f"CASE {' '.join(reversed(whens))} ELSE 0 END" if whens else "NULL::integer"


# --- adding up ---------------------------------------------------------------------------------------------

_COUNTS = """count(*), count(*) FILTER (WHERE new > old), count(*) FILTER (WHERE new < old),
  sum(claims)::bigint,
    sum(old)::bigint, sum(new)::bigint, COALESCE(sum(new - old) FILTER (WHERE new > old), 0)::bigint,
    COALESCE(sum(old - new) FILTER (WHERE new < old), 0)::bigint"""


def _sum_people(cursor: Any, tally: Tally) -> None:
    cursor.execute(
        f"""SELECT grouping(age, band), age, band, {_COUNTS} FROM sim_people
            GROUP BY GROUPING SETS ((), (age), (band)) HAVING count(*) > 0"""
    )
    tables = {
        3: ("total", lambda age, band: ""),
        1: ("age", lambda age, band: age),
        2: ("band", lambda age, band: band),
    }
    for grouping, age, band, *counts in cursor.fetchall():
        table, key = tables[grouping]
        _add(tally, table, key(age, band), counts)
    cursor.execute(
        """SELECT member, old, new FROM sim_people
            WHERE new <> old ORDER BY abs(new - old) DESC, member LIMIT %s""",
        [LARGEST],
    )
    found = [*tally["changes"], *(list(row) for row in cursor.fetchall())]
    tally["changes"] = sorted(found, key=lambda row: (-abs(row[2] - row[1]), row[0]))[:LARGEST]


def _sum_places(cursor: Any, tally: Tally) -> None:
    """A person counts in each place and kind of unit where claims of theirs were filed."""
    cursor.execute(
        f"""SELECT grouping(office, unit_kind), office, unit_kind, {_COUNTS}
              FROM (SELECT member, office, unit_kind, count(*) AS claims, sum(old) AS old, sum(new) AS new
                      FROM sim_claims GROUP BY member, office, unit_kind) g
             GROUP BY GROUPING SETS ((office), (unit_kind))"""
    )
    for grouping, office, unit_kind, *counts in cursor.fetchall():
        table, key = ("office", office) if grouping == 1 else ("unit_kind", unit_kind)
        _add(tally, table, key, counts)


def _sum_claims(cursor: Any, tally: Tally) -> None:
    cursor.execute(
        """SELECT COALESCE(count(*) FILTER (WHERE faulty), 0), COALESCE(sum(recorded), 0)::bigint,
                  COALESCE(sum(paid), 0)::bigint FROM sim_claims"""
    )
    for name, value in zip(("faulty", "recorded", "paid"), cursor.fetchone(), strict=True):
        tally[name] += int(value)
    for place, column in enumerate(("old_level", "new_level")):
        cursor.execute(f"SELECT {column}, count(*) FROM sim_claims GROUP BY 1")
        for level, count in cursor.fetchall():
            tally["levels"].setdefault(level, [0, 0])[place] += int(count)


def _sum_missing(cursor: Any, pair: Pair, tally: Tally) -> int:
    """Count what was left out: bills by the fact that they lack, claims, people, sums; how many people."""
    only = "" if pair.agencies is None else "WHERE agency = ANY(%(agencies)s)"
    params = {"agencies": list(pair.agencies or ())}
    cursor.execute(
        f"SELECT fact, count(*) FROM sim_missing JOIN sim_aside USING (claim, member) {only} GROUP BY fact",
        params,
    )
    for fact, count in cursor.fetchall():
        tally["missing"][fact] = tally["missing"].get(fact, 0) + int(count)
    sums = "count(*), count(DISTINCT member), COALESCE(sum(recorded), 0)::bigint"
    cursor.execute(f"SELECT {sums} FROM sim_aside {only}", params)
    claims, people, stands = cursor.fetchone()
    tally["aside_stands"] += int(stands)
    tally["aside"] = [tally["aside"][0] + int(claims), tally["aside"][1] + int(people)]
    return int(people)


def _add(tally: Tally, table: str, key: Any, counts: Sequence[Any]) -> None:
    group = tally["groups"].setdefault(table, {})
    name = "" if key is None else str(key)
    was = group.get(name, [0] * len(METRICS))
    group[name] = [before + int(more or 0) for before, more in zip(was, counts, strict=True)]
