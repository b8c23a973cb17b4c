"""Working days of the State Council calendar, with its make-up days (调休)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

import chinese_calendar

from core.models import WorkDay


@lru_cache(maxsize=4096)
def seed_is_workday(day: date) -> bool:
    """The published calendar; Monday to Friday in years that it does not hold."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def is_workday(day: date) -> bool:
    """Whether offices work on this day: the table that staff correct, else the seed."""
    row = WorkDay.objects.filter(day=day).values_list("works", flat=True).first()
    return seed_is_workday(day) if row is None else row


def lookup(first: date, last: date) -> Callable[[date], bool]:
    """The same answer for a span, with one query."""
    corrected = dict(WorkDay.objects.filter(day__range=(first, last)).values_list("day", "works"))
    return lambda day: corrected[day] if day in corrected else seed_is_workday(day)


def workdays_left(today: date, due: date, is_workday: Callable[[date], bool]) -> int:
    """Working days from tomorrow up to and including the due day; negative when overdue."""
    if due >= today:
        return sum(is_workday(today + timedelta(n)) for n in range(1, (due - today).days + 1))
    return -sum(is_workday(due + timedelta(n)) for n in range(1, (today - due).days + 1))
