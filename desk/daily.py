"""The jobs of each business day, in order; training mode runs them for every day that it passes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from claims import filing_jobs, settlements
from claims.models import Claim, ClaimState
from contributions import freeze
from core import clock, runs, tasks
from core.errors import Refused
from core.models import BusinessDate, Run, User
from core.roles import require, system_user
from core.write import write
from schemes import periods
from schemes.models import Period, PeriodState

Job = Callable[..., Any]


def daily_jobs() -> list[tuple[str, Job]]:
    """What every business day does, in order; each takes `by` and `on` and is idempotent for its day."""
    return [
        ("freeze_rosters", freeze_ended_windows),
        ("move_periods", periods.move_due),
        ("take_up_settlements", settlements.take_up),
        ("calculate_held_claims", calculate_held),
    ]


@write
def calculate_held(*, by: User, on: date) -> list[int]:
    """Queue the calculation of claims that were held: cover may have begun since. Returns the runs."""
    queued = []
    for period in Period.objects.filter(state=PeriodState.CLAIMING).select_related("scheme"):
        if Claim.objects.filter(period=period, state=ClaimState.FILED).exists():
            run = filing_jobs.begin_adjudication(period=period, by=by, on=on)
            tasks.enqueue(run)
            queued.append(run.pk)
    return queued


@write
def freeze_ended_windows(*, by: User, on: date) -> dict[str, list[str]]:
    """Freeze the paid rosters of every period whose fee window is over; the period goes on as frozen."""
    told = {}
    for period in Period.objects.filter(state=PeriodState.ENROLLING, pay_to__lt=on).select_related("scheme"):
        done = freeze.freeze_period(period=period, by=by, on=on)
        told[str(period)] = [f"{each.roster.unit}: {each.because or each.missing}" for each in done.unpaid]
    return told


class OnlyForward(Refused):
    """The business date moves forward, and in training mode alone."""

    code = "only_forward"
    sentence = _(
        "The business date can only be moved forward, in training mode, by at most %(days)s days at once."
    )


LONGEST = 800


@write
def run_day(*, by: User, on: date) -> dict[str, Any]:
    """Run the jobs of one business day in order; returns what each one did."""
    return {name: job(by=by, on=on) for name, job in daily_jobs()}


@runs.job("daily")
def _today(run: Run) -> bool:
    """A business day's jobs as one run (key: the date)."""
    run.report = run_day(by=system_user("daily"), on=run.business_date)
    run.total = run.done = 1
    return True


def start_today() -> Run:
    """The run of today's jobs; a second call finds the first."""
    today = clock.today()
    return runs.start(job="daily", key=f"daily:{today}", by=system_user("daily"), on=today)


@write
def advance(*, to: date, by: User, on: date) -> Run:
    """Move training mode's business date forward; a run carries the jobs of each day passed.

    Raises NotAllowed, OnlyForward.
    """
    require(by, "core.move_businessdate", on=on)
    if not settings.TRAINING or not on < to <= on + timedelta(days=LONGEST):
        raise OnlyForward(days=LONGEST)
    options = {"from": on.isoformat(), "to": to.isoformat()}
    return runs.start(job="advance", key=f"advance:{on}:{to}", by=by, on=on, options=options)


@runs.job("advance")
def _next_day(run: Run) -> bool:
    """One chunk: the business date moves by a day, then that day's jobs run."""
    first, last = (date.fromisoformat(run.options[name]) for name in ("from", "to"))
    day = date.fromisoformat(run.cursor.get("day", run.options["from"])) + timedelta(days=1)
    BusinessDate.objects.update_or_create(only=True, defaults={"day": day, "moved_by": run.started_by})
    clock.moved()
    run.report = {**run.report, day.isoformat(): run_day(by=system_user("daily"), on=day)}
    run.cursor = {"day": day.isoformat()}
    run.total, run.done = (last - first).days, (day - first).days
    return day >= last
