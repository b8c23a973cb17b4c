"""Pages of lists by key, never by OFFSET; counts stop at 10,000."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

SIZE = 50
MOST = 10_000


@dataclass(frozen=True)
class Page:
    """The rows of one page, and the address' query of the next one ("" on the last)."""

    rows: list[Any]
    next: str = ""
    first: bool = True


def newest(request: HttpRequest, rows: QuerySet, *, size: int = SIZE) -> Page:
    """A page of rows by falling id; `?before=` names the last id of the page before."""
    before = request.GET.get("before", "")
    if before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    found = list(rows.order_by("-pk")[: size + 1])
    more = {"before": str(found[size - 1].pk)} if len(found) > size else {}
    return Page(found[:size], _query(request, more), not before)


def earliest_due(request: HttpRequest, rows: QuerySet, *, size: int = SIZE) -> Page:
    """A page of cases by due day and id; `?after=2022-03-01.17` names the last row of the page before."""
    after = request.GET.get("after", "")
    day, _dot, number = after.partition(".")
    if len(day) == 10 and number.isdigit() and len(number) < 19 and day.replace("-", "").isdigit():
        rows = rows.filter(Q(due_on__gt=day) | Q(due_on=day, pk__gt=int(number)))
    found = list(rows.order_by("due_on", "pk")[: size + 1])
    more = {}
    if len(found) > size:
        last = found[size - 1]
        more = {"after": f"{last.due_on}.{last.pk}"}
    return Page(found[:size], _query(request, more), not after)


def _query(request: HttpRequest, more: dict[str, str]) -> str:
    if not more:
        return ""
    query = request.GET.copy()
    for name, value in more.items():
        query[name] = value
    return query.urlencode()


def capped(rows: QuerySet) -> int:
    """How many rows there are, 10,001 at most."""
    return rows.order_by()[: MOST + 1].count()


def said(count: int, *, most: int = MOST) -> str:
    """A capped count for people."""
    return f"{most:,}+" if count > most else f"{count:,}"
