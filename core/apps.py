"""Core: what knows no insurance."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = _("organisation")

    def ready(self) -> None:
        from core import access, grants, offices  # noqa: F401  (offices registers its job)

        access.listen()
        grants.declare()
