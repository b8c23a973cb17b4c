"""Holds: money reserved for payments that have been released but not yet confirmed by the bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.models import User
from core.write import write
from funds import strict
from funds.lines import ZERO, Part, Prepared, exact, touched
from funds.models import Book, Hold, HoldOn


class HoldOver(Refused):
    code = "hold_over"
    sentence = _("The hold has only %(left)s left, not %(asked)s.")


class HoldKeyReused(Refused):
    code = "key_reused"
    sentence = _("The key %(key)s has been used for another hold.")


@write
def hold(
    *,
    book: Book,
    event: str,
    amount: Decimal,
    source: tuple[str, int],
    key: str,
    by: User,
    on: date,
    dims: Mapping[str, str] | None = None,
    part: str = "",
) -> Hold:
    """Reserve an amount on every strict account that the event will take from.

    The same key with the same request returns the first hold.

    Raises:
        strict.NotEnough: less than that is free; HoldKeyReused.
    """
    amount, dims = exact(amount), dict(dims or {})
    made, created = Hold.objects.get_or_create(
        key=key,
        defaults={
            "book": book,
            "event": event,
            "source_type": source[0],
            "source_id": source[1],
            "dims": dims,
            "amount": amount,
            "held_on": on,
            "held_by": by,
        },
    )
    if not created:
        if (made.book_id, made.event, made.amount, made.dims) != (book.pk, event, amount, dims):
            raise HoldKeyReused(key=key)
        return made
    month = on.replace(day=1)
    taken = [
        strict.dip(book, account, at, month, None, net)
        for account, at, net in strict.nets(touched(book, event, Part(amount, dims, part=part)))
        if net < 0
    ]
    strict.test(taken)
    HoldOn.objects.bulk_create(
        HoldOn(hold=made, account_id=row["account"], dimension=row["dimension"]) for row in taken
    )
    return made


@write
def release(*, hold: Hold, by: User, on: date, amount: Decimal | None = None, expired: bool = False) -> Hold:
    """Give back what is left, or a part of it (payments that the bank returned).

    Raises:
        HoldOver: less than that is left.
    """
    state = Hold.State.EXPIRED if expired else Hold.State.RELEASED
    return _reduce(hold, "released", amount, by, on, state)


@write
def settle(*, hold: Hold, by: User, on: date, amount: Decimal | None = None) -> Hold:
    """Take a paid amount off a hold; `Posting.hold` does this for the voucher of the payment.

    Raises:
        HoldOver: less than that is left.
    """
    return _reduce(hold, "settled", amount, by, on, Hold.State.SETTLED)


def settle_for(prepared: Sequence[Prepared]) -> None:
    """Reduce the holds that vouchers settle, in the order of the holds. Raises HoldOver."""
    sums: dict[int, Decimal] = {}
    of: dict[int, Prepared] = {}
    for item in prepared:
        held = item.posting.hold
        if held is not None:
            sums[held.pk] = sums.get(held.pk, ZERO) + item.total
            of[held.pk] = item
    for pk in sorted(sums):
        posting = of[pk].posting
        if posting.hold is not None:
            _reduce(posting.hold, "settled", sums[pk], posting.checked_by, posting.on, Hold.State.SETTLED)


def _reduce(hold: Hold, column: str, amount: Decimal | None, by: User, on: date, state: str) -> Hold:
    held = Hold.objects.select_for_update().get(pk=hold.pk)
    asked = held.left if amount is None else exact(amount)
    if held.state != Hold.State.ACTIVE or asked > held.left:
        raise HoldOver(left=held.left, asked=asked)
    changes: dict = {column: F(column) + asked}
    if asked == held.left:
        some_paid = held.settled > 0 or column == "settled"
        changes |= {"state": Hold.State.SETTLED if some_paid else state, "ended_on": on, "ended_by": by}
    Hold.objects.filter(pk=held.pk).update(**changes)
    hold.refresh_from_db()
    return hold
