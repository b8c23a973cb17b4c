"""What was paid above what is owed: noted when a calculation falls, approved by another person, set off.

An adjustment is what a claim is entitled to less what it has received. A positive one goes through review and
payment like any benefit. A negative one stands here: it takes nothing before somebody else than who noted it
has approved it, then it is kept back from what the same account is owed next; what nothing is owed against
stays open. What a claim has received is what the bank paid, plus what was set off from it, less what was
recovered of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from claims.models import (
    BenefitAccount,
    Claim,
    ClaimState,
    Payment,
    PaymentState,
    Recovery,
    RecoveryState,
    SetOff,
)
from claims.models.claims import LIVE
from claims.models.recoveries import OPEN
from core import clock
from core.errors import Moved, NotAllowed, Refused
from core.models import Run, User
from core.roles import require
from core.write import write

ZERO = Decimal("0.00")
APPROVE = "claims.approve_recovery"


class OwnRecovery(Refused):
    """Who noted it does not decide it."""

    code = "second_person"
    sentence = _("A recovery is decided by somebody else than who noted it.")


class NoReason(Refused):
    """Letting it go needs a reason."""

    code = "reason_missing"
    sentence = _("Who lets a recovery go says why. Please give the reason.")


# --- what a claim has received ---------------------------------------------------------------------------


def _sum(rows: QuerySet, key: str) -> Combinable:
    sums = rows.order_by().values(key).annotate(sum=Sum("amount")).values("sum")
    return Coalesce(Subquery(sums), ZERO)


def settled() -> Combinable:
    """Of a claim: paid by the bank, plus set off from it, less recovered of it."""
    paid = Payment.objects.filter(claim=OuterRef("pk"), state=PaymentState.PAID)
    kept = SetOff.objects.filter(claim=OuterRef("pk"))
    taken = SetOff.objects.filter(recovery__claim=OuterRef("pk"))
    return _sum(paid, "claim") + _sum(kept, "claim") - _sum(taken, "recovery__claim")


def settled_by(claims: Collection[int]) -> dict[int, Decimal]:
    """What each of these claims has received."""
    if not claims:
        return {}
    rows = Claim.objects.filter(pk__in=claims).order_by().annotate(settled=settled())
    return dict(rows.values_list("pk", "settled"))


SETTLED_SQL = """(
    COALESCE((SELECT sum(y.amount) FROM claims_payment y
               WHERE y.claim_id = c.id AND y.state = ANY({states})), 0)
  + COALESCE((SELECT sum(o.amount) FROM claims_setoff o WHERE o.claim_id = c.id), 0)
  - COALESCE((SELECT sum(o.amount) FROM claims_setoff o JOIN claims_recovery r ON r.id = o.recovery_id
               WHERE r.claim_id = c.id), 0))"""
"""The same in SQL over claims `c`; {states}: an array of the payments' states that count."""


# --- noting ----------------------------------------------------------------------------------------------


@write
def note(*, claims: Collection[int], by: User, on: date, run: Run | None = None) -> list[Recovery]:
    """Let the recoveries of claims follow what they are worth now (their accounts locked).

    An open one of another amount is void, and a new one waits for its own approval. Returns the new ones.
    """
    known = {row.claim_id: row for row in Recovery.objects.filter(claim__in=claims, state__in=OPEN)}
    let_go = _sums(Recovery.objects.filter(claim__in=claims, state=RecoveryState.WAIVED))
    made = []
    rows = Claim.objects.filter(pk__in=claims).order_by("pk").annotate(settled=settled())
    for claim in rows.filter(Q(settled__gt=0) | Q(pk__in=known)):
        worth = claim.amount if claim.state in LIVE else ZERO
        over = max(claim.settled - worth - let_go.get(claim.pk, ZERO), ZERO)
        row = known.get(claim.pk)
        if row is not None and row.left == over:
            continue
        if row is not None:
            Recovery.objects.filter(pk=row.pk).update(state=RecoveryState.VOID)
        if over:
            made.append(
                Recovery(claim=claim, amount=over, run=run, noted_on=on, noted_at=clock.now(), noted_by=by)
            )
    return Recovery.objects.bulk_create(made)


def _sums(rows: QuerySet[Recovery]) -> dict[int, Decimal]:
    """By claim: what was let go."""
    found: dict[int, Decimal] = defaultdict(lambda: ZERO)
    for row in rows:
        found[row.claim_id] += row.left
    return found


# --- deciding --------------------------------------------------------------------------------------------


@write
def approve(*, recovery: Recovery, by: User, on: date) -> Recovery:
    """The second person: it is recovered, at once from what the account is owed, the rest from what follows.

    Raises NotAllowed, OwnRecovery, Moved.
    """
    _decide(recovery, RecoveryState.APPROVED, "", by=by, on=on)
    set_off(accounts=[_account(recovery)], by=by, on=on)
    return Recovery.objects.select_related("claim").get(pk=recovery.pk)


@write
def waive(*, recovery: Recovery, reason: str, by: User, on: date) -> Recovery:
    """The second person lets it go, with the reason: the member keeps the money.

    Raises NotAllowed, OwnRecovery, NoReason, Moved.
    """
    if not reason.strip():
        raise NoReason()
    _decide(recovery, RecoveryState.WAIVED, reason.strip()[:500], by=by, on=on)
    return Recovery.objects.select_related("claim").get(pk=recovery.pk)


def _account(recovery: Recovery) -> int:
    assert recovery.claim.account_id is not None, "what was paid stands in an account"
    return recovery.claim.account_id


def _decide(recovery: Recovery, to: str, reason: str, *, by: User, on: date) -> None:
    require(by, APPROVE, on=on, path=recovery.claim.office.path)
    if by.username.startswith("system:"):
        raise NotAllowed()
    if recovery.noted_by_id == by.pk:
        raise OwnRecovery()
    _lock([_account(recovery)])
    waiting = Recovery.objects.filter(pk=recovery.pk, state=RecoveryState.WAITING)
    decided = {"decided_on": on, "decided_at": clock.now(), "decided_by": by, "reason": reason}
    if not waiting.update(state=to, **decided):
        raise Moved()


def _lock(accounts: Iterable[int]) -> None:
    rows = BenefitAccount.objects.filter(pk__in=list(accounts)).order_by("pk")
    list(rows.select_for_update().values_list("pk", flat=True))


# --- setting off -----------------------------------------------------------------------------------------


@write
def set_off(*, accounts: Collection[int], by: User, on: date) -> None:
    """Keep approved recoveries back from what the same accounts are owed (accounts locked); twice is once.

    A claim of which nothing is left to pay is paid by it.
    """
    approved = Recovery.objects.filter(claim__account__in=accounts, state=RecoveryState.APPROVED)
    open_ones = list(approved.select_related("claim").order_by("pk"))
    if not open_ones:
        return
    owed = owed_in([_account(row) for row in open_ones])
    for row in open_ones:
        for claim, amount in owed.get(_account(row), {}).items():
            taken = min(amount, row.amount - row.taken)
            if taken > 0 and claim != row.claim_id:
                SetOff.objects.create(
                    recovery=row, claim_id=claim, amount=taken, set_off_on=on, set_off_at=clock.now(),
                    set_off_by=by,
                )  # fmt: skip
                row.taken += taken
                owed[_account(row)][claim] -= taken
        done = RecoveryState.DONE if row.taken == row.amount else RecoveryState.APPROVED
        Recovery.objects.filter(pk=row.pk).update(taken=row.taken, state=done)
    paid = [claim for claims in owed.values() for claim, amount in claims.items() if not amount]
    Claim.objects.filter(pk__in=paid, state=ClaimState.APPROVED).update(
        state=ClaimState.PAID, version=F("version") + 1
    )


@write
def set_off_for(*, claims: Collection[int], by: User, on: date) -> None:
    """The same for the accounts of these claims, when they are to be paid again."""
    accounts = Claim.objects.filter(pk__in=claims, account__isnull=False).values_list("account_id", flat=True)
    set_off(accounts=set(accounts), by=by, on=on)


def owed_in(accounts: Collection[int]) -> dict[int, dict[int, Decimal]]:
    """By account and claim: what approved claims have still to receive."""
    rows = Claim.objects.filter(account__in=accounts, state=ClaimState.APPROVED).order_by("pk")
    found: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for claim in rows.annotate(settled=settled()):
        if claim.account_id is not None and claim.amount > claim.settled:
            found[claim.account_id][claim.pk] = claim.amount - claim.settled
    return found
