"""Announced figures: what a year has, what it lacks and what stops without it; recording and checking."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.models import Office, OfficeKind
from core.web import OfficeRequest
from desk.policy_forms import FigureForm
from desk.views.common import attempt, needs, reached, staff_needs
from schemes import figures, paths
from schemes.models import AnnouncedFigure, Scheme
from schemes.versions import Loaded, NoDocument

VIEW = "schemes.view_announcedfigure"
ADD, CHECK = "schemes.add_announcedfigure", "schemes.check_announcedfigure"
YEARS = range(1950, 3000)


def _year(request: OfficeRequest) -> int:
    """The year that is looked at: next year, unless another one is asked for."""
    asked = request.GET.get("year", "")
    if asked.isascii() and asked.isdigit() and len(asked) == 4 and int(asked) in YEARS:
        return int(asked)
    return clock.today().year + 1


@staff_needs(VIEW)
def index(request: OfficeRequest) -> HttpResponse:
    """What a year lacks, scheme by scheme."""
    year = _year(request)
    rows = []
    for scheme in Scheme.objects.order_by("name"):
        try:
            loaded = figures.document_in(scheme.code, year)
        except NoDocument:
            rows.append({"scheme": scheme, "silent": True})
            continue
        if loaded.document.figures:
            rows.append(
                {
                    "scheme": scheme,
                    "missing": figures.missing_by_place(scheme.code, year),
                    "data": paths.data_of(loaded.version.document),
                }
            )
    context = {"rows": rows, "year": str(year), "before": str(year - 1), "after": str(year + 1)}
    return render(request, "policy/figures_all.html", context)


@staff_needs(VIEW)
def scheme(request: OfficeRequest, code: str) -> HttpResponse:
    """One scheme's figures of a year; policy staff record and check them here."""
    found = get_object_or_404(Scheme, code=code)
    year = _year(request)
    loaded = _loaded(code, year)
    document = loaded.document if loaded else None
    names = [(str(item.name), item.label) for item in document.figures] if document else []
    form = FigureForm(
        request.POST if request.method == "POST" else None,
        names=names,
        offices=reached(request, Office.objects.exclude(kind=OfficeKind.AGENCY), ADD),
        initial={"notice_date": clock.today(), **request.GET.dict()},
    )
    if form.is_bound and request.user.has_perm(ADD) and form.is_valid():
        given = form.cleaned_data
        made = attempt(
            request,
            lambda: figures.record(scheme=code, year=year, by=request.user, on=clock.today(), **given),
            form,
        )
        if made is not None:
            messages.success(request, _("Recorded. It counts once somebody else has checked it."))
            return redirect(_address(code, year))
    context = {
        "scheme": found,
        "year": str(year),
        "before": str(year - 1),
        "after": str(year + 1),
        "silent": document is None,
        "data": paths.data_of(loaded.version.document) if loaded else {},
        "rows": _rows(request, found, year, document),
        "missing": figures.missing_by_place(code, year) if document else [],
        "places": figures.places(code, year) if document else [],
        "form": form,
        "may_add": request.user.has_perm(ADD) and bool(names),
    }
    return render(request, "policy/figures.html", context)


def _loaded(code: str, year: int) -> Loaded | None:
    try:
        return figures.document_in(code, year)
    except NoDocument:
        return None


def _address(code: str, year: int) -> str:
    return f"{reverse('policy-figures-of', args=[code])}?year={year}"


def _rows(request: OfficeRequest, scheme: Scheme, year: int, document: Any) -> list[dict[str, Any]]:
    labels = {item.name: (item.label, item.article) for item in document.figures} if document else {}
    found = reached(request, AnnouncedFigure.objects, VIEW).filter(scheme=scheme, year=year, successor=None)
    may_check = request.user.has_perm(CHECK)
    rows = []
    people = found.select_related("recorded_by", "checked_by", "office")
    for figure in people.order_by("name", F("office__path").asc(nulls_first=True)):
        label, article = labels.get(figure.name, (figure.name, ""))
        rows.append(
            {
                "figure": figure,
                "label": label,
                "article": article,
                "value": figures.shown(figure),
                "may_check": may_check
                and figure.checked_at is None
                and figure.recorded_by_id != request.user.pk,
            }
        )
    return rows


@require_POST
@needs(CHECK)
def check(request: OfficeRequest, pk: int) -> HttpResponse:
    """The second person has compared a figure with its notice."""
    figure = get_object_or_404(
        reached(request, AnnouncedFigure.objects.select_related("scheme", "office"), VIEW), pk=pk
    )
    if attempt(request, lambda: figures.check(figure=figure, by=request.user, on=clock.today())) is not None:
        messages.success(request, _("Checked. The figure counts from now on."))
    return redirect(_address(figure.scheme.code, figure.year))
