"""A unit's roster file becomes enrolments: a run that reads, checks, encrypts and writes in chunks.

Each chunk goes by COPY into a staging table and from there, in a handful of set-based statements, into
members, affiliations, enrolments and their history; rows and cursor commit together.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import imports
from core.errors import Refused
from core.held import Held
from core.imports import Begun, begin, content_of
from core.models import Run, RunIssue, User
from core.roles import require
from core.runs import job
from core.sheets import is_blank, table, wrong
from enrollment import roster_sql
from enrollment.models import PersonKind, Roster, RosterImport, RosterState, Unit
from enrollment.previous import Previous, previous_of
from enrollment.roster import RosterClosed
from enrollment.roster_rows import COLUMNS, Batch, Facts, RosterRows, RowIssue, unit_line
from schemes.models import Period
from schemes.rules import join, levy, windows
from schemes.rules.document import Document
from schemes.rules.errors import RuleError
from schemes.versions import document_of

CHUNK = 10_000
COUNTED = ("added", "changed", "unchanged", "continuing", "new")


class UnitUnknown(Refused):
    """The file belongs to a unit that is not registered; it is refused whole."""

    code = "unit_unknown"
    sentence = _("There is no unit with the social-credit code %(unit)s. Register the unit first.")


class UnitMissing(Refused):
    """Neither the file nor the caller names the unit."""

    code = "unit_missing"
    sentence = _("The file does not say which unit it belongs to. Add the line with the social-credit code.")


class UnitDiffers(Refused):
    """The file is another unit's."""

    code = "unit_differs"
    sentence = _("This file belongs to unit %(found)s, not to %(unit)s.")


class FeeNotByRoster(Refused):
    """What a person pays cannot be told from a roster: it depends on wages, an option, plans or a figure."""

    code = "fee_not_by_roster"
    sentence = _("What a person pays into %(scheme)s cannot be told from a roster: %(why)s.")


class WindowClosed(Refused):
    """Rosters are not taken on this day."""

    code = "window_closed"
    sentence = _("Rosters of period %(period)s are taken from %(opens)s to %(to)s (%(article)s).")


def start(
    *,
    file: Path | bytes,
    name: str,
    period: Period,
    by: User,
    on: date,
    unit_code: str = "",
    dry_run: bool = False,
    strict: bool = False,
) -> Begun:
    """Check the file as a whole and begin its run; `known` when the same file was read to the end before.

    dry_run: report only. strict: apply nothing unless every row is free of errors.
    Raises WrongFile, UnitUnknown, UnitMissing, UnitDiffers, NotAllowed, WindowClosed, RosterClosed,
    FeeNotByRoster.
    """
    unit = _unit_of(file, unit_code)
    require(by, "enrollment.import_roster", on=on, path=unit.agency.path, unit_code=unit.code)
    check_window(period, on)
    _check_fee(document_of(period).document)
    roster = Roster.objects.filter(unit=unit, period=period).first()
    if roster is not None and roster.state != RosterState.DRAFT:
        raise RosterClosed(state=roster.get_state_display())
    about = f"{period.pk}:{unit.code}" + (f":dry:{uuid.uuid4().hex[:12]}" if dry_run else "")
    options = {"period": period.pk, "unit": unit.pk, "dry_run": dry_run, "strict": strict}
    return begin(
        job="import_roster",
        file=file,
        name=name,
        by=by,
        on=on,
        about=about,
        office=unit.agency,
        unit_code=unit.code,
        options=options,
    )


def _unit_of(file: Path | bytes, unit_code: str) -> Unit:
    """The unit that the file and the caller name; also refuses a file without any row."""
    found = table(file, COLUMNS)
    if all(is_blank(cells) for _row, cells in found.rows):
        raise wrong("file_empty")
    stated, _name = unit_line(found.titles)
    asked = unit_code.strip().upper()
    if asked and stated and asked != stated:
        raise UnitDiffers(found=stated, unit=asked)
    code = asked or stated
    if not code:
        raise UnitMissing()
    unit = Unit.objects.select_related("agency").filter(code=code).first()
    if unit is None:
        raise UnitUnknown(unit=code)
    return unit


def check_window(period: Period, on: date) -> None:
    """Refuse a day outside the window in which rosters are entered. Raises WindowClosed."""
    document = document_of(period).document
    act: windows.Act = "enter" if document.window("enter") else "pay"
    if document.window(act) is None:
        return
    window = windows.within(document, act, on)
    if not window.accepted:
        raise WindowClosed(period=period.code, opens=window.opens or "", to=window.to, article=window.article)


def _check_fee(document: Document) -> None:
    """Refuse a scheme whose fee a roster does not decide. Raises FeeNotByRoster."""
    for kind in PersonKind.values:
        try:
            levy.person_fee(document, kind=kind, continuing=False)
        except RuleError as error:
            raise FeeNotByRoster(scheme=document.name, why=error.message) from None


# --- the job -----------------------------------------------------------------------------------------------


class _Reading:
    """An open file between two chunks of one process; the next rows are read while the database writes."""

    def __init__(self, run: Run) -> None:
        period = Period.objects.select_related("scheme").get(pk=run.options["period"])
        unit = Unit.objects.get(pk=run.options["unit"])
        self.previous = previous_of(period)
        self.pass_number: int = run.cursor.get("pass", 1)
        self.at: int = run.cursor.get("row", 0)
        facts = facts_of(period, unit, self.previous, run.business_date)
        self.rows = RosterRows(table(content_of(run), COLUMNS), facts, after=self.at)
        self._thread = ThreadPoolExecutor(1, "roster-rows")
        self._ahead = self._thread.submit(self.rows.read, CHUNK)

    def take(self) -> Batch:
        """The next rows; what follows them is read meanwhile."""
        batch = self._ahead.result()
        self.at = batch.at
        if not batch.ended:
            self._ahead = self._thread.submit(self.rows.read, CHUNK)
        return batch

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False, cancel_futures=True)


_held: Held[_Reading] = Held()


@job("import_roster")
def step(run: Run) -> bool:
    """One chunk; a strict run reads the file twice, first to check, then to apply."""
    reading = _reading(run)
    roster = roster_sql.locked_roster(unit_id=run.options["unit"], period_id=run.options["period"])
    if roster.state != RosterState.DRAFT:
        raise RosterClosed(state=roster.get_state_display())
    strict, dry_run = run.options["strict"], run.options["dry_run"]
    checking, applying = (
        not strict or reading.pass_number == 1,
        not dry_run and (not strict or reading.pass_number == 2),
    )
    if not run.cursor:
        imports.record(imports.sheet_read(run, reading.rows.table))
    batch = reading.take()
    chunk = roster_sql.Chunk(run=run, roster=roster, previous=reading.previous)
    chunk.stage(batch.people)
    faults = chunk.check()
    if applying:
        faults += chunk.apply()
    if checking:
        imports.record(_issues(run, batch, [*batch.issues, *faults]))
    _count(run, reading, batch, chunk, checking)
    if not batch.ended:
        return False
    _forget()
    roster_sql.forget_seen(run)
    return _passed(run, reading, roster)


def _reading(run: Run) -> _Reading:
    """The file, open behind the run's cursor; a new process opens it again and skips what is done."""
    at, pass_number = run.cursor.get("row", 0), run.cursor.get("pass", 1)
    held = _held.of(run)
    if held is None or (held.at, held.pass_number) != (at, pass_number):
        _forget()
        held = _held.keep(run, _Reading(run))
    return held


def _forget() -> None:
    held = _held.let_go()
    if held is not None:
        held.close()


def facts_of(period: Period, unit: Unit, previous: Previous, on: date) -> Facts:
    """What the rows are checked against, from the period's document."""
    document = document_of(period).document

    def fees(kind: str, continuing: bool) -> Any:
        return roster_sql.yuan(levy.person_fee(document, kind=kind, continuing=continuing).amount)

    @lru_cache(maxsize=4096)
    def eligible(kind: str, continuing: bool, age: int) -> tuple[tuple[str, str], ...]:
        who = join.Applicant(
            kind=kind,
            age=age,
            insured=("basic", "large"),
            periods=previous.codes if continuing else (),
            for_period=period.code,
        )
        return tuple((reason.note, reason.article) for reason in join.check(document, who))

    return Facts(
        on=on,
        fees=fees,
        eligible=eligible,
        decided=previous.loaded,
        community=unit.kind == Unit.Kind.COMMUNITY,
    )


def _issues(run: Run, batch: Batch, found: Iterable[RowIssue]) -> Iterable[RunIssue]:
    """Issues in the order of rows; the row's cells are kept with its first error."""
    kept: set[int] = set()
    for one in sorted(found, key=lambda issue: issue.row):
        keep = one.severity == imports.ERROR and one.row not in kept
        kept |= {one.row} if keep else set()
        cells = batch.cells.get(one.row) if keep else None
        yield imports.issue(run, one.row, one.severity, one.code, column=one.column, cells=cells, **one.facts)


def _count(run: Run, reading: _Reading, batch: Batch, chunk: roster_sql.Chunk, checking: bool) -> None:
    """Move the cursor and the counters; they commit with the rows."""
    run.cursor = {"row": batch.at, "pass": reading.pass_number}
    told = run.report or {"rows": 0, **dict.fromkeys((*COUNTED, "rejected"), 0)}
    if checking:
        told["rows"] += batch.held
        told["rejected"] += batch.rejected + chunk.rejected
    for name in COUNTED:
        told[name] += getattr(chunk, name)
    told["rejected"] += chunk.lost
    run.report = told
    run.applied = told["added"] + told["changed"]
    run.total = max(reading.rows.table.total, told["rows"])
    run.done = told["rows"] if checking else run.done


def _passed(run: Run, reading: _Reading, roster: Roster) -> bool:
    """What happens when the file has been read to its end; True when the run is over."""
    told, options = run.report, run.options
    if options["strict"] and not options["dry_run"] and reading.pass_number == 1 and not told["rejected"]:
        run.cursor = {"row": 0, "pass": 2}
        return False
    run.total = run.done = told["rows"]
    if not reading.previous.loaded:
        told["notes"] = [{"code": "previous_not_loaded", "periods": list(reading.previous.codes)}]
    if options["dry_run"] or (options["strict"] and told["rejected"]):
        told["held_back"] = True
        run.key = f"{run.key[:180]}#{run.pk}"  # only tried: the same file may come again
        return True
    RosterImport.objects.update_or_create(
        run=run,
        defaults={
            "roster": roster,
            **{name: told[name] for name in ("added", "changed", "unchanged", "rejected")},
        },
    )
    return True
