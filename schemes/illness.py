"""Lists of illnesses by day: which code stands on which list of a scheme, entered singly or from a file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core import issues, typed
from core.errors import Refused
from core.models import User
from core.roles import require
from core.sheets import Column, is_blank, table
from core.write import write
from schemes.models import IllnessList, Scheme
from schemes.versions import scheme_of

COLUMNS = (
    Column("listing", ("清单", "list")),
    Column("code", ("编码", "疾病编码", "code")),
    Column("name", ("名称", "疾病名称", "name")),
    Column("valid_from", ("起始日期", "开始日期", "valid from", "from")),
    Column("valid_to", ("截止日期", "结束日期", "valid to", "to"), required=False),
)
LISTINGS = {
    "重大疾病": "major_illness",
    "特殊病": "special_outpatient",
    "慢性病": "chronic_outpatient",
    "特殊药品": "special_drug",
    "特药": "special_drug",
    "恶性疾病": "critical_plan",
}
"""Names that files give to the lists; any other name in plain letters is its own code."""


class Overlaps(Refused):
    """The code is on the list already on some of these days."""

    code = "illness_overlaps"
    sentence = _("%(illness)s is on the list already on some of these days (from %(first)s).")


class BadRange(Refused):
    """It ends before it begins."""

    code = "illness_range"
    sentence = _("An entry cannot end before it begins.")


issues.say(
    {
        "illness_list": _("Name the list, such as major_illness or special_outpatient."),
        "illness_code": _("The code of the illness is missing."),
        "illness_name": _("The name of the illness is missing."),
        "illness_date": _("“%(value)s” is not a date."),
        "illness_range": _("An entry cannot end before it begins."),
        "illness_overlaps": _("%(illness)s is on the list already on some of these days (from %(first)s)."),
    }
)


# --- reading ---


def on_list(*, scheme: str, listing: str, on: date) -> QuerySet[IllnessList]:
    """What stands on a scheme's list on a day."""
    ends = Q(valid_to=None) | Q(valid_to__gte=on)
    return IllnessList.objects.filter(ends, scheme__code=scheme, listing=listing, valid_from__lte=on)


def listed(*, scheme: str, listing: str, code: str, on: date) -> bool:
    """Whether an illness stands on a scheme's list on a day (both ends included)."""
    return on_list(scheme=scheme, listing=listing, on=on).filter(code=typed.code(code)).exists()


# --- writing ---


@write
def enter(
    *,
    scheme: str,
    listing: str,
    code: str,
    name: str,
    valid_from: date,
    by: User,
    on: date,
    valid_to: date | None = None,
) -> IllnessList:
    """Put an illness on a list; the same code from the same day takes the new name and end.

    Raises NotAllowed, NoDocument (no such scheme), BadRange, Overlaps.
    """
    require(by, "schemes.add_illnesslist", on=on)
    entry, _written = _put(scheme_of(scheme), listing, typed.code(code), name, valid_from, valid_to, by)
    return entry


@write
def end(*, entry: IllnessList, last_day: date, by: User, on: date) -> IllnessList:
    """Take an illness off its list after a last day. Raises NotAllowed, BadRange, Overlaps."""
    require(by, "schemes.change_illnesslist", on=on)
    fields = (entry.scheme, entry.listing, entry.code, entry.name, entry.valid_from)
    return _put(*fields, last_day, by)[0]


def _put(
    scheme: Scheme, listing: str, code: str, name: str, valid_from: date, valid_to: date | None, by: User
) -> tuple[IllnessList, bool]:
    """The entry, and whether anything had to be written."""
    if valid_to is not None and valid_to < valid_from:
        raise BadRange()
    same_code = IllnessList.objects.select_for_update(of=("self",)).filter(
        scheme=scheme, listing=listing, code=code
    )
    entry = same_code.filter(valid_from=valid_from).first()
    meets = same_code.filter(
        Q(valid_to=None) | Q(valid_to__gte=valid_from), valid_from__lte=valid_to or date.max
    )
    other = (meets if entry is None else meets.exclude(pk=entry.pk)).first()
    if other is not None:
        raise Overlaps(illness=code, first=other.valid_from)
    if entry is None:
        entry = IllnessList(scheme=scheme, listing=listing, code=code, valid_from=valid_from)
    elif (entry.name, entry.valid_to) == (name, valid_to):
        return entry, False
    entry.name, entry.valid_to = name, valid_to
    entry._history_user = by  # type: ignore[attr-defined]  # read by simple-history
    entry.save()
    return entry, True


@write
def import_file(*, scheme: str, source: bytes | Path, by: User, on: date) -> dict[str, Any]:
    """Take in a list from CSV or XLSX: list, code, name, from, to. Rows in error are named and left out.

    A second import of the same file changes nothing. Returns rows, applied and issues as every import does.
    Raises NotAllowed, NoDocument, WrongFile.
    """
    require(by, "schemes.add_illnesslist", on=on)
    row_of = scheme_of(scheme)
    found = table(source, COLUMNS)
    report: dict[str, Any] = {"rows": 0, "applied": 0, "issues": []}
    for number, cells in found.rows:
        if is_blank(cells):
            continue
        report["rows"] += 1
        try:
            entry = _read(found.picked(cells))
            report["applied"] += _put(row_of, *entry, by)[1]
        except Refused as refusal:
            report["issues"].append(_issue(number, refusal))
    return report


def _read(cells: dict[str, Any]) -> tuple[str, str, str, date, date | None]:
    """A row's entry. Raises Refused with the issue's code."""
    given = typed.text(cells["listing"])
    listing = LISTINGS.get(given, given)
    code, name = typed.code(cells["code"]), typed.text(cells["name"])
    if not listing.isascii() or not listing.replace("_", "").replace("-", "").isalnum() or len(listing) > 40:
        raise Refused(code="illness_list")
    if not code or len(code) > 40:
        raise Refused(code="illness_code")
    if not name or len(name) > 200:
        raise Refused(code="illness_name")
    first = _day(cells["valid_from"])
    if first is None:
        raise Refused(code="illness_date", value="")
    return listing, code, name, first, _day(cells.get("valid_to"))


def _day(cell: Any) -> date | None:
    try:
        return typed.day(cell)
    except typed.NotUnderstood as error:
        raise Refused(code="illness_date", value=typed.text(cell)[:40]) from error


def _issue(row: int, refusal: Refused) -> dict[str, Any]:
    message = issues.sentence(refusal.code, refusal.facts)
    return {"row": row, "severity": "error", "code": refusal.code, "message": message}
