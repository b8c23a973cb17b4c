"""A population adjudicated in SQL, from tables to tables."""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from benchmarks import Result, seconds, times
from claims import population
from claims.models import Claim
from core.models import Office
from core.roles import system_user
from enrollment.models import Member, Unit
from schemes import periods
from schemes.models import Period
from schemes.versions import document_of

ON = date(2022, 6, 1)
MEMBERS = """
INSERT INTO enrollment_member (id_number, id_digest, name, name_pinyin, sex, birth_date, phone, bank_name,
  card_number)
SELECT 'bench', decode(lpad(to_hex(i), 32, '0'), 'hex'), 'bench ' || i, '', 'F',
  DATE '1950-01-01' + (i * 37 %% 18000)::int,
       '', '', '' FROM generate_series(1, %(people)s) i
"""
BILLS = """
INSERT INTO claims_bill (settlement_number, receipt_code, receipt_number, person_name, id_number,
  id_digest, member_id,
       unit_id, office_id, hospital_level, designated, care, care_as_typed, admitted, discharged, settled,
         diagnosis,
       other_columns, exclusion, state, held_because, added_by_id, added_at, total, self_funded, over_limit,
       over_package, newly_covered, hospital_part, class_b_own, deductible, basic_paid, large_paid,
         critical_paid,
       supplementary_paid, civil_servant_paid, assistance_paid, other_paid, account_paid,
         family_account_paid, cash_paid)
SELECT 'B' || i, '', '', '', '', '', %(first)s + i * 5 / 8 %% %(people)s, %(unit)s, %(office)s, '3',
  i %% 50 <> 0,
       'inpatient', '', day - 4, day, day, '', '', CASE WHEN i %% 40 = 0 THEN 'work_injury' ELSE '' END,
         'accepted', '',
       %(by)s, now(), base + own + pool, own, 0, 0, 0, 0, 0, 0, pool, 0, 0, 0, 0, 0, 0, 0, 0, base + own
  FROM (SELECT i, DATE '2022-01-01' + (i %% 365)::int AS day, (r %% 9000)::numeric / 100 AS own,
               (r %% 2000000)::numeric / 100 AS pool,
               CASE WHEN r %% 10 < 3 THEN r / 16 %% 80000 WHEN r %% 10 < 8 THEN r / 16 %% 1000000
                    ELSE r / 16 %% 12000000 END::numeric / 100 AS base
          FROM (SELECT i, i * 2654435761 %% 4294967296 AS r FROM generate_series(1::bigint, %(bills)s) i) x) y
"""
CLAIMS = """
INSERT INTO claims_claim (number, member_id, period_id, unit_id, office_id, bill_id, state, held_because,
  holder_name,
       bank_name, card_number, note, on_paper, started_by_id, started_at, filed_on, filed_at, filed_by_id,
         base, amount,
       level, version)
SELECT settlement_number, member_id, %(period)s, unit_id, office_id, id, 'filed', '', '', '', '', '',
  FALSE, %(by)s,
       now(), DATE '2022-06-01', now(), %(by)s, 0, 0, '', 0 FROM claims_bill
"""
DEFINITION = f"""{population.RESULT[:-1]}, PRIMARY KEY (claim),
    FOREIGN KEY (claim) REFERENCES claims_claim DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (member) REFERENCES enrollment_member DEFERRABLE INITIALLY DEFERRED,
    CHECK (amount >= 0 AND base >= 0 AND before >= 0), CHECK (amount = 0 OR counts AND level <> ''))"""


def measure(size: int) -> list[Result]:
    """Bills per second, adjudicated in SQL against a bare INSERT … SELECT."""
    period = fill(size)
    part, _bare = adjudicated(period, people=size * 5 // 80)
    ours, bare = adjudicated(period)
    return [
        Result("population adjudicated in SQL", size / ours, "bills/s", "INSERT … SELECT", bare / ours, 0.4),
        times("population in SQL, ten times the bills, time", ours, part, most=11),
    ]


def fill(size: int) -> Period:
    """As many filed claims with their slips, 1.6 a person."""
    by = system_user("bench")
    period = periods.open_period(scheme="yunnan-mutual-aid", code="18", by=by, on=ON)
    center, _new = Office.objects.get_or_create(code="00", defaults={"name": "centre", "kind": "center"})
    office, _new = Office.objects.get_or_create(
        code="23", defaults={"name": "office", "kind": "office", "parent": center}
    )
    unit, _new = Unit.objects.get_or_create(code="BENCH", defaults={"name": "bench", "agency": office})
    with connection.cursor() as cursor:
        people = size * 5 // 8
        cursor.execute(MEMBERS, {"people": people})
        first = Member.objects.order_by("-id").values_list("id", flat=True)[0] - people + 1
        known = {
            "people": people,
            "first": first,
            "unit": unit.pk,
            "office": office.pk,
            "by": by.pk,
            "bills": size,
        }
        cursor.execute(BILLS, known)
        cursor.execute(CLAIMS, {"period": period.pk, "by": by.pk})
        cursor.execute("ANALYZE claims_bill, claims_claim, enrollment_member")
    assert Claim.objects.filter(period=period, state="filed").count() >= size
    return period


def adjudicated(period: Period, *, people: int | None = None) -> tuple[float, float]:
    """Seconds from tables to tables, and seconds of a bare INSERT … SELECT of the ready result.

    people: only the first so many.
    """
    document, made = document_of(period).document, population.filed(period)
    params = {**made.params, **population.EVERYBODY}
    if people is not None:
        params["upto"] = made.next_bound(-1, people) or params["upto"]

    def ours() -> None:
        _empty("bench_result")
        with transaction.atomic():
            population.adjudicate(document, facts=made.select, into="bench_result", params=params)

    def bare() -> None:
        _empty("bench_bare")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_bare SELECT * FROM bench_result")

    return seconds(ours), seconds(bare)


def _empty(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(f"CREATE TABLE {table} {DEFINITION}")
