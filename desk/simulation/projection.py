"""The fund when the period's claims are over, under both documents: legible, step by step.

money in so far + fees still due − claims calculated − claims left out (at what stands)
− claims still to come, at the pace of the days that have run of the claim window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import F, Q, Sum

from claims.models import Payment, PaymentState
from contributions.models import RosterFee
from enrollment.models import RosterState
from funds import charts
from funds.models import Account, Balance, Book, Receipt
from schemes.models import Period

EARLIEST = 30
"""Days of the claim window that must have run before a pace is taken from them."""
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
PACE, OVER, EARLY = "pace", "over", "early"
"""What stands for the claims still to come: their pace; nothing, all days have run; nothing is known yet."""
PART, NO_BOOK = "part", "book"
"""Why nothing is projected: not everybody's claims are counted; the scheme has no book."""


@dataclass(frozen=True)
class Window:
    """The days in which a period's claims arrive: the claim window, else its cover; counted up to a day."""

    since: date
    until: date
    run: int
    left: int

    @property
    def basis(self) -> str:
        """Whether a pace can be taken."""
        if not self.left:
            return OVER
        return PACE if self.run >= EARLIEST else EARLY


def window(period: Period, on: date) -> Window:
    """The period's days for claims, those that have run by a day (included) and those that are left."""
    since, until = period.claim_from or period.cover_from, period.claim_to or period.cover_to
    whole = (until - since).days + 1
    run = min(max((on - since).days + 1, 0), whole)
    return Window(since, until, run, whole - run)


def project(
    period: Period, *, on: date, old: Decimal, new: Decimal, aside: Decimal = ZERO
) -> dict[str, str | int] | None:
    """The projection as a run's report keeps it, amounts as yuan texts; None where no book is opened.

    old, new: what the calculated claims cost under each document. aside: what stands of the claims that
    could not be compared; it is taken off under both, and is part of the pace.
    {"basis", "since", "until", "days", "left", "now", "paid", "in", "due", "aside", "calculated_old",
    "calculated_new", "coming_old", "coming_new", "old", "new"}; "old" and "new" are the results.
    """
    balance = fund_balance(period)
    if balance is None:
        return None
    paid, due, days = _paid(period), fees_due(period, on), window(period, on)
    basis = days.basis if old or new or aside or days.basis == OVER else EARLY
    amounts = {"now": balance, "paid": paid, "in": balance + paid, "due": due, "aside": aside}
    for side, cost in (("old", old), ("new", new)):
        coming = _coming(cost + aside, days) if basis == PACE else ZERO
        amounts[f"calculated_{side}"], amounts[f"coming_{side}"] = cost, coming
        amounts[side] = balance + paid + due - cost - aside - coming
    span: dict[str, str | int] = {"basis": basis, "since": str(days.since), "until": str(days.until)}
    span |= {"days": days.run, "left": days.left}
    return span | {name: str(amount) for name, amount in amounts.items()}


def _coming(cost: Decimal, days: Window) -> Decimal:
    return (cost * days.left / days.run).quantize(CENT, ROUND_HALF_UP)


def _paid(period: Period) -> Decimal:
    rows = Payment.objects.filter(claim__period=period, state=PaymentState.PAID)
    return rows.aggregate(sum=Sum("amount"))["sum"] or ZERO


def fees_due(period: Period, on: date) -> Decimal:
    """Fees of accepted rosters that may still be paid; what has arrived and waits is money in already."""
    if period.pay_to is not None and on > period.pay_to:
        return ZERO
    open_ones = RosterFee.objects.filter(roster__period=period, roster__state=RosterState.ACCEPTED)
    owed = open_ones.filter(paid__lt=F("owed")).aggregate(sum=Sum(F("owed") - F("paid")))["sum"] or ZERO
    return max(owed - _waiting(period), ZERO) if owed else ZERO


def _waiting(period: Period) -> Decimal:
    """What has been received in the days for fees and belongs to no roster's fee yet."""
    rows = Receipt.objects.filter(book__scheme=period.scheme_id, amount__gt=F("matched") + F("returned"))
    if period.pay_from is not None:
        rows = rows.filter(received_on__gte=period.pay_from)
    return rows.aggregate(sum=Sum(F("amount") - F("matched") - F("returned")))["sum"] or ZERO


def fund_balance(period: Period) -> Decimal | None:
    """The period's money in the books of its scheme: credits less debits of fees and benefits' accounts."""
    books = Book.objects.filter(scheme=period.scheme).select_related("chart")
    nets = [net for book in books for net in [_book_balance(book, period)] if net is not None]
    return sum(nets, ZERO) if nets else None


def _book_balance(book: Book, period: Period) -> Decimal | None:
    chart = charts.chart_of(book.chart.text)
    codes = {chart.event("fee_received").accounts()[1], chart.event("benefit_paid").accounts()[0]}
    named = Q()
    for code in codes:
        named |= Q(code__startswith=code)
    accounts = list(Account.objects.filter(named, book=book, leaf=True))
    by_period = [
        account.pk for account in accounts if "period" in {name.rstrip("?") for name in account.asks}
    ]
    others = [account.pk for account in accounts if account.pk not in by_period]
    dimension = f"period={period.code}"
    of_period = Q(account__in=by_period) & (Q(dimension=dimension) | Q(dimension__startswith=f"{dimension};"))
    months = Q(
        account__in=others,
        period__month__gte=period.cover_from.replace(day=1),
        period__month__lte=period.cover_to,
    )
    sums = Balance.objects.filter(of_period | months).aggregate(debit=Sum("debit"), credit=Sum("credit"))
    if sums["credit"] is None:
        return Decimal("0.00") if accounts else None
    return Decimal(sums["credit"] - sums["debit"])
