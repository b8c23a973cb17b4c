"""Accounts that may not cross zero: locked in one statement, read in the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from funds.lines import ZERO, Prepared, Side
from funds.models import Account, Book

Place = tuple[int, str]  # account, dimension

LOCK_AND_READ = "SELECT * FROM funds_lock_strict(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[])"


class NotEnough(Refused):
    """A strict account would cross zero, or what a hold reserves would be spent."""

    code = "not_enough_money"
    sentence = _(
        "%(account)s (%(dimension)s) holds %(there)s, of which %(held)s is reserved: %(asked)s is too much."
    )


class Standing:
    """What strict accounts hold, month by month, on their normal side; asked in the order of posting."""

    def __init__(self, accounts: dict[int, Account]) -> None:
        self.accounts = accounts
        self.months: dict[Place, dict[date, Decimal]] = {}
        self.held: dict[Place, Decimal] = {}

    def lock(self, places: Mapping[Place, Book]) -> None:
        """Lock places in one order, then read their balances and holds in the next statement.

        The row of the book's first month stands for all months of an account and dimension.
        """
        wanted = sorted(places)
        if not wanted:
            return
        columns: list[Any] = [
            [place[0] for place in wanted],
            [place[1] for place in wanted],
            [places[place].first_month for place in wanted],
            [places[place].pk for place in wanted],
        ]
        with connection.cursor() as cursor:
            cursor.execute(LOCK_AND_READ, columns)
            for account, dimension, month, net, held in cursor.fetchall():
                place = (account, dimension)
                if month is None:
                    self.held[place] = self.held.get(place, ZERO) + held
                else:
                    by_month = self.months.setdefault(place, {})
                    by_month[month] = by_month.get(month, ZERO) + self._signed(account, net)

    def _signed(self, account: int, net: Decimal) -> Decimal:
        return net if self.accounts[account].side == Account.Side.DEBIT else -net

    def move(self, place: Place, month: date, net: Decimal) -> None:
        """Add a turnover (debit less credit).

        Raises:
            NotEnough: from that month on the account would fall below zero, or its last sum below the holds.
        """
        by_month = self.months.setdefault(place, {})
        change = self._signed(place[0], net)
        by_month[month] = by_month.get(month, ZERO) + change
        if change >= 0:
            return
        running = sum((sums for at, sums in by_month.items() if at < month), ZERO)
        lowest = None
        for at in sorted(at for at in by_month if at >= month):
            running += by_month[at]
            lowest = running if lowest is None else min(lowest, running)
        held = self.held.get(place, ZERO)
        if running < held or (lowest is not None and lowest < 0):
            account = self.accounts[place[0]]
            there = min(running, lowest or ZERO) - change
            raise NotEnough(account=str(account), dimension=place[1], there=there, held=held, asked=-change)


def spent(sides: Iterable[Side]) -> dict[Place, Decimal]:
    """The strict places among lines, with their turnover (debit less credit)."""
    nets: dict[Place, Decimal] = {}
    for side in sides:
        if side.account.strict:
            place = (side.account.pk, side.dimension)
            nets[place] = nets.get(place, ZERO) + side.debit - side.credit
    return nets


def shrinks(account: Account, net: Decimal) -> bool:
    """Whether a turnover takes from the account's normal side."""
    return net < 0 if account.side == Account.Side.DEBIT else net > 0


def check(prepared: Sequence[Prepared]) -> None:
    """Steps 3 and 4 of posting: lock what shrinks, then read it and test each voucher in its order.

    Raises:
        NotEnough
    """
    books: dict[Place, Book] = {}
    accounts: dict[int, Account] = {}
    nets = [spent(item.sides) for item in prepared]
    for item, net in zip(prepared, nets, strict=True):
        for place, sum_ in net.items():
            account = item.posting.book.account_by_pk[place[0]]
            accounts[place[0]] = account
            if shrinks(account, sum_):
                books[place] = item.posting.book
    if not books:
        return
    standing = Standing(accounts)
    standing.lock(books)
    for item, net in zip(prepared, nets, strict=True):
        month = item.posting.on.replace(day=1)
        for place, sum_ in net.items():
            if place in books:
                standing.move(place, month, sum_)
