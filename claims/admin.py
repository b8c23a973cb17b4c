"""Claims as staff read them; every act on them is a function of its own page."""

from __future__ import annotations

from django.contrib import admin

from claims.models import (
    Adjudication,
    BankLayout,
    BankResult,
    BenefitAccount,
    Bill,
    Claim,
    ClaimPaper,
    Decision,
    Hospital,
    PaperKind,
    Payment,
    PaymentBatch,
    Recovery,
    ReviewCase,
    ReviewStep,
    SetOff,
)
from core.admin import ReadOnlyAdmin, ScopedAdmin


@admin.register(Hospital)
class HospitalAdmin(ScopedAdmin):
    list_display = ("name", "code", "level", "designated")
    list_filter = ("level", "designated")
    search_fields = ("name", "code")


@admin.register(PaperKind)
class PaperKindAdmin(ScopedAdmin):
    list_display = ("name", "code", "required", "by_import", "position")


@admin.register(BankLayout)
class BankLayoutAdmin(ScopedAdmin):
    list_display = ("name", "in_use", "purpose")


@admin.register(Bill)
class BillAdmin(ReadOnlyAdmin):
    list_display = (
        "settlement_number",
        "person_name",
        "unit",
        "hospital",
        "discharged",
        "total",
        "exclusion",
        "state",
    )
    list_filter = ("state", "care", "exclusion", "designated")
    list_select_related = ("unit", "hospital")
    search_fields = ("settlement_number", "receipt_number", "person_name")
    search_digest = "id_digest"
    secrets = ("id_number", "diagnosis")


@admin.register(Claim)
class ClaimAdmin(ReadOnlyAdmin):
    list_display = ("number", "member", "unit", "period", "state", "base", "amount", "level", "filed_on")
    list_filter = ("state", "level", "period")
    list_select_related = ("member", "unit", "period__scheme")
    search_fields = ("number", "member__name", "bill__settlement_number")
    search_digest = "member__id_digest"
    secrets = ("card_number",)


@admin.register(ClaimPaper)
class ClaimPaperAdmin(ReadOnlyAdmin):
    list_display = ("claim", "kind", "attachment", "added_by", "added_at", "removed_at")
    list_filter = ("kind",)
    list_select_related = ("claim", "kind", "attachment", "added_by")
    search_fields = ("claim__number",)


@admin.register(BenefitAccount)
class BenefitAccountAdmin(ReadOnlyAdmin):
    list_display = ("member", "period", "base", "paid")
    list_filter = ("period",)
    list_select_related = ("member", "period__scheme")
    search_fields = ("member__name",)
    search_digest = "member__id_digest"


@admin.register(Adjudication)
class AdjudicationAdmin(ReadOnlyAdmin):
    list_display = (
        "claim",
        "before",
        "base",
        "amount",
        "level",
        "counts",
        "adjudicated_on",
        "adjudicated_by",
    )
    list_filter = ("level", "counts")
    list_select_related = ("claim", "adjudicated_by")
    search_fields = ("claim__number",)


@admin.register(ReviewCase)
class ReviewCaseAdmin(ReadOnlyAdmin):
    list_display = (
        "claim",
        "state",
        "level",
        "at",
        "office",
        "arrived_on",
        "due_on",
        "taken_by",
        "splitting",
    )
    list_filter = ("state", "at", "level", "splitting")
    list_select_related = ("claim", "office", "taken_by")
    search_fields = ("claim__number", "claim__member__name")


@admin.register(ReviewStep)
class ReviewStepAdmin(ReadOnlyAdmin):
    list_display = ("case", "number", "round", "at", "decides", "office", "arrived_on", "due_on")
    list_filter = ("at",)
    list_select_related = ("case", "office")


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    list_display = ("case", "verdict", "amount", "article", "reason", "decided_by", "decided_on")
    list_filter = ("verdict",)
    list_select_related = ("case", "decided_by")
    search_fields = ("case__claim__number",)


@admin.register(PaymentBatch)
class PaymentBatchAdmin(ReadOnlyAdmin):
    list_display = ("number", "period", "office", "state", "count", "total", "built_by", "released_by")
    list_filter = ("state", "period")
    list_select_related = ("period__scheme", "office", "built_by", "released_by")
    search_fields = ("number",)


@admin.register(BankResult)
class BankResultAdmin(ReadOnlyAdmin):
    list_display = (
        "batch",
        "file_name",
        "paid_count",
        "paid_total",
        "returned_count",
        "confirmed_by",
        "confirmed_on",
    )
    list_select_related = ("batch", "confirmed_by")
    search_fields = ("batch__number", "file_name")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ("reference", "claim", "holder_name", "amount", "state", "reason", "ended_on")
    list_filter = ("state",)
    list_select_related = ("claim",)
    search_fields = ("reference", "claim__number", "holder_name")
    secrets = ("card_number",)


@admin.register(Recovery)
class RecoveryAdmin(ReadOnlyAdmin):
    list_display = ("claim", "amount", "taken", "state", "noted_by", "noted_on", "decided_by", "decided_on")
    list_filter = ("state",)
    list_select_related = ("claim", "noted_by", "decided_by")
    search_fields = ("claim__number",)


@admin.register(SetOff)
class SetOffAdmin(ReadOnlyAdmin):
    list_display = ("recovery", "claim", "amount", "set_off_by", "set_off_on")
    list_select_related = ("recovery", "claim", "set_off_by")
    search_fields = ("claim__number", "recovery__claim__number")
