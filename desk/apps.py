"""Desk: see docs/architecture.md."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from desk import grants


class DeskConfig(AppConfig):
    name = "desk"
    verbose_name = _("workbench")

    def ready(self) -> None:
        from desk import recalculation, simulation  # noqa: F401 - each registers its jobs

        grants.declare()
