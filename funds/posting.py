"""Posting: the only way in which money enters the books.

1. normalise, sum, hash; 2. drafts, known keys; 3. lock the strict balances; 4. read and test them in the
next statement; 5. lines; 6. one sorted upsert into the balances; 7. numbers last, flip to posted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.models import User
from core.roles import require
from core.write import write
from funds import holds, strict
from funds.lines import ZERO, Entry, Part, Posting, Prepared, prepare
from funds.models import Account, Book, FiscalPeriod, Voucher

__all__ = [
    "AlreadyReversed",
    "Entry",
    "ItsOwnersAct",
    "KeyReused",
    "MonthNotOpen",
    "Part",
    "Posting",
    "post",
    "post_many",
    "reverse",
]

BY_HAND = "funds.manual"  # the source of vouchers that people type
COPY_FROM = 400  # lines; below, one INSERT is faster
DRAFT = """
INSERT INTO funds_voucher (book_id, period_id, date, kind, state, key, request_hash, source_type, source_id,
    summary, total, line_count, attachments, made_by_id, made_at, checked_by_id, reverses_id)
SELECT d.book, p.id, day, kind, 'draft', key, hash, source, source_id, summary, total, lines, papers, maker,
       %s, checker, reverses
  FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
              %s::text[], %s::numeric[], %s::int[], %s::int[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS d (book, day, kind, key, hash, source, source_id, summary, total, lines, papers, maker, checker,
          reverses)
  JOIN funds_fiscalperiod p ON p.book_id = d.book AND p.month = date_trunc('month', d.day)::date
 ORDER BY key
ON CONFLICT (key) DO NOTHING RETURNING id, key, period_id
"""
COPY_LINES = """
COPY funds_line (voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject)
FROM STDIN
"""
FINISH = """
SELECT funds_finish(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::numeric[], %s::numeric[],
    %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::numeric[],
    %s::numeric[], %s::bigint[], %s::bigint[], %s)
"""
NO_LINES: list[list] = [[] for _column in range(8)]


class KeyReused(Refused):
    code = "key_reused"
    sentence = _("The key %(key)s has been used for another posting.")


class MonthNotOpen(Refused):
    code = "month_not_open"
    sentence = _("The books of %(month)s are not open.")


class AlreadyReversed(Refused):
    code = "already_reversed"
    sentence = _("Voucher %(number)s has been reversed already, or is a reversal itself.")


class ItsOwnersAct(Refused):
    code = "voucher_of_a_record"
    sentence = _(
        "Voucher %(number)s books a receipt, payment or remittance; it is undone there, not in the books "
        "alone."
    )


@write
def post_many(postings: Sequence[Posting]) -> list[Voucher]:
    """Post vouchers, all or none, in their order; a known key with the same request returns its voucher.

    Raises:
        KeyReused, MonthNotOpen, strict.NotEnough, holds.HoldOver, and what `lines.prepare` raises.
    """
    prepared = [prepare(posting) for posting in postings]
    known = draft(prepared)
    fresh = [item for item in prepared if item.voucher_id]
    if fresh:
        holds.settle_for(fresh)
        strict.check(fresh)
        finish(fresh, write_lines(fresh))
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
    owner: str = "",
) -> Voucher:
    """Undo a posted voucher by another one with the sides exchanged.

    A voucher typed by hand is reversed by who may; one that books a record (a receipt, a payment) only by the
    module that keeps the record and undoes both: it names itself as `owner`, the voucher's source.

    In a later year what touched income or spending goes to the accounts that the chart names for it, since
    that year's figures are closed. The same key again returns the first reversal.

    Raises:
        NotAllowed, ItsOwnersAct, AlreadyReversed
    """
    voucher = (
        Voucher.objects.select_for_update(of=("self",))
        .select_related("book__chart", "book__office")
        .get(pk=voucher.pk)
    )
    if not owner:
        require(checked_by, "funds.reverse_voucher", on=on, path=voucher.book.office.path)
    if voucher.source_type not in (BY_HAND, owner):
        raise ItsOwnersAct(number=voucher.number)
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
            summary=(reason or _reversal_of(voucher))[:120],
        )
    )


def _reversal_of(voucher: Voucher) -> str:
    """The summary of a reversal, in the language in which the books are kept, whoever reverses."""
    with override(settings.LANGUAGE_CODE):
        return gettext("Reversal of voucher %(number)s of %(month)s") % {
            "number": voucher.number,
            "month": f"{voucher.date:%Y-%m}",
        }


def _other_year(book: Book, account: Account, *, debits: bool) -> str:
    """Where a reversal in a later year books what was income or spending."""
    target = book.rules.later_year.debit if debits else book.rules.later_year.credit
    if account.kind not in (Account.Kind.INCOME, Account.Kind.EXPENSE) or not target:
        return account.code
    if book.account_by_code[target].leaf:
        return target
    return target + account.code[-2:]


def draft(prepared: Sequence[Prepared], *, checked: bool = True) -> dict[str, Voucher]:
    """Step 2: insert vouchers as drafts; returns those whose key was known, by key.

    Raises:
        KeyReused: the key is known with another request.
        MonthNotOpen: the month lies before the book's first.
    """
    ids = _insert(prepared, checked)
    known: dict[str, Voucher] = {}
    if len(ids) < len(prepared):
        _open_months(prepared)
        ids |= _insert([item for item in prepared if item.posting.key not in ids], checked)
        old = [item.posting.key for item in prepared if item.posting.key not in ids]
        known = {voucher.key: voucher for voucher in Voucher.objects.filter(key__in=old)}
    taken: dict[str, str] = {}
    for item in prepared:
        key = item.posting.key
        if taken.setdefault(key, item.hash) != item.hash or (
            key in known and known[key].request_hash != item.hash
        ):
            raise KeyReused(key=key)
        item.voucher_id, item.period_id = ids.pop(key, (0, 0))
    return known


def _insert(prepared: Sequence[Prepared], checked: bool) -> dict[str, tuple[int, int]]:
    """Insert drafts whose month exists; the ids of voucher and month by key. Known keys are left out."""
    rows = [
        (
            p.book.pk,
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
    if not rows:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(DRAFT, [timezone.now(), *(list(column) for column in zip(*rows, strict=True))])
        return {key: (pk, period) for pk, key, period in cursor.fetchall()}


def _open_months(prepared: Sequence[Prepared]) -> None:
    """Open the months that postings need and that are not there yet. Raises MonthNotOpen."""
    wanted = {(item.posting.book.pk, item.posting.on.replace(day=1)) for item in prepared}
    books = {book for book, _month in wanted}
    months = FiscalPeriod.objects.filter(book__in=books).order_by("book", "month")
    firsts = dict(months.distinct("book").values_list("book", "month"))
    for book, month in wanted:
        if month < firsts.get(book, date.max):
            raise MonthNotOpen(month=f"{month:%Y-%m}")
    rows = [FiscalPeriod(book_id=book, month=month) for book, month in sorted(wanted)]
    FiscalPeriod.objects.bulk_create(rows, ignore_conflicts=True)


def rows_of(prepared: Sequence[Prepared]) -> Iterator[tuple]:
    """The rows of all lines."""
    for item in prepared:
        for s in item.sides:
            account = s.account
            yield (
                item.voucher_id,
                account.pk,
                account.code,
                account.name,
                s.debit,
                s.credit,
                s.dimension,
                s.subject,
            )


def write_lines(prepared: Sequence[Prepared], *, copy_from: int = COPY_FROM) -> list[list]:
    """Step 5: many lines are copied at once; few are handed back as columns, for `finish` to insert."""
    if sum(len(item.sides) for item in prepared) < copy_from:
        return [list(column) for column in zip(*rows_of(prepared), strict=True)]
    with connection.cursor() as cursor, cursor.copy(COPY_LINES) as copy:
        for row in rows_of(prepared):
            copy.write_row(row)
    return NO_LINES


def finish(prepared: Sequence[Prepared], lines: list[list]) -> None:
    """Steps 5 to 7: lines, turnover, then numbers in the order of the postings, then the flip.

    Raises:
        MonthNotOpen
    """
    turnover = [list(column) for column in zip(*_turnover(prepared), strict=True)]
    vouchers, periods = [item.voucher_id for item in prepared], [item.period_id for item in prepared]
    poster = prepared[0].posting.book.ledger_user.pk
    with connection.cursor() as cursor:
        cursor.execute(FINISH, [*lines, *turnover, vouchers, periods, poster])
        numbers = cursor.fetchone()[0]
    if numbers is None:
        raise MonthNotOpen(month=", ".join(sorted({f"{item.posting.on:%Y-%m}" for item in prepared})))
    for item, number in zip(prepared, numbers, strict=True):
        item.number = number


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
