"""What the pages of claims read: inbox, counts, one claim with its history; bounded numbers of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import review, routing, transitions
from claims.bulk_review import waiting_for
from claims.models import (
    Adjudication,
    CaseState,
    Claim,
    ClaimPaper,
    Column,
    Decision,
    Level,
    PaidPlace,
    Payment,
    ReviewCase,
    Verdict,
)
from core import workdays
from core.models import User
from core.roles import roles_for
from schemes.models import Period

PAGE = 50
MOST = 500
"""A reader's own counts stop here: each row is asked whose work it was."""
SOON = 2


@dataclass(frozen=True)
class Row:
    """One line of an inbox. `left`: working days left (negative: overdue); `light`: green, amber, red."""

    case: ReviewCase
    claim: Claim
    left: int

    @property
    def light(self) -> str:
        return "red" if self.left < 0 else "amber" if self.left < SOON else "green"

    @property
    def words(self) -> Promise:
        if self.left < 0:
            return _("overdue")
        return _("due today") if self.left == 0 else _("in time")


@dataclass(frozen=True)
class Page:
    """Rows and the keys of the next page; None when this is the last."""

    rows: list[Row]
    after: str | None


def inbox(user: User, *, on: date, after: str = "", size: int = PAGE, **filters: Any) -> Page:
    """待办: open cases that wait for the user, the most urgent first. Three queries.

    after: what the page before said; filters: field look-ups on the claim (unit, period, member…).
    """
    rows: QuerySet[ReviewCase] = ReviewCase.objects.filter(waiting_for(user, on=on), *_claim_filters(filters))
    rows = review.without_own(rows, user)
    if after:
        day, number = after.split("_")
        due = date.fromisoformat(day)
        rows = rows.filter(Q(due_on__gt=due) | Q(due_on=due, pk__gt=int(number)))
    found = list(_with_claim(rows).order_by("due_on", "pk")[: size + 1])
    last = found[size - 1] if len(found) > size else None
    return Page(_rows(found[:size], on), f"{last.due_on}_{last.pk}" if last else None)


def done(user: User, *, on: date, after: str = "", size: int = PAGE) -> tuple[list[Decision], str | None]:
    """已办: the user's verdicts, the latest first."""
    rows = Decision.objects.filter(decided_by=user).select_related("case__claim__member", "case__claim__unit")
    if after:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else None


def mine(
    user: User, *, on: date, after: str = "", size: int = PAGE, state: str = ""
) -> tuple[list[Claim], str | None]:
    """我发起的: claims that the user started or filed, the latest first; for an agent, all of the unit's."""
    rows = Claim.objects.visible_to(user, on=on).select_related("member", "unit", "bill", "case")
    if not any(role.unit_code for role in roles_for_view(user, on)):
        rows = rows.filter(Q(filed_by=user) | Q(started_by=user))
    if state:
        rows = rows.filter(state=state)
    if after:
        rows = rows.filter(pk__lt=int(after))
    found = list(rows.order_by("-pk")[: size + 1])
    return found[:size], str(found[size - 1].pk) if len(found) > size else None


def roles_for_view(user: User, on: date) -> list[Any]:
    """The user's roles on a day."""
    return user.roles_on(on)


def counts(user: User, *, on: date) -> dict[str, int]:
    """The workbench: to_review, due_today, overdue, splitting; each stops behind MOST. One query each."""
    open_cases = _open_cases(user, on)
    return {
        "to_review": capped(open_cases),
        "due_today": capped(open_cases.filter(due_on=on)),
        "overdue": capped(open_cases.filter(due_on__lt=on)),
        "splitting": capped(open_cases.filter(splitting=True)),
    }


def to_review(user: User, *, on: date) -> int:
    """How many cases wait for the user; it stops behind MOST."""
    return capped(_open_cases(user, on))


def _open_cases(user: User, on: date) -> QuerySet[ReviewCase]:
    return review.without_own(ReviewCase.objects.filter(waiting_for(user, on=on)), user)


def paid_out(user: User, period: Period, *, on: date) -> Decimal:
    """What the banks have paid of a period's claims within the reader's part of the tree."""
    rows = PaidPlace.objects.visible_to(user, on=on, permission="claims.view_payment")
    found = rows.filter(result__batch__period=period).aggregate(sum=Sum("amount"))
    return found["sum"] or Decimal("0.00")


def capped(rows: QuerySet[Any]) -> int:
    """A count that stops at one above MOST."""
    return rows.order_by()[: MOST + 1].count()


def _claim_filters(filters: dict[str, Any]) -> list[Q]:
    return [Q(**{f"claim__{name}": value}) for name, value in filters.items() if value not in ("", None)]


def _with_claim(rows: QuerySet[ReviewCase]) -> QuerySet[ReviewCase]:
    return rows.select_related("claim__member", "claim__unit", "claim__bill", "taken_by", "office")


def _rows(cases: Sequence[ReviewCase], on: date) -> list[Row]:
    if not cases:
        return []
    first, last = min(case.due_on for case in cases), max(case.due_on for case in cases)
    is_workday = workdays.lookup(min(first, on), max(last, on) + timedelta(days=1))
    return [Row(case, case.claim, workdays.workdays_left(on, case.due_on, is_workday)) for case in cases]


@dataclass(frozen=True)
class Event:
    """One line of a claim's timeline."""

    at: datetime
    on: date | None
    who: str
    what: str | Promise
    detail: str = ""
    article: str = ""


@dataclass(frozen=True)
class ClaimPage:
    """A claim as its page shows it."""

    claim: Claim
    case: ReviewCase | None
    adjudication: Adjudication | None
    lines: list[dict[str, str]]
    columns: list[tuple[str, Decimal]]
    account_base: Decimal
    account_paid: Decimal
    earlier: list[Claim]
    papers: list[ClaimPaper]
    payments: list[Payment]
    timeline: list[Event]
    left: int | None
    verdicts: list[str]


def claim_page(claim_id: int, *, user: User, on: date) -> ClaimPage | None:
    """Everything about one claim that the user may see; None when they may not. About ten queries."""
    rows = Claim.objects.visible_to(user, on=on).select_related(
        "member",
        "unit",
        "office",
        "period__scheme",
        "bill__hospital",
        "account",
        "adjudication",
        "case__office",
        "case__taken_by",
        "started_by",
        "filed_by",
    )
    papers = ClaimPaper.objects.filter(removed_at=None).select_related("kind", "attachment", "added_by")
    claim = rows.filter(pk=claim_id).prefetch_related(Prefetch("papers", papers)).first()
    if claim is None:
        return None
    case: ReviewCase | None = getattr(claim, "case", None)
    payments = list(claim.payments.select_related("batch", "result").order_by("pk"))
    opened = case if case is not None and case.state == CaseState.OPEN else None
    return ClaimPage(
        claim=claim,
        case=case,
        adjudication=claim.adjudication,
        lines=claim.adjudication.lines if claim.adjudication else [],
        columns=[(str(Column(name).label), value) for name, value in claim.bill.amounts.items()],
        account_base=claim.account.base if claim.account else Decimal("0.00"),
        account_paid=claim.account.paid if claim.account else Decimal("0.00"),
        earlier=_earlier(claim, user, on),
        papers=list(claim.papers.all()),
        payments=payments,
        timeline=timeline(claim, payments),
        left=_rows([opened], on)[0].left if opened else None,
        verdicts=verdicts(opened, user, on=on) if opened else [],
    )


def _earlier(claim: Claim, user: User, on: date) -> list[Claim]:
    rows = Claim.objects.visible_to(user, on=on).filter(member=claim.member_id, period=claim.period_id)
    return list(rows.exclude(pk=claim.pk).select_related("bill").order_by("pk")[:PAGE])


def verdicts(case: ReviewCase, user: User, *, on: date) -> list[str]:
    """What the user may do with an open case; what they may not do is not shown."""
    if not roles_for(user, review.DECIDE, on=on, path=case.office.path):
        return []
    offices = review.my_offices(user, on=on)
    now = review.read(Q(pk=case.pk), user).get()
    if (offices is not None and now.office_id not in offices) or review.is_own(now, user):
        return []
    if now.taken_by_id not in (None, user.pk):
        return []
    found = [] if now.paid_before else [Verdict.RETURN.value, Verdict.REJECT.value]  # type: ignore[attr-defined]
    if routing.decides_at(case.at, case.level):
        found.insert(0, Verdict.APPROVE.value)
    if case.at != Level.CENTER:
        found.append(Verdict.FORWARD.value)
    return found


def agent_acts(claim: Claim) -> list[str]:
    """What the unit may do with a claim in its state."""
    return transitions.allowed(transitions.AGENT, claim.state)


def timeline(claim: Claim, payments: Sequence[Payment] = ()) -> list[Event]:
    """Who did what when, the oldest first. Four queries beside the payments given."""
    began = min(claim.started_at, claim.filed_at or claim.started_at)
    events = [Event(began, None, str(claim.started_by), _("started"))]
    if claim.filed_at:
        events.append(Event(claim.filed_at, claim.filed_on, str(claim.filed_by), _("filed")))
    found = claim.adjudications.select_related("adjudicated_by").order_by("pk")
    for row in found:
        what = _("calculated again") if row.supersedes_id else _("calculated")
        events.append(
            Event(row.adjudicated_at, row.adjudicated_on, str(row.adjudicated_by), what, str(row.amount))
        )
    decisions = Decision.objects.filter(case__claim=claim).select_related("decided_by", "step").order_by("pk")
    for each in decisions:
        what = Verdict(each.verdict).label
        events.append(
            Event(each.decided_at, each.decided_on, str(each.decided_by), what, each.reason, each.article)
        )
    for payment in payments:
        events += _payment_events(payment)
    events += _recovery_events(claim)
    return sorted(events, key=lambda event: event.at)


def _recovery_events(claim: Claim) -> list[Event]:
    """What was paid too much of a claim, who decided on it, and what was kept back of its own payment."""
    events = []
    for row in claim.recoveries.select_related("noted_by", "decided_by").order_by("pk"):
        noted = _("paid too much, waits for approval")
        events.append(Event(row.noted_at, row.noted_on, str(row.noted_by), noted, str(row.amount)))
        if row.decided_at is not None:
            what = _("recovery approved") if not row.reason else _("not recovered")
            detail = row.reason or str(row.amount)
            events.append(Event(row.decided_at, row.decided_on, str(row.decided_by), what, detail))
    for each in claim.set_offs.select_related("recovery__claim", "set_off_by").order_by("pk"):
        what = _("set off against what was paid too much")
        detail = f"{each.amount} ← {each.recovery.claim.number}"
        events.append(Event(each.set_off_at, each.set_off_on, str(each.set_off_by), what, detail))
    return events


def _payment_events(payment: Payment) -> list[Event]:
    batch = payment.batch
    events = [Event(batch.built_at, batch.built_on, "", _("put into a payment batch"), batch.number)]
    if payment.result is not None:
        what = _("paid") if payment.state == "paid" else _("returned by the bank")
        detail = str(payment.amount) if payment.state == "paid" else payment.reason
        events.append(Event(payment.result.confirmed_at, payment.ended_on, "", what, detail))
    return events
