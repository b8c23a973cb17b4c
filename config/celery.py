"""The Celery application: workers run long jobs, beat wakes the sweep."""

import ctypes
import signal
import sys

from celery import Celery
from celery.signals import worker_process_init

from config.engines.server import PR_SET_PDEATHSIG

app = Celery("back_office")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def end_with_the_worker(**_future: object) -> None:
    """A pool process never outlives a worker that was killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
