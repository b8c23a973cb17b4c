"""Where a calculated claim goes: its level by the amount of this application, its clock (第十条)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta

from django.db.models import F

from claims import recoveries
from claims.account import fen
from claims.models import CaseState, Claim, ClaimState, Level, ReviewCase, ReviewStep
from claims.models.claims import LIVE
from core import workdays
from core.models import Office, OfficeKind
from schemes.rules import due
from schemes.rules import routing as rule
from schemes.rules.document import Document

RANK = {Level.AGENCY.value: 0, Level.OFFICE.value: 1, Level.CENTER.value: 2}
LONGEST_CLOCK = timedelta(days=60)


def deciding_level(claim: Claim) -> str:
    """The level that decides; what pays nothing is accepted by the agency point."""
    return claim.level or Level.AGENCY.value


def decides_at(at: str, level: str) -> bool:
    """Whether a case that needs `level` may be decided where it lies."""
    return RANK[at] >= RANK[level]


def next_level(at: str) -> str:
    """One level up."""
    return {Level.AGENCY.value: Level.OFFICE.value, Level.OFFICE.value: Level.CENTER.value}[at]


def acting_office(agency: Office, at: str) -> Office:
    """Which office acts for a unit's agency point at a level: itself, the office above it, the centre."""
    if at == Level.AGENCY:
        return agency
    line = list(Office.objects.filter(code__in=agency.path.strip("/").split("/")).order_by("-path"))
    kinds = (OfficeKind.OFFICE, OfficeKind.CENTER) if at == Level.OFFICE else (OfficeKind.CENTER,)
    return next(office for kind in kinds for office in line if office.kind == kind)


Calendar = Callable[[date], bool]


def calendar_from(on: date) -> Calendar:
    """Working days from a day on, with one query."""
    return workdays.lookup(on, on + LONGEST_CLOCK)


def due_on(document: Document, *, at: str, level: str, arrived: date, is_workday: Calendar) -> date:
    """By when: the article's clock at the level that decides, the internal target at those below."""
    clock = next(each for each in document.clocks if each.act == "review")
    forward = getattr(clock, "forward_within", None)
    if decides_at(at, level) or forward is None:
        return due.due_on(clock, arrived, is_workday)
    return due.after_workdays(arrived, int(forward), is_workday)


def splitting(document: Document, groups: Iterable[Sequence[Claim]]) -> dict[int, bool]:
    """By claim: whether a person's live applications together cross a threshold that each alone does not."""
    found: dict[int, bool] = {}
    for claims in groups:
        live = [claim for claim in claims if claim.state in LIVE or claim.state == ClaimState.FILED]
        together = rule.level_of(
            document.routing, fen(sum((claim.amount for claim in live), start=live[0].amount * 0))
        )
        highest = max((RANK[deciding_level(claim)] for claim in live), default=0)
        crossed = together is not None and len(live) > 1 and RANK[together.level] > highest
        found |= {claim.pk: crossed for claim in live}
    return found


def place(
    moved: Sequence[tuple[Claim, bool]], flags: dict[int, bool], *, document: Document, on: date
) -> bool:
    """Open, re-route or re-open the cases of claims whose calculation changed (the flag: its amount changed).

    Sets the claims' states; the caller saves them. True when something approved must be decided again.
    """
    fresh: list[Claim] = []
    again: list[Claim] = []
    reopened = False
    for claim, amount_changed in moved:
        case: ReviewCase | None = getattr(claim, "case", None)
        if claim.state == ClaimState.FILED:
            claim.state = ClaimState.REVIEW
            (fresh if case is None else again).append(claim)
        elif claim.state == ClaimState.REVIEW and case is not None:
            case.level = deciding_level(claim)
        elif amount_changed and _must_be_decided_again(claim):
            claim.state, reopened = ClaimState.REVIEW, True
            again.append(claim)
        claim.version += 1
    is_workday = calendar_from(on) if moved else None
    if is_workday is not None:
        open_cases(fresh, again, flags, document, on, is_workday)
        _update_open(
            [claim for claim, _ in moved if claim not in fresh and claim not in again], document, is_workday
        )
    return reopened


def _must_be_decided_again(claim: Claim) -> bool:
    """An approved amount that changed is approved anew; what is on its way to the bank is left to run."""
    if claim.state == ClaimState.APPROVED:
        return True
    if claim.state in (ClaimState.PAID, ClaimState.CARD):
        return claim.amount > recoveries.settled_by([claim.pk])[claim.pk]
    return False


def open_cases(
    fresh: list[Claim],
    again: list[Claim],
    flags: dict[int, bool],
    document: Document,
    on: date,
    is_workday: Calendar,
) -> None:
    cases = [ReviewCase(claim=claim, agency_id=claim.office_id, office_id=claim.office_id) for claim in fresh]
    for case in (claim.case for claim in again):
        case.round, case.version = case.round + 1, case.version + 1
        case.taken_by, case.taken_at, case.state = None, None, CaseState.OPEN
        case.at, case.office_id = Level.AGENCY, case.agency_id
        cases.append(case)
    dues = {
        level: due_on(document, at=Level.AGENCY, level=level, arrived=on, is_workday=is_workday)
        for level in {deciding_level(claim) for claim in [*fresh, *again]}
    }
    for claim, case in zip([*fresh, *again], cases, strict=True):
        case.level = deciding_level(claim)
        case.arrived_on, case.due_on, case.splitting = on, dues[case.level], flags.get(claim.pk, False)
    ReviewCase.objects.bulk_create([case for case in cases if case.pk is None])
    known = [claim.case for claim in again]
    if known:
        ReviewCase.objects.bulk_update(
            known,
            [
                "round",
                "version",
                "taken_by",
                "taken_at",
                "state",
                "at",
                "office",
                "level",
                "arrived_on",
                "due_on",
                "splitting",
            ],
        )
    numbers = step_numbers(known)
    ReviewStep.objects.bulk_create([step_of(case, number=numbers.get(case.pk, 0) + 1) for case in cases])


def step_numbers(cases: list[ReviewCase]) -> dict[int, int]:
    found: dict[int, int] = {}
    if cases:
        rows = ReviewStep.objects.filter(case__in=cases).values_list("case_id", "number")
        for case_id, number in rows:
            found[case_id] = max(number, found.get(case_id, 0))
    return found


def step_of(case: ReviewCase, *, number: int) -> ReviewStep:
    """The step that begins where the case now lies."""
    return ReviewStep(
        case=case,
        number=number,
        round=case.round,
        at=case.at,
        decides=decides_at(case.at, case.level),
        office_id=case.office_id,
        arrived_on=case.arrived_on,
        due_on=case.due_on,
    )


def _update_open(claims: list[Claim], document: Document, is_workday: Calendar) -> None:
    """Open cases whose amount changed: their deciding level and their clock follow."""
    for claim in claims:
        if claim.state != ClaimState.REVIEW:
            continue
        case = claim.case
        case.due_on = due_on(
            document, at=case.at, level=case.level, arrived=case.arrived_on, is_workday=is_workday
        )
        ReviewCase.objects.filter(pk=case.pk).update(
            level=case.level, due_on=case.due_on, version=F("version") + 1
        )
        ReviewStep.objects.filter(case=case, decision=None, round=case.round).update(
            due_on=case.due_on, decides=decides_at(case.at, case.level)
        )


def flag(claims: Iterable[Claim], flags: dict[int, bool]) -> None:
    """Write the flags of open cases that differ."""
    cases = [(getattr(claim, "case", None), flags.get(claim.pk, False)) for claim in claims]
    for value in (True, False):
        ids = [
            case.pk
            for case, wanted in cases
            if case is not None and case.splitting != wanted and wanted is value
        ]
        if ids:
            ReviewCase.objects.filter(pk__in=ids).update(splitting=value)


def reopen_short_paid(claims: Iterable[int], *, document: Document, on: date) -> None:
    """Claims whose amount rose while they were paid: the difference is approved anew (accounts locked)."""
    rows = (
        Claim.objects.filter(pk__in=list(claims), state=ClaimState.PAID)
        .annotate(got=recoveries.settled())
        .filter(amount__gt=F("got"))
    )
    again: list[Claim] = list(rows.select_related("case"))
    if again:
        Claim.objects.filter(pk__in=[claim.pk for claim in again]).update(
            state=ClaimState.REVIEW, version=F("version") + 1
        )
        open_cases([], again, {}, document, on, calendar_from(on))
