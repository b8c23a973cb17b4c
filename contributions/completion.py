"""Many rosters at once: the money that waits pays those whose fee it reaches; a few statements a chunk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import F, Max, QuerySet

from contributions import fees
from contributions.models import Allocation, RosterFee
from core.models import User
from core.write import write
from enrollment import roster_cover
from enrollment.models import Roster, RosterState
from funds import receipts
from funds.lines import ZERO
from funds.models import Book, Receipt
from funds.receipts import Match
from schemes.models import Period

READY = (RosterState.ACCEPTED, RosterState.FROZEN)
CHUNK = 500
PAID = """
UPDATE contributions_rosterfee f SET paid = f.paid + t.amount, paid_on = t.paid_on
  FROM unnest(%s::bigint[], %s::numeric[], %s::date[]) AS t (id, amount, paid_on) WHERE f.id = t.id
"""


@write
def complete_below(
    *, period: Period, path: str, but: Collection[RosterFee], by: User, on: date
) -> list[Roster]:
    """Complete every assessed roster below an office whose money waits; the rosters that were paid by it.

    The caller has worked out anew what they owe, which locks them; `but`: the fees to leave alone.
    """
    below = (
        RosterFee.objects.filter(
            roster__period=period, roster__unit__agency__path__startswith=path, roster__state__in=READY
        )
        .exclude(pk__in=[fee.pk for fee in but])
        .order_by("pk")
    )
    waiting_people = below.filter(paid_on__isnull=False, roster__enrollments__state="listed")
    roster_cover.resume_all(rosters=set(waiting_people.values_list("roster", flat=True)), by=by, on=on)
    unpaid = list(below.filter(paid_on=None, owed__gt=0).select_related("roster__unit__agency"))
    paid: list[Roster] = []
    for start in range(0, len(unpaid), CHUNK):
        paid += _complete(period, unpaid[start : start + CHUNK], by, on)
    return paid


def _complete(period: Period, chunk: Sequence[RosterFee], by: User, on: date) -> list[Roster]:
    left = waiting_by_roster(period, [fee.roster for fee in chunk])
    last = last_payments(chunk)
    matches, allocations, done = [], [], []
    for fee in chunk:
        need = fee.owed - fee.paid
        found = left[fee.roster_id]
        if sum((receipt.left for receipt in found), ZERO) < need:
            continue
        for receipt, part in _parts(found, need):
            key = f"match:{fee.pk}:{receipt.matched}"
            matches.append(Match(receipt, part, {"period": period.code}, key))
            allocations.append(
                Allocation(receipt=receipt, fee=fee, amount=part, allocated_on=on, allocated_by=by)
            )
            last[fee.pk] = max(last.get(fee.pk, receipt.received_on), receipt.received_on)
        done.append((fee, need))
    if not done:
        return []
    if matches:
        receipts.match_many(matches, by=by, on=on)
    Allocation.objects.bulk_create(allocations)
    with connection.cursor() as cursor:
        pks = [fee.pk for fee, _need in done]
        cursor.execute(PAID, [pks, [need for _fee, need in done], [last[pk] for pk in pks]])
    roster_cover.begin_all(rosters=[fee.roster_id for fee, _need in done], by=by, on=on)
    return [fee.roster for fee, _need in done]


def _parts(found: Sequence[Receipt], need: Decimal) -> Iterator[tuple[Receipt, Decimal]]:
    """Which receipts pay, oldest first, and with how much."""
    for receipt in found:
        part = min(receipt.left, need)
        if part > 0:
            yield receipt, part
            need -= part


def waiting(period: Period) -> QuerySet[Receipt]:
    """Receipts paid within the period's window of which something is left, oldest first."""
    window = fees.pay_window(fees.document_for_fees(period))
    found = Receipt.objects.filter(
        book__scheme=period.scheme_id,
        received_on__lte=window.to,
        amount__gt=F("matched") + F("returned"),
    )
    if window.opens:
        found = found.filter(received_on__gte=window.opens)
    return found.select_related("book__office", "book__chart").order_by("received_on", "pk")


def waiting_by_roster(period: Period, rosters: Sequence[Roster]) -> dict[int, list[Receipt]]:
    """What waits in the book of the unit's own office, by roster id; two queries for all of them."""
    books = {
        book.office.path: book
        for book in Book.objects.filter(scheme=period.scheme_id).select_related("office")
    }
    by_unit: dict[int, list[Receipt]] = defaultdict(list)
    for receipt in waiting(period).filter(unit__in=[roster.unit_id for roster in rosters]):
        receipt.book = books[
            receipt.book.office.path
        ]  # one object a book, so that its accounts are read once
        by_unit[receipt.unit_id or 0].append(receipt)
    found: dict[int, list[Receipt]] = defaultdict(list)
    for roster in rosters:
        own = max((path for path in books if roster.unit.agency.path.startswith(path)), key=len, default="")
        found[roster.pk] = [each for each in by_unit[roster.unit_id] if each.book.office.path == own]
    return found


def last_payments(of: Sequence[RosterFee]) -> dict[int, date]:
    """The day of the last payment that each fee has taken, by the fee's id."""
    rows = Allocation.objects.filter(fee__in=of).order_by().values_list("fee")
    return dict(rows.annotate(last=Max("receipt__received_on")))
