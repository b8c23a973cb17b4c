"""Money in: receipts typed by the cashier, the office's summary, its remittance to the centre."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from contributions import allocation, remittance
from contributions.models import OfficeSummary, Remittance
from core import clock
from core.models import Office, OfficeKind
from core.web import OfficeRequest
from desk.forms.money import PeriodForm, ReceiptForm
from desk.pages import newest
from desk.views.common import attempt, needs, once, reached
from enrollment.models import Unit
from funds.models import Receipt

SUMMARY = "contributions.view_officesummary"


@needs("funds.view_receipt")
def index(request: OfficeRequest) -> HttpResponse:
    """The receipts that the reader reaches."""
    rows = reached(request, Receipt.objects).select_related("unit", "book__office", "recorded_by")
    return render(request, "money/receipts.html", {"page": newest(request, rows)})


@needs("funds.add_receipt")
def new(request: OfficeRequest) -> HttpResponse:
    """Type one receipt; once a unit's receipts reach its fee, its people are covered."""
    units = reached(request, Unit.objects, "enrollment.view_unit").select_related("agency")
    form = ReceiptForm(request.POST or None, units=units, initial={"received_on": clock.today()})
    if request.method == "POST" and form.is_valid():
        typed = {name: value for name, value in form.cleaned_data.items() if name != "once"}
        made = attempt(
            request,
            lambda: once(allocation.receive_fee, form.key("receipt", request.user))(
                **typed, by=request.user, on=clock.today()
            ),
            form,
        )
        if made is not None:
            messages.success(request, _("The receipt is recorded."))
            return redirect("receipts")
    return render(request, "money/receipt_new.html", {"form": form})


@needs(SUMMARY)
def summaries(request: OfficeRequest) -> HttpResponse:
    """Office summaries and remittances."""
    made = reached(request, OfficeSummary.objects).select_related("office", "period__scheme", "made_by")
    sent = reached(request, Remittance.objects).select_related(
        "office", "period__scheme", "sent_by", "received_by"
    )
    offices = reached(request, Office.objects).filter(kind=OfficeKind.OFFICE)
    context = {
        "summaries": list(made.order_by("-pk")[:50]),
        "remittances": list(sent.order_by("-pk")[:50]),
        "offices": list(offices),
        "form": PeriodForm(),
    }
    return render(request, "money/summaries.html", context)


@needs(SUMMARY)
def summary(request: OfficeRequest, pk: int) -> HttpResponse:
    """One summary, unit by unit, to print and seal."""
    rows = reached(request, OfficeSummary.objects).select_related("office", "period__scheme", "made_by")
    found = get_object_or_404(rows, pk=pk)
    lines = list(found.lines.select_related("unit").order_by("unit__name_pinyin", "pk"))
    return render(request, "money/summary.html", {"summary": found, "lines": lines})


@require_POST
@needs("contributions.add_officesummary", "contributions.add_remittance")
def make(request: OfficeRequest) -> HttpResponse:
    """Make an office's summary, or send its money up: exactly the summary's total."""
    form = PeriodForm(request.POST)
    offices = reached(request, Office.objects).filter(kind=OfficeKind.OFFICE)
    office = get_object_or_404(offices, pk=_number(request.POST.get("office")))
    if not form.is_valid():
        return redirect("summaries")
    sending = request.POST.get("act") == "send"
    act: Any = remittance.send if sending else remittance.summary
    facts: dict[str, Any] = {"office": office, "period": form.cleaned_data["period"], "by": request.user}
    if sending:
        facts["reason"] = request.POST.get("reason", "").replace("\0", "").strip()[:200]
    key = form.key(act.__name__, request.user)
    made = attempt(request, lambda: once(act, key)(on=clock.today(), **facts))
    if isinstance(made, OfficeSummary):
        return redirect("summary", made.pk)
    return redirect("summaries")


def _number(typed: str | None) -> int:
    return int(typed[:18]) if typed and typed.isdigit() else 0


@require_POST
@needs("contributions.confirm_remittance")
def confirm(request: OfficeRequest, pk: int) -> HttpResponse:
    """The centre has the money."""
    found = get_object_or_404(reached(request, Remittance.objects), pk=pk)
    if attempt(request, lambda: remittance.confirm(remittance=found, by=request.user, on=clock.today())):
        messages.success(request, _("The remittance is confirmed and booked."))
    return redirect("summaries")
