"""The operator's pages: the business date of training mode; the upload of settlements stands here as well."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from claims import settlements
from core import clock
from core.models import Run
from core.tasks import enqueue
from core.web import OfficeRequest
from desk import daily
from desk.forms.money import DayForm
from desk.forms.roster import FileForm
from desk.views.common import attempt, needs, once


@needs("core.move_businessdate")
def today(request: OfficeRequest) -> HttpResponse:
    """Move training mode's business date forward; the jobs of each day passed run in order."""
    if not settings.TRAINING:
        raise PermissionDenied
    form = DayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["to"]
        run = attempt(
            request,
            lambda: once(daily.advance, form.key("advance", request.user))(
                to=to, by=request.user, on=clock.today()
            ),
            form,
        )
        if run is not None:
            enqueue(run)
            return redirect("run", run.pk)
    runs = Run.objects.filter(job__in=["advance", "daily"]).select_related("started_by")[:20]
    context = {"form": form, "runs": runs, "jobs": [name for name, _job in daily.daily_jobs()]}
    return render(request, "operator/today.html", context)


@needs("claims.import_settlements")
def settlement_file(request: OfficeRequest) -> HttpResponse:
    """Upload the bureau's settlement file; its run page shows how it goes."""
    offices = settlements.offices_of(request.user, on=clock.today())
    if not offices:
        raise PermissionDenied
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload, on = form.cleaned_data["file"], clock.today()
        begun = attempt(
            request,
            lambda: settlements.begin(
                content=upload.read(), name=upload.name, by=request.user, on=on, office=offices[0]
            ),
            form,
        )
        if begun is not None:
            run, known = begun
            if known:
                messages.info(request, _("This file has been read before; nothing was changed."))
            else:
                enqueue(run)
            return redirect("run", run.pk)
    return render(request, "operator/settlements.html", {"form": form})
