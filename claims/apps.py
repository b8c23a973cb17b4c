"""Claims: see docs/architecture.md."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from claims import grants


class ClaimsConfig(AppConfig):
    name = "claims"
    verbose_name = _("money out")

    def ready(self) -> None:
        from claims import filing_jobs, settlements  # noqa: F401 - registers its jobs and sentences

        grants.declare()
