"""Fees, levies, allocations, summaries and remittances as staff read them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from contributions.models import Allocation, Levy, OfficeSummary, Remittance, RosterFee, SummaryLine
from core.admin import ReadOnlyAdmin


@admin.register(RosterFee)
class RosterFeeAdmin(ReadOnlyAdmin):
    list_display = ("roster", "persons", "owed", "paid", "paid_on")
    list_filter = ("roster__period", ("paid_on", admin.EmptyFieldListFilter))
    list_select_related = ("roster__unit", "roster__period")
    search_fields = ("roster__unit__name", "roster__unit__code")


@admin.register(Levy)
class LevyAdmin(ReadOnlyAdmin):
    list_display = ("id", "unit", "period", "continuing", "amount", "article", "due", "void")
    list_filter = ("period", "continuing", "void")
    list_select_related = ("unit", "period__scheme")
    search_fields = ("unit__name", "unit__code")


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ("receipt", "fee", "amount", "allocated_on", "allocated_by")
    list_select_related = ("receipt", "fee", "allocated_by")
    search_fields = ("receipt__reference", "fee__roster__unit__name")


class SummaryLineInline(admin.TabularInline):
    model = SummaryLine
    fields = ("unit", "persons", "continuing", "new", "amount")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("contributions.view_summaryline")


@admin.register(OfficeSummary)
class OfficeSummaryAdmin(ReadOnlyAdmin):
    list_display = (
        "office",
        "period",
        "made_on",
        "units",
        "persons",
        "continuing",
        "new",
        "amount",
        "made_by",
    )
    list_filter = ("period",)
    list_select_related = ("office", "period__scheme", "made_by")
    search_fields = ("office__name", "office__code")
    inlines = (SummaryLineInline,)


@admin.register(SummaryLine)
class SummaryLineAdmin(ReadOnlyAdmin):
    list_display = ("summary", "unit", "persons", "continuing", "new", "amount")
    list_select_related = ("summary__office", "unit")
    search_fields = ("unit__name",)


@admin.register(Remittance)
class RemittanceAdmin(ReadOnlyAdmin):
    list_display = ("office", "period", "amount", "sent_on", "sent_by", "received_on", "received_by")
    list_filter = ("period", ("received_on", admin.EmptyFieldListFilter))
    list_select_related = ("office", "period__scheme", "sent_by", "received_by")
    search_fields = ("office__name", "office__code")
