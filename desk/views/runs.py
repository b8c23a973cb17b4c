"""Long jobs as pages: a progress bar that works without script, then counts and what must be said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from core import access, clock, runs
from core.issues import sentence
from core.models import Run
from core.web import OfficeRequest
from desk import proofs, roster_files
from desk.views.common import attempt, needs
from enrollment import roster_undo
from enrollment.models import RosterImport, RosterState
from enrollment.roster_rows import COLUMNS
from schemes.models import Period

SHOWN = 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TONES = {"error": "bad", "warning": "warn"}
COLUMN_NAMES = {column.key: column.names[0] for column in COLUMNS}
JOB_NAMES = {
    "import_receipts": _l("import of receipts"),
    "file_claims": _l("filing of claims"),
    "prove": _l("proof"),
    "daily": _l("the day's jobs"),
    "advance": _l("moving the business date"),
    "demo": _l("demo"),
    "import_offices": _l("import of offices"),
    "import_units": _l("import of units"),
    "import_membership": _l("import of an earlier period's members"),
    "import_roster": _l("import of a roster"),
    "import_settlements": _l("import of settlements"),
    "assess_levies": _l("assessment of fees"),
    "adjudicate": _l("adjudication"),
}


def _reached(request: OfficeRequest, permission: str = "core.view_run") -> Any:
    if not request.user.has_perm(permission):
        raise PermissionDenied
    rows = Run.objects.visible_to(request.user, on=clock.today(), permission=permission)
    return rows.select_related("office", "started_by")


@login_required
def index(request: OfficeRequest) -> HttpResponse:
    """The latest runs that the reader reaches."""
    rows = [{"run": run, "name": job_name(run.job)} for run in _reached(request)[:50]]
    return render(request, "desk/runs.html", {"runs": rows})


@login_required
def show(request: OfficeRequest, pk: int) -> HttpResponse:
    """One run; only its middle part for htmx, which asks again until the run is over."""
    run = get_object_or_404(_reached(request), pk=pk)
    context = {
        "run": run,
        "job_name": job_name(run.job),
        "issues": _issues(run) if run.is_over else [],
        "faults": proofs.told(run) if run.job == proofs.JOB else [],
        "counts": _counts(run),
        "rate": _rate(run),
        "refusal": runs.why(run),
        "tiles": _tiles(run),
        "ways": _ways(run, may=request.user.has_perm),
    }
    template = "desk/_run.html" if request.htmx else "desk/run.html"
    return render(request, template, context)


def job_name(job: str) -> str:
    """A job's name for people."""
    return str(JOB_NAMES.get(job, job))


def _rate(run: Run) -> int:
    if not (run.started_at and run.ended_at and run.done):
        return 0
    return int(run.done / max((run.ended_at - run.started_at).total_seconds(), 0.001))


TOLD = {
    "added": _l("added"),
    "changed": _l("changed"),
    "unchanged": _l("unchanged"),
    "continuing": _l("continuing"),
    "new": _l("new"),
    "rejected": _l("not taken"),
}


def _tiles(run: Run) -> list[tuple[str, int]]:
    return [
        (str(name), run.report[key]) for key, name in TOLD.items() if isinstance(run.report.get(key), int)
    ]


def _ways(run: Run, *, may: Callable[[str], bool]) -> list[tuple[str, str]]:
    """Where to go from a finished run."""
    ways = []
    if run.job == "import_roster" and "unit" in run.options:
        period = Period.objects.select_related("scheme").get(pk=run.options["period"])
        address = reverse("roster", args=[run.options["unit"], f"{period.scheme.code}_{period.code}"])
        ways.append((_("To the roster"), address))
        if may("enrollment.import_roster") and run.issues.filter(severity="error").exists():
            ways.append((_("Download the rows that were not taken"), reverse("run-rejected", args=[run.pk])))
    done = RosterImport.objects.filter(run=run, undone_at=None, roster__state=RosterState.DRAFT)
    if may("enrollment.undo_rosterimport") and done.exists():
        ways.append((_("Undo this upload …"), reverse("run-undo", args=[run.pk])))
    if run.job == "prove":
        ways.append((_("To the proof"), reverse("proof")))
    return ways


@login_required
def rejected(request: OfficeRequest, pk: int) -> HttpResponse:
    """The rows of a roster's file that were not taken, with a reason column; the download is logged."""
    rows = _reached(request, "enrollment.import_roster")  # they hold whole identity numbers
    run = get_object_or_404(rows.filter(job="import_roster", file__erased_at=None, file__isnull=False), pk=pk)
    access.exported(f"rejected rows of run {run.pk}", by=request.user)
    answer = HttpResponse(roster_files.rejected(run), content_type=XLSX)
    answer["Content-Disposition"] = f'attachment; filename="rejected-{run.pk}.xlsx"'
    answer["Cache-Control"] = "private, no-store"
    return answer


@needs("enrollment.undo_rosterimport")
def undo(request: OfficeRequest, pk: int) -> HttpResponse:
    """Take a whole upload back, after a page that says what that means."""
    run = get_object_or_404(_reached(request).filter(job="import_roster"), pk=pk)
    done = get_object_or_404(
        RosterImport.objects.select_related("roster__unit", "roster__period__scheme"), run=run
    )
    if request.method == "POST":
        if attempt(request, lambda: roster_undo.undo(run=run, by=request.user, on=clock.today())) is not None:
            messages.success(request, _("The upload has been undone."))
        return redirect(
            "roster", done.roster.unit_id, f"{done.roster.period.scheme.code}_{done.roster.period.code}"
        )
    return render(request, "portal/run_undo.html", {"run": run, "done": done})


def _counts(run: Run) -> dict[str, int]:
    """How many issues of each severity a run has, counted where they lie."""
    found = run.issues.order_by().values_list("severity").annotate(n=Count("pk"))
    return {"error": 0, "warning": 0, "info": 0} | dict(found)


def _issues(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "row": issue.row,
            "severity": issue.severity,
            "tone": TONES.get(issue.severity, ""),
            "severity_name": issue.get_severity_display(),
            "column": COLUMN_NAMES.get(issue.column, issue.column),
            "code": issue.code,
            "message": sentence(issue.code, issue.facts),
        }
        for issue in run.issues.order_by("row", "id")[:SHOWN]
    ]
