"""The office tree from a file: centre, offices, agency points. A second reading changes nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from core import imports
from core.imports import ERROR, WARNING, Begun
from core.issues import say
from core.models import Office, OfficeKind, Run, RunIssue, User
from core.roles import require
from core.runs import job
from core.sheets import Cell, Cells, Column, is_blank, table
from core.typed import code, text

COLUMNS = (
    Column("code", ("编码", "机构编码", "代码", "code")),
    Column("name", ("名称", "机构名称", "name")),
    Column("kind", ("类别", "机构类别", "kind")),
    Column("parent", ("上级编码", "上级", "parent")),
)
KINDS = {
    "省中心": OfficeKind.CENTER,
    "中心": OfficeKind.CENTER,
    "center": OfficeKind.CENTER,
    **dict.fromkeys("办事处 州市办事处 产业办事处 系统办事处".split(), OfficeKind.OFFICE),
    "office": OfficeKind.OFFICE,
    "代办点": OfficeKind.AGENCY,
    "agency": OfficeKind.AGENCY,
}

say(
    {
        "office_code_missing": _("The code or the name is missing."),
        "office_kind_unknown": _("The kind must be 省中心, 办事处 or 代办点."),
        "office_parent_missing": _("The parent's code is missing; only the provincial centre has none."),
        "office_center_parent": _("The provincial centre has no parent; leave the parent's code empty."),
        "office_parent_unknown": _("There is no office with the parent's code %(parent)s."),
        "office_moved": _(
            "Office %(code)s stands below another parent; it was left there. Move it on its own page."
        ),
        "office_second_center": _("There is a provincial centre already."),
    }
)


def import_offices(*, file: Path | bytes, name: str, by: User, on: date) -> Begun:
    """Begin the run that reads an office file. Raises NotAllowed, WrongFile."""
    require(by, "core.add_office", on=on)
    table(file, COLUMNS)
    return imports.begin(job="import_offices", file=file, name=name, by=by, on=on)


@job("import_offices")
def step(run: Run) -> bool:
    """Read the whole file in one chunk: a tree has a few thousand nodes at most."""
    found = table(imports.content_of(run), COLUMNS)
    known = {office.code: office for office in Office.objects.all()}
    issues = imports.sheet_read(run, found)
    seen: dict[str, int] = {}
    held = [(number, cells) for number, cells in found.rows if not is_blank(cells)]
    for number, cells in sorted(held, key=lambda row: _depth(found.picked(row[1]))):
        run.done += 1
        fault = _placed(run, number, cells, found.picked(cells), known, seen)
        issues += [fault] if fault else []
    imports.record(sorted(issues, key=lambda issue: issue.row or 0))
    run.total, run.report = run.done, {"rows": run.done}
    return True


def _depth(row: dict[str, Cell]) -> int:
    """The centre first, agency points last, however the file orders them: a parent stands before its own."""
    kind = _kind(row)
    return list(OfficeKind).index(kind) if kind else 0


def _kind(row: dict[str, Cell]) -> OfficeKind | None:
    return KINDS.get(text(row["kind"]).replace(" ", "").lower())


def _placed(
    run: Run, number: int, cells: Cells, row: dict[str, Cell], known: dict[str, Office], seen: dict[str, int]
) -> RunIssue | None:
    """Add or rename one office; what is wrong with the row, if anything."""
    own, name = code(row["code"]), text(row["name"])
    kind, above = _kind(row), code(row["parent"])
    if not own or not name:
        return imports.issue(run, number, ERROR, "office_code_missing", cells=cells)
    if kind is None:
        return imports.issue(run, number, ERROR, "office_kind_unknown", cells=cells)
    if own in seen:
        return imports.issue(run, number, ERROR, "duplicate_in_file", cells=cells, first=seen[own])
    seen[own] = number
    parent = known.get(above)
    if kind == OfficeKind.CENTER and above:
        return imports.issue(run, number, ERROR, "office_center_parent", cells=cells)
    if kind != OfficeKind.CENTER and not above:
        return imports.issue(run, number, ERROR, "office_parent_missing", cells=cells)
    if above and parent is None:
        return imports.issue(run, number, ERROR, "office_parent_unknown", cells=cells, parent=above)
    existing = known.get(own)
    if existing is None:
        if kind == OfficeKind.CENTER and any(office.kind == kind for office in known.values()):
            return imports.issue(run, number, ERROR, "office_second_center", cells=cells)
        known[own] = Office.objects.create(code=own, name=name, kind=kind, parent=parent)
        run.applied += 1
        return None
    if existing.parent_id != (parent.pk if parent else None):
        return imports.issue(run, number, WARNING, "office_moved", cells=cells, code=own)
    if (existing.name, existing.kind) != (name, kind):
        existing.name, existing.kind = name, kind
        existing.save()
        run.applied += 1
    return None
