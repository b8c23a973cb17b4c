"""Long jobs: a run has a unique key, a lease and a cursor, and is resumed where it stopped.

A job is a function `step(run) -> bool`. It is called in a transaction that holds the run's row and lease;
what it writes, its cursor and its counters commit together; it returns True when nothing is left. So a
process can die anywhere: the next one goes on behind the last committed chunk. A run that is delivered
twice finds the lease taken.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import Refused, told
from core.issues import sentence
from core.models import Attachment, Office, Run, RunState, User
from core.write import write

Step = Callable[[Run], bool]
JOBS: dict[str, Step] = {}
MAX_ATTEMPTS = 10
OPEN = (RunState.QUEUED, RunState.RUNNING)


def job(name: str) -> Callable[[Step], Step]:
    """Register the step function of a job under a stable name."""

    def register(step: Step) -> Step:
        JOBS[name] = step
        return step

    return register


@write
def start(
    *,
    job: str,
    key: str,
    by: User,
    on: date,
    office: Office | None = None,
    unit_code: str = "",
    options: dict[str, Any] | None = None,
    attachment: Attachment | None = None,
    file_name: str = "",
    file_sha: str = "",
) -> Run:
    """The run with this key: a new one, queued, or the one that was started before under the same key."""
    run, _new = Run.objects.get_or_create(
        key=key,
        defaults={
            "job": job,
            "started_by": by,
            "business_date": on,
            "office": office,
            "unit_code": unit_code,
            "options": options or {},
            "file": attachment,
            "file_name": file_name or (attachment.name if attachment else ""),
            "file_sha": file_sha or (attachment.sha256 if attachment else ""),
        },
    )
    return run


@write
def free_key(run: Run) -> None:
    """Let the key be used again (the run was refused, undone, or only tried)."""
    Run.objects.filter(pk=run.pk).update(key=f"{run.key[:180]}#{run.pk}")


@write
def again(run: Run) -> Run:
    """Queue a run that failed or was refused once more; it goes on behind its last committed chunk."""
    fresh = {"state": RunState.QUEUED, "ended_at": None, "lease_until": None, "attempts": 0, "error": ""}
    Run.objects.filter(pk=run.pk, state__in=[RunState.FAILED, RunState.REFUSED]).update(**fresh)
    run.refresh_from_db()
    return run


def work(run_id: int, *, now: datetime | None = None, after: Callable[[Run], None] | None = None) -> Run:
    """Take the lease and carry the run to its end; return at once when somebody else holds it.

    `after` is told of each committed chunk (a command shows its progress).
    """
    token = uuid.uuid4().hex
    if not _take(run_id, token, now or timezone.now()):
        return Run.objects.get(pk=run_id)
    try:
        while True:
            goes_on = _chunk(run_id, token)
            if after is not None:
                after(Run.objects.get(pk=run_id))
            if not goes_on:
                break
    except Refused as refusal:
        _end(run_id, token, RunState.REFUSED, str(refusal), refusal=refusal)
    except DatabaseError:
        raise  # the lease lapses, the sweep takes the run up again
    except Exception as error:
        _end(run_id, token, RunState.FAILED, type(error).__name__)
        raise
    return Run.objects.get(pk=run_id)


def _take(run_id: int, token: str, now: datetime) -> bool:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    with transaction.atomic():
        run = Run.objects.select_for_update(skip_locked=True).filter(free, pk=run_id, state__in=OPEN).first()
        if run is None:
            return False
        run.attempts += 1
        if run.attempts > MAX_ATTEMPTS:
            run.state, run.ended_at, run.error = RunState.FAILED, timezone.now(), "attempts"
            run.save(update_fields=["attempts", "state", "ended_at", "error"])
            return False
        run.state = RunState.RUNNING
        run.started_at = run.started_at or timezone.now()
        run.lease_token, run.lease_until = token, _lease()
        run.save(update_fields=["attempts", "state", "started_at", "lease_token", "lease_until"])
        return True


def _lease() -> datetime:
    return timezone.now() + timedelta(seconds=settings.RUN_LEASE_SECONDS)


def _chunk(run_id: int, token: str) -> bool:
    """One chunk in one transaction; False when the run is over or has been taken over."""
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.lease_token != token or run.is_over:
            return False
        finished = JOBS[run.job](run)
        if finished:
            run.state, run.ended_at, run.lease_until = RunState.DONE, timezone.now(), None
        else:
            run.lease_until, run.attempts = _lease(), 1
        run.save()
        return not finished


def _end(run_id: int, token: str, state: RunState, error: str, *, refusal: Refused | None = None) -> None:
    with transaction.atomic():
        run = Run.objects.select_for_update().get(pk=run_id)
        if run.lease_token == token and not run.is_over:
            run.state, run.ended_at, run.lease_until, run.error = state, timezone.now(), None, error
            if refusal is not None:
                run.report = {**run.report, "code": refusal.code, "refusal": refusal.kept()}
            run.save()


def waiting(*, now: datetime | None = None) -> list[int]:
    """Runs that nobody works on: queued, or their lease has lapsed."""
    moment = now or timezone.now()
    idle = Q(lease_until=None) | Q(lease_until__lt=moment)
    return list(Run.objects.filter(idle, state__in=OPEN).order_by("id").values_list("id", flat=True))


def why(run: Run) -> str:
    """Why a run was refused or broke off, in the reader's language; "" for one that did neither."""
    if run.state == RunState.REFUSED:
        refusal = run.report.get("refusal")
        return told(refusal) if refusal else run.error
    if run.state == RunState.FAILED:
        return _("The run broke off (%(error)s). It can be started again; no row is applied twice.") % {
            "error": run.error
        }
    return ""


def report(run: Run, *, known: bool = False) -> dict[str, Any]:
    """What an import says: {"rows", "applied", "issues": [{"row", "severity", "code", "message"}]}.

    A file that was read before (`known`) answers applied 0 and the info `file_known`.
    """
    if known:
        issue = {"row": None, "severity": "info", "code": "file_known", "message": sentence("file_known")}
        return {"rows": run.report.get("rows", 0), "applied": 0, "issues": [issue], "run": run.pk}
    rows = run.issues.order_by("row", "id").values("row", "severity", "code", "facts")
    issues = [
        {
            "row": i["row"],
            "severity": i["severity"],
            "code": i["code"],
            "message": sentence(i["code"], i["facts"]),
        }
        for i in rows.iterator()
    ]
    if run.state in {RunState.REFUSED, RunState.FAILED}:
        issues.insert(
            0,
            {
                "row": None,
                "severity": "error",
                "code": run.report.get("code", "failed"),
                "message": why(run),
            },
        )
    kept = {name: value for name, value in run.report.items() if name not in {"rows", "code", "refusal"}}
    if run.state in {RunState.REFUSED, RunState.FAILED}:
        kept["refused"] = True
    return {
        "rows": run.report.get("rows", 0),
        "applied": run.applied,
        "issues": issues,
        "run": run.pk,
        **kept,
    }
