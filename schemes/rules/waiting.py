"""Waiting after the first payment, and after a gap in payments."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from schemes.rules.model import Rule
from schemes.rules.units import Months, add_months


class Waiting(Rule):
    """Pool benefits begin ``months`` after the first payment; the account at once."""

    months: Months


class Gap(Rule):
    """Unpaid months up to ``short``: from the day after payment; more: ``months`` later."""

    short: Months
    months: Months


class Start(NamedTuple):
    """From when pool and account may be used; how many months went unpaid."""

    pool_from: date
    account_from: date
    unpaid_months: int
    article: str


def first_joiner(rule: Waiting, first_paid: date) -> Start:
    """When a first joiner's benefits begin."""
    return Start(add_months(first_paid, rule.months), first_paid, 0, rule.article)


def resumed(rule: Gap, last_month_paid: tuple[int, int], resumed_on: date) -> Start:
    """When benefits begin again; whole unpaid months up to the day before payment."""
    year, month = last_month_paid
    unpaid = max(0, resumed_on.year * 12 + resumed_on.month - year * 12 - month - 1)
    following = resumed_on + timedelta(days=1)
    late = unpaid > rule.short
    pool_from = add_months(following, rule.months) if late else following
    return Start(pool_from, resumed_on, unpaid, rule.article)
