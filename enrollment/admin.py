"""Units, members, rosters, enrolments and cover on the staff's pages: found, filtered, never deleted."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from import_export import fields, resources
from import_export.admin import ImportExportMixin
from import_export.formats.base_formats import CSV, XLSX
from import_export.widgets import ForeignKeyWidget

from core import access, clock
from core.admin import ReadOnlyAdmin, ScopedAdmin
from core.models import Office, User
from core.roles import roles_for
from core.scoping import ScopedQuerySet
from core.web import reader
from enrollment.models import (
    Affiliation,
    Cover,
    Enrollment,
    LeftOut,
    Member,
    OpeningMembership,
    Roster,
    RosterImport,
    Unit,
)


class UnitResource(resources.ModelResource):
    """Units as staff keep them in a table; found again by their social-credit code."""

    agency = fields.Field(attribute="agency", column_name="agency", widget=ForeignKeyWidget(Office, "code"))

    class Meta:
        model = Unit
        import_id_fields = ("code",)
        fields = ("code", "name", "kind", "agency", "insured_active")
        export_order = fields
        skip_unchanged = True
        clean_model_instances = True

    def before_save_instance(self, instance: Unit, row: Any, **kwargs: Any) -> None:
        """Nobody moves a unit to where their role does not reach, nor away from there."""
        user, places = kwargs.get("user"), {instance.agency.path}
        places |= set(Unit.objects.filter(pk=instance.pk).values_list("agency__path", flat=True))
        if user is None or not all(
            roles_for(user, "enrollment.add_unit", on=clock.today(), path=path) for path in places
        ):
            raise ValidationError(_("This unit belongs to an office that is not yours."))


@admin.register(Unit)
class UnitAdmin(ImportExportMixin, ScopedAdmin):
    resource_classes = [UnitResource]
    formats = [XLSX, CSV]
    list_display = ("name", "code", "kind", "agency", "insured_active")
    list_filter = ("kind", ("agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("agency",)
    search_fields = ("name", "code", "name_pinyin")
    autocomplete_fields = ("agency",)
    skip_export_form = True

    def has_import_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("enrollment.add_unit")

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        access.exported("enrollment.unit", by=cast(User, request.user))
        return super().get_export_data(file_format, request, queryset, **kwargs)


class AffiliationInline(admin.TabularInline):
    model = Affiliation
    extra = 0
    can_delete = False
    fields = readonly_fields = ("unit", "kind", "since", "until")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        """Only what the reader's roles reach: a person may have been elsewhere before."""
        reached = self.model._default_manager.all()
        assert isinstance(reached, ScopedQuerySet)
        rows = reached.visible_to(reader(request), on=clock.today())
        return super().get_queryset(request).filter(pk__in=rows.values("pk"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return reader(request).has_perm(f"enrollment.view_{self.model._meta.model_name}")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_add_permission


class EnrollmentInline(AffiliationInline):
    model = Enrollment  # type: ignore[assignment]
    fields = readonly_fields = ("period", "unit", "kind", "continuing", "state")  # type: ignore[assignment]


class CoverInline(AffiliationInline):
    model = Cover  # type: ignore[assignment]
    fields = readonly_fields = ("scheme", "valid_from", "valid_to", "began", "ended", "ended_on")  # type: ignore[assignment]


@admin.register(Member)
class MemberAdmin(ReadOnlyAdmin):
    """A person; corrected by the office through the roster's page, with reason and history."""

    list_display = ("name", "masked_number", "sex", "birth_date", "died_on")
    list_filter = ("sex",)
    search_fields = ("name", "name_pinyin")
    search_help_text = _("Name, or the full identity number")
    search_digest = "id_digest"
    secrets = ("id_number", "card_number", "phone")
    fields = ("name", "sex", "birth_date", "bank_name", "died_on")
    inlines = (AffiliationInline, EnrollmentInline, CoverInline)

    @admin.display(description=_("identity number"))
    def masked_number(self, member: Member) -> str:
        return member.masked_id


@admin.register(Affiliation)
class AffiliationAdmin(ReadOnlyAdmin):
    list_display = ("member", "unit", "kind", "since", "until")
    list_filter = ("kind",)
    list_select_related = ("member", "unit")
    search_fields = ("member__name", "unit__name", "unit__code")
    search_digest = "member__id_digest"
    fields = ("member", "unit", "kind", "since", "until")


@admin.register(Roster)
class RosterAdmin(ReadOnlyAdmin):
    list_display = (
        "unit",
        "period",
        "state",
        "insured_active",
        "confirmed_active",
        "submitted_at",
        "accepted_at",
    )
    list_filter = ("state", "period", ("unit__agency", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("unit", "period__scheme")
    search_fields = ("unit__name", "unit__code", "unit__name_pinyin")
    date_hierarchy = None


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnlyAdmin):
    list_display = ("member", "masked_number", "unit", "period", "kind", "continuing", "state")
    list_filter = ("state", "kind", "continuing", "period")
    list_select_related = ("member", "unit", "period__scheme")
    search_fields = ("member__name", "unit__name", "unit__code")
    search_help_text = _("Name, unit, or the full identity number")
    search_digest = "member__id_digest"

    @admin.display(description=_("identity number"))
    def masked_number(self, enrollment: Enrollment) -> str:
        return enrollment.member.masked_id


@admin.register(Cover)
class CoverAdmin(ReadOnlyAdmin):
    list_display = ("member", "scheme", "valid_from", "valid_to", "began", "ended", "ended_on")
    list_filter = ("scheme", "began", "ended")
    list_select_related = ("member", "scheme")
    search_fields = ("member__name",)
    search_digest = "member__id_digest"


@admin.register(OpeningMembership)
class OpeningMembershipAdmin(ReadOnlyAdmin):
    list_display = ("member", "scheme", "period_code", "paid")
    list_filter = ("scheme", "period_code")
    list_select_related = ("member", "scheme")
    search_fields = ("member__name",)
    search_digest = "member__id_digest"


@admin.register(LeftOut)
class LeftOutAdmin(ReadOnlyAdmin):
    list_display = ("member", "roster", "reason", "given_by", "given_at")
    list_select_related = ("member", "roster__unit", "roster__period", "given_by")
    search_fields = ("member__name", "roster__unit__name")


@admin.register(RosterImport)
class RosterImportAdmin(ReadOnlyAdmin):
    list_display = ("run", "roster", "added", "changed", "unchanged", "rejected", "undone_at")
    list_select_related = ("run", "roster__unit", "roster__period")
    search_fields = ("roster__unit__name", "roster__unit__code", "run__file_name")
