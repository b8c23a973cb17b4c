"""The levies of a whole period against a bare INSERT … SELECT of the same rows."""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from benchmarks import Result, seconds, times
from contributions.levies import assess
from core.models import Office, OfficeKind
from core.roles import system_user
from enrollment.models import Unit
from schemes import periods
from schemes.models import Period

ON = date(2021, 12, 20)
PEOPLE_OF_A_UNIT = 200
UNITS = """
INSERT INTO enrollment_unit (code, name, name_pinyin, kind, agency_id, insured_active)
SELECT 'LEVY' || i, 'unit ' || i, '', 'employer', %(office)s, 200
  FROM generate_series(%(units_before)s + 1, %(units)s) i
"""
ROSTERS = """
INSERT INTO enrollment_roster (unit_id, period_id, state, papers_place, returned_reason, accepted_at,
    accepted_by_id)
SELECT u.id, %(period)s, 'accepted', '', '', now(), %(by)s FROM enrollment_unit u
 WHERE u.code LIKE 'LEVY%%' AND NOT EXISTS (SELECT FROM enrollment_roster r WHERE r.unit_id = u.id)
"""
MEMBERS = """
INSERT INTO enrollment_member (id_number, id_digest, name, name_pinyin, sex, birth_date, phone, bank_name,
    card_number)
SELECT 'levy', decode('e' || lpad(to_hex(i), 31, '0'), 'hex'), 'levy ' || i, '', 'F', DATE '1980-01-01',
    '', '', ''
  FROM generate_series(%(before)s + 1, %(people)s) i
"""
ENROLMENTS = """
INSERT INTO enrollment_enrollment (member_id, roster_id, period_id, unit_id, plan, shares, kind,
    continuing, state)
SELECT m.id, r.id, r.period_id, r.unit_id, 'base', 1, 'active', m.id %% 4 <> 0, 'listed'
  FROM (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM enrollment_member WHERE name LIKE
      'levy %%') m
  JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place FROM enrollment_roster WHERE period_id =
      %(period)s
           AND unit_id IN (SELECT id FROM enrollment_unit WHERE code LIKE 'LEVY%%')) r
    ON r.place = m.place / %(each)s WHERE m.place >= %(before)s
"""
COLUMNS = "enrollment_id, roster_id, period_id, unit_id, month, continuing, amount, article, due, void"


def measure(size: int) -> list[Result]:
    """Levies per second."""
    period = _fill(size // 10)
    part = seconds(lambda: _assess(period))
    _fill(size, already=size // 10)
    ours = seconds(lambda: _assess(period))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM contributions_levy WHERE period_id = %s", [period.pk])
        assert cursor.fetchone()[0] == size
        cursor.execute(f"CREATE TABLE bench_ready AS SELECT {COLUMNS} FROM contributions_levy")
    bare = seconds(_bare)
    return [
        Result("levies of a period", size / ours, "levies/s", "INSERT … SELECT", bare / ours, 0.7),
        times("levies, ten times the rows, time", ours, part, most=11),
    ]


def _assess(period: Period) -> None:
    """Into an empty table, as for a period that was never assessed."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("TRUNCATE contributions_levy, contributions_allocation, contributions_rosterfee")
        cursor.execute("SET session_replication_role = origin")
    assess(period=period, by=system_user("bench"), on=ON)


def _bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_levy")
        cursor.execute("CREATE TABLE bench_levy (LIKE contributions_levy INCLUDING ALL)")
        cursor.execute(
            "ALTER TABLE bench_levy ADD FOREIGN KEY (enrollment_id) REFERENCES enrollment_enrollment"
            " DEFERRABLE INITIALLY DEFERRED"
        )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO bench_levy ({COLUMNS}) SELECT {COLUMNS} FROM bench_ready")


def _fill(size: int, *, already: int = 0) -> Period:
    """People on accepted rosters of a period: `size` in all, `already` of them there."""
    by = system_user("bench")
    period = periods.open_period(scheme="yunnan-mutual-aid", code="18", by=by, on=ON)
    office = Office.objects.filter(parent=None).first()
    if office is None:
        office = Office.objects.create(code="00", name="centre", kind=OfficeKind.CENTER)
    facts = {
        "office": office.pk,
        "units": -(-size // PEOPLE_OF_A_UNIT),
        "period": period.pk,
        "by": by.pk,
        "people": size,
        "before": already,
        "units_before": -(-already // PEOPLE_OF_A_UNIT),
        "each": PEOPLE_OF_A_UNIT,
    }
    with connection.cursor() as cursor:
        for statement in (UNITS, ROSTERS, MEMBERS, ENROLMENTS):
            cursor.execute(statement, facts)
        cursor.execute("ANALYZE enrollment_enrollment, enrollment_roster, enrollment_unit")
    assert Unit.objects.filter(code__startswith="LEVY").count() == facts["units"]
    return period
