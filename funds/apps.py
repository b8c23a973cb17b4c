"""Funds: see docs/architecture.md."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from funds import grants


class FundsConfig(AppConfig):
    name = "funds"
    verbose_name = _("funds and books")

    def ready(self) -> None:
        grants.declare()
