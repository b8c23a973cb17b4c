"""A whole population adjudicated from tables to tables: the twin of `claims.adjudication` in SQL.

Order, cumulate per person, bands, difference: one statement over any relation of facts. A stay that pays
nothing does not count before it has been accepted (第八条, 第十条), so the total of some people depends on
what another of their stays pays: a second statement walks those of whom nothing counts yet, and the scalar
core (`walk`, by `claims.account.settle`) the few others; where a document has no column form, everybody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection

from claims import account, slips
from claims.account import Entry, Finding
from claims.coverage import Answer
from claims.models import Claim, ClaimState
from claims.models.bills import Column
from claims.models.claims import ACCEPTED, LIVE
from claims.recoveries import SETTLED_SQL
from schemes.models import Period
from schemes.rules import benefit, columns
from schemes.rules.document import Document
from schemes.rules.errors import RuleError
from schemes.rules.stay import Stay

AMOUNTS = tuple(column.value for column in Column)
FACTS = ("claim", "member", "place", "accepted", "covered", "care", "designated", "exclusion", "discharged")
ABOUT = ("agency", "unit_kind", "born", "recorded", "paid")
KNOWN = ("person_kind", "person_sex", "person_groups", "hospital_level", "major_illness", "out_of_region")
"""What a calculation has kept of person and stay beside; null where it is not known. Only the scalar core
reads these."""
COLUMN_OF = {
    "person.kind": "person_kind",
    "person.groups": "person_groups",
    "hospital.level": "hospital_level",
    "hospital.designated": "designated",
    "out_of_region": "out_of_region",
    "major_illness": "major_illness",
    "discharged": "discharged",
}
"""The column of each fact that `schemes.rules.needs.facts_read` names."""
EVERYBODY = {"after": -1, "upto": 2**62}
NAMES = columns.Names(
    amount=lambda name: f"f.{name}",
    exclusion="f.exclusion",
    care="f.care",
    designated="f.designated",
    discharged="f.discharged",
)


@dataclass(frozen=True)
class Population:
    """Where facts of stays stand.

    select: SQL of one row per stay with the columns FACTS, ABOUT, KNOWN and AMOUNTS (bigint fen), limited to
        members above %(after)s up to %(upto)s; place: the order in which bases began to count, null
        behind all others;
        accepted: an approval stands; covered: on the day of discharge; recorded: what was found so far;
        paid: what the bank has paid or is about to pay, with what was set off or recovered.
    people: SQL of the members (column `member`), in any order.
    """

    select: str
    people: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def next_bound(self, after: int, size: int) -> int | None:
        """The last of the next members in order of their numbers; None when nobody is left."""
        query = f"""SELECT max(member) FROM (SELECT DISTINCT member FROM ({self.people}) p
                    WHERE member > %(after)s ORDER BY member LIMIT %(size)s) chosen"""
        return _value(query, {**self.params, "after": after, "size": size})

    def size(self) -> int:
        """How many members there are."""
        return int(_value(f"SELECT count(DISTINCT member) FROM ({self.people}) p", dict(self.params)) or 0)


# --- the facts that stand in our tables ------------------------------------------------------------------


def _amounts_in(facts: str) -> str:
    bill = f"{facts} -> 'stay' -> 'bill'"
    return ", ".join(
        f"COALESCE((({bill}) ->> '{name}')::numeric * 100, 0)::bigint AS {name}" for name in AMOUNTS
    )


def facts_sql(facts: str) -> str:
    """The fact columns out of an adjudication's `facts` (jsonb expression)."""
    stay, person = f"{facts} -> 'stay'", f"{facts} -> 'person'"
    return f"""COALESCE(({stay}) ->> 'care', 'inpatient') AS care,
        (({stay}) #>> '{{hospital,designated}}')::boolean AS designated,
        COALESCE(({stay}) ->> 'exclusion', '') AS exclusion,
        (({stay}) ->> 'discharged')::date AS discharged, ({person}) ->> 'kind' AS person_kind,
        ({person}) ->> 'sex' AS person_sex, ({person}) -> 'groups' AS person_groups,
        ({stay}) #>> '{{hospital,level}}' AS hospital_level,
        (({stay}) ->> 'major_illness')::boolean AS major_illness,
        ({stay}) ->> 'out_of_region' AS out_of_region, {_amounts_in(facts)}"""


RECEIVED = SETTLED_SQL.format(states="ARRAY['paid', 'pending']")
_STORED = f"""
SELECT c.id AS claim, c.member_id AS member, c.count_order AS place, c.state = ANY(%(accepted)s) AS accepted,
       d.counts OR NOT (d.lines @? '$[*].rule ? (@ starts with "cover.")') AS covered,
       c.office_id AS agency, u.kind AS unit_kind, m.birth_date AS born, (d.amount * 100)::bigint AS recorded,
       ({RECEIVED} * 100)::bigint AS paid,
       {facts_sql("d.facts")}
  FROM claims_benefitaccount a
  JOIN claims_claim c ON c.account_id = a.id AND c.state = ANY(%(live)s)
  JOIN claims_adjudication d ON d.id = c.adjudication_id
  JOIN enrollment_unit u ON u.id = c.unit_id
  JOIN enrollment_member m ON m.id = c.member_id
 WHERE a.period_id = %(period)s AND a.member_id > %(after)s AND a.member_id <= %(upto)s
"""
_LEVELS = " ".join(
    f"WHEN starts_with(b.hospital_level, '{word}') THEN '{name}'" for word, name in slips.LEVEL_WORDS
)
_FILED_AMOUNTS = ", ".join(f"(b.{name} * 100)::bigint AS {name}" for name in AMOUNTS)
_FILED = f"""
SELECT c.id AS claim, c.member_id AS member, c.count_order AS place, FALSE AS accepted, TRUE AS covered,
       c.office_id AS agency, '' AS unit_kind, NULL::date AS born, 0::bigint AS recorded, 0::bigint AS paid,
       b.care, b.designated, b.exclusion, b.discharged,
       (SELECT e.kind FROM enrollment_enrollment e
         WHERE e.member_id = c.member_id AND e.period_id = c.period_id LIMIT 1) AS person_kind,
       (SELECT m.sex FROM enrollment_member m WHERE m.id = c.member_id) AS person_sex,
       NULL::jsonb AS person_groups, CASE {_LEVELS} END AS hospital_level, NULL::boolean AS major_illness,
       NULL::text AS out_of_region, {_FILED_AMOUNTS}
  FROM claims_claim c JOIN claims_bill b ON b.id = c.bill_id
 WHERE c.period_id = %(period)s AND c.state = 'filed' AND c.member_id > %(after)s AND c.member_id <= %(upto)s
"""


def stored(period: Period) -> Population:
    """A period's live claims by the facts that stand with their current adjudications."""
    people = "SELECT member_id AS member FROM claims_benefitaccount WHERE period_id = %(period)s"
    params = {"period": period.pk, "live": [str(s) for s in LIVE], "accepted": [str(s) for s in ACCEPTED]}
    return Population(_STORED, people, params)


def filed(period: Period) -> Population:
    """A period's filed claims by their slips: what waits for its first calculation."""
    people = "SELECT member_id AS member FROM claims_claim WHERE period_id = %(period)s AND state = 'filed'"
    return Population(_FILED, people, {"period": period.pk})


def only(population: Population, members: Sequence[int]) -> Population:
    """Some members of a population."""
    condition = "WHERE member = ANY(%(members)s)"
    return Population(
        f"SELECT * FROM ({population.select}) every {condition}",
        f"SELECT member FROM ({population.people}) every {condition}",
        {**population.params, "members": list(members)},
    )


# --- in columns ------------------------------------------------------------------------------------------

RESULT = """(
    claim bigint NOT NULL, member bigint NOT NULL, place integer, accepted boolean NOT NULL,
    fits boolean NOT NULL, faulty boolean NOT NULL, base bigint NOT NULL, before bigint,
    amount bigint NOT NULL, level text NOT NULL, counts boolean NOT NULL, again boolean NOT NULL)"""
"""What is found of a stay (fen): whether it fits (may count), `before` where its base begins if it counts."""
_NAMES = "claim, member, place, accepted, fits, faulty, base, before, amount, level, counts, again"


def stays_sql(document: Document, facts: str) -> str:
    """Base and eligibility of each stay of a relation of facts."""
    form = columns.forms(document, NAMES)
    return f"""SELECT s.claim, s.member, s.place, s.accepted, s.faulty,
               CASE WHEN s.faulty THEN 0 ELSE s.base END AS base,
               s.covered AND NOT s.faulty AND NOT s.excluded AS fits
          FROM (SELECT f.claim, f.member, f.place, f.accepted, f.covered, {form.base} AS base,
                       {form.faulty} AS faulty, {form.excluded} AS excluded FROM ({facts}) f OFFSET 0) s"""


def first_pass_sql(document: Document, facts: str) -> str:
    """Everybody at once, as if each eligible stay counted, those that count already first.

    `again` marks where that is open: a stay that pays nothing before another one, or one that does not
    count yet and was filed before one that does.
    """
    form = columns.forms(document, NAMES)
    gain = f"{form.entitled('(w.before + w.base)')} - {form.entitled('w.before')}"
    return f"""SELECT claim, member, place, accepted, fits, faulty, base,
           CASE WHEN amount > 0 OR accepts THEN before END, amount, {form.level("amount")},
           amount > 0 OR accepts,
           fits AND base > 0 AND (followed AND amount = 0 AND NOT accepts
                                  OR place IS NULL AND COALESCE(latest > claim, FALSE))
      FROM (SELECT w.*, CASE WHEN w.fits THEN {gain} ELSE 0 END AS amount,
                   w.fits AND w.base > 0 AND w.accepted AS accepts
              FROM (SELECT s.*,
                           COALESCE(sum(CASE WHEN s.fits THEN s.base ELSE 0 END) OVER w, 0)::bigint AS before,
                           lead(s.claim) OVER w IS NOT NULL AS followed, max(s.claim) OVER w AS latest
                      FROM ({stays_sql(document, facts)} OFFSET 0) s
                    WINDOW w AS (PARTITION BY s.member ORDER BY s.place, s.claim
                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) w OFFSET 0) p"""


def second_pass_sql(document: Document, table: str) -> str:
    """Stay after stay for those of the people marked `again` of whom nothing counts or is accepted yet.

    They stand in the order of filing, and what pays nothing is passed over.
    """
    form = columns.forms(document, NAMES)
    gain = f"{form.entitled('(w.upto + q.base)')} - {form.entitled('w.upto')}"
    return f"""
    WITH RECURSIVE queue AS MATERIALIZED (
      SELECT claim, member, base, row_number() OVER (PARTITION BY member ORDER BY claim) AS n
        FROM {table} WHERE fits AND base > 0 AND member IN (
          SELECT member FROM {table} WHERE fits AND base > 0 GROUP BY member
          HAVING bool_or(again) AND NOT bool_or(accepted OR place IS NOT NULL))
    ), walk (claim, member, n, before, amount, upto) AS (
      SELECT NULL::bigint, member, 0::bigint, 0::bigint, 0::bigint, 0::bigint FROM queue WHERE n = 1
      UNION ALL
      SELECT p.claim, p.member, p.n, p.before, p.amount,
             CASE WHEN p.amount > 0 THEN p.before + p.base ELSE p.before END
        FROM (SELECT q.*, w.upto AS before, {gain} AS amount
                FROM walk w JOIN queue q ON q.member = w.member AND q.n = w.n + 1 OFFSET 0) p
    )
    UPDATE {table} t
       SET before = CASE WHEN walk.amount > 0 THEN walk.before END, amount = walk.amount,
           level = {form.level("walk.amount")}, counts = walk.amount > 0, again = FALSE
      FROM walk WHERE walk.claim = t.claim"""


def adjudicate(document: Document, *, facts: str, into: str, params: Mapping[str, Any] | None = None) -> None:
    """Fill a table of the shape RESULT with what a document finds of a relation of facts (a SELECT).

    In columns where the document has that form, else by the scalar core.
    """
    if not columns.has_form(document):
        _write(into, walk(document, _read(facts, params)))
        return
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {into} ({_NAMES}) {first_pass_sql(document, facts)}", params)
        if _marked(cursor, into):
            cursor.execute(second_pass_sql(document, into))
        for members in batched(_marked(cursor, into)):
            some = f"SELECT * FROM ({facts}) every WHERE member = ANY(%(some)s)"
            rows = _read(some, {**(params or {}), "some": members}, columns.needed([document]), ())
            found = walk(document, rows)
            cursor.execute(f"DELETE FROM {into} WHERE member = ANY(%s)", [members])
            _write(into, found)


def _marked(cursor: Any, table: str) -> list[int]:
    cursor.execute(f"SELECT DISTINCT member FROM {table} WHERE again")
    return [row[0] for row in cursor.fetchall()]


def batched(members: Sequence[int], size: int = 5_000) -> Iterator[list[int]]:
    """Members in handy portions."""
    for first in range(0, len(members), size):
        yield list(members[first : first + size])


def scratch(name: str, definition: str, params: Mapping[str, Any] | None = None) -> None:
    """A table of this transaction alone: a shape in brackets, or AS and a SELECT."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}")
        shape, _as, select = (
            definition.partition("AS ") if definition.startswith("AS ") else (definition, "", "")
        )
        body = f"ON COMMIT DROP AS {select}" if select else f"{shape} ON COMMIT DROP"
        cursor.execute(f"CREATE TEMPORARY TABLE {name} {body}", params)


# --- by the scalar core ----------------------------------------------------------------------------------


class Row(NamedTuple):
    """One stay of a population as the scalar core takes it."""

    claim: int
    member: int
    place: int | None
    accepted: bool
    covered: bool
    stay: Stay
    person: account.Facts


class Found(NamedTuple):
    """What is found of one stay (fen); `finding` with its trace where the slip is sound."""

    row: Row
    fits: bool
    faulty: bool
    base: int
    before: int | None
    amount: int
    level: str
    counts: bool
    finding: Finding | None


def _read(
    facts: str,
    params: Mapping[str, Any] | None,
    amounts: Sequence[str] = AMOUNTS,
    known: Sequence[str] = KNOWN,
) -> list[Row]:
    names = [*FACTS, *known, *amounts]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(names)} FROM ({facts}) f", params)
        return [_row(dict(zip(names, values, strict=True)), amounts) for values in cursor.fetchall()]


def _row(values: Mapping[str, Any], amounts: Sequence[str]) -> Row:
    stay = Stay(
        bill={name: values[name] for name in amounts if values[name]},
        discharged=values["discharged"],
        care=values["care"],
        designated=values["designated"],
        exclusion=values["exclusion"] or None,
        level=values.get("hospital_level"),
        major_illness=bool(values.get("major_illness")),
        out_of_region=values.get("out_of_region"),
    )
    said = {name: values.get(f"person_{name}") for name in ("kind", "sex", "groups")}
    person = {name: value for name, value in said.items() if value is not None}
    place = values["place"]
    return Row(values["claim"], values["member"], place, values["accepted"], values["covered"], stay, person)


def rows_of(population: Population, members: Sequence[int]) -> list[Row]:
    """All stays of some members."""
    some = only(population, members)
    return _read(some.select, {**some.params, **EVERYBODY})


def walk(document: Document, rows: Iterable[Row]) -> list[Found]:
    """Every person's account settled by the scalar core.

    A slip that contradicts itself is set aside, and so is the account of somebody whose stay the document
    has no rule or figure for.
    """
    people: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        people[row.member].append(row)
    return [found for stays in people.values() for found in _walk_one(document, stays)]


def _walk_one(document: Document, rows: list[Row]) -> list[Found]:
    sound, aside = [], []
    for row in rows:
        try:
            benefit.base_for(document, row.stay)
        except RuleError:
            aside.append(Found(row, False, True, 0, None, 0, "", False, None))
        else:
            sound.append(row)
    by_claim = {row.claim: row for row in sound}
    try:
        found = account.settle(document, [_entry(row) for row in sound])
    except RuleError:
        return [Found(row, False, True, 0, None, 0, "", False, None) for row in rows]
    return [*(_found(document, by_claim[each.entry.claim.pk], each) for each in found), *aside]


def _entry(row: Row) -> Entry:
    state = ClaimState.APPROVED if row.accepted else ClaimState.REVIEW
    cover = Answer(True) if row.covered else Answer(False, reason="not_covered")
    return Entry(Claim(pk=row.claim, state=state), row.stay, cover, row.place, person=row.person)


def _found(document: Document, row: Row, each: Finding) -> Found:
    fits = row.covered and not benefit.excluded(document, row.stay)
    before = each.before if each.counts else None
    return Found(row, fits, False, each.base, before, each.amount, each.level, each.counts, each)


def _write(table: str, found: list[Found]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({_NAMES}) FROM STDIN") as copy:
        for one in found:
            row = one.row
            copy.write_row(
                (row.claim, row.member, row.place, row.accepted, one.fits, one.faulty, one.base, one.before,
                 one.amount, one.level, one.counts, False)
            )  # fmt: skip


def _value(query: str, params: Mapping[str, Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        row = cursor.fetchone()
    return row[0] if row else None
