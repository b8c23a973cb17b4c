"""Django's admin with our own site: its index is the workbench."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class OfficeAdminConfig(AdminConfig):
    default_site = "desk.site.OfficeAdminSite"
