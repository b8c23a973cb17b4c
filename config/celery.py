"""The Celery application: workers run long jobs, beat wakes the sweep."""

from celery import Celery

app = Celery("back_office")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
