"""Money that arrived: every fen is booked at once, as a fee or as unmatched money that waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core import roles
from core.errors import Refused
from core.models import Run, User
from core.typed import code as typed_code
from core.write import write
from enrollment.models import Unit
from funds.lines import ZERO, Part, exact
from funds.models import Book, Receipt, ReceiptReturn, Voucher
from funds.posting import Posting, post, post_many

SOURCE = "funds.receipt"
TAKE_MATCHED = """
UPDATE funds_receipt r SET matched = r.matched + t.amount
  FROM unnest(%s::bigint[], %s::numeric[]) AS t (id, amount) WHERE r.id = t.id
"""


class KnownReceipt(Refused):
    code = "receipt_known"
    sentence = _("The bank serial %(reference)s has been received before.")


class NotYet(Refused):
    code = "receipt_in_future"
    sentence = _("The payment is dated %(day)s; that day has not come yet (today is %(today)s).")


class TooMuch(Refused):
    code = "receipt_too_little"
    sentence = _("Only %(left)s of this receipt is left, not %(asked)s.")


class ReasonMissing(Refused):
    code = "reason_missing"
    sentence = _("Say why the money is given back.")


@write
def receive(
    *,
    book: Book,
    amount: Decimal,
    received_on: date,
    reference: str,
    by: User,
    on: date,
    unit: Unit | None = None,
    payer: str = "",
    note: str = "",
    run: Run | None = None,
    fee: Decimal = ZERO,
    dims: Mapping[str, str] | None = None,
) -> Receipt:
    """Record money and post it: `fee` of it as a fee received (with its dimensions), the rest as unmatched.

    Raises:
        NotYet: the payment's day lies after `on`.
        KnownReceipt: this serial stands in the book already, or the same payment in another book of the
        scheme; what posting raises.
    """
    roles.require(by, "funds.add_receipt", on=on, path=book.office.path)
    amount, reference = exact(amount), typed_code(reference)
    if received_on > on:
        raise NotYet(day=received_on, today=on)
    if _is_known(book, reference, amount, received_on):
        raise KnownReceipt(reference=reference)
    if fee > amount:
        raise TooMuch(left=amount, asked=fee)
    receipt = Receipt(
        book=book,
        amount=amount,
        received_on=received_on,
        unit=unit,
        payer=payer or (unit.name if unit else ""),
        reference=reference,
        note=note,
        matched=fee,
        run=run,
        recorded_by=by,
    )
    try:
        with transaction.atomic():
            receipt.save(force_insert=True)
    except IntegrityError as error:  # somebody else has just recorded it
        if _is_known(book, reference, amount, received_on):
            raise KnownReceipt(reference=reference) from error
        raise
    parts = [("fee_received", fee, dims or {}), ("receipt_unmatched", amount - fee, {})]
    post_many(
        [
            _posting(receipt, event, sum_, said, received_on, by, event)
            for event, sum_, said in parts
            if sum_ > 0
        ]
    )
    return receipt


def _is_known(book: Book, reference: str, amount: Decimal, received_on: date) -> bool:
    """A serial counts once per bank account, and one payment once, whichever book a list was read into."""
    same = Q(amount=amount, received_on=received_on) | Q(book=book)
    return Receipt.objects.filter(same, book__scheme=book.scheme_id, reference=reference).exists()


@write
def match(
    *, receipt: Receipt, amount: Decimal, dims: Mapping[str, str], key: str, by: User, on: date
) -> Voucher:
    """Book a part of an unmatched receipt as a fee.

    Raises:
        TooMuch: less than that is left of it.
    """
    _take(receipt, "matched", amount)
    return post(_posting(receipt, "receipt_matched", amount, dims, on, by, key))


class Match(NamedTuple):
    """A part of an unmatched receipt that becomes a fee, as `match` takes it."""

    receipt: Receipt
    amount: Decimal
    dims: Mapping[str, str]
    key: str


@write
def match_many(matches: Sequence[Match], *, by: User, on: date) -> list[Voucher]:
    """As `match` for each, with a few statements for all; a receipt stands in it once.

    Raises:
        TooMuch: less than that is left of one of them.
    """
    pks, parts = [each.receipt.pk for each in matches], [exact(each.amount) for each in matches]
    locked = Receipt.objects.select_for_update(of=("self",)).order_by("pk").in_bulk(pks)
    for pk, part in zip(pks, parts, strict=True):
        if part > locked[pk].left:
            raise TooMuch(left=locked[pk].left, asked=part)
    with connection.cursor() as cursor:
        cursor.execute(TAKE_MATCHED, [pks, parts])
    return post_many(
        [
            _posting(each.receipt, "receipt_matched", each.amount, each.dims, on, by, each.key)
            for each in matches
        ]
    )


@write
def give_back(*, receipt: Receipt, amount: Decimal, reason: str, by: User, on: date) -> ReceiptReturn:
    """Return what was received by mistake: only what is not matched; a fee is never refunded.

    Raises:
        TooMuch: less than that is left of it; ReasonMissing.
    """
    roles.require(by, "funds.return_receipt", on=on, path=receipt.book.office.path)
    if not reason.strip():
        raise ReasonMissing()
    _take(receipt, "returned", amount)
    number = ReceiptReturn.objects.filter(receipt=receipt).count() + 1
    voucher = post(_posting(receipt, "unmatched_returned", amount, {}, on, by, f"return:{number}"))
    return ReceiptReturn.objects.create(
        receipt=receipt, amount=amount, returned_on=on, reason=reason.strip(), returned_by=by, voucher=voucher
    )


def _take(receipt: Receipt, column: str, amount: Decimal) -> None:
    """Lock the receipt, then take from what is left of it."""
    amount = exact(amount)
    left = Receipt.objects.select_for_update().get(pk=receipt.pk).left
    if amount > left:
        raise TooMuch(left=left, asked=amount)
    Receipt.objects.filter(pk=receipt.pk).update(**{column: F(column) + amount})
    receipt.refresh_from_db(fields=["matched", "returned"])


def _posting(
    receipt: Receipt, event: str, amount: Decimal, dims: Mapping[str, str], on: date, by: User, key: str
) -> Posting:
    return Posting(
        book=receipt.book,
        on=on,
        event=event,
        key=f"receipt:{receipt.pk}:{key}",
        source=(SOURCE, receipt.pk),
        checked_by=by,
        parts=[Part(amount, dims, subject=receipt.payer[:120])],
    )
