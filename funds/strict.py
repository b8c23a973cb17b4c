"""Accounts that may not cross zero: locked in one statement, tested in the next (`funds_refused`)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import accumulate, islice, zip_longest
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from funds.lines import ZERO, Prepared, Side
from funds.models import Account, Book

Place = tuple[int, str]  # account, dimension
Move = tuple[date, Decimal]  # a month, and what a voucher changes on the account's normal side

REFUSED = "SELECT account, dimension, there, held, asked FROM funds_refused(%s::json)"


class NotEnough(Refused):
    """A strict account would cross zero, or what a hold reserves would be spent."""

    code = "not_enough_money"
    sentence = _(
        "%(account)s (%(dimension)s) holds %(there)s, of which %(held)s is reserved: %(asked)s is too much."
    )


def dips_of(prepared: Sequence[Prepared]) -> list[dict[str, Any]]:
    """What vouchers ask of strict places from which one of them takes, as `funds_refused` reads it.

    A place is tested after each voucher that takes from it, in their order, at the end of each month from the
    voucher's own. The lowest of these sums stands for all: one row for each month in which the vouchers move
    anything, up to the next.
    """
    moves: dict[Place, list[Move]] = {}
    books: dict[Place, Book] = {}
    accounts: dict[int, Account] = {}
    for item in prepared:
        month = item.posting.on.replace(day=1)
        for account, dimension, net in nets(item.sides):
            place = (account.pk, dimension)
            accounts[account.pk], books[place] = account, item.posting.book
            moves.setdefault(place, []).append((month, net))
    return [
        dip(books[place], accounts[place[0]], place[1], since, until, low)
        for place, moved in moves.items()
        for since, until, low in lowest(moved)
    ]


def nets(sides: Iterable[Side]) -> list[tuple[Account, str, Decimal]]:
    """The strict places among lines: account, dimension and turnover on the account's normal side."""
    found: dict[Place, tuple[Account, str, Decimal]] = {}
    for side in sides:
        account = side.account
        if account.strict:
            place = (account.pk, side.dimension)
            net = side.debit - side.credit if debits(account) else side.credit - side.debit
            found[place] = (account, side.dimension, found[place][2] + net if place in found else net)
    return list(found.values())


def debits(account: Account) -> bool:
    """Whether the account stands on the debit side."""
    return account.side == Account.Side.DEBIT


def lowest(moves: Sequence[Move]) -> Iterator[tuple[date, date | None, Decimal]]:
    """For each month moved in: since when, until when, and the lowest sum right after a taking."""
    months = sorted({month for month, _net in moves})
    for since, until in zip_longest(months, months[1:]):
        sums = accumulate((net if month <= since else ZERO for month, net in moves), initial=ZERO)
        taken = [
            sum_
            for (month, net), sum_ in zip(moves, islice(sums, 1, None), strict=True)
            if net < 0 and month <= since
        ]
        if taken:
            yield since, until, min(taken)


def dip(
    book: Book, account: Account, dimension: str, since: date, until: date | None, change: Decimal
) -> dict[str, Any]:
    """One row of what `funds_refused` locks and tests."""
    return {
        "account": account.pk,
        "dimension": dimension,
        "book": book.pk,
        "first": book.first_month,
        "sign": 1 if debits(account) else -1,
        "since": since,
        "until": until,
        "change": change,
    }


def test(dips: Sequence[dict[str, Any]]) -> None:
    """Steps 3 and 4 of posting: lock the places; in the next statement read them and their holds, test.

    Raises:
        NotEnough: a place would fall below zero in a month, or its last sum below the holds.
    """
    if not dips:
        return
    with connection.cursor() as cursor:
        cursor.execute(REFUSED, [said(dips)])
        refuse(*cursor.fetchone())


def refuse(account: int | None, dimension: str, there: Decimal, held: Decimal, asked: Decimal) -> None:
    """Raise NotEnough for what `funds_refused` found, if it found anything."""
    if account is not None:
        named = Account.objects.get(pk=account)
        raise NotEnough(account=str(named), dimension=dimension, there=there, held=held, asked=asked)


def said(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as the database reads them; amounts and dates as text, so that nothing is rounded."""
    return json.dumps(rows, ensure_ascii=False, default=str)
