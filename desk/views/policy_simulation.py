"""Simulation and recalculation: a form, progress, results with bars and tables, workbooks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import islice
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from core import access, clock, runs
from core.models import Run, RunState
from core.tasks import enqueue
from core.web import OfficeRequest
from desk import policy, policy_charts, recalculation, simulation
from desk.policy_forms import SimulationForm
from desk.simulation import report
from desk.views.common import attempt, needs, reached
from schemes.models import Period, SchemeVersion

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ADOPT = "schemes.adopt_schemeversion"
SHOWN = 50
LISTED = 200


@needs(simulation.VIEW)
def index(request: OfficeRequest) -> HttpResponse:
    """The form for a new simulation, for those who may start one, and those that were made."""
    on, form = clock.today(), None
    if request.user.has_perm(simulation.PERMISSION):
        form = _form(request, on)
        if form.is_bound and form.is_valid():
            given = form.cleaned_data
            run = attempt(request, lambda: simulation.start(**given, by=request.user, on=on), form)
            if run is not None:
                wake(run)
                return redirect("policy-simulation", run.pk)
    elif request.method == "POST":
        raise PermissionDenied
    found = simulation.visible_runs(request.user, on=on).select_related("started_by")[:SHOWN]
    context = {"form": form, "rows": [_named(run) for run in found]}
    return render(request, "policy/simulations.html", context)


def _form(request: OfficeRequest, on: date) -> SimulationForm:
    return SimulationForm(
        request.POST if request.method == "POST" else None,
        versions=policy.visible(request.user, on=on).order_by("scheme__name", "-pk"),
        periods=reached(request, Period.objects.select_related("scheme")).order_by("scheme__name", "-code"),
        initial={"version": request.GET.get("version"), "period": _first_period(request)},
    )


def wake(run: Run) -> None:
    """Wake a worker for a run that is not over yet; the same question again finds its old answer."""
    if not run.is_over:
        enqueue(run)


def _first_period(request: OfficeRequest) -> int | None:
    """The latest period of the scheme of the version that the form is opened with."""
    asked = request.GET.get("version", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return None
    version = policy.visible(request.user, on=clock.today()).filter(pk=int(asked)).first()
    if version is None:
        return None
    latest = (
        Period.objects.filter(scheme=version.scheme, cover_from__lte=clock.today())
        .order_by("-cover_from")
        .first()
    )
    return latest.pk if latest else None


def _named(run: Run) -> dict[str, Any]:
    """A simulation with its period and version in words."""
    period = Period.objects.select_related("scheme").filter(pk=run.options["period"]).first()
    version = SchemeVersion.objects.select_related("scheme").filter(pk=run.options["version"] or 0).first()
    return {"run": run, "why": runs.why(run), "period": period, "draft": version}


def _run_or_404(request: OfficeRequest, pk: int) -> Run:
    rows = simulation.visible_runs(request.user, on=clock.today()).select_related("office", "started_by")
    return get_object_or_404(rows, pk=pk)


@needs(simulation.VIEW)
def show(request: OfficeRequest, pk: int) -> HttpResponse:
    """One simulation: progress while it works, then its findings."""
    run = _run_or_404(request, pk)
    context = _named(run)
    if run.state == RunState.DONE:
        context |= _findings(run)
    return render(request, "policy/simulation.html", context)


def _findings(run: Run) -> dict[str, Any]:
    total = report.total(run)
    return {
        "total": total,
        "tables": [
            {
                "table": table,
                "bars": policy_charts.pairs([(bar.label, bar.old, bar.new) for bar in report.bars(table)]),
            }
            for table in report.tables(run)
        ],
        "balances": report.balances(run),
        "balance_steps": report.balance_steps(run),
        "balance_words": report.balance_words(run),
        "levels": report.levels(run),
        "faulty": run.report["faulty"],
        "missing": report.missing(run),
        "aside": report.aside(run),
        "changes": report.changes(run),
        "share": _share(total.difference, total.old),
    }


def _share(part: Decimal, whole: Decimal) -> str:
    return f"{part / whole * 100:+.2f}%" if whole else "—"


def _workbook(
    request: OfficeRequest, pk: int, name: str, write: Callable[[Run, BinaryIO], None]
) -> HttpResponse:
    run = get_object_or_404(
        simulation.visible_runs(request.user, on=clock.today()), pk=pk, state=RunState.DONE
    )
    access.exported(f"{name} of run {run.pk}", by=request.user)
    out = BytesIO()
    write(run, out)
    answer = HttpResponse(out.getvalue(), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="{name}-{run.pk}.xlsx"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@needs(simulation.VIEW)
def tables_file(request: OfficeRequest, pk: int) -> HttpResponse:
    """All tables of a simulation as a workbook."""
    return _workbook(request, pk, "simulation", report.export)


@needs(simulation.VIEW)
def changes_file(request: OfficeRequest, pk: int) -> HttpResponse:
    """The largest changes with every line of both calculations as a workbook."""
    return _workbook(request, pk, "changes", report.export_changes)


# --- recalculation after an adoption ---------------------------------------------------------------------


@needs(ADOPT)
def recalculation_page(request: OfficeRequest, pk: int) -> HttpResponse:
    """What a recalculation would change, before anything is written; a second person applies it."""
    run = get_object_or_404(
        reached(request, Run.objects.select_related("started_by")), pk=pk, job=recalculation.PREVIEW_JOB
    )
    context = {
        "run": run,
        "why": runs.why(run),
        "version": SchemeVersion.objects.select_related("scheme").get(pk=run.options["version"]),
        "changes": list(islice(recalculation.adjustments(run), LISTED)) if run.state == RunState.DONE else [],
        "most": LISTED,
        "own": run.started_by_id == request.user.pk,
        "applied": recalculation.applied_from(run),
    }
    return render(request, "policy/recalculation.html", context)


@require_POST
@needs(ADOPT)
def recalculation_start(request: OfficeRequest, pk: int) -> HttpResponse:
    """Begin the preview for an adopted version; it writes nothing else."""
    found = get_object_or_404(policy.visible(request.user, on=clock.today()), pk=pk)
    if found.state != SchemeVersion.State.ADOPTED:
        raise PermissionDenied
    run = attempt(request, lambda: recalculation.preview(version=found, by=request.user, on=clock.today()))
    if run is None:
        return redirect("policy-version", pk)
    wake(run)
    return redirect("policy-recalculation", run.pk)


@require_POST
@needs(ADOPT)
def recalculation_apply(request: OfficeRequest, pk: int) -> HttpResponse:
    """The second person applies what was previewed."""
    run = get_object_or_404(reached(request, Run.objects), pk=pk, job=recalculation.PREVIEW_JOB)
    applied = attempt(request, lambda: recalculation.apply(run=run, by=request.user, on=clock.today()))
    if applied is None:
        return redirect("policy-recalculation", pk)
    wake(applied)
    return redirect("run", applied.pk)
