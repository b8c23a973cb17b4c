"""Posting: the only way in which money enters the books.

1. normalise, sum, hash; 2. drafts, known keys; 3. lock the strict balances; 4. read and test them in the
next statement; 5. lines; 6. one sorted upsert into the balances; 7. numbers last, flip to posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.models import User
from core.write import write
from funds import holds, strict
from funds.lines import ZERO, Entry, Part, Posting, Prepared, prepare
from funds.models import Account, Book, FiscalPeriod, Voucher

__all__ = [
    "AlreadyReversed",
    "Entry",
    "KeyReused",
    "MonthNotOpen",
    "Part",
    "Posting",
    "post",
    "post_many",
    "reverse",
]

COPY_FROM = 400  # lines; below, one INSERT is faster
DRAFT = """
INSERT INTO funds_voucher (book_id, period_id, date, kind, state, key, request_hash, source_type,
    source_id, summary,
    total, line_count, attachments, made_by_id, made_at, checked_by_id, reverses_id)
SELECT book, period, day, kind, 'draft', key, hash, source, source_id, summary, total, lines, papers,
    maker, %s,
       checker, reverses
  FROM unnest(%s::bigint[], %s::bigint[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[],
      %s::bigint[],
              %s::text[], %s::numeric[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS d (book, period, day, kind, key, hash, source, source_id, summary, total, lines, papers, maker,
        checker, reverses)
 ORDER BY key
ON CONFLICT (key) DO NOTHING RETURNING id, key
"""
LINES = """
INSERT INTO funds_line (voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::numeric[], %s::numeric[],
    %s::text[],
                     %s::text[])
"""
COPY_LINES = """
COPY funds_line (voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject)
    FROM STDIN
"""
TURNOVER = """
INSERT INTO funds_balance (book_id, period_id, account_id, dimension, opening, debit, credit)
SELECT book, period, account, dimension, 0, debit, credit
  FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::numeric[], %s::numeric[])
    AS t (book, period, account, dimension, debit, credit)
 ORDER BY account, dimension, period
ON CONFLICT (account_id, dimension, period_id) DO UPDATE
   SET debit = funds_balance.debit + excluded.debit, credit = funds_balance.credit + excluded.credit
"""
NUMBERS = """
UPDATE funds_fiscalperiod SET next_number = next_number + %s WHERE id = %s AND state = 'open' RETURNING
    next_number
"""
FLIP = """
UPDATE funds_voucher v SET state = 'posted', number = d.number, posted_by_id = %s, posted_at = %s
  FROM unnest(%s::bigint[], %s::int[]) AS d (id, number) WHERE v.id = d.id
"""


class KeyReused(Refused):
    code = "key_reused"
    sentence = _("The key %(key)s has been used for another posting.")


class MonthNotOpen(Refused):
    code = "month_not_open"
    sentence = _("The books of %(month)s are not open.")


class AlreadyReversed(Refused):
    code = "already_reversed"
    sentence = _("Voucher %(number)s has been reversed already, or is a reversal itself.")


@write
def post_many(postings: Sequence[Posting]) -> list[Voucher]:
    """Post vouchers, all or none, in their order; a known key with the same request returns its voucher.

    Raises:
        KeyReused, MonthNotOpen, strict.NotEnough, holds.HoldOver, and what `lines.prepare` raises.
    """
    prepared = [prepare(posting) for posting in postings]
    find_months(prepared)
    known = draft(prepared)
    fresh = [item for item in prepared if item.voucher_id]
    if fresh:
        holds.settle_for(fresh)
        strict.check(fresh)
        write_lines(fresh)
        finish(fresh)
    return [known.get(item.posting.key) or _voucher(item) for item in prepared]


def post(posting: Posting) -> Voucher:
    """A batch of one."""
    return post_many([posting])[0]


@write
def reverse(
    *,
    voucher: Voucher,
    on: date,
    checked_by: User,
    made_by: User | None = None,
    key: str = "",
    reason: str = "",
    source: tuple[str, int] | None = None,
) -> Voucher:
    """Undo a posted voucher by another one with the sides exchanged.

    In a later year what touched income or spending goes to the accounts that the chart names for it, since
    that year's figures are closed. The same key again returns the first reversal.

    Raises:
        AlreadyReversed
    """
    voucher = Voucher.objects.select_for_update().select_related("book__chart").get(pk=voucher.pk)
    key = key or f"reverse:{voucher.pk}"
    earlier = Voucher.objects.filter(reverses=voucher).first()
    if earlier is not None and earlier.key == key and earlier.key != f"reverse:{voucher.pk}":
        return earlier
    if earlier is not None or voucher.reverses_id or voucher.state != Voucher.State.POSTED:
        raise AlreadyReversed(number=voucher.number)
    later = voucher.date.year < on.year
    entries = [
        Entry(
            account=_other_year(voucher.book, line.account, debits=bool(line.credit))
            if later
            else line.account_code,
            debit=line.credit,
            credit=line.debit,
            dimension=line.dimension,
            subject=line.subject,
        )
        for line in voucher.lines.select_related("account").order_by("id")
    ]
    return post(
        Posting(
            book=voucher.book,
            on=on,
            event=voucher.kind,
            key=key,
            source=source or (voucher.source_type, voucher.source_id),
            checked_by=checked_by,
            made_by=made_by,
            entries=entries,
            reverses=voucher,
            summary=(reason or f"冲销 {voucher.date:%Y-%m} {voucher.number} 号凭证")[:120],
        )
    )


def _other_year(book: Book, account: Account, *, debits: bool) -> str:
    """Where a reversal in a later year books what was income or spending."""
    target = book.rules.later_year.debit if debits else book.rules.later_year.credit
    if account.kind not in (Account.Kind.INCOME, Account.Kind.EXPENSE) or not target:
        return account.code
    if book.account_by_code[target].leaf:
        return target
    return target + account.code[-2:]


def find_months(prepared: Sequence[Prepared]) -> None:
    """Note each posting's month; a month that is not there yet is opened, none before the book's first."""
    wanted = {(item.posting.book.pk, item.posting.on.replace(day=1)) for item in prepared}
    books = {book for book, _month in wanted}
    found = _months(books, wanted)
    missing = wanted - found.keys()
    if missing:
        firsts = dict(
            FiscalPeriod.objects.filter(book__in=books)
            .order_by("book", "month")
            .distinct("book")
            .values_list("book", "month")
        )
        for book, month in missing:
            if month < firsts.get(book, date.max):
                raise MonthNotOpen(month=f"{month:%Y-%m}")
        rows = [FiscalPeriod(book_id=book, month=month) for book, month in sorted(missing)]
        FiscalPeriod.objects.bulk_create(rows, ignore_conflicts=True)
        found = _months(books, wanted)
    for item in prepared:
        item.period_id = found[item.posting.book.pk, item.posting.on.replace(day=1)]


def _months(books: set[int], wanted: set[tuple[int, date]]) -> dict[tuple[int, date], int]:
    rows = FiscalPeriod.objects.filter(book__in=books, month__in={month for _book, month in wanted})
    return {(book, month): pk for book, month, pk in rows.values_list("book", "month", "pk")}


def draft(prepared: Sequence[Prepared], *, checked: bool = True) -> dict[str, Voucher]:
    """Step 2: insert vouchers as drafts; returns those whose key was known, by key.

    Raises:
        KeyReused: the key is known with another request.
    """
    rows = [
        (
            p.book.pk,
            item.period_id,
            p.on,
            p.event,
            p.key,
            item.hash,
            p.source[0],
            p.source[1],
            item.summary,
            item.total,
            len(item.sides),
            p.attachments,
            (p.made_by or p.book.ledger_user).pk,
            p.checked_by.pk if checked else None,
            p.reverses.pk if p.reverses else None,
        )
        for item in prepared
        for p in [item.posting]
    ]
    with connection.cursor() as cursor:
        cursor.execute(DRAFT, [timezone.now(), *(list(column) for column in zip(*rows, strict=True))])
        ids = {key: pk for pk, key in cursor.fetchall()}
    known: dict[str, Voucher] = {}
    if len(ids) < len(prepared):
        old = [item.posting.key for item in prepared if item.posting.key not in ids]
        known = {voucher.key: voucher for voucher in Voucher.objects.filter(key__in=old)}
    taken: dict[str, str] = {}
    for item in prepared:
        key = item.posting.key
        if taken.setdefault(key, item.hash) != item.hash or (
            key in known and known[key].request_hash != item.hash
        ):
            raise KeyReused(key=key)
        item.voucher_id = ids.pop(key, 0)
    return known


def write_lines(prepared: Sequence[Prepared]) -> None:
    """Step 5."""
    rows = (
        (
            item.voucher_id,
            s.account.pk,
            s.account.code,
            s.account.name,
            s.debit,
            s.credit,
            s.dimension,
            s.subject,
        )
        for item in prepared
        for s in item.sides
    )
    with connection.cursor() as cursor:
        if sum(len(item.sides) for item in prepared) < COPY_FROM:
            cursor.execute(LINES, [list(column) for column in zip(*rows, strict=True)])
            return
        with cursor.copy(COPY_LINES) as copy:
            for row in rows:
                copy.write_row(row)


def finish(prepared: Sequence[Prepared]) -> None:
    """Steps 6 and 7: turnover, then numbers in the order of the postings, then the flip.

    Raises:
        MonthNotOpen
    """
    with connection.cursor() as cursor:
        cursor.execute(TURNOVER, [list(column) for column in zip(*_turnover(prepared), strict=True)])
        by_month = sorted(prepared, key=lambda item: item.period_id)
        for period_id, group in groupby(by_month, key=lambda item: item.period_id):
            items = list(group)
            cursor.execute(NUMBERS, [len(items), period_id])
            row = cursor.fetchone()
            if row is None:
                raise MonthNotOpen(month=f"{items[0].posting.on:%Y-%m}")
            for offset, item in enumerate(items):
                item.number = row[0] - len(items) + offset
        ids, numbers = [item.voucher_id for item in prepared], [item.number for item in prepared]
        cursor.execute(FLIP, [prepared[0].posting.book.ledger_user.pk, timezone.now(), ids, numbers])


def _turnover(prepared: Sequence[Prepared]) -> list[tuple]:
    sums: dict[tuple[int, int, int, str], list[Decimal]] = {}
    for item in prepared:
        for side in item.sides:
            where = (item.posting.book.pk, item.period_id, side.account.pk, side.dimension)
            both = sums.setdefault(where, [ZERO, ZERO])
            both[0] += side.debit
            both[1] += side.credit
    return [(*where, debit, credit) for where, (debit, credit) in sums.items()]


def _voucher(item: Prepared) -> Voucher:
    """The voucher as it now stands in the table."""
    p = item.posting
    if not item.voucher_id:
        return Voucher.objects.get(key=p.key)
    voucher = Voucher(
        pk=item.voucher_id,
        book=p.book,
        period_id=item.period_id,
        date=p.on,
        kind=p.event,
        number=item.number,
        state=Voucher.State.POSTED,
        key=p.key,
        request_hash=item.hash,
        source_type=p.source[0],
        source_id=p.source[1],
        summary=item.summary,
        total=item.total,
        line_count=len(item.sides),
        attachments=p.attachments,
        made_by=p.made_by or p.book.ledger_user,
        checked_by=p.checked_by,
        posted_by=p.book.ledger_user,
        reverses=p.reverses,
    )
    voucher._state.adding = False
    voucher._state.db = "default"
    return voucher
