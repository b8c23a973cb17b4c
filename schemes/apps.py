"""Schemes: see docs/architecture.md."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from schemes import grants


class SchemesConfig(AppConfig):
    name = "schemes"
    verbose_name = _("schemes and rules")

    def ready(self) -> None:
        grants.declare()
