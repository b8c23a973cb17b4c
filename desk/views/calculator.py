"""The calculator's pages (补助试算)."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from core.web import OfficeRequest
from desk import calculator
from desk.forms.calculator import AskForm, StayFormSet, UnitForm


@login_required
def benefit(request: OfficeRequest) -> HttpResponse:
    """What stays would pay, in order of filing; no person's record is touched."""
    form = AskForm(request.GET if "choice" in request.GET else None)
    stays = _stays(request)
    context: dict[str, Any] = {"form": form, "stays": stays, "tab": "benefit"}
    if form.is_bound and form.is_valid() and stays.is_valid():
        facts = [found for one in stays.cleaned_data if (found := calculator.stay_facts(one))]
        if facts:
            kind = form.cleaned_data["kind"]
            context["found"] = calculator.benefit(form.cleaned_data["choice"], kind=kind, stays=facts)
    return render(request, "desk/_answer.html" if request.htmx else "desk/calculator.html", context)


def _stays(request: OfficeRequest) -> Any:
    if "stays-TOTAL_FORMS" not in request.GET:
        return StayFormSet(prefix="stays")
    data = request.GET.copy()
    count = request.GET["stays-TOTAL_FORMS"]
    if "more" in data and count.isdigit() and len(count) < 4:
        data["stays-TOTAL_FORMS"] = str(min(int(count) + 1, 12))
    return StayFormSet(data, prefix="stays")


@login_required
def unit(request: OfficeRequest) -> HttpResponse:
    """What a unit would need to join and owe."""
    form = UnitForm(request.GET or None)
    context: dict[str, Any] = {"form": form, "tab": "unit"}
    if form.is_bound and form.is_valid():
        context["found"] = calculator.fee_and_quota(**form.cleaned_data)
    return render(request, "desk/calculator_unit.html", context)
