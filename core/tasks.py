"""Celery tasks: they carry a run's number and only wake a worker."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery import shared_task
from django.db import transaction

from core import runs
from core.models import Run


@shared_task(name="core.tasks.work")
def work(run_id: int, **_future: Any) -> None:
    """Carry one run to its end, unless somebody else holds it."""
    runs.work(run_id)


@shared_task(name="core.tasks.sweep")
def sweep(**_future: Any) -> None:
    """Take up queued runs and runs whose lease has lapsed."""
    for run_id in runs.waiting():
        work.delay(run_id)


def enqueue(run: Run) -> None:
    """Wake a worker once the run is committed."""
    transaction.on_commit(partial(work.delay, run.pk), robust=True)
