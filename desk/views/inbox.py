"""The inbox's pages: what waits (待办), what one has decided (已办), what one has begun (我发起的)."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from claims import pages, review, routing
from core import clock
from core.web import OfficeRequest
from desk.pages import said
from desk.views.common import needs

TABS = ("waiting", "done", "mine")
KEY = re.compile(r"\d{4}-\d{2}-\d{2}_\d{1,18}")


@needs(review.DECIDE)
def index(request: OfficeRequest) -> HttpResponse:
    """The inbox of a reviewer."""
    tab = request.GET.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    shown = {"waiting": _waiting, "done": _done, "mine": _mine}[tab](request)
    waiting = said(pages.to_review(request.user, on=clock.today()), most=pages.MOST)
    return render(request, "claims/inbox.html", {"tab": tab, "waiting": waiting, **shown})


def _is_key(after: str) -> bool:
    """Whether this is the key of a page: a day that exists, and a number."""
    try:
        return bool(KEY.fullmatch(after) and date.fromisoformat(after.partition("_")[0]))
    except ValueError:
        return False


def _after(request: OfficeRequest) -> str:
    after = request.GET.get("after", "")
    return after if after.isdigit() and len(after) < 19 else ""


def _waiting(request: OfficeRequest) -> dict[str, Any]:
    after = request.GET.get("after", "")
    after = after if _is_key(after) else ""
    page = pages.inbox(request.user, on=clock.today(), after=after)
    cases = [{"row": row, "decides": routing.decides_at(row.case.at, row.case.level)} for row in page.rows]
    return {"cases": cases, "after": page.after, "first": not after}


def _done(request: OfficeRequest) -> dict[str, Any]:
    rows, after = pages.done(request.user, on=clock.today(), after=_after(request))
    return {"rows": rows, "after": after, "first": not _after(request)}


def _mine(request: OfficeRequest) -> dict[str, Any]:
    rows, after = pages.mine(request.user, on=clock.today(), after=_after(request))
    return {"claims": rows, "after": after, "first": not _after(request)}
