"""Opening data: who was in an earlier period and what it paid them, imported again while it is still paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core import imports
from core.held import Held
from core.identifiers import id_fault
from core.imports import ERROR, Begun
from core.issues import say
from core.models import Run, RunIssue, User
from core.roles import require
from core.runs import job
from core.sheets import Cells, Column, Table, is_blank, table
from core.typed import NotUnderstood, code, is_rounded, money, name
from core.typed import period as typed_period
from enrollment import people
from enrollment.models import OpeningMembership
from schemes.models import Period, Scheme
from schemes.versions import in_force, scheme_of

CHUNK = 20_000
NO_PERIOD = 10_000  # no scheme's period has this number
COLUMNS = (
    Column("id", ("身份证号", "身份证号码", "公民身份号码", "证件号码", "id")),
    Column("name", ("姓名", "name")),
    Column("period", ("期", "期次", "期数", "period")),
    Column("paid", ("补助金额", "已补助金额", "金额", "paid"), required=False),
)

say(
    {
        "period_missing": _("The period is missing."),
        "period_not_earlier": _(
            "Period %(period)s is no earlier period: this file may only hold periods before %(before)s."
        ),
        "period_unreadable": _("The period cannot be read; please write its number, such as 17."),
    }
)

CHECKED_SQL = """
DROP TABLE IF EXISTS pg_temp.checked;
CREATE TEMP TABLE checked ON COMMIT DROP AS
SELECT s.row, s.digest, s.kind AS period_code, s.paid, m.id AS member_id, m.id IS NULL AS is_new, true AS good
FROM (SELECT DISTINCT ON (digest, kind) * FROM staged WHERE ok ORDER BY digest, kind, row) s
LEFT JOIN enrollment_member m ON m.id_digest = s.digest
"""
# A person may stand in several periods of one file: only one row may create the member.
ONE_EACH_SQL = """
UPDATE checked c SET good = c.row = n.row, member_id = n.member_id
FROM (SELECT digest, min(row) AS row, {next_member} AS member_id FROM checked WHERE is_new GROUP BY digest) n
WHERE c.digest = n.digest
"""
ADDED_SQL = """
WITH new AS (
  INSERT INTO enrollment_openingmembership (member_id, scheme_id, period_code, paid, run_id)
  SELECT c.member_id, %s, c.period_code, c.paid, %s FROM checked c ORDER BY c.member_id, c.period_code
  ON CONFLICT ON CONSTRAINT openingmembership_once DO NOTHING
  RETURNING *
)
"""
CHANGED_SQL = """
WITH new AS (
  UPDATE enrollment_openingmembership o SET paid = c.paid, run_id = %s
  FROM checked c
  WHERE o.member_id = c.member_id AND o.scheme_id = %s AND o.period_code = c.period_code AND o.paid <> c.paid
  RETURNING o.*
)
"""


def import_membership(*, file: Path | bytes, name: str, scheme: str, by: User, on: date) -> Begun:
    """Begin the run that reads who was in an earlier period of a scheme. Raises NotAllowed, WrongFile."""
    require(by, "enrollment.import_membership", on=on)
    table(file, COLUMNS)
    about = scheme_of(scheme).code
    return imports.begin(
        job="import_membership", file=file, name=name, by=by, on=on, about=about, options={"scheme": about}
    )


@dataclass
class _Reading:
    """An open file between two chunks of one process."""

    at: int
    found: Table
    before: int


_held: Held[_Reading] = Held()


@job("import_membership")
def step(run: Run) -> bool:
    """One chunk: read, stage, add people, memberships, and changed amounts."""
    reading = _reading(run)
    scheme = scheme_of(run.options["scheme"])
    issues: list[RunIssue] = []
    if not run.cursor:
        issues += imports.sheet_read(run, reading.found)
    chunk = list(islice(reading.found.rows, CHUNK))
    people.stage(_rows(run, reading, chunk, issues))
    run.applied += _apply(run, scheme)
    imports.record(issues)
    held = sum(not is_blank(cells) for _row, cells in chunk)
    reading.at = chunk[-1][0] if chunk else reading.at
    run.done += held
    run.total = max(reading.found.total, run.done)
    run.cursor = {"row": reading.at}
    run.report = {"rows": run.done}
    if len(chunk) < CHUNK:
        _held.let_go()
        return True
    return False


def _reading(run: Run) -> _Reading:
    """The file, open behind the run's cursor."""
    at = run.cursor.get("row", 0)
    held = _held.of(run)
    if held is None or held.at != at:
        found = table(imports.content_of(run), COLUMNS)
        skipped = 0 if at == 0 else at - found.header_row
        found.rows = islice(found.rows, skipped, None)
        held = _held.keep(run, _Reading(at, found, first_own_period(scheme_of(run.options["scheme"]))))
    return held


def _rows(
    run: Run, reading: _Reading, chunk: list[tuple[int, Cells]], issues: list[RunIssue]
) -> Iterator[people.Staged]:
    for number, cells in chunk:
        if is_blank(cells):
            continue
        row = reading.found.picked(cells)
        own, period, faults = code(row["id"]), "", []
        fault = "id_numeric_cell" if is_rounded(row["id"]) else id_fault(own, on=run.business_date)
        fault = fault if own else "id_missing"
        faults += [fault] if fault else []
        faults += [] if name(row["name"]) else ["name_missing"]
        try:
            period = typed_period(row["period"]) or ""
            faults += [] if period else ["period_missing"]
            faults += ["period_not_earlier"] if period and not 0 < int(period) < reading.before else []
        except NotUnderstood:
            faults += ["period_unreadable"]
        try:
            paid = money(row.get("paid")) or 0
            faults += ["amount_unreadable"] if paid < 0 else []
        except NotUnderstood:
            paid, faults = 0, [*faults, "amount_unreadable"]
        if faults:
            facts = {"length": len(own), "column": COLUMNS[3].names[0]}
            facts |= {"period": period, "before": reading.before}
            issues += [_said(run, number, fault, cells, facts) for fault in faults]
            continue
        yield people.staged(
            row=number, id_number=own, name=name(row["name"])[:60], kind=period[:20], paid=paid
        )


FACTS = {
    "id_length": ("length",),
    "amount_unreadable": ("column",),
    "period_not_earlier": ("period", "before"),
}


def _said(run: Run, number: int, fault: str, cells: Cells, facts: dict[str, Any]) -> RunIssue:
    said = imports.issue(run, number, ERROR, fault, cells=cells)
    said.facts = {name: facts[name] for name in FACTS.get(fault, ())}
    return said


def first_own_period(scheme: Scheme) -> int:
    """The first period whose members this system keeps itself; opening data speak of those before it.

    That is the first period opened here; where none is, the last one that a document states.
    """
    opened = [
        int(code) for code in _codes(Period.objects.filter(scheme=scheme).values_list("code", flat=True))
    ]
    if opened:
        return min(opened)
    stated = {code for version in in_force(scheme.code) for code in version.period_codes}
    return max((int(code) for code in _codes(stated)), default=NO_PERIOD)


def _codes(codes: Iterable[str]) -> Iterator[str]:
    return (code for code in codes if code.isdecimal())


def _apply(run: Run, scheme: Scheme) -> int:
    with connection.cursor() as cursor:
        cursor.execute(CHECKED_SQL)
        cursor.execute(ONE_EACH_SQL.replace("{next_member}", people.NEXT_MEMBER))
        cursor.execute("SELECT count(*) FROM checked WHERE good AND is_new")
        people.add_members(run, expected=cursor.fetchone()[0])
        cursor.execute(
            CHANGED_SQL + people.history_sql(OpeningMembership, "new"),
            [run.pk, scheme.pk, *people.history_values("~", run)],
        )
        changed = cursor.rowcount
        cursor.execute(
            ADDED_SQL + people.history_sql(OpeningMembership, "new"),
            [scheme.pk, run.pk, *people.history_values("+", run)],
        )
        return int(changed + cursor.rowcount)
