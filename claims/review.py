"""The review of claims: agency point, office, centre, by the amount of this application (第十条)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import adjudication, recoveries, routing
from claims.models import (
    BenefitAccount,
    Bill,
    BillState,
    CaseState,
    Claim,
    ClaimState,
    Decision,
    Level,
    Payment,
    PaymentState,
    ReviewCase,
    ReviewStep,
    SetOff,
    Verdict,
)
from claims.transitions import REVIEWER
from core import clock
from core.errors import Moved, NotAllowed, Refused
from core.models import User
from core.roles import roles_for
from core.write import write
from schemes.rules import due
from schemes.versions import Loaded, document_of

DECIDE = "claims.decide_reviewcase"


class NotYours(NotAllowed):
    """The case lies at an office or a level that the reader's roles do not reach."""

    code = "not_yours"
    sentence = _("This case lies with another office or level.")


class OwnWork(Refused):
    """The reader filed this claim, or has given a verdict on it before."""

    code = "own_work"
    sentence = _("You filed this claim or decided on it before; another person decides.")


class AboveLevel(Refused):
    """The amount is above what this level decides."""

    code = "above_level"
    sentence = _("This amount is decided at a higher level. Forward the case.")


class NoHigherLevel(Refused):
    """The case lies at the top already."""

    code = "no_higher_level"
    sentence = _("There is no level above the provincial centre.")


class Taken(Refused):
    """Somebody else has taken the case."""

    code = "taken"
    sentence = _("%(name)s has taken this case.")


class ReasonMissing(Refused):
    """A return says what is missing."""

    code = "reason_missing"
    sentence = _("A return must say what is missing.")


class ArticleMissing(Refused):
    """A rejection names its article."""

    code = "article_missing"
    sentence = _("A rejection must name the article.")


class PaidBefore(Refused):
    """Money of this claim stands with the member; taking it back would be a recovery, not a verdict."""

    code = "paid_before"
    sentence = _("A part of this claim has been paid; it can only be approved or forwarded.")


def my_offices(user: User, *, on: date) -> list[int] | None:
    """The offices for which the user decides on a day; None for a job's user, who may act anywhere."""
    if is_job(user):
        return None
    return sorted(
        {
            role.office_id
            for role in user.roles_on(on)
            if role in roles_for(user, DECIDE, on=on, path=role.office.path)
        }
    )


def is_job(user: User) -> bool:
    """Whether this is the named user of a job."""
    return user.username.startswith("system:")


@write
def decide(
    *,
    case: ReviewCase,
    verdict: str,
    by: User,
    on: date,
    reason: str = "",
    article: str = "",
    version: int | None = None,
) -> Decision:
    """Record one reviewer's verdict and move the case (第十条).

    version: of the case as the reviewer saw it. A return gives `reason`, a rejection `article`.
    Raises NotYours, OwnWork, Taken, Moved, AboveLevel, NoHigherLevel, ReasonMissing, ArticleMissing,
    PaidBefore.
    """
    reason, article = reason.strip(), article.strip()
    if verdict == Verdict.RETURN and not reason:
        raise ReasonMissing()
    if verdict == Verdict.REJECT and not article:
        raise ArticleMissing()
    lock([case.pk])
    seen = version if version is not None else case.version
    now = read(Q(pk=case.pk), by).first()
    if now is None or now.version != seen:
        raise Moved()
    _check(now, by=by, on=on)
    if verdict == Verdict.APPROVE and not routing.decides_at(now.at, now.level):
        raise AboveLevel()
    if verdict == Verdict.FORWARD and now.at == Level.CENTER:
        raise NoHigherLevel()
    return _conclude(now, Verdict(verdict), reason=reason, article=article, by=by, on=on)


def lock(cases: list[int]) -> None:
    """Lock the accounts of cases: nothing of these people is recalculated meanwhile."""
    accounts = Claim.objects.filter(case__in=cases).values("account_id")
    adjudication.lock(BenefitAccount.objects.filter(pk__in=accounts))


def read(condition: Q, by: User) -> QuerySet[ReviewCase]:
    """Cases with their claims; `decided_before` by the reader in this round, `others_wait` to count.

    paid_before: a payment of the claim stands, or a part of it was set off.
    """
    waiting = Claim.objects.filter(
        account=OuterRef("claim__account"), state=ClaimState.REVIEW, count_order=None
    )
    rows = ReviewCase.objects.filter(condition).annotate(
        decided_before=_decided_by(by),
        others_wait=Exists(waiting.exclude(pk=OuterRef("claim"))),
        paid_before=Exists(Payment.objects.filter(claim=OuterRef("claim"), state=PaymentState.PAID))
        | Exists(SetOff.objects.filter(claim=OuterRef("claim"))),
    )
    return rows.select_related(
        "claim__adjudication",
        "claim__filed_by",
        "claim__period__scheme",
        "claim__bill",
        "agency",
        "office",
        "taken_by",
    )


def _decided_by(by: User) -> Exists:
    return Exists(Decision.objects.filter(case=OuterRef("pk"), round=OuterRef("round"), decided_by=by))


def without_own(rows: QuerySet[ReviewCase], by: User) -> QuerySet[ReviewCase]:
    """The cases that `is_own` leaves to the reader, as a condition of the query."""
    return rows.exclude(claim__started_by=by).exclude(claim__filed_by=by).filter(~_decided_by(by))


def is_own(case: ReviewCase, by: User) -> bool:
    """Whether the reader typed or filed this claim, or has given a verdict on it in this round."""
    made = by.pk in (case.claim.started_by_id, case.claim.filed_by_id)
    return made or bool(case.decided_before)  # type: ignore[attr-defined]


def _check(case: ReviewCase, *, by: User, on: date) -> None:
    if case.state != CaseState.OPEN:
        raise Moved()
    offices = my_offices(by, on=on)
    if offices is not None and case.office_id not in offices:
        raise NotYours()
    if is_own(case, by):
        raise OwnWork()
    if case.taken_by_id not in (None, by.pk):
        raise Taken(name=str(case.taken_by))


def _conclude(
    case: ReviewCase, verdict: Verdict, *, reason: str, article: str, by: User, on: date
) -> Decision:
    claim = case.claim
    if verdict in (Verdict.RETURN, Verdict.REJECT) and case.paid_before:  # type: ignore[attr-defined]
        raise PaidBefore()
    assert claim.filed_by_id is not None and claim.account_id is not None, "a case follows a calculation"
    step = ReviewStep.objects.filter(case=case).order_by("-number")[0]
    case_state, claim_state = REVIEWER[verdict, case.state]
    decision = Decision.objects.create(
        step=step,
        case=case,
        round=case.round,
        verdict=verdict,
        reason=reason,
        article=article,
        amount=claim.amount,
        filed_by_id=claim.filed_by_id,
        decided_by=by,
        decided_on=on,
        decided_at=clock.now(),
    )
    if verdict == Verdict.FORWARD:
        forward([case], on=on)
        return decision
    moved = ReviewCase.objects.filter(pk=case.pk, version=case.version, state=CaseState.OPEN).update(
        state=case_state, version=F("version") + 1, taken_by=None, taken_at=None
    )
    if not moved:
        raise Moved()
    counted = claim.count_order is not None
    if verdict == Verdict.APPROVE:
        claim_state = states_after_approval([case])[claim.pk]
    _move_claim(claim, claim_state, on=on)
    if disturbs(case) if verdict == Verdict.APPROVE else counted:
        adjudication.recalculate(accounts=[claim.account_id], by=by, on=on)
    if verdict == Verdict.APPROVE:
        recoveries.set_off(accounts=[claim.account_id], by=by, on=on)
    return decision


def states_after_approval(cases: Iterable[ReviewCase]) -> dict[int, str]:
    """By claim: approved; but paid where nothing is left to pay, and card where the bank refused the account.

    Only what comes back has been at the bank before: a first round asks no question.
    """
    _case, approved = REVIEWER[Verdict.APPROVE, CaseState.OPEN]
    states: dict[int, str] = {case.claim.pk: approved for case in cases}
    again = {case.claim.pk: case.claim for case in cases if case.round > 1}
    ended: dict[int, list[Payment]] = {}
    received = recoveries.settled_by(again)
    for pk, amount in received.items():
        if amount > 0 and amount >= again[pk].amount:
            states[pk] = ClaimState.PAID
    if again:
        answered = Payment.objects.filter(
            claim__in=again, state__in=[PaymentState.PAID, PaymentState.RETURNED]
        )
        for payment in answered.order_by("pk"):
            ended.setdefault(payment.claim_id, []).append(payment)
    for pk, payments in ended.items():
        if states[pk] == ClaimState.PAID:
            continue
        if payments[-1].state == PaymentState.RETURNED and _same_account(again[pk], payments[-1]):
            states[pk] = ClaimState.CARD
    return states


def _same_account(claim: Claim, payment: Payment) -> bool:
    return (claim.card_number, claim.holder_name, claim.bank_name) == (
        payment.card_number,
        payment.holder_name,
        payment.bank_name,
    )


def disturbs(case: ReviewCase) -> bool:
    """Whether an approval changes the account: the stay begins to count, or stays that wait now follow it."""
    begins = case.claim.count_order is None and begins_to_count(case.claim)
    return begins or bool(case.others_wait)  # type: ignore[attr-defined]


def begins_to_count(claim: Claim) -> bool:
    """Whether a stay that pays nothing has a base that counts once it is accepted (第八条)."""
    found = claim.adjudication
    return found is not None and found.base > 0 and not found.reasons


def _move_claim(claim: Claim, state: str, *, on: date) -> None:
    """Write the claim's new state; one that leaves the account no longer has a place in it."""
    changes: dict[str, object] = {"state": state, "version": F("version") + 1}
    if state in (ClaimState.RETURNED, ClaimState.REJECTED):
        changes["count_order"] = None
    if state == ClaimState.RETURNED:
        changes["complete_by"] = completion_day(document_of(claim.period), on)
        Bill.objects.filter(pk=claim.bill_id, run=None).update(state=BillState.DRAFT)
    moved = Claim.objects.filter(pk=claim.pk, state=ClaimState.REVIEW).update(**changes)
    if not moved:
        raise Moved()


def completion_day(loaded: Loaded, returned_on: date) -> date:
    """The last day on which a returned application may be completed, whatever the window (第十一条)."""
    window = loaded.document.window("claim")
    days = int(window.completion) if window and window.completion else 0
    return due.after_workdays(returned_on, days, routing.calendar_from(returned_on))


def forward(cases: list[ReviewCase], *, on: date) -> None:
    """Send cases one level up, with a clock of their own there; cases of one period."""
    loaded = document_of(cases[0].claim.period)
    is_workday = routing.calendar_from(on)
    numbers = routing.step_numbers(cases)
    for case in cases:
        case.at = routing.next_level(case.at)
        if routing.RANK[case.level] < routing.RANK[case.at]:
            case.level = case.at
        case.office = routing.acting_office(case.agency, case.at)
        case.arrived_on, case.version = on, case.version + 1
        case.taken_by, case.taken_at = None, None
        case.due_on = routing.due_on(
            loaded.document, at=case.at, level=case.level, arrived=on, is_workday=is_workday
        )
    fields = ["at", "level", "office", "arrived_on", "due_on", "version", "taken_by", "taken_at"]
    ReviewCase.objects.bulk_update(cases, fields, batch_size=500)
    ReviewStep.objects.bulk_create([routing.step_of(case, number=numbers[case.pk] + 1) for case in cases])


@write
def take(*, case: ReviewCase, by: User, on: date) -> ReviewCase:
    """Take a case, so that nobody else decides it. Raises NotYours, OwnWork, Taken, Moved."""
    now = read(Q(pk=case.pk), by).select_for_update(of=("self",)).get()
    _check(now, by=by, on=on)
    ReviewCase.objects.filter(pk=now.pk).update(taken_by=by, taken_at=clock.now())
    now.taken_by = by
    return now


@write
def take_next(*, by: User, on: date) -> ReviewCase | None:
    """Take the most urgent case that nobody has taken; what others are taking just now is passed over."""
    offices = my_offices(by, on=on)
    free = without_own(read(Q(state=CaseState.OPEN, taken_by=None), by), by)
    if offices is not None:
        free = free.filter(office__in=offices)
    case = free.order_by("due_on", "pk").select_for_update(of=("self",), skip_locked=True).first()
    if case is not None:
        ReviewCase.objects.filter(pk=case.pk).update(taken_by=by, taken_at=clock.now())
        case.taken_by = by
    return case


@write
def release(*, case: ReviewCase, by: User, on: date) -> None:
    """Give a taken case back to everyone. Raises Taken when it is somebody else's."""
    freed = ReviewCase.objects.filter(Q(taken_by=by) | Q(taken_by=None), pk=case.pk).update(
        taken_by=None, taken_at=None
    )
    if not freed:
        holder = ReviewCase.objects.select_related("taken_by").get(pk=case.pk).taken_by
        raise Taken(name=str(holder))
