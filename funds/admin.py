"""Books and vouchers as staff read them; nothing here is typed, posting is a function."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from core.admin import ReadOnlyAdmin
from funds.models import (
    Account,
    Balance,
    Book,
    ChartVersion,
    FiscalPeriod,
    Hold,
    Line,
    Receipt,
    ReceiptReturn,
    Voucher,
)


class LineInline(admin.TabularInline):
    model = Line
    fields = ("account_code", "account_name", "dimension", "subject", "debit", "credit")
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("funds.view_line")


@admin.register(ChartVersion)
class ChartVersionAdmin(ReadOnlyAdmin):
    list_display = ("name", "code", "version")


@admin.register(Book)
class BookAdmin(ReadOnlyAdmin):
    list_display = ("scheme", "office", "chart", "pays", "opened_on", "opened_by")
    list_filter = ("scheme", "pays")
    list_select_related = ("scheme", "office", "chart", "opened_by")
    search_fields = ("office__name", "office__code")


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ("code", "name", "book_office", "kind", "side", "leaf", "strict")
    list_filter = ("kind", "strict")
    list_select_related = ("book__office",)
    search_fields = ("code", "name")

    @admin.display(description=Book._meta.get_field("office").verbose_name)
    def book_office(self, account: Account) -> str:
        return str(account.book.office)


@admin.register(FiscalPeriod)
class FiscalPeriodAdmin(ReadOnlyAdmin):
    list_display = ("month", "book_office", "state", "next_number")
    list_filter = ("state",)
    list_select_related = ("book__office",)

    @admin.display(description=Book._meta.get_field("office").verbose_name)
    def book_office(self, month: FiscalPeriod) -> str:
        return str(month.book.office)


@admin.register(Voucher)
class VoucherAdmin(ReadOnlyAdmin):
    list_display = (
        "date",
        "number",
        "book_office",
        "summary",
        "total",
        "line_count",
        "state",
        "made_by",
        "checked_by",
    )
    list_filter = ("state", "kind", "book__scheme")
    list_select_related = ("book__office", "period", "made_by", "checked_by")
    search_fields = ("summary", "key", "=number")
    inlines = (LineInline,)

    @admin.display(description=Book._meta.get_field("office").verbose_name)
    def book_office(self, voucher: Voucher) -> str:
        return str(voucher.book.office)


@admin.register(Line)
class LineAdmin(ReadOnlyAdmin):
    list_display = ("voucher", "account_code", "account_name", "dimension", "subject", "debit", "credit")
    list_filter = ("account_code",)
    list_select_related = ("voucher",)
    search_fields = ("subject", "account_code")


@admin.register(Balance)
class BalanceAdmin(ReadOnlyAdmin):
    list_display = ("period", "account", "dimension", "opening", "debit", "credit")
    list_select_related = ("period", "account")
    search_fields = ("account__code", "dimension")


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ("id", "event", "amount", "settled", "released", "state", "held_on", "held_by")
    list_filter = ("state",)
    list_select_related = ("held_by",)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = (
        "reference",
        "received_on",
        "payer",
        "unit",
        "amount",
        "matched",
        "returned",
        "recorded_by",
    )
    list_filter = ("book__scheme",)
    list_select_related = ("unit", "recorded_by")
    search_fields = ("reference", "payer", "unit__name")


@admin.register(ReceiptReturn)
class ReceiptReturnAdmin(ReadOnlyAdmin):
    list_display = ("receipt", "amount", "returned_on", "reason", "returned_by")
    list_select_related = ("receipt", "returned_by")
    search_fields = ("reason",)
