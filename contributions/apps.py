"""Contributions: see docs/architecture.md."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from contributions import grants


class ContributionsConfig(AppConfig):
    name = "contributions"
    verbose_name = _("money in")

    def ready(self) -> None:
        from contributions import bank_receipts  # noqa: F401  (registers its job)

        grants.declare()
