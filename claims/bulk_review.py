"""Many verdicts at once: approve what lies within one's own level, forward what does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q

from claims import adjudication, recoveries, review, routing
from claims.models import CaseState, Claim, Decision, ReviewCase, ReviewStep, Verdict
from core import clock
from core.models import User
from core.write import write

CHUNK = 500


@dataclass
class Outcome:
    """How many cases were approved, forwarded, and left (own work, taken by others, above the level)."""

    approved: int = 0
    forwarded: int = 0
    left: int = 0

    def __iadd__(self, other: Outcome) -> Outcome:
        self.approved += other.approved
        self.forwarded += other.forwarded
        self.left += other.left
        return self


def waiting_for(by: User, *, on: date, at: str = "") -> Q:
    """Open cases that lie with the reader's offices (for a job's user: anywhere, at one level)."""
    condition = Q(state=CaseState.OPEN)
    offices = review.my_offices(by, on=on)
    if offices is not None:
        condition &= Q(office__in=offices)
    return condition & Q(at=at) if at else condition


def work_off(
    *, by: User, on: date, at: str = "", forward: bool = True, ids: Collection[int] | None = None
) -> Outcome:
    """Approve everything within the reader's level, chunk after chunk; with `forward`, send the rest up.

    ids: only these cases. Each chunk is a write of its own.
    """
    total, last = Outcome(), 0
    condition = waiting_for(by, on=on, at=at)
    if ids is not None:
        condition &= Q(pk__in=ids)
    while True:
        found = (
            ReviewCase.objects.filter(condition, pk__gt=last)
            .order_by("pk")
            .values_list("pk", flat=True)[:CHUNK]
        )
        cases = list(found)
        if not cases:
            return total
        last = cases[-1]
        total += approve_many(cases=cases, by=by, on=on, forward=forward)


@write
def approve_many(*, cases: Collection[int], by: User, on: date, forward: bool = False) -> Outcome:
    """Approve these cases where they lie within the reader's level; a fixed number of statements per chunk.

    Stays that pay nothing are accepted first, one per person at a time: what they add is in the amounts of
    the others before these are approved. Cases that are not the reader's, were filed or decided by them, or
    are taken by somebody else, are left.
    """
    review.lock(list(cases))
    total = Outcome()
    while first := _first_to_count(_mine(cases, by, on)):
        total.approved += _approve(first, by=by, on=on)
    mine = _mine(cases, by, on)
    total.approved += _approve(_within(mine), by=by, on=on)
    above = [case for case in mine if not routing.decides_at(case.at, case.level)] if forward else []
    _record(above, Verdict.FORWARD, by=by, on=on)
    for group in _by_period(above):
        review.forward(group, on=on)
    total.forwarded = len(above)
    total.left = len(cases) - total.approved - total.forwarded
    return total


def _mine(cases: Collection[int], by: User, on: date) -> list[ReviewCase]:
    offices = review.my_offices(by, on=on)
    found = review.read(Q(pk__in=list(cases), state=CaseState.OPEN), by).order_by("pk")
    return [case for case in found if _may(case, by, offices)]


def _within(cases: list[ReviewCase]) -> list[ReviewCase]:
    return [case for case in cases if routing.decides_at(case.at, case.level)]


def _first_to_count(cases: list[ReviewCase]) -> list[ReviewCase]:
    """Of each person the first stay that pays nothing and will count once it is accepted."""
    first: dict[int | None, ReviewCase] = {}
    for case in _within(cases):
        if case.claim.count_order is None and review.begins_to_count(case.claim):
            first.setdefault(case.claim.account_id, case)
    return list(first.values())


def _may(case: ReviewCase, by: User, offices: list[int] | None) -> bool:
    return (
        not review.is_own(case, by)
        and case.taken_by_id in (None, by.pk)
        and (offices is None or case.office_id in offices)
    )


def _by_period(cases: list[ReviewCase]) -> list[list[ReviewCase]]:
    groups: dict[int, list[ReviewCase]] = defaultdict(list)
    for case in cases:
        groups[case.claim.period_id].append(case)
    return list(groups.values())


def _record(cases: list[ReviewCase], verdict: Verdict, *, by: User, on: date) -> None:
    """One decision per case, on the step where it lies."""
    if not cases:
        return
    steps = {step.case_id: step for step in ReviewStep.objects.filter(case__in=cases).order_by("number")}
    Decision.objects.bulk_create(
        [
            Decision(
                step=steps[case.pk],
                case=case,
                round=case.round,
                verdict=verdict,
                amount=case.claim.amount,
                filed_by=case.claim.filed_by,
                decided_by=by,
                decided_on=on,
                decided_at=clock.now(),
            )
            for case in cases
        ]
    )


def _approve(cases: list[ReviewCase], *, by: User, on: date) -> int:
    """Approve cases, and settle the accounts in which a stay begins to count by it; how many."""
    if not cases:
        return 0
    _record(cases, Verdict.APPROVE, by=by, on=on)
    ReviewCase.objects.filter(pk__in=[case.pk for case in cases]).update(
        state=CaseState.APPROVED, version=F("version") + 1, taken_by=None, taken_at=None
    )
    claims: dict[str, list[int]] = defaultdict(list)
    for claim, state in review.states_after_approval(cases).items():
        claims[state].append(claim)
    for state, ids in claims.items():
        Claim.objects.filter(pk__in=ids).update(state=state, version=F("version") + 1)
    accounts = [case.claim.account_id for case in cases if case.claim.account_id and review.disturbs(case)]
    if accounts:
        adjudication.recalculate(accounts=accounts, by=by, on=on)
    concerned = {case.claim.account_id for case in cases if case.claim.account_id}
    recoveries.set_off(accounts=concerned, by=by, on=on)
    return len(cases)
