"""The staff's site: Django's admin, with the workbench as its index."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from core import clock
from core.web import reader
from desk import workbench


class OfficeAdminSite(admin.AdminSite):
    """Open to whoever holds a staff role today; its index is the workbench (工作台)."""

    site_title = _("Union insurance office")
    site_header = _("Union insurance office")
    index_title = _("Workbench")
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return (
            user.is_active
            and user.is_authenticated
            and any(not role.unit_code for role in user.roles_on(clock.today()))
        )

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What waits for the reader, the period at a glance, and the records."""
        on, user = clock.today(), reader(request)
        period = workbench.period_on(on)
        context: dict[str, Any] = {"tiles": workbench.waiting(user, on=on), "period": period}
        if period is not None:
            states = workbench.counted_states(user, period, on=on)
            context["glance"] = workbench.at_a_glance(user, period, states, on=on)
            context["states"] = workbench.claims_by_state(states)
            context["quota"] = workbench.quota_by_unit(user, period, on=on)
        return super().index(request, context | (extra_context or {}))

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One door for everyone: the site's own log-in; who has no staff role goes to their own pages."""
        if request.user.is_authenticated:
            return redirect("home")
        return redirect(f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}")
