"""The term of a plan or of a scheme without plans: from when to when a payment covers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, NamedTuple

from schemes.rules.model import Reason, Rule
from schemes.rules.units import Months, add_months, chinese_date


class Terms(Rule):
    """A term starts the day after the fee was received; a renewal joins on without a gap.

    ``months``: how long it lasts where no plan states a term of its own.
    """

    starts: Literal["day_after_fee", "day_of_fee"]
    renewal: Literal["joins_on"] = "joins_on"
    months: Months | None = None


class Term(NamedTuple):
    """First and last day, both included."""

    first: date
    last: date


def term_of(rule: Terms, *, received_on: date, months: int, previous_last: date | None = None) -> Term:
    """The term that a fee received on a day pays for."""
    first = received_on + timedelta(days=rule.starts == "day_after_fee")
    if previous_last is not None and previous_last >= received_on:
        first = previous_last + timedelta(days=1)
    return Term(first, add_months(first, months) - timedelta(days=1))


def outside(rule: Terms, term: Term, day: date) -> list[Reason]:
    """The reason for a day outside the term, if it lies outside."""
    if term.first <= day <= term.last:
        return []
    note = f"保障期自{chinese_date(term.first)}至{chinese_date(term.last)}"
    return [Reason("outside_term", rule.article, note)]
