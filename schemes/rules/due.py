"""Clocks: by when an act must be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from schemes.rules.errors import BadDate, UnknownField
from schemes.rules.model import Rule
from schemes.rules.units import Months, Workdays, add_months

if TYPE_CHECKING:
    from schemes.rules.document import Document

IsWorkday = Callable[[date], bool]
ClockAct = Literal["review", "pay"]
_LONGEST = 366
"""Days without a working day in between, after which the calendar must be wrong."""


class WorkdayClock(Rule):
    """So many working days, counted from the day after complete papers.

    ``forward_within`` is the internal target of the levels below (a setting).
    """

    kind: Literal["workdays"]
    act: ClockAct
    days: Workdays
    forward_within: Workdays | None = None


class MonthClock(Rule):
    """So many calendar months, clamped to the month's end."""

    kind: Literal["months"]
    act: ClockAct
    months: Months


Clock = Annotated[WorkdayClock | MonthClock, Field(discriminator="kind")]


def due_on(clock: WorkdayClock | MonthClock, start: date, is_workday: IsWorkday) -> date:
    """The last day on which the act is in time; ``start`` is day 0."""
    if isinstance(clock, MonthClock):
        return add_months(start, clock.months)
    return after_workdays(start, clock.days, is_workday)


def after_workdays(start: date, days: int, is_workday: IsWorkday) -> date:
    """The ``days``-th working day after ``start``.

    Raises:
        BadDate: a calendar that has no working days for more than a year.
    """
    day = start
    for _ in range(days):
        day = _next_workday(day, is_workday)
    return day


def _next_workday(day: date, is_workday: IsWorkday) -> date:
    for ahead in range(1, _LONGEST + 1):
        if is_workday(found := day + timedelta(days=ahead)):
            return found
    raise BadDate("工作日历中一年以上没有工作日，请核对工作日表", "from")


def clock_of(document: Document, act: ClockAct) -> WorkdayClock | MonthClock:
    """The clock of an act.

    Raises:
        UnknownField: the document sets none.
    """
    found = next((clock for clock in document.clocks if clock.act == act), None)
    if found is None:
        raise UnknownField("该制度没有这一办理时限", "facts.act")
    return found


def review_due(document: Document, received: date, is_workday: IsWorkday) -> date:
    """By when an application with complete papers must be decided.

    Raises:
        UnknownField: the document sets no clock for reviews.
    """
    return due_on(clock_of(document, "review"), received, is_workday)
