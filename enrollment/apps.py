"""Enrollment: who is covered (docs/architecture.md)."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from enrollment import grants


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("enrolment")

    def ready(self) -> None:
        from enrollment import membership, roster_import, units  # noqa: F401  (each registers its job)

        grants.declare()
