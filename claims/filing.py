"""Filing a claim: a draft saved field by field, checked whole, filed within the window (第九条, 第十一条)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import account, adjudication, coverage, recoveries, slips
from claims.models import (
    PAYERS,
    Bill,
    BillState,
    Care,
    Claim,
    ClaimPaper,
    ClaimState,
    Column,
    Decision,
    Hospital,
    PaperKind,
)
from claims.models.bills import SLACK
from claims.transitions import AGENT
from core import clock, identifiers, typed
from core.errors import Moved, Refused
from core.models import Attachment, User
from core.roles import require
from core.write import write
from enrollment.models import Enrollment, Member, Unit
from schemes.models import Period
from schemes.rules import benefit, windows
from schemes.rules.document import Document
from schemes.rules.errors import RuleError
from schemes.rules.stay import State
from schemes.versions import Loaded, document_of, unsettled

FILE = "claims.file_claim"
EDITABLE = (ClaimState.DRAFT, ClaimState.RETURNED)
TEXTS = {
    "settlement_number": 40,
    "receipt_code": 20,
    "receipt_number": 20,
    "hospital_level": 20,
    "diagnosis": 200,
}
DAYS = ("admitted", "discharged", "settled")
BILL_FIELDS = (*TEXTS, *DAYS, "hospital", "designated", "care", *(column.value for column in Column))
CLAIM_FIELDS = ("holder_name", "bank_name", "card_number", "note")


@dataclass(frozen=True)
class Problem:
    """Something that keeps a draft from being saved or filed: its field and a sentence."""

    field: str
    code: str
    sentence: str | Promise

    def __str__(self) -> str:
        return str(self.sentence)


class NotReady(Refused):
    """The draft cannot be filed yet; `problems` says why."""

    code = "claim_not_ready"
    sentence = _("This claim cannot be filed yet: %(what)s")

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(what=" ".join(str(problem) for problem in problems))
        self.problems = problems


class BillUsed(Refused):
    """There is a claim for this settlement already."""

    code = "bill_used"
    sentence = _("A claim for this settlement exists already: %(number)s.")


class DecidedBefore(Refused):
    """Who decided on a claim does not say where its money goes."""

    code = "decided_before"
    sentence = _("You decided on this claim; another person gives its bank account.")


class NotEnrolled(Refused):
    """The person stands in no roster of this unit."""

    code = "not_enrolled"
    sentence = _("This person stands in no roster of this unit for the period.")


@write
def start(
    *, member: Member, unit: Unit, period: Period, by: User, on: date, bill: Bill | None = None
) -> Claim:
    """Begin a draft for one stay: for an imported settlement, or for a slip that will be typed.

    Takes the member's bank account as proposed. Raises NotAllowed, NotEnrolled, BillUsed.
    """
    require(by, FILE, on=on, path=unit.agency.path, unit_code=unit.code)
    if not Enrollment.objects.filter(member=member, unit=unit, period=period).exists():
        raise NotEnrolled()
    if bill is not None:
        if bill.member_id != member.pk or bill.state != BillState.ACCEPTED:
            raise NotEnrolled()
        list(Bill.objects.select_for_update().filter(pk=bill.pk).values_list("pk"))  # one claim for each slip
        earlier = Claim.objects.select_for_update().filter(bill=bill).first()
        if earlier is not None:
            return _restart(earlier)
    else:
        bill = Bill.objects.create(
            member=member, unit=unit, office=unit.agency, person_name=member.name, id_number=member.id_number,
            id_digest=member.id_digest, state=BillState.DRAFT, added_by=by,
        )  # fmt: skip
    number, pk = numbers(period, 1)[0]
    return Claim.objects.create(
        pk=pk,
        number=number,
        member=member,
        period=period,
        unit=unit,
        office=unit.agency,
        bill=bill,
        started_by=by,
        holder_name=member.name,
        bank_name=member.bank_name,
        card_number=member.card_number,
    )


def _restart(claim: Claim) -> Claim:
    if ("restart", claim.state) not in AGENT:
        raise BillUsed(number=claim.number)
    Claim.objects.filter(pk=claim.pk).update(state=ClaimState.DRAFT, version=F("version") + 1)
    claim.refresh_from_db()
    return claim


def numbers(period: Period, count: int) -> list[tuple[str, int]]:
    """The next claim numbers with the keys they belong to; a claim's number names its period."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('claims_claim', 'id')) FROM generate_series(1, %s)",
            [count],
        )
        return [(f"{period.code}-{pk:09d}", pk) for (pk,) in cursor.fetchall()]


@write
def save(*, claim: Claim, values: Mapping[str, Any], by: User, on: date) -> list[Problem]:
    """Save what was typed, field by field, as people type it; what cannot be read is left and named.

    Fields: the slip's (BILL_FIELDS; refused when it was imported) and the bank account's (CLAIM_FIELDS).
    Raises NotAllowed, Moved when the claim is no longer a draft.
    """
    _require(claim, by=by, on=on)
    claim = Claim.objects.select_for_update(of=("self",)).select_related("bill").get(pk=claim.pk)
    if claim.state not in EDITABLE:
        raise Moved()
    bill, problems = claim.bill, []
    for name, value in values.items():
        if name in BILL_FIELDS and bill.run_id is None:
            problems += _set_bill(bill, name, value)
        elif name in CLAIM_FIELDS:
            problems += _set_claim(claim, name, value)
    if bill.run_id is None and set(values) & set(BILL_FIELDS):
        bill.exclusion = slips.excluded(bill.care, "", bill.designated)
        bill.state = BillState.DRAFT
        if _number_used(bill):
            problems.append(Problem("settlement_number", "duplicate_settlement", DUPLICATE))
            bill.settlement_number = ""
        bill.save()
    claim.save()
    return problems


DUPLICATE = _("This settlement number or receipt is in the system already.")
UNREADABLE = _("This cannot be read. Please type it again.")


def _number_used(bill: Bill) -> bool:
    same = Q(settlement_number=bill.settlement_number) & ~Q(settlement_number="")
    same |= Q(receipt_code=bill.receipt_code, receipt_number=bill.receipt_number) & ~Q(receipt_number="")
    return Bill.objects.filter(same).exclude(pk=bill.pk).exists()


def _set_bill(bill: Bill, name: str, value: Any) -> list[Problem]:
    try:
        if name in TEXTS:
            text = typed.text(value) if name in ("hospital_level", "diagnosis") else typed.code(value)
            setattr(bill, name, text[: TEXTS[name]])
        elif name in DAYS:
            setattr(bill, name, typed.day(value))
        elif name == "hospital":
            bill.hospital = _hospital(typed.text(value))
        elif name == "designated":
            answer = typed.yes_no(value)
            bill.designated = True if answer is None else answer
        elif name == "care":
            bill.care = _care(value)
        else:
            return _set_amount(bill, name, value)
    except typed.NotUnderstood:
        return [Problem(name, "unreadable", UNREADABLE)]
    return []


def _set_amount(bill: Bill, name: str, value: Any) -> list[Problem]:
    amount = typed.money(value) or Decimal("0.00")
    if amount < 0:
        return [Problem(name, "amount_negative", _("An amount of a slip is never negative."))]
    setattr(bill, name, amount)
    return []


def _care(value: Any) -> str:
    word = typed.text(value)
    care = slips.CARE_WORDS.get(word, word)
    if care not in Care.values:
        raise typed.NotUnderstood(value)
    return str(care)


def _hospital(name: str) -> Hospital | None:
    return Hospital.objects.get_or_create(name=name[:120])[0] if name else None


def _set_claim(claim: Claim, name: str, value: Any) -> list[Problem]:
    if name == "card_number":
        number = typed.code(value)
        if number and identifiers.card_fault(number) == "card_format":
            return [Problem(name, "card_format", _("A bank account has 8 to 30 digits."))]
        claim.card_number = number
    elif name == "note":
        claim.note = typed.text(value)[:2000]
    else:
        most = {"holder_name": 60, "bank_name": 100}[name]
        setattr(claim, name, typed.text(value)[:most])
    return []


@write
def add_paper(*, claim: Claim, kind: PaperKind, attachment: Attachment, by: User, on: date) -> ClaimPaper:
    """Put a paper to a draft. Raises NotAllowed, Moved."""
    _require(claim, by=by, on=on)
    if not Claim.objects.filter(pk=claim.pk, state__in=EDITABLE).exists():
        raise Moved()
    return ClaimPaper.objects.create(claim=claim, kind=kind, attachment=attachment, added_by=by)


@write
def remove_paper(*, paper: ClaimPaper, by: User, on: date) -> None:
    """Take a paper off a draft; the file itself stays kept. Raises NotAllowed, Moved."""
    _require(paper.claim, by=by, on=on)
    if not Claim.objects.filter(pk=paper.claim_id, state__in=EDITABLE).exists():
        raise Moved()
    ClaimPaper.objects.filter(pk=paper.pk, removed_at=None).update(removed_at=clock.now(), removed_by=by)


def _require(claim: Claim, *, by: User, on: date) -> None:
    require(by, FILE, on=on, path=claim.office.path, unit_code=claim.unit.code)


def missing_papers(claim: Claim) -> QuerySet[PaperKind]:
    """Kinds of papers that this claim still needs (第九条)."""
    there = ClaimPaper.objects.filter(claim=claim, removed_at=None).values("kind")
    needed = PaperKind.objects.filter(required=True).exclude(pk__in=there)
    return needed.exclude(by_import=True) if claim.bill.run_id else needed


def problems_of(
    claim: Claim, *, on: date, on_paper: bool = False, loaded: Loaded | None = None
) -> list[Problem]:
    """Everything that keeps a draft from being filed on a day, at once."""
    document = (loaded or document_of(claim.period)).document
    problems = [*_slip_problems(claim.bill, on), *_window_problems(claim, document, on)]
    if not problems:
        problems += _contradictions(claim, document)
    if not claim.card_number and not on_paper:
        problems.append(Problem("card_number", "card_missing", _("The member's bank account is missing.")))
    if not on_paper:
        problems += [
            Problem(
                f"paper_{kind.code}",
                "paper_missing",
                _("This paper is missing: %(name)s.") % {"name": kind.name},
            )
            for kind in missing_papers(claim)
        ]
    return problems


def _slip_problems(bill: Bill, on: date) -> list[Problem]:
    found = []
    if not bill.settlement_number:
        found.append(
            Problem("settlement_number", "settlement_number_missing", _("The settlement number is missing."))
        )
    if bill.hospital_id is None:
        found.append(Problem("hospital", "hospital_missing", _("The hospital's name is missing.")))
    for name in ("admitted", "discharged"):
        if getattr(bill, name) is None:
            found.append(Problem(name, "date_missing", _("This date is missing.")))
    if bill.admitted and bill.discharged and bill.discharged < bill.admitted:
        found.append(
            Problem("discharged", "discharge_before_admission", _("The discharge lies before the admission."))
        )
    if bill.discharged and bill.discharged > on:
        found.append(Problem("discharged", "not_discharged", _("A claim is filed after the discharge.")))
    if bill.total <= 0:
        found.append(Problem("total", "total_missing", _("The total cost is missing.")))
    elif abs(bill.difference) > SLACK:
        sentence = _("What was paid does not add up to the total: difference %(difference)s yuan.")
        found.append(Problem("total", "bill_unbalanced", sentence % {"difference": bill.difference}))
    return found


def _contradictions(claim: Claim, document: Document) -> list[Problem]:
    try:
        benefit.base_for(document, account.stay_of(claim.bill))
    except RuleError:
        return [Problem("total", "bill_inconsistent", _("The deductions of this slip exceed its total."))]
    return []


def _window_problems(claim: Claim, document: Document, on: date) -> list[Problem]:
    """The window counts for the first filing; a returned claim has its days for completion (第十一条)."""
    period, bill = claim.period, claim.bill
    if bill.discharged and not period.cover_from <= bill.discharged <= period.cover_to:
        outside = _("The discharge lies outside period %(code)s.") % {"code": period.code}
        return [Problem("discharged", "outside_period", outside)]
    window = document.window("claim")
    if window is None or windows.check(window, on).accepted:
        return []
    if claim.state == ClaimState.RETURNED and claim.complete_by and on <= claim.complete_by:
        return []
    sentence = _("Claims of this period are taken from %(opens)s to %(to)s (%(article)s).")
    facts = {"opens": window.opens or "", "to": window.to, "article": window.article}
    return [Problem("", "outside_window", sentence % facts)]


@write
def submit(*, claim: Claim, by: User, on: date, on_paper: bool = False) -> Claim:
    """File a draft, or file a returned claim again; it is calculated and sent to review at once.

    on_paper: the papers were received at the counter. Without cover yet, or outside training mode where the
    document rests on provisional figures, the claim stays filed, held with that reason.
    Raises NotAllowed, NotReady, Moved.
    """
    _require(claim, by=by, on=on)
    now = (
        Claim.objects.select_for_update(of=("self",))
        .select_related("bill", "period__scheme")
        .get(pk=claim.pk)
    )
    if ("file", now.state) not in AGENT:
        raise Moved()
    loaded = document_of(now.period)
    problems = problems_of(now, on=on, on_paper=on_paper, loaded=loaded)
    if problems:
        raise NotReady(problems)
    if now.bill.state == BillState.DRAFT:
        Bill.objects.filter(pk=now.bill_id).update(state=BillState.ACCEPTED)
    Claim.objects.filter(pk=now.pk).update(
        state=ClaimState.FILED,
        filed_on=now.filed_on or on,
        filed_at=clock.now(),
        filed_by=by,
        on_paper=on_paper,
        complete_by=None,
        version=F("version") + 1,
    )
    return adjudication.adjudicate_filed(claim=now, by=by, on=on, loaded=loaded)


@write
def withdraw(*, claim: Claim, by: User, on: date) -> None:
    """Give up a draft or a returned claim. Raises NotAllowed, Moved."""
    _require(claim, by=by, on=on)
    moved = Claim.objects.filter(pk=claim.pk, state__in=EDITABLE).update(
        state=ClaimState.WITHDRAWN, version=F("version") + 1
    )
    if not moved:
        raise Moved()


@write
def new_card(
    *, claim: Claim, card_number: str, by: User, on: date, bank_name: str = "", holder_name: str = ""
) -> Claim:
    """Give a new bank account for a payment that the bank returned.

    Raises NotAllowed, DecidedBefore, NotReady, Moved.
    """
    _require(claim, by=by, on=on)
    if claim.account_id:
        adjudication.lock_accounts([claim.account_id])
    now = Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    if Decision.objects.filter(case__claim=now, decided_by=by).exists():
        raise DecidedBefore()
    waits = now.state == ClaimState.CARD or (now.state == ClaimState.APPROVED and not now.card_number)
    if not waits:
        raise Moved()
    problems = _set_claim(now, "card_number", card_number)
    if problems or not now.card_number:
        raise NotReady(
            problems or [Problem("card_number", "card_missing", _("The member's bank account is missing."))]
        )
    now.bank_name = bank_name or now.bank_name
    now.holder_name = holder_name or now.holder_name
    now.state = ClaimState.APPROVED
    now.version += 1
    now.save()
    recoveries.set_off_for(claims=[now.pk], by=by, on=on)
    now.refresh_from_db()
    return now


def preview(claim: Claim) -> dict[str, Any]:
    """What a draft would pay as things stand: base, amount, lines, level, the period's total so far.

    Keys: base, amount (Decimal), level, lines, reasons, covered, before; or error (a sentence).
    """
    loaded = document_of(claim.period)
    refusal = unsettled(loaded, *adjudication.READ)
    if refusal is not None:
        return {"error": str(refusal)}
    document, before = loaded.document, adjudication.standing(claim)
    try:
        entry = account.entry_of(
            claim, coverage.answers([claim], document)[claim.pk], adjudication.person_in(claim)
        )
        finding = account.find(document, entry, State(account.fen(before)))
    except RuleError as error:
        return {"error": error.message}
    return {
        "base": account.yuan_of(finding.base),
        "amount": account.yuan_of(finding.amount),
        "level": finding.level,
        "lines": finding.lines,
        "reasons": finding.reasons,
        "covered": entry.cover.covered,
        "before": before,
    }


def unclaimed(*, period: Period, unit: Unit | None = None) -> QuerySet[Bill]:
    """Accepted slips of a period's discharges that nobody has filed for."""
    rows = Bill.objects.filter(
        state=BillState.ACCEPTED, claim=None, discharged__range=(period.cover_from, period.cover_to)
    )
    return rows.filter(unit=unit) if unit is not None else rows


def payers_total(bill: Bill) -> Decimal:
    """What all payers of a slip paid."""
    return sum((getattr(bill, column.value) for column in PAYERS), Decimal("0.00"))
