"""Vouchers typed by hand, of the kinds that the chart allows: drafted by one person, posted by another."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core import roles
from core.errors import Refused
from core.models import User
from core.write import write
from funds import posting, strict
from funds.lines import Part, Posting, Prepared, Side, prepare
from funds.models import Book, Line, Voucher

SOURCE = posting.BY_HAND


class NotByHand(Refused):
    code = "event_not_manual"
    sentence = _("Vouchers of the kind %(event)s come from their documents; they are not typed by hand.")


class OwnVoucher(Refused):
    code = "own_voucher"
    sentence = _("Nobody checks their own voucher.")


class NotADraft(Refused):
    code = "voucher_posted"
    sentence = _("This voucher has been posted already.")


@write
def draft(
    *,
    book: Book,
    event: str,
    amount: Decimal,
    key: str,
    by: User,
    on: date,
    dims: Mapping[str, str] | None = None,
    summary: str = "",
    attachments: int = 0,
    part: str = "",
) -> Voucher:
    """Write a voucher down; it counts only once another person has checked it.

    Raises:
        NotByHand: this kind is posted by its documents alone.
    """
    roles.require(by, "funds.draft_voucher", on=on, path=book.office.path)
    if not book.rules.event(event).manual:
        raise NotByHand(event=event)
    asked = Posting(
        book=book,
        on=on,
        event=event,
        key=f"manual:{key}",
        source=(SOURCE, 0),
        checked_by=book.ledger_user,
        made_by=by,
        parts=[Part(amount, dims or {}, part=part)],
        summary=summary,
        attachments=attachments,
    )
    prepared = [prepare(asked)]
    known = posting.draft(prepared, checked=False)
    if not known:
        posting.write_lines(prepared)
    return Voucher.objects.get(key=asked.key)


@write
def check(*, voucher: Voucher, by: User, on: date) -> Voucher:
    """Post a draft: the second of the two people that a manual voucher needs.

    Raises:
        OwnVoucher, NotADraft, strict.NotEnough, posting.MonthNotOpen
    """
    roles.require(by, "funds.check_voucher", on=on, path=voucher.book.office.path)
    voucher = (
        Voucher.objects.select_for_update().select_related("book__chart", "book__office").get(pk=voucher.pk)
    )
    if voucher.state != Voucher.State.DRAFT:
        raise NotADraft()
    if voucher.made_by_id == by.pk:
        raise OwnVoucher()
    Voucher.objects.filter(pk=voucher.pk).update(checked_by=by)
    prepared = [_again(voucher, by)]
    strict.test(strict.dips_of(prepared))
    posting.finish(prepared)
    voucher.refresh_from_db()
    return voucher


@write
def discard(*, voucher: Voucher, by: User, on: date) -> None:
    """Throw a draft away. Raises NotADraft."""
    roles.require(by, "funds.draft_voucher", on=on, path=voucher.book.office.path)
    voucher = Voucher.objects.select_for_update().get(pk=voucher.pk)
    if voucher.state != Voucher.State.DRAFT:
        raise NotADraft()
    Line.objects.filter(voucher=voucher).delete()
    voucher.delete()


def _again(voucher: Voucher, by: User) -> Prepared:
    """A stored draft as posting takes it."""
    book = voucher.book
    sides = [
        Side(book.account_by_pk[line.account_id], line.debit, line.credit, line.dimension, line.subject)
        for line in voucher.lines.order_by("id")
    ]
    asked = Posting(
        book=book,
        on=voucher.date,
        event=voucher.kind,
        key=voucher.key,
        source=(voucher.source_type, voucher.source_id),
        checked_by=by,
        made_by=voucher.made_by,
    )
    return Prepared(
        asked, sides, voucher.total, voucher.summary, voucher.request_hash, voucher.period_id, voucher.pk
    )
