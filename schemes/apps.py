"""Schemes: see docs/architecture.md."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from schemes import grants


class SchemesConfig(AppConfig):
    name = "schemes"
    verbose_name = _("schemes and rules")

    def ready(self) -> None:
        from schemes.shipped import after_migrate

        grants.declare()
        post_migrate.connect(after_migrate, sender=self, dispatch_uid="schemes.shipped")
