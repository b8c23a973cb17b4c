"""A period full of claims in every state, built by statements: as many as a test or a measurement asks for.

Two offices with two agency points each; 200 claims a unit, 1.6 a person. Everything agrees with everything
(the calculations are those of the rules); triggers are off while it is filled, so it takes a superuser.
"""

# ruff: noqa: E501 - the statements stand as they are read
from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from claims import population
from claims.models import PaymentBatch
from claims.models.bills import Column
from core.models import Office, User
from core.roles import system_user
from schemes import periods
from schemes.models import Period
from schemes.rules import columns
from schemes.rules.document import Document
from schemes.versions import document_of

ON = date(2022, 6, 1)
STEP = 8
"""Stocks are multiples of this many claims: five people have eight."""
AGENCIES = ("1001", "1002", "2301", "2302")


@dataclass(frozen=True)
class Stock:
    """Where claims stand: the period, the offices by code, the person in whose name all was done."""

    period: Period
    offices: dict[str, Office]
    by: User


def place() -> Stock:
    """Offices and an open period without a claim."""
    by = system_user("stock")
    found = {"00": _office("00", "省中心", "center", None)}
    for code in ("10", "23"):
        found[code] = _office(code, f"第{code}办事处", "office", found["00"])
    for code in AGENCIES:
        found[code] = _office(code, f"第{code}代办点", "agency", found[code[:2]])
    period = periods.open_period(scheme="yunnan-mutual-aid", code="18", by=by, on=date(2021, 12, 20))
    return Stock(period, found, by)


def _office(code: str, name: str, kind: str, parent: Office | None) -> Office:
    return Office.objects.get_or_create(code=code, defaults={"name": name, "kind": kind, "parent": parent})[0]


def grow(stock: Stock, size: int, *, tidy: str = "ANALYZE") -> None:
    """Add claims until there are `size` (a multiple of STEP), with all that belongs to them.

    tidy: outside a transaction "VACUUM ANALYZE", as the database does by itself in time.
    """
    if size % STEP:
        raise ValueError(f"{size} is no multiple of {STEP}")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM claims_bill")
        facts = _facts(stock, first=int(cursor.fetchone()[0]), last=size)
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in PEOPLE:
            cursor.execute(statement, facts)
        _adjudicated(document_of(stock.period).document, facts)
        for statement in CLAIMS:
            cursor.execute(statement, facts)
        for table in TABLES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), GREATEST(max(id), 1)) FROM {table}"
            )
    with connection.cursor() as cursor:
        cursor.execute(f"{tidy} {', '.join(TABLES)}")


def slips(stock: Stock, size: int) -> None:
    """Add covered people with slips that nobody has filed for yet, until there are `size` slips."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(max(id), 0) FROM claims_bill")
        facts = _facts(stock, first=int(cursor.fetchone()[0]), last=size)
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in (*PEOPLE, COVERED):
            cursor.execute(statement, facts)
        for table in TABLES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), GREATEST(max(id), 1)) FROM {table}"
            )
        cursor.execute(f"ANALYZE {', '.join(TABLES)}, enrollment_cover")


def _facts(stock: Stock, *, first: int, last: int) -> dict[str, object]:
    return {
        "first": first, "last": last, "from_person": first * 5 // STEP, "to_person": last * 5 // STEP,
        "period": stock.period.pk, "scheme": stock.period.scheme_id, "by": stock.by.pk, "other": system_user("stock2").pk,
        "agencies": [stock.offices[code].pk for code in AGENCIES], "center": stock.offices["00"].pk,
        "document": document_of(stock.period).sha, "batches": PaymentBatch.objects.count(),
    }  # fmt: skip


def _adjudicated(document: Document, facts: dict[str, object]) -> None:
    """What the rules find of the new slips, in the table `stock_found`."""
    amounts = ", ".join(f"(b.{name} * 100)::bigint AS {name}" for name in columns.needed([document]))
    slips = f"""SELECT b.id AS claim, b.member_id AS member, NULL::int AS place,
                       b.id %% 20 >= 8 AS accepted,
                       TRUE AS covered, b.care, b.designated, b.exclusion, b.discharged, {amounts}
                  FROM claims_bill b WHERE b.id > %(first)s"""
    population.scratch("stock_found", population.RESULT)
    population.adjudicate(document, facts=slips, into="stock_found", params=facts)
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNIQUE INDEX ON stock_found (claim)")
        cursor.execute("ANALYZE stock_found")


TABLES = (
    "enrollment_unit", "enrollment_member", "enrollment_roster", "enrollment_enrollment",
    "contributions_rosterfee", "claims_bill", "claims_benefitaccount", "claims_claim",
    "claims_adjudication", "claims_reviewcase", "claims_reviewstep", "claims_decision",
    "claims_paymentbatch", "claims_bankresult", "claims_payment", "claims_paidplace",
)  # fmt: skip

_UNIT_OF = "1 + (p - 1) / 125"
_PERSONS = "generate_series(%(from_person)s::bigint + 1, %(to_person)s) p"
_UNITS = f"""(SELECT DISTINCT {_UNIT_OF} AS u FROM {_PERSONS}) x
              WHERE NOT EXISTS (SELECT FROM enrollment_unit WHERE id = u)"""
_NO_AMOUNT = ", ".join(
    name.value for name in Column if name not in {Column.TOTAL, Column.SELF_FUNDED, Column.BASIC_PAID,
                                                  Column.CASH_PAID}
)  # fmt: skip
_ZEROS = ", ".join("0" for _name in _NO_AMOUNT.split(", "))

PEOPLE = (
    f"""INSERT INTO enrollment_unit (id, code, name, name_pinyin, kind, agency_id, insured_active)
        SELECT u, 'STOCK' || u, '第' || u || '工会', '', CASE WHEN u %% 7 = 0 THEN 'community' ELSE 'employer' END,
               (%(agencies)s::bigint[])[1 + u %% 4], 150 FROM {_UNITS}""",
    """INSERT INTO enrollment_roster (id, unit_id, period_id, state, papers_place, returned_reason,
               accepted_at, accepted_by_id)
        SELECT u, u, %(period)s, 'accepted', '', '', now(), %(by)s
          FROM (SELECT id AS u FROM enrollment_unit WHERE code LIKE 'STOCK%%') x
         WHERE NOT EXISTS (SELECT FROM enrollment_roster WHERE id = u)""",
    """INSERT INTO contributions_rosterfee (id, roster_id, owed, paid, persons, paid_on, assessed_on, assessed_by_id)
        SELECT id, id, 15000, 15000, 125, DATE '2022-01-20', DATE '2022-01-10', %(by)s FROM enrollment_roster r
         WHERE NOT EXISTS (SELECT FROM contributions_rosterfee f WHERE f.id = r.id)""",
    f"""INSERT INTO enrollment_member (id, id_number, id_digest, name, name_pinyin, sex, birth_date, phone,
               bank_name, card_number)
        SELECT p, '', decode(lpad(to_hex(p), 32, '0'), 'hex'), '职工' || p, '', CASE p %% 2 WHEN 0 THEN 'F' ELSE 'M' END,
               DATE '1950-01-01' + (p * 37 %% 18000)::int, '', '示例银行', '' FROM {_PERSONS}""",
    f"""INSERT INTO enrollment_enrollment (id, member_id, roster_id, period_id, unit_id, plan, shares, kind,
               continuing, state)
        SELECT p, p, {_UNIT_OF}, %(period)s, {_UNIT_OF}, 'base', 1,
               CASE WHEN p %% 5 = 0 THEN 'retired' ELSE 'active' END, TRUE, 'covered' FROM {_PERSONS}""",
    f"""INSERT INTO claims_bill (id, settlement_number, receipt_code, receipt_number, person_name, id_number,
               id_digest, member_id, unit_id, office_id, hospital_level, designated, care, care_as_typed,
               admitted, discharged, settled, diagnosis, other_columns, exclusion, state, held_because,
               added_by_id, added_at, {_NO_AMOUNT}, total, self_funded, basic_paid, cash_paid)
        SELECT i, 'S' || i, '', '', '职工' || p, '', '', p, u, (%(agencies)s::bigint[])[1 + u %% 4],
               (ARRAY['三级', '二级', '一级'])[1 + i %% 3], i %% 50 <> 0, 'inpatient', '', day - 4, day, day,
               '', '', CASE WHEN i %% 40 = 0 THEN 'work_injury' ELSE '' END, 'accepted', '', %(by)s, now(),
               {_ZEROS}, base + own + pool, own, pool, base + own
          FROM (SELECT i, p, {_UNIT_OF} AS u, DATE '2022-01-01' + (i %% 150)::int AS day,
                       (1 + r %% 9000)::numeric / 100 AS own, (1 + r %% 2000000)::numeric / 100 AS pool,
                       (1 + CASE WHEN r %% 10 < 3 THEN r / 16 %% 80000 WHEN r %% 10 < 8 THEN r / 16 %% 1000000
                                 ELSE r / 16 %% 12000000 END)::numeric / 100 AS base
                  FROM (SELECT i, 1 + (i - 1) * 5 / 8 AS p, i * 2654435761 %% 4294967296 AS r
                          FROM generate_series(%(first)s::bigint + 1, %(last)s) i) x) y""",
)

COVERED = f"""
INSERT INTO enrollment_cover (member_id, scheme_id, enrollment_id, valid_from, valid_to, began, ended)
SELECT p, %(scheme)s, p, DATE '2022-01-01', DATE '2022-12-31', 'paid', '' FROM {_PERSONS}
"""

_KIND = "CASE WHEN b.member_id %% 5 = 0 THEN 'retired' ELSE 'active' END"
_SEX = "CASE b.member_id %% 2 WHEN 0 THEN 'F' ELSE 'M' END"
_LEVEL = "(ARRAY['third', 'second', 'first'])[1 + b.id %% 3]"
_EXCLUDED = "CASE WHEN b.exclusion <> '' THEN '\"exclusion\":\"' || b.exclusion || '\",' ELSE '' END"
_CANONICAL = f"""'{{"person":{{"kind":"' || {_KIND} || '","sex":"' || {_SEX} || '"}},"stay":{{"admitted":"'
   || b.admitted || '","bill":{{"basic_paid":"' || b.basic_paid || '","cash_paid":"' || b.cash_paid
   || '","self_funded":"' || b.self_funded || '","total":"' || b.total || '"}},"care":"inpatient","discharged":"'
   || b.discharged || '",' || {_EXCLUDED} || '"hospital":{{"designated":' || b.designated || ',"level":"'
   || {_LEVEL} || '"}},"settled":"' || b.settled || '"}}}}'"""
_YUAN = "::numeric / 100"
_STATE = """CASE WHEN NOT f.accepted THEN 'review' WHEN f.amount = 0 OR f.claim %% 20 < 10 THEN 'approved'
                 ELSE 'paid' END"""

CLAIMS = (
    f"""INSERT INTO claims_benefitaccount (id, member_id, scheme_id, period_id, base, paid)
        SELECT member, member, %(scheme)s, %(period)s, sum(CASE WHEN counts THEN base ELSE 0 END){_YUAN},
               sum(amount){_YUAN} FROM stock_found GROUP BY member""",
    f"""INSERT INTO claims_claim (id, number, member_id, period_id, unit_id, office_id, bill_id, account_id, state,
               held_because, holder_name, bank_name, card_number, note, on_paper, started_by_id, started_at,
               filed_on, filed_at, filed_by_id, count_order, adjudication_id, base, amount, level, version)
        SELECT b.id, '18-' || lpad(b.id::text, 9, '0'), b.member_id, %(period)s, b.unit_id, b.office_id, b.id,
               b.member_id, {_STATE}, '', b.person_name, '示例银行', '', '', TRUE, %(by)s, now(),
               DATE '2022-06-01', now(), %(by)s,
               CASE WHEN f.counts THEN row_number() OVER (PARTITION BY f.member, f.counts ORDER BY f.before, f.claim) END,
               b.id, f.base{_YUAN}, f.amount{_YUAN}, f.level, 1
          FROM claims_bill b JOIN stock_found f ON f.claim = b.id""",
    f"""INSERT INTO claims_adjudication (id, claim_id, account_id, facts, facts_sha, document_sha, before, base,
               amount, level, counts, lines, reasons, adjudicated_on, adjudicated_at, adjudicated_by_id)
        SELECT id, id, member_id, said::jsonb, encode(sha256(convert_to(said, 'UTF8')), 'hex'), %(document)s,
               COALESCE(f.before, 0){_YUAN}, f.base{_YUAN}, f.amount{_YUAN}, f.level, f.counts,
               jsonb_build_array(jsonb_build_object('rule', 'base.total', 'article', '第七条', 'basis', total::text,
                 'rate', '', 'amount', '0.00', 'note', '')), '[]', DATE '2022-06-01', now(), %(by)s
          FROM (SELECT b.id, b.member_id, b.total, {_CANONICAL} AS said FROM claims_bill b
                 WHERE b.id > %(first)s) b
          JOIN stock_found f ON f.claim = b.id""",
    """INSERT INTO claims_reviewcase (id, claim_id, state, level, at, office_id, agency_id, round, arrived_on,
               due_on, splitting, version)
        SELECT id, id, CASE WHEN state = 'review' THEN 'open' ELSE 'approved' END,
               COALESCE(NULLIF(level, ''), 'agency'), 'agency', office_id, office_id, 1, filed_on,
               filed_on + 7 + (id %% 30)::int, FALSE, 0 FROM claims_claim WHERE id > %(first)s""",
    """INSERT INTO claims_reviewstep (id, case_id, number, round, at, decides, office_id, arrived_on, due_on)
        SELECT id, id, 1, 1, 'agency', level = 'agency', office_id, arrived_on, due_on
          FROM claims_reviewcase WHERE id > %(first)s""",
    """INSERT INTO claims_decision (id, step_id, case_id, round, verdict, reason, article, amount, filed_by_id,
               decided_by_id, decided_on, decided_at)
        SELECT id, id, id, 1, 'approve', '', '', amount, %(by)s, %(other)s, filed_on, now()
          FROM claims_claim WHERE id > %(first)s AND state IN ('approved', 'paid')""",
    """INSERT INTO claims_paymentbatch (id, number, period_id, office_id, state, count, total, hold_key, built_on,
               built_at, built_by_id, released_on, released_at, released_by_id, sent_at, sent_by_id,
               version)
        SELECT n, 'STOCK-' || n, %(period)s, %(center)s, 'done', count(*), sum(amount), '', DATE '2022-06-02',
               now(), %(by)s, DATE '2022-06-02', now(), %(other)s, now(), %(other)s, 1
          FROM (SELECT %(batches)s + 1 + id / 5000 AS n, amount FROM claims_claim WHERE id > %(first)s AND state = 'paid') x
         GROUP BY n""",
    """INSERT INTO claims_bankresult (id, batch_id, file_name, file_sha, paid_count, paid_total, returned_count,
               returned_total, confirmed_on, confirmed_at, confirmed_by_id)
        SELECT id, id, 'stock', 'stock', count, total, 0, 0, DATE '2022-06-03', now(), %(by)s
          FROM claims_paymentbatch b WHERE NOT EXISTS (SELECT FROM claims_bankresult r WHERE r.id = b.id)""",
    """INSERT INTO claims_paidplace (result_id, office_id, count, amount)
        SELECT %(batches)s + 1 + id / 5000, office_id, count(*), sum(amount) FROM claims_claim
         WHERE id > %(first)s AND state = 'paid' GROUP BY 1, 2""",
    """INSERT INTO claims_payment (id, reference, batch_id, claim_id, amount, holder_name, bank_name, card_number,
               state, reason, result_id, ended_on)
        SELECT id, 'STOCK' || id, %(batches)s + 1 + id / 5000, id, amount, holder_name, bank_name, '', 'paid', '', %(batches)s + 1 + id / 5000,
               DATE '2022-06-03' FROM claims_claim WHERE id > %(first)s AND state = 'paid'""",
)  # fmt: skip
