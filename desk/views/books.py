"""The books as accountants and auditors read them: balances, vouchers, the proof."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, cast

from django.contrib import messages
from django.db.models import F, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.tasks import enqueue
from core.web import OfficeRequest
from desk import proofs
from desk.pages import newest
from desk.views.common import attempt, needs, reached
from funds.models import Balance, Book, Voucher


@needs("funds.view_book")
def index(request: OfficeRequest) -> HttpResponse:
    """Every book that the reader reaches, with its trial balance."""
    books = list(reached(request, Book.objects).select_related("scheme", "office"))
    balances = _balances(books)
    shown = [
        {"book": book, "rows": balances.get(book.pk, []), **_sums(balances.get(book.pk, []))}
        for book in books
    ]
    return render(request, "money/books.html", {"books": shown})


def _balances(books: list[Book]) -> dict[int, list[dict[str, Any]]]:
    """Turnover of all months by account; one query for all books."""
    found = (
        Balance.objects.filter(account__book__in=books)
        .values(number=F("account__book"), code=F("account__code"), name=F("account__name"))
        .annotate(debits=Sum("debit"), credits=Sum("credit"))
        .order_by("number", "code")
    )
    books_of: dict[int, list[dict[str, Any]]] = {}
    for row in cast(Iterable[dict[str, Any]], found):
        left = row["debits"] - row["credits"]
        row |= {"left_debit": max(left, Decimal(0)), "left_credit": max(-left, Decimal(0))}
        books_of.setdefault(row["number"], []).append(row)
    return books_of


def _sums(rows: list[dict[str, Any]]) -> dict[str, Decimal]:
    names = ("debits", "credits", "left_debit", "left_credit")
    return {name: sum((row[name] for row in rows), Decimal(0)) for name in names}


@needs("funds.view_voucher")
def vouchers(request: OfficeRequest) -> HttpResponse:
    """Vouchers of the reader's books, newest first; by book, month and event."""
    books = list(reached(request, Book.objects).select_related("scheme", "office"))
    rows = reached(request, Voucher.objects).select_related(
        "book__office", "book__scheme", "made_by", "checked_by"
    )
    if (book := request.GET.get("book", "")).isdigit():
        rows = rows.filter(book=int(book[:18]))
    month = _month(request.GET.get("month", ""))
    if month:
        rows = rows.filter(period__month=month)
    context = {"books": books, "page": newest(request, rows), "book": book, "month": month}
    return render(request, "money/vouchers.html", context)


def _month(typed: str) -> date | None:
    try:
        return date.fromisoformat(f"{typed[:7]}-01")
    except ValueError:
        return None


@needs("funds.view_voucher")
def voucher(request: OfficeRequest, pk: int) -> HttpResponse:
    """One voucher, as it is printed."""
    rows = reached(request, Voucher.objects).select_related(
        "book__office", "book__scheme", "made_by", "checked_by", "posted_by", "reverses"
    )
    found = get_object_or_404(rows, pk=pk)
    return render(request, "money/voucher.html", {"voucher": found, "lines": list(found.lines.all())})


@needs("funds.view_book")
def proof(request: OfficeRequest) -> HttpResponse:
    """The latest proofs of the books and of the records against them."""
    return render(request, "money/proof.html", {"runs": proofs.latest(request.user, on=clock.today())})


@require_POST
@needs("funds.view_book")
def prove(request: OfficeRequest) -> HttpResponse:
    """Start a proof; its run page shows what it finds."""
    run = attempt(
        request,
        lambda: proofs.start(
            by=request.user, on=clock.today(), key=request.POST.get("once", "").replace("\0", "")
        ),
    )
    if run is None:
        return redirect("proof")
    enqueue(run)
    messages.success(request, _("The proof has been started."))
    return redirect("run", run.pk)
