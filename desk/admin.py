"""The admin of the API's clients: issued, shown once, revoked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from core import clients, clock
from core.admin import ScopedAdmin
from core.models import ApiClient, Operation
from core.web import reader


class ApiClientForm(forms.ModelForm):
    operations = forms.MultipleChoiceField(
        label=_("operations"), choices=Operation.choices, widget=forms.CheckboxSelectMultiple
    )
    revoke = forms.BooleanField(label=_("Revoke the token: from now on it opens nothing"), required=False)

    class Meta:
        model = ApiClient
        fields = ("name", "office", "operations", "expires_on")


@admin.register(ApiClient)
class ApiClientAdmin(ScopedAdmin):
    """A client is issued here; its token is shown once, on the page that follows."""

    form = ApiClientForm
    list_display = ("name", "office", "token_end", "expires_on", "last_used_on", "issued_by", "revoked_at")
    list_select_related = ("office", "issued_by")
    search_fields = ("name",)

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        fields = ["name", "office", "operations", "expires_on"]
        if obj is None:
            return fields
        shown = ["token_end", "last_used_on", "issued_at", "issued_by", "revoked_at", "revoked_by"]
        changeable = obj.revoked_at is None and self.has_change_permission(request, obj)  # type: ignore[attr-defined]
        return [*fields, *shown, *(["revoke"] if changeable else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        if obj is None:
            return []
        return [
            "name",
            "office",
            "operations",
            "expires_on",
            "token_end",
            "last_used_on",
            "issued_at",
            "issued_by",
            "revoked_at",
            "revoked_by",
        ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        on = clock.today()
        if change:
            if form.cleaned_data.get("revoke"):
                clients.revoke(client=obj, by=reader(request), on=on)
            return
        named = {name: form.cleaned_data[name] for name in ("name", "office", "operations", "expires_on")}
        issued, request.new_token = clients.issue(**named, by=reader(request), on=on)  # type: ignore[attr-defined]
        obj.pk = issued.pk
        obj.refresh_from_db()

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """The one page that shows the token."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "client": obj,
            "token": request.new_token,  # type: ignore[attr-defined]
            "title": _("A new client's token"),
        }
        page = TemplateResponse(request, "admin/office_token.html", context)
        page["Cache-Control"] = "private, no-store"
        return page
