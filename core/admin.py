"""The base of every admin class: the reader's part of the tree, secrets masked, nothing deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO, cast

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field, unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import models, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html, strip_tags
from django.utils.translation import gettext_lazy as _

from core import access, clock
from core.admin_search import NumberSearch
from core.errors import Refused
from core.fields import EncryptedTextField, masked
from core.models import (
    Access,
    Attachment,
    BusinessDate,
    Office,
    Run,
    RunIssue,
    StaffRole,
    User,
    WorkDay,
)
from core.scoping import ScopedQuerySet, granted_to
from core.sheets import write_xlsx
from core.web import reader

MOST = 10_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class CappedPaginator(Paginator):
    """Pages of a list that never counts past 10,000 rows."""

    @cached_property
    def count(self) -> int:
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        return rows.order_by()[: MOST + 1].count()

    @property
    def is_capped(self) -> bool:
        return self.count > MOST


class ScopedAdmin(NumberSearch):
    """An admin class of an office.

    - Lists and pages hold what `visible_to` gives for the reader's roles; what may be changed is asked
      with the change permission of the row's place.
    - Nothing is deleted. `read_only = True`: nothing is added or changed either (append-only tables).
    - Encrypted fields are shown masked, never in a form; `secrets` names those that a reader with
      `<app>.disclose_<model>` may have shown, each time logged. `search_digest` names a digest column
      that a full number typed into the search box is looked up in.
    - History comes from simple-history; Django's own log is not kept.
    """

    read_only = False
    secrets: Sequence[str] = ()
    show_full_result_count = False
    paginator = CappedPaginator
    list_per_page = 50
    list_max_show_all = 200
    save_on_top = False
    actions = None
    actions_selection_counter = False
    object_history_template = "admin/office_history.html"
    view_on_site = False

    # --- what the reader reaches

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return self._reached(request, "view", super().get_queryset(request))

    def _reached(self, request: HttpRequest, verb: str, rows: QuerySet) -> QuerySet:
        if not isinstance(rows, ScopedQuerySet):
            return rows
        meta = self.opts
        permission = f"{meta.app_label}.{verb}_{meta.model_name}"
        reached = rows.visible_to(reader(request), on=clock.today(), permission=permission)
        return reached.distinct() if self._many_valued() else reached

    def _many_valued(self) -> bool:
        scope = self.model.scope
        return any(
            field.is_relation and (field.one_to_many or field.many_to_many)
            for name in (scope.office, scope.unit)
            if name
            for field in [self.opts.get_field(name.split("__")[0])]
        )

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return reader(request).has_perm(f"{self.opts.app_label}.{verb}_{self.opts.model_name}")

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return self._may(request, "view") or self._may(request, "change")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not self.read_only and self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        if self.read_only or not self._may(request, "change"):
            return False
        if obj is None or obj.pk is None:
            return True
        return self._reached(request, "change", self.model._default_manager.filter(pk=obj.pk)).exists()

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        """A choice never offers what the reader does not reach."""
        target = db_field.remote_field.model
        rows = kwargs.get("queryset", target._default_manager.all())
        if isinstance(rows, ScopedQuerySet):
            kwargs["queryset"] = rows.visible_to(reader(request), on=clock.today())
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """Save, and refuse what would land outside the reader's part of the tree."""
        super().save_model(request, obj, form, change)
        verb = "change" if change else "add"
        if not self._reached(request, verb, self.model._default_manager.filter(pk=obj.pk)).exists():
            raise PermissionDenied

    # --- secrets

    @cached_property
    def _encrypted(self) -> list[str]:
        return [field.name for field in self.opts.fields if isinstance(field, EncryptedTextField)]

    def get_exclude(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return [*(super().get_exclude(request, obj) or ()), *self._encrypted]

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        """The masked secrets stand on the page even where a class names its fields."""
        found = list(super().get_fields(request, obj))
        return [*found, *(name for secret in self.secrets if (name := f"shown_{secret}") not in found)]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), *(f"shown_{name}" for name in self.secrets)]

    def __getattr__(self, name: str) -> Any:
        """`shown_<field>` columns: the masked value and, on the page, the way to see it."""
        if not name.startswith("shown_"):
            raise AttributeError(name)
        field = _field(self.model, name.removeprefix("shown_"))

        def shown(thing: models.Model) -> str:
            return masked(getattr(thing, field.name) or "") or "—"

        shown.short_description = field.verbose_name  # type: ignore[attr-defined]
        return shown

    def reveal(self, request: HttpRequest, object_id: str, field: str) -> HttpResponse:
        """Show one secret; the act is logged."""
        thing = self.get_object(request, unquote(object_id))
        if request.method != "POST" or field not in self.secrets or thing is None:
            raise PermissionDenied
        meta = self.opts
        if not self._may_disclose(request, thing):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": meta,
            "thing": thing,
            "label": _field(self.model, field).verbose_name,
            "value": access.disclose(thing, field, by=reader(request)),
            "back": reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[thing.pk]),
        }
        return TemplateResponse(request, "admin/office_reveal.html", context)

    def export(self, request: HttpRequest) -> HttpResponse:
        """The list as it is filtered, as far as the reader reaches, as XLSX; 10,000 rows at most; logged."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            shown = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect("..")
        names = [str(name) for name in self.get_list_display(request) if name != "action_checkbox"]
        header = [str(label_for_field(name, self.model, self)) for name in names]
        lines = ([self._plain(name, row) for name in names] for row in shown.queryset[:MOST])
        access.exported(f"list {self.opts.label}", by=reader(request))
        answer = HttpResponse(content_type=XLSX)
        write_xlsx(cast(BinaryIO, answer), header, lines)
        answer["Content-Disposition"] = f'attachment; filename="{self.opts.model_name}.xlsx"'
        answer["Cache-Control"] = "private, no-store"
        return answer

    def _plain(self, name: str, row: models.Model) -> Any:
        """A cell of an export: words for choices, texts for everything but numbers and dates."""
        field, _attribute, value = lookup_field(name, row, self)
        if field is not None and getattr(field, "choices", None):
            return str(getattr(row, f"get_{field.name}_display")())
        if value is None or isinstance(value, (int, Decimal, date)):
            return value
        return strip_tags(str(value))

    def _may_disclose(self, request: HttpRequest, thing: models.Model) -> bool:
        """Whether a role of the reader discloses at this record's own place, not just somewhere."""
        if not self._may(request, "disclose"):
            return False
        return self._reached(request, "disclose", self.model._default_manager.filter(pk=thing.pk)).exists()

    def get_urls(self) -> list[URLPattern]:
        meta = self.opts
        out = path(
            "export/",
            self.admin_site.admin_view(self.export),
            name=f"{meta.app_label}_{meta.model_name}_export",
        )
        show = path(
            "<path:object_id>/reveal/<slug:field>/",
            self.admin_site.admin_view(self.reveal),
            name=f"{meta.app_label}_{meta.model_name}_reveal",
        )
        return [out, show, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of one record, with the way to its secrets where the reader may see them."""
        thing = self.get_object(request, unquote(object_id)) if self.secrets else None
        if thing is not None and self._may_disclose(request, thing):
            shown = [(name, _field(self.model, name).verbose_name) for name in self.secrets]
            extra_context = {**(extra_context or {}), "reveal": shown}
        return super().change_view(request, object_id, form_url, extra_context)

    # --- refusals and history

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """A refusal of the domain becomes a message, not an error page."""
        try:
            with transaction.atomic():
                return super().changeform_view(request, object_id, form_url, extra_context)
        except Refused as refusal:
            messages.error(request, str(refusal))
            request.method = "GET"
            return super().changeform_view(request, object_id, form_url, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Who changed what when, before and after."""
        thing = self.get_object(request, unquote(object_id))
        if thing is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "object": thing,
            "title": _("History"),
            "steps": list(steps_of(thing)),
        }
        return TemplateResponse(request, self.object_history_template, context)

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        """No second log beside the history."""

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> Any:
        """No second log beside the history."""

    def log_deletions(self, request: HttpRequest, queryset: QuerySet) -> Any:
        """Nothing is deleted, and no log of it is kept."""


def _field(model: type[models.Model], name: str) -> models.Field:
    """A column of a model by name."""
    return cast(models.Field, model._meta.get_field(name))


def steps_of(thing: models.Model, most: int = 100) -> list[dict[str, Any]]:
    """A record's history, newest first: who, when, why, and each field before and after (secrets masked)."""
    if not hasattr(thing, "history"):
        return []
    versions = list(
        thing.history.select_related("history_user").order_by("-history_date", "-history_id")[:most]
    )
    steps = []
    for version, earlier in zip(versions, [*versions[1:], None], strict=False):
        changes = []
        for field in version.tracked_fields if earlier else ():
            before, after = getattr(earlier, field.attname), getattr(version, field.attname)
            if before == after or field.name == "id_digest":
                continue
            if isinstance(field, EncryptedTextField):
                before, after = masked(before or ""), masked(after or "")
            changes.append((field.verbose_name, before, after))
        steps.append({"version": version, "kind": version.get_history_type_display(), "changes": changes})
    return steps


class ReadOnlyAdmin(ScopedAdmin):
    """Append-only tables and what jobs write."""

    read_only = True


@admin.register(Office)
class OfficeAdmin(ScopedAdmin):
    list_display = ("code", "name", "kind", "parent")
    list_filter = ("kind",)
    list_select_related = ("parent",)
    search_fields = ("code", "name")
    readonly_fields = ("path",)


class _Roles(admin.options.BaseModelAdmin):
    """A role is given at places where the reader gives roles, to people whom they reach."""

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> Any:
        if db_field.name == "office":
            kwargs["queryset"] = Office.objects.visible_to(
                reader(request), on=clock.today(), permission="core.add_staffrole"
            )
        elif db_field.name == "user":
            kwargs["queryset"] = users_reached(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def users_reached(request: HttpRequest) -> QuerySet[User]:
    """Users with a role in the reader's part of the tree; at its top, those without any as well."""
    on, asks = clock.today(), reader(request)
    holdings = [role for role in asks.roles_on(on) if "core.view_user" in granted_to(role.role)]
    if any(role.office.parent_id is None for role in holdings):
        return User.objects.all()
    return User.objects.filter(pk__in=StaffRole.objects.visible_to(asks, on=on).values("user"))


class StaffRoleInline(_Roles, admin.TabularInline):
    """A user's roles in the reader's part of the tree; those elsewhere are neither shown nor given."""

    model = StaffRole
    fk_name = "user"
    extra = 0
    can_delete = False
    autocomplete_fields = ("office",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        reached = StaffRole.objects.visible_to(reader(request), on=clock.today())
        return super().get_queryset(request).filter(pk__in=reached)


@admin.register(User)
class UserAdmin(ScopedAdmin):
    """Accounts; what somebody may do stands in their roles."""

    list_display = ("username", "display_name", "is_active", "last_login")
    list_filter = ("is_active", "roles__role")
    search_fields = ("username", "display_name")
    fields = (
        "username",
        "display_name",
        "email",
        "is_active",
        "must_change_password",
        "last_login",
        "date_joined",
    )
    readonly_fields = ("last_login", "date_joined")
    inlines = (StaffRoleInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(pk__in=users_reached(request).values("pk"))

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        """Who also has a role above or beside is not the reader's to rename or to shut out."""
        found = super().get_readonly_fields(request, obj)
        return [*found, *self.fields] if obj is not None and self._elsewhere(request, obj) else found

    def _elsewhere(self, request: HttpRequest, user: models.Model) -> bool:
        own = StaffRole.objects.visible_to(reader(request), on=clock.today(), permission="core.change_user")
        lasting = Q(until=None) | Q(until__gte=clock.today())
        return StaffRole.objects.filter(lasting, user=user.pk).exclude(pk__in=own.values("pk")).exists()

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        """A new account has no password yet."""
        if not change:
            cast(User, obj).set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(StaffRole)
class StaffRoleAdmin(_Roles, ScopedAdmin):
    list_display = ("user", "role", "office", "unit_code", "since", "until")
    list_filter = ("role",)
    list_select_related = ("user", "office")
    search_fields = ("user__username", "user__display_name", "office__name", "unit_code")
    autocomplete_fields = ("user", "office")


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = (
        "id",
        "job",
        "state",
        "page",
        "office",
        "started_by",
        "file_name",
        "queued_at",
        "ended_at",
    )
    list_filter = ("job", "state")
    list_select_related = ("office", "started_by")
    search_fields = ("file_name", "unit_code")

    @admin.display(description=_("progress"))
    def page(self, run: Run) -> str:
        return format_html('<a href="{}">{} / {}</a>', reverse("run", args=[run.pk]), run.done, run.total)


class _OfARun(ReadOnlyAdmin):
    def get_queryset(self, request: HttpRequest) -> QuerySet:
        runs = Run.objects.visible_to(reader(request), on=clock.today())
        return super().get_queryset(request).filter(run__in=runs)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return reader(request).has_perm("core.view_run")


@admin.register(RunIssue)
class RunIssueAdmin(_OfARun):
    list_display = ("run", "row", "severity", "code", "column")
    list_filter = ("severity",)
    list_select_related = ("run",)
    search_fields = ("code",)


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    list_display = ("id", "name", "content_type", "size", "office", "uploaded_by", "uploaded_at")
    list_filter = ("content_type",)
    list_select_related = ("office", "uploaded_by")
    search_fields = ("name",)


@admin.register(Access)
class AccessAdmin(ReadOnlyAdmin):
    list_display = ("at", "act", "username", "subject", "ip", "request_id")
    list_filter = ("act",)
    search_fields = ("username", "subject")


@admin.register(WorkDay)
class WorkDayAdmin(ScopedAdmin):
    list_display = ("day", "works", "note")
    list_filter = ("works",)
    search_fields = ("note",)


@admin.register(BusinessDate)
class BusinessDateAdmin(ReadOnlyAdmin):
    list_display = ("day", "moved_by")
