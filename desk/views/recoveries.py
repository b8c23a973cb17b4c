"""Recoveries: what was paid above what is owed; a second person approves it or lets it go."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims import recoveries
from claims.models import Recovery, RecoveryState
from core import clock
from core.roles import roles_for
from core.web import OfficeRequest
from desk.forms.money import WaiveForm
from desk.pages import newest
from desk.views.common import attempt, needs, reached

VIEW, DECIDE = "claims.view_recovery", recoveries.APPROVE


@needs(VIEW)
def index(request: OfficeRequest) -> HttpResponse:
    """The recoveries that the reader reaches: those of one run or of one state, or all."""
    rows = reached(request, Recovery.objects, VIEW).select_related(
        "claim__member", "claim__office", "noted_by", "decided_by"
    )
    run, state = request.GET.get("run", ""), request.GET.get("state", "")
    if run.isascii() and run.isdigit() and len(run) < 19:
        rows = rows.filter(run=int(run))
    if state in RecoveryState.values:
        rows = rows.filter(state=state)
    page = newest(request, rows)
    context = {
        "page": page,
        "rows": [(row, _may(request, row)) for row in page.rows],
        "states": RecoveryState.choices,
        "chosen": state,
        "run": run,
        "form": WaiveForm(),
    }
    return render(request, "money/recoveries.html", context)


def _may(request: OfficeRequest, row: Recovery) -> bool:
    """Whether the reader is the second person for it."""
    if row.state != RecoveryState.WAITING or row.noted_by_id == request.user.pk:
        return False
    return bool(roles_for(request.user, DECIDE, on=clock.today(), path=row.claim.office.path))


def _recovery(request: OfficeRequest, pk: int) -> Recovery:
    rows = reached(request, Recovery.objects, DECIDE).select_related("claim__office")
    return get_object_or_404(rows, pk=pk)


@require_POST
@needs(DECIDE)
def approve(request: OfficeRequest, pk: int) -> HttpResponse:
    """It is recovered: set off at once against what the account is owed, the rest against what follows."""
    row = _recovery(request, pk)
    done: Any = attempt(request, lambda: recoveries.approve(recovery=row, by=request.user, on=clock.today()))
    if done is not None:
        facts = {"taken": f"{done.taken:,.2f}", "left": f"{done.left:,.2f}"}
        messages.success(
            request, _("Approved: %(taken)s yuan set off, %(left)s yuan still to be recovered.") % facts
        )
    return redirect("recoveries")


@require_POST
@needs(DECIDE)
def waive(request: OfficeRequest, pk: int) -> HttpResponse:
    """It is let go, with the reason."""
    row = _recovery(request, pk)
    form = WaiveForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Who lets a recovery go says why. Please give the reason."))
        return redirect("recoveries")
    reason = form.cleaned_data["reason"]
    act = {"recovery": row, "reason": reason, "by": request.user, "on": clock.today()}
    if attempt(request, lambda: recoveries.waive(**act)) is not None:
        messages.success(request, _("It is not recovered; the reason stands with it."))
    return redirect("recoveries")
