"""Work units from a file: each hangs at its agency point, or at its office where the point is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from core import imports
from core.errors import NotAllowed
from core.identifiers import credit_code_fault
from core.imports import ERROR, WARNING, Begun
from core.issues import say
from core.models import Office, OfficeKind, Run, RunIssue, User
from core.pinyin import sort_key
from core.roles import permissions_of, roles_for
from core.runs import job
from core.sheets import Cell, Cells, Column, is_blank, table
from core.typed import NotUnderstood, code, count, text
from enrollment.models import Unit

COLUMNS = (
    Column("code", ("统一社会信用代码", "社会信用代码", "信用代码", "单位代码", "code")),
    Column("name", ("单位名称", "名称", "单位", "name")),
    Column("agency", ("代办点编码", "代办点", "agency")),
    Column("office", ("办事处编码", "办事处", "office"), required=False),
    Column("insured", ("基本医疗保险在职人数", "在职人数", "在职职工人数", "active"), required=False),
    Column("kind", ("单位类别", "类别", "kind"), required=False),
)
COMMUNITY_WORDS = ("街道", "社区", "community")

say(
    {
        "unit_code_missing": _("The social-credit code or the name is missing."),
        "credit_code_length": _("The social-credit code must have 18 characters, this one has %(length)s."),
        "credit_code_check": _("The social-credit code's check character is wrong."),
        "agency_missing": _("No agency point is given; the unit was put at its office %(office)s."),
        "place_missing": _("Neither an agency point nor an office is given."),
        "agency_unknown": _("There is no agency point %(code)s; the unit was put at its office %(office)s."),
        "agency_elsewhere": _("Agency point %(code)s belongs to another office than %(office)s."),
        "agency_unknown_alone": _("There is no agency point %(code)s, and no office is given."),
        "office_unknown_alone": _("There is no office %(office)s, and no agency point is given."),
        "place_center": _("A unit hangs at an agency point or an office, not at the provincial centre."),
        "office_unknown": _("There is neither an agency point %(code)s nor an office %(office)s."),
        "count_unreadable": _("The number of active staff cannot be read; it was left empty."),
        "outside_your_offices": _("This unit belongs to an office that is not yours."),
    }
)


class Read(NamedTuple):
    """One unit as its row states it."""

    code: str
    name: str
    agency: Office
    kind: str
    insured: int | None


def import_units(*, file: Path | bytes, name: str, by: User, on: date) -> Begun:
    """Begin the run that reads a file of units. Raises NotAllowed, WrongFile."""
    if not by.username.startswith("system:") and "enrollment.add_unit" not in permissions_of(by, on=on):
        raise NotAllowed()
    table(file, COLUMNS)
    return imports.begin(job="import_units", file=file, name=name, by=by, on=on)


@job("import_units")
def step(run: Run) -> bool:
    """Read the whole file in one chunk: a province has some thousand units."""
    found = table(imports.content_of(run), COLUMNS)
    offices = {office.code: office for office in Office.objects.select_related("parent")}
    issues = imports.sheet_read(run, found)
    read: dict[str, tuple[int, Read]] = {}
    for number, cells in found.rows:
        if is_blank(cells):
            continue
        run.done += 1
        unit = _read(run, number, cells, found.picked(cells), offices, issues)
        if unit is None:
            continue
        if unit.code in read:
            first = read[unit.code][0]
            issues.append(imports.issue(run, number, ERROR, "duplicate_in_file", cells=cells, first=first))
        else:
            read[unit.code] = (number, unit)
    run.applied = _apply(run, _reached(run, read, issues))
    imports.record(issues)
    run.total, run.report = run.done, {"rows": run.done}
    return True


def _read(
    run: Run,
    number: int,
    cells: Cells,
    row: dict[str, Cell],
    offices: dict[str, Office],
    issues: list[RunIssue],
) -> Read | None:
    own, name = code(row["code"]), text(row["name"])
    if not own or not name:
        issues.append(imports.issue(run, number, ERROR, "unit_code_missing", cells=cells))
        return None
    fault = credit_code_fault(own)
    if fault:
        severity = ERROR if fault == "credit_code_length" else WARNING
        issues.append(imports.issue(run, number, severity, fault, cells=cells, length=len(own)))
        if severity == ERROR:
            return None
    place = _place(run, number, cells, row, offices, issues)
    if place is None:
        return None
    try:
        insured = count(row.get("insured"))
    except NotUnderstood:
        insured = None
        issues.append(imports.issue(run, number, WARNING, "count_unreadable", cells=cells))
    is_community = any(word in text(row.get("kind")).lower() for word in COMMUNITY_WORDS)
    kind = Unit.Kind.COMMUNITY if is_community else Unit.Kind.EMPLOYER
    return Read(own, name, place, kind, insured)


def _place(
    run: Run,
    number: int,
    cells: Cells,
    row: dict[str, Cell],
    offices: dict[str, Office],
    issues: list[RunIssue],
) -> Office | None:
    """Where the unit hangs: its agency point, else its office; None when neither is known or reachable."""
    agency_code, office_code = code(row["agency"]), code(row.get("office"))
    agency, office = offices.get(agency_code), offices.get(office_code)
    facts = {"code": agency_code, "office": office_code}
    place = agency or office
    if place is None or place.kind == OfficeKind.CENTER:
        fault = "place_center" if place else _nowhere(agency_code, office_code)
        issues.append(imports.issue(run, number, ERROR, fault, cells=cells, **facts))
        return None
    if agency is None:
        fault = "agency_unknown" if agency_code else "agency_missing"
        issues.append(imports.issue(run, number, WARNING, fault, cells=cells, **facts))
    elif office is not None and agency is not office and not agency.path.startswith(office.path):
        issues.append(imports.issue(run, number, WARNING, "agency_elsewhere", cells=cells, **facts))
    by, on = run.started_by, run.business_date
    is_job = by.username.startswith("system:")
    if not is_job and not roles_for(by, "enrollment.add_unit", on=on, path=place.path):
        issues.append(imports.issue(run, number, ERROR, "outside_your_offices", cells=cells))
        return None
    return place


def _nowhere(agency_code: str, office_code: str) -> str:
    """What to say where neither leads anywhere: which of the two are given."""
    if agency_code and office_code:
        return "office_unknown"
    if agency_code or office_code:
        return "agency_unknown_alone" if agency_code else "office_unknown_alone"
    return "place_missing"


def _reached(run: Run, read: dict[str, tuple[int, Read]], issues: list[RunIssue]) -> list[Read]:
    """What may be applied: a unit is not taken from an office that the reader does not reach."""
    by, on = run.started_by, run.business_date
    if by.username.startswith("system:"):
        return [row for _number, row in read.values()]
    stands = dict(Unit.objects.filter(code__in=read).values_list("code", "agency__path"))
    taken = {
        code for code, path in stands.items() if not roles_for(by, "enrollment.add_unit", on=on, path=path)
    }
    issues += [imports.issue(run, read[code][0], ERROR, "outside_your_offices") for code in sorted(taken)]
    return [row for code, (_number, row) in read.items() if code not in taken]


def _apply(run: Run, read: Iterable[Read]) -> int:
    """Create and change units, with history; how many."""
    read = list(read)
    known = {unit.code: unit for unit in Unit.objects.filter(code__in=[row.code for row in read])}
    created, changed = [], []
    for row in read:
        unit = known.get(row.code)
        if unit is None:
            created.append(_filled(Unit(code=row.code), row))
        elif _differs(unit, row):
            changed.append(_filled(unit, row))
    about = {"default_user": run.started_by, "default_change_reason": f"run:{run.pk}", "batch_size": 1000}
    bulk_create_with_history(created, Unit, **about)
    fields = ["name", "name_pinyin", "kind", "agency", "insured_active"]
    bulk_update_with_history(changed, Unit, fields, **about)
    return len(created) + len(changed)


def _differs(unit: Unit, row: Read) -> bool:
    insured = unit.insured_active if row.insured is None else row.insured
    return (unit.name, unit.agency_id, unit.kind, unit.insured_active) != (
        row.name,
        row.agency.pk,
        row.kind,
        insured,
    )


def _filled(unit: Unit, row: Read) -> Unit:
    unit.name, unit.name_pinyin = row.name, sort_key(row.name, longest=240)
    unit.agency, unit.kind = row.agency, row.kind
    if row.insured is not None:
        unit.insured_active = row.insured
    return unit
