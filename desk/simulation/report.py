"""A finished simulation as people read it: tables, bars, the largest changes, workbooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from claims.models.claims import Level
from core import sheets
from core.models import Office, Run
from desk.simulation import projection
from desk.simulation.comparison import AGES, METRICS
from enrollment.models import Unit

TABLES = ("office", "unit_kind", "age", "band")
LEVELS = ("agency", "office", "center")


@dataclass(frozen=True)
class Row:
    """One group of a table; amounts in yuan."""

    key: str
    label: str
    persons: int
    winners: int
    losers: int
    claims: int
    old: Decimal
    new: Decimal
    difference: Decimal
    gained: Decimal
    lost: Decimal


@dataclass(frozen=True)
class Table:
    """One way of grouping; `total` is the sum over everybody."""

    key: str
    title: str
    rows: tuple[Row, ...]
    total: Row


@dataclass(frozen=True)
class Bar:
    """One pair of bars of a chart, yuan."""

    label: str
    old: Decimal
    new: Decimal


def titles() -> dict[str, str]:
    """What each table is called."""
    return {
        "office": _("By office"),
        "unit_kind": _("By kind of unit"),
        "age": _("By age"),
        "band": _("By band of the year's base"),
    }


def total(run: Run) -> Row:
    """Everybody together."""
    return _row("", _("Total"), run.report["groups"]["total"][""])


def tables(run: Run) -> list[Table]:
    """The groupings that the run has, each with its rows in order and the total."""
    names, found = titles(), []
    for table in TABLES:
        groups: Mapping[str, Any] = run.report["groups"].get(table, {})
        labels = _labels(table, list(groups), run)
        keys = sorted(groups, key=lambda key: _place(table, key, labels[key]))
        if keys:
            rows = tuple(_row(key, labels[key], groups[key]) for key in keys)
            found.append(Table(table, names[table], rows, total(run)))
    return found


def bars(table: Table) -> list[Bar]:
    """What a chart of a table shows: the cost now and under the draft."""
    return [Bar(row.label, row.old, row.new) for row in table.rows]


def balances(run: Run) -> list[Bar]:
    """The fund under both documents when the period's claims are over; empty where `unprojected` says why."""
    found = run.report.get("balance")
    if not found:
        return []
    names = {
        projection.PACE: _("Fund at the end of the claims, projected"),
        projection.EARLY: _("Fund after the claims calculated so far"),
    }
    label = names.get(found.get("basis"), _("Fund at the end of the claims"))
    return [Bar(label, Decimal(found["old"]), Decimal(found["new"]))]


def balance_steps(run: Run) -> list[Bar]:
    """How the fund's figure comes about; what goes out is below zero, and the steps add up to it."""
    found = run.report.get("balance") or {}
    if "basis" not in found:
        return []
    steps = [
        (_("Money in so far"), "in", "in", 1),
        (_("Fees still due"), "due", "due", 1),
        (_("Claims calculated"), "calculated_old", "calculated_new", -1),
        (_("Claims left out of the comparison, as they stand"), "aside", "aside", -1),
        (_("Claims still to come, at the same pace"), "coming_old", "coming_new", -1),
    ]
    return [
        Bar(label, sign * Decimal(found[old]), sign * Decimal(found[new])) for label, old, new, sign in steps
    ]


def balance_words(run: Run) -> str:
    """What the fund's figure rests on, or why there is none."""
    found = run.report.get("balance") or {}
    why = run.report.get("unprojected", "")
    said = {
        projection.PART: _(
            "The fund is one for everybody; only a part of the claims is counted here, "
            "so it is not projected."
        ),
        projection.NO_BOOK: _("The fund is not projected: no book of this scheme has been opened yet."),
        projection.PACE: _(
            "In %(days)s days (%(since)s to %(on)s) claims came to the sums above; the %(left)s days that "
            "are left until %(until)s are taken at the same pace, day by day, under each document."
        ),
        projection.OVER: _("The days for claims were over on %(until)s; nothing is still to come."),
        projection.EARLY: _(
            "Too few days of %(since)s to %(until)s have run, or no claim is calculated yet: "
            "there is no pace. What is still to come is not in this figure."
        ),
    }
    sentence = said.get(found.get("basis") or why, "")
    return sentence % {**found, "on": run.business_date} if found else sentence


def facts() -> dict[str, str]:
    """What each fact is called that a document may ask for."""
    return {
        "base": _("the base (the document does not say how it comes out of the slip's columns)"),
        "discharged": _("the day of discharge"),
        "hospital.designated": _("whether the hospital is designated"),
        "hospital.level": _("the hospital's level"),
        "major_illness": _("whether it is a listed major illness"),
        "out_of_region": _("whether the care was out of the region"),
        "plan": _("the plan and the own shares that it pays of"),
        "person.groups": _("the person's assistance groups"),
        "person.kind": _("the person's kind"),
    }


def missing(run: Run) -> list[tuple[str, int]]:
    """Facts that a document needs and that are not stored: name, how many bills lack it."""
    names = facts()
    return [(names.get(fact, fact), count) for fact, count in run.report.get("missing", {}).items()]


def aside(run: Run) -> dict[str, int]:
    """How many claims and persons are in no sum because of those facts."""
    found: dict[str, int] = run.report.get("aside", {"claims": 0, "persons": 0})
    return found


def levels(run: Run) -> list[tuple[str, int, int]]:
    """How many claims each level decides under both documents, "" for those that pay nothing."""
    found = run.report["levels"]
    names = sorted(found, key=lambda name: LEVELS.index(name) if name in LEVELS else len(LEVELS))
    return [(name if name in LEVELS else "", *found[name]) for name in names]


def changes(run: Run) -> list[dict[str, Any]]:
    """The largest changes, the largest first: member, old, new, difference, claims with both traces."""
    found: list[dict[str, Any]] = run.report["changes"]
    return found


def _row(key: str, label: str, group: Mapping[str, Any]) -> Row:
    money = {name: Decimal(group[name]) for name in ("old", "new", "difference", "gained", "lost")}
    persons, winners, losers, claims = (int(group[name]) for name in METRICS[:4])
    return Row(key, label, persons, winners, losers, claims, **money)


def _labels(table: str, keys: list[str], run: Run) -> dict[str, str]:
    if table == "office":
        offices = Office.objects.filter(pk__in=[key for key in keys if key]).values_list("pk", "name")
        known = {str(pk): name for pk, name in offices}
        return {key: known.get(key, key) for key in keys}
    if table == "unit_kind":
        return {key: str(Unit.Kind(key).label) if key in Unit.Kind.values else key for key in keys}
    return {key: _age(key) if table == "age" else _band(key, run.report["edges"]) for key in keys}


def _place(table: str, key: str, label: str) -> tuple[int, str]:
    numbered = table in ("age", "band") and key != ""
    return (int(key) if numbered else 10**9, label)


def _age(key: str) -> str:
    if key == "":
        return _("not known")
    first = int(key)
    after = next((age for age in AGES if age > first), None)
    if after is None:
        return _("%(age)s and older") % {"age": first}
    return (
        _("%(first)s to %(last)s") % {"first": first, "last": after - 1}
        if first
        else _("under %(age)s") % {"age": after}
    )


def _band(key: str, edges: list[str]) -> str:
    if key == "" or not edges:
        return _("not known")
    over = Decimal(edges[int(key)])
    if int(key) + 1 < len(edges):
        to = Decimal(edges[int(key) + 1])
        return _("over %(over)s to %(to)s yuan") % {"over": f"{over:,.0f}", "to": f"{to:,.0f}"}
    return _("over %(over)s yuan") % {"over": f"{over:,.0f}"}


# --- workbooks -------------------------------------------------------------------------------------------


def export(run: Run, out: BinaryIO) -> None:
    """All tables as one workbook (XLSX)."""
    header = [_("Table"), _("Group"), _("Persons"), _("Gain"), _("Lose"), _("Claims"),
              _("In force"), _("Draft"), _("Difference"), _("Gained"), _("Lost")]  # fmt: skip
    sheets.write_xlsx(out, header, _table_lines(run), title=_("Simulation"))


def _table_lines(run: Run) -> Iterator[list[Any]]:
    yield _line("", total(run))
    for table in tables(run):
        for row in table.rows:
            yield _line(table.title, row)
    for bar in [*balance_steps(run), *balances(run)]:
        difference = bar.new - bar.old
        yield [_("Fund"), bar.label, None, None, None, None, bar.old, bar.new, difference, None, None]
    if words := balance_words(run):
        yield [_("Fund"), words, *[None] * 9]
    for name, before, after in levels(run):
        label, more = str(Level(name).label) if name else _("pays nothing"), after - before
        yield [
            _("Claims decided at each level"),
            label,
            None,
            None,
            None,
            None,
            before,
            after,
            more,
            None,
            None,
        ]
    for label, count in missing(run):
        yield [_("Left out for want of a fact"), label, None, None, None, count, None, None, None, None, None]


def _line(title: str, row: Row) -> list[Any]:
    return [title, row.label, row.persons, row.winners, row.losers, row.claims,
            row.old, row.new, row.difference, row.gained, row.lost]  # fmt: skip


def export_changes(run: Run, out: BinaryIO) -> None:
    """The largest changes, each claim with its unit and both amounts and every line of both calculations."""
    header = [
        _("Person no."),
        _("Claim"),
        _("Unit"),
        _("Before"),
        _("After"),
        _("Difference"),
        _("Document"),
        _("Article"),
        _("Rule"),
        _("Basis"),
        _("Rate"),
        _("Amount"),
        _("Note"),
    ]
    sheets.write_xlsx(out, header, _change_lines(run), title=_("Largest changes"))


def _change_lines(run: Run) -> Iterator[list[Any]]:
    """Person by person, the largest change first; `Person` is the place in that order, no personal data."""
    for place, change in enumerate(changes(run), 1):
        for claim in change["claims"]:
            old, new = Decimal(claim["old"]["amount"]), Decimal(claim["new"]["amount"])
            head = [place, claim["claim"], claim.get("unit", ""), old, new, new - old]
            for line in _trace_lines(claim):
                yield [*head, *line]


def _trace_lines(claim: Mapping[str, Any]) -> Iterator[list[Any]]:
    for side, name in {"old": _("In force"), "new": _("Draft")}.items():
        for line in claim[side]["lines"]:
            basis, amount = Decimal(line["basis"]), Decimal(line["amount"])
            yield [name, line["article"], line["rule"], basis, line["rate"], amount, line["note"]]
        base, amount = Decimal(claim[side]["base"]), Decimal(claim[side]["amount"])
        yield [name, "", _("Total"), base, "", amount, ""]
