"""Where the money is: books, accounts, vouchers, balances, holds, money that arrived."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from core.models import Office, Run, User
from core.roles import system_user
from core.scoping import Scope, ScopedQuerySet
from enrollment.models import Unit
from funds import charts
from schemes.models import Scheme

USER = settings.AUTH_USER_MODEL


def money(label: Any, **kwargs: Any) -> models.DecimalField:
    """An amount in yuan and fen."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, **kwargs)


class ChartVersion(models.Model):
    """A chart of accounts as it read when a book opened with it."""

    code = models.CharField(_("code"), max_length=60)
    version = models.CharField(_("version"), max_length=40)
    name = models.CharField(_("name"), max_length=100)
    sha = models.CharField(_("SHA-256"), max_length=64, unique=True)
    text = models.TextField(_("text"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("chart of accounts")
        verbose_name_plural = _("charts of accounts")
        ordering = ["code", "id"]

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    """One scheme's money at one office that holds money; a voucher never crosses books."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+", verbose_name=_("scheme"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    chart = models.ForeignKey(
        ChartVersion, models.PROTECT, related_name="+", verbose_name=_("chart of accounts")
    )
    details = models.CharField(_("accounts in parts"), max_length=40, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    pays = models.BooleanField(_("pays benefits"), default=False)
    opened_on = models.DateField(_("opened on"))
    opened_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("opened by"))
    opened_at = models.DateTimeField(_("opened at"), auto_now_add=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path")

    class Meta:
        verbose_name = _("book")
        verbose_name_plural = _("books")
        ordering = ["scheme", "office"]
        constraints = [
            models.UniqueConstraint(
                name="book_once",
                fields=["scheme", "office"],
                violation_error_message=_("This office already keeps a book for this scheme."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme_id} {self.office_id}"

    @cached_property
    def rules(self) -> charts.Chart:
        """The chart that this book keeps."""
        return charts.chart_of(self.chart.text)

    @cached_property
    def account_by_code(self) -> dict[str, Account]:
        """Every account of the book; they never change once it is open."""
        return {account.code: account for account in self.accounts.all()}

    @cached_property
    def account_by_pk(self) -> dict[int, Account]:
        return {account.pk: account for account in self.account_by_code.values()}

    @cached_property
    def ledger_user(self) -> User:
        """Who makes the automatic vouchers."""
        return system_user("ledger")

    @cached_property
    def first_month(self) -> int:
        """The id of the month the book opened with: its balances are the rows that are locked."""
        return self.months.order_by("month").values_list("id", flat=True)[0]


class Account(models.Model):
    """An account of a book; `strict` may not cross zero."""

    class Kind(models.TextChoices):
        ASSET = "asset", _("assets")
        LIABILITY = "liability", _("liabilities")
        EQUITY = "equity", _("balances of the fund")
        INCOME = "income", _("income")
        EXPENSE = "expense", _("spending")

    class Side(models.TextChoices):
        DEBIT = "debit", _("debit")
        CREDIT = "credit", _("credit")

    book = models.ForeignKey(Book, models.PROTECT, related_name="accounts", verbose_name=_("book"))
    code = models.CharField(_("code"), max_length=10)
    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("class"), max_length=9, choices=Kind.choices)
    side = models.CharField(_("normal side"), max_length=6, choices=Side.choices)
    leaf = models.BooleanField(_("takes postings"), default=True)
    strict = models.BooleanField(_("may not cross zero"), default=False)
    asks = ArrayField(models.CharField(max_length=20), verbose_name=_("dimensions"), default=list, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="book__office__path")

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["book", "code"]
        constraints = [
            models.UniqueConstraint(
                name="account_once",
                fields=["book", "code"],
                violation_error_message=_("This account exists already in this book."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FiscalPeriod(models.Model):
    """A book's month; it gives the numbers of its vouchers."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")

    book = models.ForeignKey(Book, models.PROTECT, related_name="months", verbose_name=_("book"))
    month = models.DateField(_("month"), help_text=_("The first day of the month."))
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.OPEN)
    next_number = models.PositiveIntegerField(_("next number"), default=1)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="book__office__path")

    class Meta:
        verbose_name = _("fiscal period")
        verbose_name_plural = _("fiscal periods")
        ordering = ["book", "month"]
        constraints = [
            models.UniqueConstraint(
                name="fiscalperiod_once",
                fields=["book", "month"],
                violation_error_message=_("This month exists already in this book."),
            ),
            models.CheckConstraint(
                name="fiscalperiod_first_day",
                condition=Q(month__day=1),
                violation_error_message=_("A month is named by its first day."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class Voucher(models.Model):
    """One booked event: balanced lines under one number; immutable once posted (triggers).

    Each key is written twice, with the draft and with the flip, so there are no more indexes than are read.
    The book stands beside the month, which has it too: the flip and the proof compare them.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        POSTED = "posted", _("posted")

    book = models.ForeignKey(
        Book, models.PROTECT, related_name="vouchers", verbose_name=_("book"), db_constraint=False
    )
    period = models.ForeignKey(
        FiscalPeriod,
        models.PROTECT,
        related_name="vouchers",
        verbose_name=_("fiscal period"),
        db_index=False,  # voucher_number_once begins with it
    )
    date = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=40)
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.DRAFT)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    key = models.CharField(_("idempotency key"), max_length=120)
    request_hash = models.CharField(_("request's SHA-256"), max_length=64)
    source_type = models.CharField(_("source"), max_length=40)
    source_id = models.BigIntegerField(_("source's number"))
    summary = models.CharField(_("summary"), max_length=120)
    total = money(_("total"))
    line_count = models.PositiveIntegerField(_("lines"))
    attachments = models.PositiveSmallIntegerField(_("number of papers"), default=0)
    made_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("maker"), db_index=False
    )
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    checked_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("checker"),
        db_index=False,
    )
    posted_by = models.ForeignKey(
        USER,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("poster"),
        db_index=False,
    )
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversed_by", verbose_name=_("reverses")
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="book__office__path")

    class Meta:
        verbose_name = _("voucher")
        verbose_name_plural = _("vouchers")
        ordering = ["-id"]
        indexes = [models.Index(name="voucher_source", fields=["source_type", "source_id"])]
        constraints = [
            models.UniqueConstraint(
                name="voucher_key_once",
                fields=["key"],
                violation_error_message=_("This key has been used for another voucher."),
            ),
            models.UniqueConstraint(
                name="voucher_number_once",
                fields=["period", "number"],
                violation_error_message=_("This number is taken."),
            ),
            models.CheckConstraint(
                name="voucher_total_positive",
                condition=Q(total__gt=0, line_count__gte=2),
                violation_error_message=_("A voucher has at least two lines and an amount."),
            ),
            models.CheckConstraint(
                name="voucher_posted_whole",
                condition=Q(state="draft", number=None, posted_by=None, posted_at=None)
                | Q(
                    state="posted",
                    number__gte=1,
                    checked_by__isnull=False,
                    posted_by__isnull=False,
                    posted_at__isnull=False,
                ),
                violation_error_message=_("A posted voucher has a number, a checker and a poster."),
            ),
            models.CheckConstraint(
                name="voucher_two_people",
                condition=Q(checked_by=None) | ~Q(checked_by=F("made_by")),
                violation_error_message=_("Nobody checks their own voucher."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m} {self.number or '—'}"


class Line(models.Model):
    """One side of a voucher; account code and name as they read then."""

    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="lines", verbose_name=_("voucher"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"))
    account_code = models.CharField(_("account's code"), max_length=10)
    account_name = models.CharField(_("account's name"), max_length=60)
    debit = money(_("debit"), default=0)
    credit = money(_("credit"), default=0)
    dimension = models.CharField(_("dimension"), max_length=80, blank=True)
    subject = models.CharField(_("subject"), max_length=120, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="voucher__book__office__path")

    class Meta:
        verbose_name = _("voucher line")
        verbose_name_plural = _("voucher lines")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="line_one_side",
                condition=Q(debit__gt=0, credit=0) | Q(debit=0, credit__gt=0),
                violation_error_message=_("A line has a debit or a credit."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_code} {self.debit or -self.credit}"


class Balance(models.Model):
    """Turnover of an account and dimension in a month; derived from lines, proved and rebuildable."""

    book = models.ForeignKey(
        Book, models.PROTECT, related_name="+", verbose_name=_("book"), db_constraint=False
    )
    period = models.ForeignKey(
        FiscalPeriod, models.PROTECT, related_name="balances", verbose_name=_("fiscal period")
    )
    account = models.ForeignKey(Account, models.PROTECT, related_name="balances", verbose_name=_("account"))
    dimension = models.CharField(_("dimension"), max_length=80, blank=True)
    opening = money(
        _("opening"), default=0, help_text=_("Debit less credit; set when the month before closes.")
    )
    debit = money(_("debit"), default=0)
    credit = money(_("credit"), default=0)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="book__office__path")

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        ordering = ["period", "account", "dimension"]
        constraints = [
            models.UniqueConstraint(name="balance_once", fields=["account", "dimension", "period"]),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.dimension}"


class Hold(models.Model):
    """Money reserved for a payment; what is left of it ends once: settled, released or expired."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        SETTLED = "settled", _("used")
        RELEASED = "released", _("freed")
        EXPIRED = "expired", _("expired")

    book = models.ForeignKey(Book, models.PROTECT, related_name="holds", verbose_name=_("book"))
    event = models.CharField(_("event"), max_length=40)
    key = models.CharField(_("idempotency key"), max_length=120, unique=True)
    source_type = models.CharField(_("source"), max_length=40)
    source_id = models.BigIntegerField(_("source's number"))
    dims = models.JSONField(_("dimensions"), default=dict)
    amount = money(_("amount"))
    settled = money(_("used"), default=0)
    released = money(_("freed"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ACTIVE)
    held_on = models.DateField(_("held on"))
    held_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("held by"))
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("ended by")
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="book__office__path")

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-id"]
        indexes = [models.Index(name="hold_source", fields=["source_type", "source_id"])]
        constraints = [
            models.CheckConstraint(
                name="hold_within_amount",
                condition=Q(
                    amount__gt=0, settled__gte=0, released__gte=0, amount__gte=F("settled") + F("released")
                ),
                violation_error_message=_("A hold cannot give more than it reserved."),
            ),
            models.CheckConstraint(
                name="hold_ends_once",
                condition=Q(
                    state="active", ended_on=None, ended_by=None, amount__gt=F("settled") + F("released")
                )
                | ~Q(state="active")
                & Q(ended_on__isnull=False, ended_by__isnull=False, amount=F("settled") + F("released")),
                violation_error_message=_("A hold is over when nothing is left of it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.amount}"

    @property
    def left(self) -> Decimal:
        """What is still reserved."""
        return self.amount - self.settled - self.released


class HoldOn(models.Model):
    """A strict account and dimension whose balance a hold reserves."""

    hold = models.ForeignKey(Hold, models.PROTECT, related_name="places", verbose_name=_("hold"))
    account = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name=_("account"))
    dimension = models.CharField(_("dimension"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("reserved account")
        verbose_name_plural = _("reserved accounts")
        constraints = [models.UniqueConstraint(name="holdon_once", fields=["hold", "account", "dimension"])]

    def __str__(self) -> str:
        return f"{self.account_id} {self.dimension}"


class Receipt(models.Model):
    """Money that arrived. What is not matched yet waits as an unmatched receipt, or is given back."""

    book = models.ForeignKey(Book, models.PROTECT, related_name="receipts", verbose_name=_("book"))
    amount = money(_("amount"))
    received_on = models.DateField(_("received on"), help_text=_("The day the payer paid."))
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("paid by")
    )
    payer = models.CharField(_("payer"), max_length=120, blank=True)
    reference = models.CharField(_("bank serial"), max_length=60)
    note = models.CharField(_("note"), max_length=200, blank=True)
    matched = money(_("matched"), default=0)
    returned = money(_("given back"), default=0)
    run = models.ForeignKey(
        Run, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("run")
    )
    recorded_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("recorded by"))
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="book__office__path", unit="unit__code")

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="receipt_once",
                fields=["book", "reference"],
                violation_error_message=_("This bank serial has been received before."),
            ),
            models.CheckConstraint(
                name="receipt_within_amount",
                condition=Q(
                    amount__gt=0, matched__gte=0, returned__gte=0, amount__gte=F("matched") + F("returned")
                ),
                violation_error_message=_("No more can be matched or given back than arrived."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}"

    @property
    def left(self) -> Decimal:
        """What is neither matched nor given back."""
        return self.amount - self.matched - self.returned


class ReceiptReturn(models.Model):
    """A part of a receipt that was given back as a mistaken receipt; never a refund of a fee."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="returns", verbose_name=_("receipt"))
    amount = money(_("amount"))
    returned_on = models.DateField(_("given back on"))
    reason = models.CharField(_("reason"), max_length=200)
    returned_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("given back by"))
    voucher = models.OneToOneField(Voucher, models.PROTECT, related_name="+", verbose_name=_("voucher"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="receipt__book__office__path", unit="receipt__unit__code")

    class Meta:
        verbose_name = _("returned receipt")
        verbose_name_plural = _("returned receipts")
        constraints = [
            models.CheckConstraint(name="receiptreturn_amount", condition=Q(amount__gt=0) & ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.amount}"
