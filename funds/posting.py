"""Posting: the only way in which money enters the books.

1. normalise, sum, hash; 2. drafts, known keys; 3. lock the strict balances; 4. read and test them in the
next statement; 5. lines; 6. one sorted upsert into the balances; 7. numbers last, flip to posted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.models import User
from core.roles import require
from core.write import RETRY_STATES, write
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
COPY_FROM = 400  # lines; below, they go in one call with everything else
POST = "SELECT * FROM funds_post(%s::json, %s::json, %s::json, %s::json, %s, %s)"
NOT_POSTED = "P0001"  # what `funds_post` raises where it may not stop half-way
DRAFT = "SELECT funds_draft(%s::json)"
FINISH = "SELECT numbers, periods FROM funds_finish(%s::bigint[], %s::json, %s)"
COLUMNS = "voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject"
COPY_LINES = f"COPY funds_line ({COLUMNS}) FROM STDIN"


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


def post_many(postings: Sequence[Posting]) -> list[Voucher]:
    """Post vouchers, all or none, in their order; a known key with the same request returns its voucher.

    Raises:
        KeyReused, MonthNotOpen, strict.NotEnough, holds.HoldOver, and what `lines.prepare` raises.
    """
    prepared = [prepare(posting) for posting in postings]
    if not prepared:
        return []
    asked = _by_key(prepared)
    known = {} if _alone(asked) else _together(asked)
    posted = {item.posting.key: _voucher(item) for item in asked if item.voucher_id} | known
    return [posted[item.posting.key] for item in prepared]


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


def _by_key(prepared: Sequence[Prepared]) -> list[Prepared]:
    """Each key once. Raises KeyReused: for another request in the same batch."""
    asked: dict[str, Prepared] = {}
    for item in prepared:
        key = item.posting.key
        if asked.setdefault(key, item).hash != item.hash:
            raise KeyReused(key=key)
    return list(asked.values())


def _fits_one_call(asked: Sequence[Prepared]) -> bool:
    """Whether no step has to stand between the drafts and the flip: few lines, no holds to settle."""
    lines = sum(len(item.sides) for item in asked)
    return 0 < lines < COPY_FROM and not any(item.posting.hold for item in asked)


def _alone(asked: Sequence[Prepared]) -> bool:
    """All steps as one statement that is a transaction of its own; False where nothing came of it.

    Outside a transaction BEGIN and COMMIT would be two more ways to the server than the posting itself needs.
    Whatever stops the statement is found again, and named, in a transaction; a deadlock is retried there.
    """
    if connection.in_atomic_block or not _fits_one_call(asked):
        return False
    try:
        _at_once(asked, alone=True)
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) not in {NOT_POSTED, *RETRY_STATES}:
            raise
        return False
    return True


@write
def _together(asked: Sequence[Prepared]) -> dict[str, Voucher]:
    """All steps in one transaction; returns the vouchers whose keys were known, by key.

    Raises:
        KeyReused, MonthNotOpen, strict.NotEnough, holds.HoldOver
    """
    if _fits_one_call(asked):
        _at_once(asked, alone=False)
    else:
        _insert(asked)
    known = _others(asked)
    fresh = [item for item in asked if item.voucher_id and not item.number]
    if fresh:
        holds.settle_for(fresh)
        strict.test(strict.dips_of(fresh))
        write_lines(fresh)
        finish(fresh)
    return known


def _at_once(asked: Sequence[Prepared], *, alone: bool) -> None:
    """Steps 2 to 7 in one call; within a transaction it stops after the drafts when one is not new.

    Raises:
        strict.NotEnough, MonthNotOpen
    """
    rows = (_heads(asked), strict.dips_of(asked), _lines(asked), _turnover(asked))
    with connection.cursor() as cursor:
        cursor.execute(POST, [*map(strict.said, rows), asked[0].posting.book.ledger_user.pk, alone])
        ids, numbers, periods, *lacking = cursor.fetchone()
    strict.refuse(*lacking)
    _identify(asked, ids)
    if None not in ids:
        _number(asked, numbers, periods)


def draft(asked: Sequence[Prepared], *, checked: bool = True) -> dict[str, Voucher]:
    """Step 2: insert as drafts what is not there yet; returns those whose key was known, by key.

    Raises:
        KeyReused: the key is known with another request.
        MonthNotOpen: the month lies before the book's first.
    """
    _insert(asked, checked=checked)
    return _others(asked, checked=checked)


def _insert(asked: Sequence[Prepared], *, checked: bool = True) -> None:
    """Insert drafts whose key is new and whose month is there."""
    with connection.cursor() as cursor:
        cursor.execute(DRAFT, [strict.said(_heads(asked, checked=checked))])
        _identify(asked, cursor.fetchone()[0])


def _identify(asked: Sequence[Prepared], ids: Sequence[int | None]) -> None:
    """Note the ids of drafts; whatever an attempt before a deadlock had noted is void."""
    for item, voucher in zip(asked, ids, strict=True):
        item.voucher_id, item.number = voucher or 0, 0


def _others(asked: Sequence[Prepared], *, checked: bool = True) -> dict[str, Voucher]:
    """Those that are not drafted yet: vouchers whose keys were known, by key; the rest needs its month first.

    Raises:
        KeyReused, MonthNotOpen
    """
    others = [item for item in asked if not item.voucher_id]
    if not others:
        return {}
    known = _with_keys(others)
    if new := [item for item in others if item.posting.key not in known]:
        _open_months(new)
        _insert(new, checked=checked)
        known |= _with_keys([item for item in new if not item.voucher_id])
    for item in others:
        key = item.posting.key
        if key in known and known[key].request_hash != item.hash:
            raise KeyReused(key=key)
    return known


def _with_keys(asked: Sequence[Prepared]) -> dict[str, Voucher]:
    vouchers = Voucher.objects.filter(key__in=[item.posting.key for item in asked])
    return {voucher.key: voucher for voucher in vouchers}


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


def _heads(asked: Sequence[Prepared], *, checked: bool = True) -> list[dict[str, Any]]:
    """Vouchers by the columns of their table, as `funds_draft` reads them."""
    return [
        {
            "place": place,
            "book_id": p.book.pk,
            "date": p.on,
            "kind": p.event,
            "key": p.key,
            "request_hash": item.hash,
            "source_type": p.source[0],
            "source_id": p.source[1],
            "summary": item.summary,
            "total": item.total,
            "line_count": len(item.sides),
            "attachments": p.attachments,
            "made_by_id": (p.made_by or p.book.ledger_user).pk,
            "checked_by_id": p.checked_by.pk if checked else None,
            "reverses_id": p.reverses.pk if p.reverses else None,
        }
        for place, item in enumerate(asked, 1)
        for p in [item.posting]
    ]


def _lines(asked: Sequence[Prepared]) -> list[dict[str, Any]]:
    """Lines by the columns of their table, and the place of their voucher."""
    return [
        {
            "place": place,
            "account_id": side.account.pk,
            "account_code": side.account.code,
            "account_name": side.account.name,
            "debit": side.debit,
            "credit": side.credit,
            "dimension": side.dimension,
            "subject": side.subject,
        }
        for place, item in enumerate(asked, 1)
        for side in item.sides
    ]


def _turnover(asked: Sequence[Prepared]) -> list[dict[str, Any]]:
    """What the lines of all vouchers add to each balance."""
    sums: dict[tuple[int, date, int, str], list[Decimal]] = {}
    for item in asked:
        where = (item.posting.book.pk, item.posting.on.replace(day=1))
        for side in item.sides:
            both = sums.setdefault((*where, side.account.pk, side.dimension), [ZERO, ZERO])
            both[0] += side.debit
            both[1] += side.credit
    names = ("book", "month", "account", "dimension", "debit", "credit")
    return [dict(zip(names, (*where, *both), strict=True)) for where, both in sums.items()]


def write_lines(prepared: Sequence[Prepared]) -> None:
    """Step 5: copy the lines of drafts."""
    with connection.cursor() as cursor, cursor.copy(COPY_LINES) as copy:
        for item in prepared:
            for s in item.sides:
                account = s.account
                head = (item.voucher_id, account.pk, account.code, account.name)
                copy.write_row((*head, s.debit, s.credit, s.dimension, s.subject))


def finish(prepared: Sequence[Prepared]) -> None:
    """Steps 6 and 7: turnover, then numbers in the order of the postings, then the flip.

    Raises:
        MonthNotOpen
    """
    poster = prepared[0].posting.book.ledger_user.pk
    with connection.cursor() as cursor:
        ids = [item.voucher_id for item in prepared]
        cursor.execute(FINISH, [ids, strict.said(_turnover(prepared)), poster])
        _number(prepared, *cursor.fetchone())


def _number(prepared: Sequence[Prepared], numbers: list[int] | None, periods: list[int]) -> None:
    """Note the numbers and months that the database gave. Raises MonthNotOpen: it gave no numbers."""
    if numbers is None:
        raise MonthNotOpen(month=", ".join(sorted({f"{item.posting.on:%Y-%m}" for item in prepared})))
    for item, number, period in zip(prepared, numbers, periods, strict=True):
        item.number, item.period_id = number, period


def _voucher(item: Prepared) -> Voucher:
    """The voucher as it now stands in the table."""
    p = item.posting
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
