"""Settlement files of the insurance bureau: a run that keeps every slip once (第九条)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import sentences, slips
from claims.models import Bill, BillState, Hospital
from claims.slips import Said, Slip
from core import files, runs, sheets, typed
from core.encryption import digest
from core.errors import Refused
from core.models import Office, OfficeKind, Run, RunIssue, RunState, User
from core.roles import require, roles_for
from core.write import write
from enrollment.models import Enrollment
from schemes.models import Period
from schemes.periods import UnknownPeriod

JOB = "import_settlements"
CHUNK = 2000
SCHEME = "yunnan-mutual-aid"
ENDS = ("合计", "总计", "制表", "审核", "填表")

sentences.declare()


class OfficeNeeded(Refused):
    """The bureau's file names people of many units; an agency point has only its own."""

    code = "office_needed"
    sentence = _("Settlement files are read in by an office or by the provincial centre.")


def claiming_period(*, scheme: str, on: date, code: str = "") -> Period:
    """The period a file is checked against: as named, else whose claims run, else the latest begun.

    Raises UnknownPeriod.
    """
    opened = Period.objects.select_related("scheme").filter(scheme__code=scheme)
    if code:
        found = opened.filter(code=code).first()
    else:
        running = opened.filter(claim_from__lte=on, claim_to__gte=on).order_by("-cover_from").first()
        found = running or opened.filter(cover_from__lte=on).order_by("-cover_from").first()
    if found is None:
        raise UnknownPeriod(scheme=scheme, period=code or on)
    return found


def offices_of(by: User, *, on: date) -> list[Office]:
    """Whose settlement files a person may hand in: their offices and the centre, never an agency point."""
    roles = roles_for(by, "claims.import_settlements", on=on)
    offices = [role.office for role in roles if not role.unit_code]
    return sorted((one for one in offices if one.kind != OfficeKind.AGENCY), key=lambda one: one.path)


@write
def begin(
    *,
    content: bytes,
    name: str,
    by: User,
    on: date,
    office: Office | None = None,
    scheme: str = SCHEME,
    period: str = "",
) -> tuple[Run, bool]:
    """Keep a settlement file and queue its run; True with it when this file was read to its end before.

    A run that broke off goes on behind its last committed chunk.

    office: whose file it is, an office or the centre (default: the top of the tree); each office has a run
    of its own. Raises NotAllowed, OfficeNeeded, UnknownPeriod, FileRefused.
    """
    office = office or Office.objects.get(parent=None)
    require(by, "claims.import_settlements", on=on, path=office.path)
    if office.kind == OfficeKind.AGENCY:
        raise OfficeNeeded()
    checked = claiming_period(scheme=scheme, on=on, code=period)
    sha = hashlib.sha256(content).hexdigest()
    key = f"{JOB}:{checked.pk}:{office.pk}:{sha}"
    known = Run.objects.filter(key=key).first()
    if known is not None and known.state == RunState.FAILED:
        known = runs.again(known)
    if known is not None:
        return known, known.is_over
    paper = files.keep(name=name, content=content, by=by, kinds=files.SHEETS, office=office)
    run = runs.start(
        job=JOB,
        key=key,
        by=by,
        on=on,
        office=office,
        options={"period": checked.pk},
        attachment=paper,
        file_name=name,
    )
    return run, False


_readers: dict[int, tuple[int, Iterator[tuple[int, slips.Slip | None]]]] = {}
"""Open readers of this process by run: where they stand. A run that is resumed elsewhere reads anew."""


@runs.job(JOB)
def step(run: Run) -> bool:
    """Read the next rows, keep what is sound, say what is odd; the cursor moves with them."""
    behind = int(run.cursor.get("row", 0))
    chunk, reader = [], _reader(run, behind)
    for number, slip in reader:
        chunk.append((number, slip))
        if len(chunk) >= CHUNK:
            break
    if chunk:
        _apply(run, chunk)
        run.cursor = {"row": chunk[-1][0]}
        _readers[run.pk] = (chunk[-1][0], reader)
    finished = len(chunk) < CHUNK
    if finished:
        _readers.pop(run.pk, None)
        run.total = run.done
    return finished


def _reader(run: Run, behind: int) -> Iterator[tuple[int, slips.Slip | None]]:
    position, reader = _readers.pop(run.pk, (None, None))
    if reader is not None and position == behind:
        return reader
    return _rows(run, behind)


def _rows(run: Run, behind: int) -> Iterator[tuple[int, Slip | None]]:
    """The rows below `behind`: a slip each, None for an empty row that other rows follow."""
    assert run.file is not None, "a settlement run has its file"
    table = sheets.table(partial(files.plain_chunks, run.file), slips.COLUMNS)
    known = set(table.index.values())
    names = {place: str(cell) for place, cell in enumerate(table.header) if cell and place not in known}
    blank: list[int] = []
    for number, cells in table.rows:
        if sheets.is_blank(cells):
            blank.append(number)
            continue
        if _is_end(cells):
            return
        yield from ((empty, None) for empty in blank if empty > behind)
        blank.clear()
        if number > behind:
            others = {name: cells[place] for place, name in names.items() if place < len(cells)}
            yield number, slips.read(number, table.picked(cells), others)


def _is_end(cells: list[Any]) -> bool:
    first = next((typed.text(cell) for cell in cells if typed.text(cell)), "")
    return first.replace(" ", "").startswith(ENDS)


def _apply(run: Run, chunk: list[tuple[int, Slip | None]]) -> None:
    """Keep a chunk's slips with a fixed number of statements."""
    read = [slip for _, slip in chunk if slip is not None]
    sound = [slip for slip in read if not slip.refused]
    _refuse_known(sound)
    sound = [slip for slip in sound if not slip.refused]
    _find_people(sound, period=Period.objects.get(pk=run.options["period"]), aside=run.office)
    _name_hospitals(sound)
    bills = [Bill(**slip.fields, run=run, added_by=run.started_by) for slip in sound]
    Bill.objects.bulk_create(bills, batch_size=500)
    RunIssue.objects.bulk_create(list(_issues(run, chunk)), batch_size=2000)
    run.done += len(read)
    run.applied += sum(bill.state == BillState.ACCEPTED for bill in bills)
    run.report = {**run.report, "rows": run.done}


def _issues(run: Run, chunk: list[tuple[int, Slip | None]]) -> Iterator[RunIssue]:
    for number, slip in chunk:
        said = [Said("info", "row_skipped")] if slip is None else slip.said
        refused = slip is not None and slip.refused
        for each in said:
            if refused and each.severity == "info":
                continue
            yield RunIssue(
                run=run,
                row=number,
                severity=each.severity,
                code=each.code,
                column=each.column,
                facts=each.facts,
            )


def _refuse_known(read: list[Slip]) -> None:
    """A settlement number, and a receipt, stands in the system once: rows that repeat one are refused."""
    numbers = {slip.fields["settlement_number"] for slip in read}
    receipts = {slip.fields["receipt_number"] for slip in read} - {""}
    kept = Bill.objects.filter(settlement_number__in=numbers).values_list("settlement_number", flat=True)
    seen_numbers = set(kept)
    pairs = Bill.objects.filter(receipt_number__in=receipts).values_list("receipt_code", "receipt_number")
    seen_receipts = set(pairs)
    for slip in read:
        number = slip.fields["settlement_number"]
        receipt = (slip.fields["receipt_code"], slip.fields["receipt_number"])
        if number in seen_numbers:
            slip.said.append(Said("error", "duplicate_settlement", "结算单号"))
        elif receipt[1] and receipt in seen_receipts:
            slip.said.append(Said("error", "duplicate_receipt", "票据号码"))
        else:
            seen_numbers.add(number)
            seen_receipts.add(receipt)


def _find_people(read: list[Slip], *, period: Period, aside: Office | None) -> None:
    """Tie each slip to the member and the unit that enrolled them; hold aside who stands in no roster."""
    for slip in read:
        slip.fields["id_digest"] = digest(slip.fields["id_number"])
    found = enrolled({slip.fields["id_digest"] for slip in read}, period)
    for slip in read:
        person = _best(found.get(slip.fields["id_digest"], []), slip.fields["discharged"], period)
        if person is None:
            slip.said.append(Said("error", "not_enrolled", "身份证号"))
            slip.fields |= {"state": BillState.HELD, "held_because": "not_enrolled", "office": aside}
            continue
        slip.fields |= {"member_id": person["member_id"], "unit_id": person["unit_id"]}
        slip.fields |= {"office_id": person["unit__agency_id"], "state": BillState.ACCEPTED}
        if slip.fields["person_name"] and person["member__name"] != slip.fields["person_name"]:
            slip.said.append(Said("warning", "name_mismatch", "姓名"))


def enrolled(digests: set[bytes], period: Period) -> dict[bytes, list[dict[str, Any]]]:
    """Who stands in a roster of the scheme's periods, by digest of the identity number; one query."""
    return _by_digest(
        Enrollment.objects.filter(member__id_digest__in=digests, period__scheme_id=period.scheme_id)
    )


def _by_digest(enrollments: QuerySet) -> dict[bytes, list[dict[str, Any]]]:
    rows = enrollments.values(
        "member_id", "member__id_digest", "member__name", "unit_id", "unit__agency_id", "period_id",
        "period__cover_from", "period__cover_to",
    )  # fmt: skip
    found: dict[bytes, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(bytes(row["member__id_digest"]), []).append(row)
    return found


def _best(rows: list[dict[str, Any]], discharged: date, period: Period) -> dict[str, Any] | None:
    """The enrolment of the period of the discharge, else of the period that the file is checked against."""
    inside = [row for row in rows if row["period__cover_from"] <= discharged <= row["period__cover_to"]]
    named = [row for row in rows if row["period_id"] == period.pk]
    return next(iter(inside or named), None)


def _name_hospitals(read: list[Slip]) -> None:
    """Tie slips to hospitals by name; one seen for the first time is noted as the slip describes it."""
    names = {slip.hospital for slip in read}
    fresh: dict[str, Hospital] = {}
    for slip in read:
        fresh.setdefault(
            slip.hospital,
            Hospital(
                name=slip.hospital, level=slip.fields["hospital_level"], designated=slip.fields["designated"]
            ),
        )
    known = dict(Hospital.objects.filter(name__in=names).values_list("name", "id"))
    missing = [fresh[name] for name in sorted(names - set(known))]
    if missing:
        Hospital.objects.bulk_create(missing, ignore_conflicts=True)
        known = dict(Hospital.objects.filter(name__in=names).values_list("name", "id"))
    for slip in read:
        slip.fields["hospital_id"] = known[slip.hospital]


@write
def take_up(*, by: User, on: date) -> int:
    """Accept slips held aside whose person has appeared in a roster since; how many."""
    require(by, "claims.import_settlements", on=on, path=Office.objects.get(parent=None).path)
    taken = 0
    held = Bill.objects.filter(state=BillState.HELD, held_because="not_enrolled").select_for_update()
    bills = list(held.filter(_appeared()).order_by("id")[:CHUNK])
    while bills:
        done = _accept(bills)
        taken += done
        bills = list(held.filter(_appeared(), pk__gt=bills[-1].pk).order_by("id")[:CHUNK])
    return taken


def _appeared() -> Q:
    present = Enrollment.objects.values("member__id_digest")
    return Q(id_digest__in=present)


def _accept(bills: list[Bill]) -> int:
    digests = {bytes(bill.id_digest) for bill in bills}
    people = _by_digest(Enrollment.objects.filter(member__id_digest__in=digests))
    accepted = []
    for bill in bills:
        inside = [
            row
            for row in people[bytes(bill.id_digest)]
            if bill.discharged and row["period__cover_from"] <= bill.discharged <= row["period__cover_to"]
        ]
        person = next(iter(inside), None)
        if person is None:
            continue
        bill.member_id, bill.unit_id = person["member_id"], person["unit_id"]
        bill.office_id = person["unit__agency_id"]
        bill.state, bill.held_because = BillState.ACCEPTED, ""
        accepted.append(bill)
    Bill.objects.bulk_update(accepted, ["member", "unit", "office", "state", "held_because"], batch_size=500)
    return len(accepted)
