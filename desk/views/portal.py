"""The unit's pages: home, roster, its file, its submission."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from claims.models import Claim, ClaimState
from core import access, clock
from core.tasks import enqueue
from core.web import OfficeRequest
from desk import roster_files, rosters
from desk.forms.roster import DenominatorForm, ReasonForm, UploadForm, source_of
from desk.pages import newest
from desk.views.common import attempt, needs, once, reached
from enrollment import roster as domain
from enrollment import roster_import
from enrollment.models import Enrollment, Member, Roster, Unit
from schemes.models import Period

VIEW = "enrollment.view_roster"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@login_required
def home(request: OfficeRequest) -> HttpResponse:
    """The agent's own unit; a choice where there are several."""
    codes = {role.unit_code for role in request.user.roles_on(clock.today()) if role.unit_code}
    if not codes:
        raise PermissionDenied
    units = list(Unit.objects.filter(code__in=codes).order_by("name_pinyin", "pk"))
    if len(units) == 1:
        return unit(request, units[0].pk)
    return render(request, "portal/units.html", {"units": units})


@needs(VIEW)
def unit(request: OfficeRequest, pk: int) -> HttpResponse:
    """A unit's periods, drafts and returns."""
    found = get_object_or_404(reached(request, Unit.objects).select_related("agency"), pk=pk)
    on = clock.today()
    periods = [rosters.at_a_glance(found, period, on=on) for period in rosters.periods_for(found, on=on)]
    mine = reached(request, Claim.objects).filter(unit=found).select_related("member", "unit", "period")
    waiting = [ClaimState.DRAFT, ClaimState.RETURNED, ClaimState.CARD]
    context = {
        "unit": found,
        "periods": periods,
        "waiting": list(mine.filter(state__in=waiting).order_by("-pk")[:20]),
        "latest": list(mine.exclude(state__in=waiting).order_by("-pk")[:10]),
    }
    return render(request, "portal/home.html", context)


def _place(request: OfficeRequest, pk: int, code: str, permission: str = "") -> tuple[Unit, Period]:
    found = get_object_or_404(reached(request, Unit.objects, permission).select_related("agency"), pk=pk)
    scheme, _slash, period = code.rpartition("_")
    rows = Period.objects.select_related("scheme").filter(code=period)
    return found, get_object_or_404(rows.filter(scheme__code=scheme))


@needs(VIEW)
def roster(request: OfficeRequest, pk: int, code: str) -> HttpResponse:
    """A unit's roster of a period: upload, counts, people, submission."""
    found, period = _place(request, pk, code)
    glance = rosters.at_a_glance(found, period, on=clock.today())
    people = Enrollment.objects.filter(roster=glance.roster).select_related("member")
    context = {
        "unit": found,
        "period": period,
        "code": code,
        "glance": glance,
        "page": newest(request, people),
        "upload": UploadForm(),
        "denominator": DenominatorForm(initial={"active": glance.insured}),
        "left_out": rosters.left_out(glance.roster) if glance.roster else [],
        "imports": list(glance.roster.imports.select_related("run")[:5]) if glance.roster else [],
    }
    return render(request, "portal/roster.html", context)


@needs("enrollment.import_roster")
def template(request: OfficeRequest, pk: int, code: str) -> HttpResponse:
    """The template with the unit's own people of the period before; the download is logged."""
    found, period = _place(request, pk, code, "enrollment.import_roster")
    access.exported(f"roster template {found.code} {code}", by=request.user)
    return _sheet(roster_files.template(unit=found, period=period), f"roster-{found.code}-{period.code}.xlsx")


def _sheet(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@needs("enrollment.import_roster")
def upload(request: OfficeRequest, pk: int, code: str) -> HttpResponse:
    """Take a roster's file; its run page shows how it goes."""
    found, period = _place(request, pk, code)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return redirect("roster", pk, code)
    typed = form.cleaned_data
    begun = attempt(
        request,
        lambda: roster_import.start(
            file=source_of(typed["file"]),
            name=typed["file"].name,
            period=period,
            by=request.user,
            on=clock.today(),
            unit_code=found.code,
            strict=typed["strict"],
        ),
    )
    if begun is None:
        return redirect("roster", pk, code)
    if begun.known:
        messages.info(request, _("This file has been read before; nothing was changed."))
    else:
        enqueue(begun.run)
    return redirect("run", begun.run.pk)


def _roster(request: OfficeRequest, pk: int, permission: str) -> Roster:
    rows = reached(request, Roster.objects, permission).select_related("unit__agency", "period__scheme")
    return get_object_or_404(rows, pk=pk)


def _back(roster: Roster) -> HttpResponse:
    return redirect("roster", roster.unit_id, f"{roster.period.scheme.code}_{roster.period.code}")


@require_POST
@needs("enrollment.submit_roster")
def denominator(request: OfficeRequest, pk: int) -> HttpResponse:
    """The unit types its active staff in basic insurance."""
    found = _roster(request, pk, "enrollment.submit_roster")
    form = DenominatorForm(request.POST)
    if form.is_valid():
        active = form.cleaned_data["active"]
        if attempt(
            request,
            lambda: domain.type_denominator(roster=found, active=active, by=request.user, on=clock.today()),
        ):
            messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Type a number of people."))
    return _back(found)


@require_POST
@needs("enrollment.submit_roster")
def reasons(request: OfficeRequest, pk: int) -> HttpResponse:
    """Why retirees of the period before are left out, one reason for all that are ticked."""
    found = _roster(request, pk, "enrollment.submit_roster")
    ticked = [int(value[:18]) for value in request.POST.getlist("member")[:500] if value.isdigit()]
    reason = request.POST.get("reason", "").replace("\0", "")[:200]
    known = {row["member"].pk for row in rosters.left_out(found)}
    for member in Member.objects.filter(pk__in=known & set(ticked)):
        give = partial(domain.give_reason, roster=found, member=member, reason=reason)
        if attempt(request, partial(give, by=request.user, on=clock.today())) is None:
            break
    return _back(found)


@needs("enrollment.submit_roster")
def submit(request: OfficeRequest, pk: int) -> HttpResponse:
    """Hand the roster in, after its own confirmation."""
    found = _roster(request, pk, "enrollment.submit_roster")
    if request.method == "POST":
        done = attempt(
            request,
            lambda: once(domain.submit, _once(request, f"submit:{found.pk}"))(
                roster=found, by=request.user, on=clock.today()
            ),
        )
        if done is not None:
            messages.success(
                request, _("The roster has been handed in. Print the form, have it sealed, and bring it.")
            )
        return _back(found)
    glance = rosters.at_a_glance(found.unit, found.period, on=clock.today())
    context = {"roster": found, "glance": glance, "left_out": rosters.left_out(found)}
    return render(request, "portal/roster_submit.html", context)


def _once(request: OfficeRequest, act: str) -> str:
    key = request.POST.get("once", "").replace("\0", "")[:60]
    return f"{act}:{request.user.pk}:{key}" if key else ""


@needs("enrollment.view_enrollment")
def form(request: OfficeRequest, pk: int) -> HttpResponse:
    """The application form and name list, to print and seal (第二条)."""
    found = _roster(request, pk, VIEW)
    glance = rosters.at_a_glance(found.unit, found.period, on=clock.today())
    people = found.enrollments.select_related("member").order_by("member__name_pinyin", "pk")[:10_000]
    return render(request, "portal/roster_form.html", {"roster": found, "glance": glance, "people": people})


@require_POST
@needs("enrollment.change_enrollment")
def remove(request: OfficeRequest, pk: int) -> HttpResponse:
    """Take people off a draft by name."""
    found = _roster(request, pk, "enrollment.change_enrollment")
    ticked = [int(value[:18]) for value in request.POST.getlist("enrollment")[:500] if value.isdigit()]
    rows = Enrollment.objects.filter(roster=found, pk__in=ticked).select_related("member")
    members = [row.member for row in rows]
    if members and request.POST.get("sure") != "yes":
        return render(request, "portal/roster_remove.html", {"roster": found, "people": rows})
    if members:
        gone = attempt(
            request, lambda: domain.remove(roster=found, members=members, by=request.user, on=clock.today())
        )
        if gone:
            messages.success(request, _("%(n)s people taken off the roster.") % {"n": gone})
    return _back(found)


@needs("enrollment.accept_roster")
def index(request: OfficeRequest) -> HttpResponse:
    """The rosters of the reader's units."""
    rows = reached(request, Roster.objects).select_related("unit", "period__scheme")
    if state := request.GET.get("state", ""):
        rows = rows.filter(state=state[:9])
    return render(request, "portal/rosters.html", {"page": newest(request, rows), "state": state})


@require_POST
@needs("enrollment.accept_roster")
def confirm(request: OfficeRequest, pk: int) -> HttpResponse:
    """The agency point: confirm the denominator, note the papers, accept."""
    found = _roster(request, pk, "enrollment.accept_roster")
    on, act = clock.today(), request.POST.get("act", "")
    form = DenominatorForm(request.POST)
    if act == "denominator" and form.is_valid():
        active = form.cleaned_data["active"]
        attempt(
            request, lambda: domain.confirm_denominator(roster=found, active=active, by=request.user, on=on)
        )
    elif act == "papers":
        place = request.POST.get("place", "").replace("\0", "")[:100]
        attempt(request, lambda: domain.receive_papers(roster=found, place=place, by=request.user, on=on))
    elif act == "accept" and attempt(request, lambda: domain.accept(roster=found, by=request.user, on=on)):
        messages.success(request, _("The roster has been accepted."))
    return _back(found)


@needs("enrollment.accept_roster")
def give_back(request: OfficeRequest, pk: int) -> HttpResponse:
    """Return a roster to its unit, with the reason."""
    found = _roster(request, pk, "enrollment.accept_roster")
    form: Any = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        done = attempt(
            request,
            lambda: domain.give_back(roster=found, reason=reason, by=request.user, on=clock.today()),
            form,
        )
        if done is not None:
            return _back(found)
    return render(request, "portal/roster_return.html", {"roster": found, "form": form})
