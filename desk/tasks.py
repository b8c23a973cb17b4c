"""What the clock wakes: the jobs of the business day."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.conf import settings
from redis import Redis

from core import clock, tasks
from desk import daily


@shared_task(name="desk.tasks.daily")
def run_daily(**_future: Any) -> None:
    """Start today's jobs once; training mode runs a day's jobs when its date is moved."""
    if not settings.TRAINING:
        tasks.enqueue(daily.start_today())


@shared_task(name="desk.tasks.tick")
def tick(**_future: Any) -> None:
    """Leave beat's last tick where `/healthz` finds it."""
    client = Redis.from_url(settings.REDIS_URL)
    client.set("beat:tick", clock.now().isoformat(timespec="seconds"))
    client.close()
