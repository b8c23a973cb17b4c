"""Receipts pay rosters: once a unit's receipts reach its roster's fee they are fees, and its people covered.

Until then its money waits as unmatched; what is over is given back as a mistaken receipt (第四条, 第五条).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from contributions import completion, fees, levies
from contributions.completion import READY
from contributions.models import Allocation, RosterFee
from core import roles
from core.errors import Refused
from core.models import Office, Run, User
from core.roles import system_user
from core.write import write
from enrollment import roster_cover
from enrollment.models import Roster, RosterState, Unit
from funds import receipts
from funds.books import book_for
from funds.lines import ZERO, exact
from funds.models import Book, Receipt
from schemes.models import Period


class Outcome(NamedTuple):
    """How a roster stands: owed and paid, what waits beyond that; `paid_now`: by this very call."""

    fee: RosterFee | None
    waiting: Decimal
    paid_now: bool

    @property
    def missing(self) -> Decimal:
        """What the unit still has to pay."""
        return max(self.fee.owed - self.fee.paid - self.waiting, ZERO) if self.fee else ZERO

    @property
    def excess(self) -> Decimal:
        """What has to be given back once the roster is paid."""
        return self.waiting if self.fee and self.fee.paid_on else ZERO


class NotThisUnits(Refused):
    code = "receipt_of_another"
    sentence = _("This receipt was paid by %(unit)s.")


class ElsewhereUnit(Refused):
    code = "unit_elsewhere"
    sentence = _("%(unit)s does not belong to %(office)s, in whose book this money lies.")


@write
def receive_fee(
    *,
    unit: Unit,
    period: Period,
    amount: Decimal,
    received_on: date,
    reference: str,
    by: User,
    on: date,
    payer: str = "",
    note: str = "",
    run: Run | None = None,
    book: Book | None = None,
) -> Receipt:
    """Record a unit's payment; once its receipts reach its roster's fee, its people are covered.

    book: where the money lies; default the book of the unit's office, and none other counts for its roster.

    Raises:
        ElsewhereUnit: the money lies in the book of another office; funds.receipts.NotYet: a future day.
        OutsideWindow: the payment's day is not within the fee window (第五条).
        NotAllowed, KnownReceipt, NoBook
    """
    if received_on > on:
        raise receipts.NotYet(day=received_on, today=on)
    own = book_for(scheme=period.scheme, office=unit.agency)
    if book is not None and book.pk != own.pk:
        raise ElsewhereUnit(unit=unit, office=book.office)
    document = fees.document_for_fees(period)
    fees.require_window(document, "pay", received_on)
    fee = _assessed(unit=unit, period=period, by=by, on=on)
    direct = ZERO
    if fee is not None and fee.roster.state in READY:
        need = fee.owed - fee.paid
        waiting = sum((receipt.left for receipt in waiting_for(fee)), ZERO)
        if ZERO < need <= waiting + exact(amount):
            direct = max(need - waiting, ZERO)
    receipt = receipts.receive(
        book=own,
        amount=amount,
        received_on=received_on,
        reference=reference,
        by=by,
        on=on,
        unit=unit,
        payer=payer,
        note=note,
        run=run,
        fee=direct,
        dims={"period": period.code},
    )
    if fee is not None:
        if direct:
            _allocate(fee, receipt, direct, by, on)
        complete(roster=fee.roster, by=by, on=on)
    return receipt


@write
def complete(*, roster: Roster, by: User, on: date) -> Outcome:
    """Match a unit's waiting receipts to its roster when they reach its fee, and begin its people's cover.

    What the roster owes is worked out anew first: names may have been added or taken off since.
    """
    fee = _assessed(unit=roster.unit, period=roster.period, by=by, on=on)
    if fee is None:
        return Outcome(None, ZERO, False)
    waiting = waiting_for(fee)
    total = sum((receipt.left for receipt in waiting), ZERO)
    need = fee.owed - fee.paid
    ready = fee.roster.state in READY
    if ready and fee.paid_on is not None:  # accepted again, nobody came or went: cover goes on
        roster_cover.resume_all(rosters=[fee.roster_id], by=by, on=on)
    if not ready or fee.owed == 0 or fee.paid_on is not None or total < need:
        return Outcome(fee, total, False)
    last = completion.last_payments([fee]).get(fee.pk)
    for receipt in waiting:
        part = min(receipt.left, need)
        if part > 0:
            key = f"match:{fee.pk}:{receipt.matched}"
            receipts.match(
                receipt=receipt, amount=part, dims={"period": fee.roster.period.code}, key=key, by=by, on=on
            )
            _allocate(fee, receipt, part, by, on)
            need, total = need - part, total - part
            last = max(filter(None, (last, receipt.received_on)))
    RosterFee.objects.filter(pk=fee.pk).update(paid_on=last)
    fee.refresh_from_db()
    roster_cover.begin_all(rosters=[fee.roster_id], by=by, on=on)
    return Outcome(fee, total, True)


@write
def assign(*, receipt: Receipt, unit: Unit, period: Period, by: User, on: date) -> Outcome:
    """Say whose money an unmatched receipt is; it then counts for that unit's roster.

    Raises:
        NotThisUnits: it already belongs to another unit; ElsewhereUnit: the money lies in the book of an
        office that the unit does not belong to; OutsideWindow.
    """
    roles.require(by, "contributions.add_allocation", on=on, path=receipt.book.office.path)
    fees.require_window(fees.document_for_fees(period), "pay", receipt.received_on)
    if book_for(scheme=period.scheme, office=unit.agency).pk != receipt.book_id:
        raise ElsewhereUnit(unit=unit, office=receipt.book.office)
    receipt = (
        Receipt.objects.select_for_update(of=("self",))
        .select_related("book__office", "unit")
        .get(pk=receipt.pk)
    )
    if receipt.unit_id not in (None, unit.pk):
        raise NotThisUnits(unit=receipt.unit)
    receipt.unit = unit
    receipt.save(update_fields=["unit"])
    roster = Roster.objects.filter(unit=unit, period=period).first()
    return complete(roster=roster, by=by, on=on) if roster else Outcome(None, receipt.left, False)


def complete_all(*, period: Period, by: User, on: date) -> list[Roster]:
    """Complete every roster of a period whose money waits; the rosters that were paid by it.

    Rosters that have paid more than they now owe are left alone; `freeze_period` names them.
    """
    path = Office.objects.get(parent=None).path
    overpaid = levies.assess_below(period=period, path=path, by=system_user("levies"), on=on)
    return completion.complete_below(period=period, path=path, but=overpaid, by=by, on=on)


def standing(roster: Roster) -> Outcome:
    """How a roster stands, without changing anything."""
    fee = (
        RosterFee.objects.select_related("roster__unit", "roster__period__scheme")
        .filter(roster=roster)
        .first()
    )
    if fee is None:
        return Outcome(None, ZERO, False)
    return Outcome(fee, sum((receipt.left for receipt in waiting_for(fee)), ZERO), False)


def waiting_for(fee: RosterFee) -> list[Receipt]:
    """A unit's receipts paid within the period's window of which something is left, oldest first."""
    own = book_for(scheme=fee.roster.period.scheme, office=fee.roster.unit.agency)
    return list(completion.waiting(fee.roster.period).filter(book=own, unit=fee.roster.unit))


def _assessed(*, unit: Unit, period: Period, by: User, on: date) -> RosterFee | None:
    """The fee of a roster that was assessed before: the roster locked, the fee worked out anew, then read."""
    rosters = Roster.objects.select_for_update(of=("self",), no_key=True).select_related(
        "unit", "period__scheme"
    )
    roster = rosters.filter(unit=unit, period=period).first()
    if roster is None or not RosterFee.objects.filter(roster=roster).exists():
        return None
    if roster.state != RosterState.FROZEN:
        levies.assess(roster=roster, by=system_user("levies"), on=on)
    return (
        RosterFee.objects.select_related("roster__unit__agency", "roster__period__scheme")
        .filter(roster__unit=unit, roster__period=period)
        .first()
    )


def _allocate(fee: RosterFee, receipt: Receipt, amount: Decimal, by: User, on: date) -> None:
    Allocation.objects.create(receipt=receipt, fee=fee, amount=amount, allocated_on=on, allocated_by=by)
    RosterFee.objects.filter(pk=fee.pk).update(paid=F("paid") + amount)
