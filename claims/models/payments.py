"""Payments, their batches, and what the bank said of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from claims.models.claims import Claim
from core.fields import EncryptedTextField, masked
from core.models import Office
from core.scoping import Scope, ScopedQuerySet
from schemes.models import Period

USER = settings.AUTH_USER_MODEL


class BatchState(models.TextChoices):
    BUILT = "built", _("built")
    RELEASED = "released", _("released")
    SENT = "sent", _("sent to the bank")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class PaymentBatch(models.Model):
    """Approved claims paid together: built, released by another person, sent, confirmed in parts."""

    number = models.CharField(_("batch number"), max_length=24, unique=True)
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", verbose_name=_("period"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("paying office"))
    state = models.CharField(_("state"), max_length=9, choices=BatchState.choices, default=BatchState.BUILT)
    count = models.PositiveIntegerField(_("payments"))
    total = models.DecimalField(_("total"), max_digits=14, decimal_places=2)
    hold_key = models.CharField(_("hold"), max_length=80, blank=True, editable=False)
    built_on = models.DateField(_("built on"))
    built_at = models.DateTimeField(_("built at"))
    built_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("built by"))
    released_on = models.DateField(_("released on"), null=True, blank=True)
    released_at = models.DateTimeField(_("released at"), null=True, blank=True)
    released_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("released by")
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    sent_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("sent by")
    )
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    cancelled_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("cancelled by")
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path")

    class Meta:
        verbose_name = _("payment batch")
        verbose_name_plural = _("payment batches")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="paymentbatch_two_people",
                condition=Q(released_by=None) | ~Q(released_by=F("built_by")),
                violation_error_message=_("Who builds a batch cannot release it."),
            ),
            *(
                models.CheckConstraint(
                    name=f"paymentbatch_{verb}_by",
                    condition=Q(**{f"{verb}_at": None, f"{verb}_by": None})
                    | Q(**{f"{verb}_at__isnull": False, f"{verb}_by__isnull": False}),
                    violation_error_message=_("An act names its time and its person."),
                )
                for verb in ("released", "sent", "cancelled")
            ),
            models.CheckConstraint(
                name="paymentbatch_released_before_sent",
                condition=Q(state__in=["built", "cancelled"]) | Q(released_at__isnull=False),
                violation_error_message=_("A batch is released before it goes to the bank."),
            ),
            models.CheckConstraint(
                name="paymentbatch_pays_something",
                condition=Q(count__gte=1, total__gt=0),
                violation_error_message=_("A batch pays at least one person."),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class PaymentState(models.TextChoices):
    PENDING = "pending", _("pending")
    PAID = "paid", _("paid")
    RETURNED = "returned", _("returned by the bank")
    CANCELLED = "cancelled", _("cancelled")


class BankResult(models.Model):
    """One result file of a batch, or a part of it: confirmed once, one voucher."""

    batch = models.ForeignKey(
        PaymentBatch, models.PROTECT, related_name="results", verbose_name=_("payment batch")
    )
    file_name = models.CharField(_("file name"), max_length=200)
    file_sha = models.CharField(_("file's SHA-256"), max_length=64)
    paid_count = models.PositiveIntegerField(_("paid"))
    paid_total = models.DecimalField(_("paid total"), max_digits=14, decimal_places=2)
    returned_count = models.PositiveIntegerField(_("returned"))
    returned_total = models.DecimalField(_("returned total"), max_digits=14, decimal_places=2)
    voucher = models.BigIntegerField(_("voucher"), null=True, blank=True)
    confirmed_on = models.DateField(_("confirmed on"))
    confirmed_at = models.DateTimeField(_("confirmed at"))
    confirmed_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("confirmed by"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="batch__office__path")

    class Meta:
        verbose_name = _("bank result")
        verbose_name_plural = _("bank results")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="bankresult_file_once",
                fields=["batch", "file_sha"],
                violation_error_message=_("This result file has been confirmed already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.file_name}"


class PaidPlace(models.Model):
    """What a bank result has paid to people of one agency point: the sum of its payments there.

    Written with the result and never again, so that a place's total needs no look at a million payments;
    claims/proof.py proves it.
    """

    result = models.ForeignKey(
        BankResult, models.PROTECT, related_name="places", verbose_name=_("bank result")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="+", verbose_name=_("agency point"), db_constraint=False
    )
    count = models.PositiveIntegerField(_("paid"))
    amount = models.DecimalField(_("paid total"), max_digits=14, decimal_places=2)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path")

    class Meta:
        verbose_name = _("payments of a place")
        verbose_name_plural = _("payments by place")
        ordering = ["result", "office"]
        constraints = [
            models.UniqueConstraint(
                name="paidplace_once",
                fields=["result", "office"],
                violation_error_message=_("A place's sum is written once."),
            ),
            models.CheckConstraint(
                name="paidplace_positive",
                condition=Q(amount__gt=0, count__gte=1),
                violation_error_message=_("A payment is above zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.result_id} {self.office_id}: {self.amount}"


class Payment(models.Model):
    """What one claim is paid in one batch; its reference is how the bank names it."""

    reference = models.CharField(_("reference"), max_length=32, unique=True)
    batch = models.ForeignKey(
        PaymentBatch, models.PROTECT, related_name="payments", verbose_name=_("payment batch")
    )
    claim = models.ForeignKey(Claim, models.PROTECT, related_name="payments", verbose_name=_("claim"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    holder_name = models.CharField(_("account holder"), max_length=60)
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    card_number = EncryptedTextField(_("bank card"))
    state = models.CharField(
        _("state"), max_length=9, choices=PaymentState.choices, default=PaymentState.PENDING
    )
    reason = models.CharField(_("why it was returned"), max_length=200, blank=True)
    result = models.ForeignKey(
        BankResult,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name=_("bank result"),
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="claim__office__path", unit="claim__unit__code")

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["batch", "id"]
        constraints = [
            models.UniqueConstraint(
                name="payment_one_pending",
                fields=["claim"],
                condition=Q(state="pending"),
                violation_error_message=_("This claim is being paid already."),
            ),
            models.CheckConstraint(
                name="payment_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("A payment is above zero."),
            ),
            models.CheckConstraint(
                name="payment_result_when_ended",
                condition=Q(state__in=["pending", "cancelled"], result=None)
                | Q(state__in=["paid", "returned"], result__isnull=False, ended_on__isnull=False),
                violation_error_message=_("A payment ends with the bank's result."),
            ),
            models.CheckConstraint(
                name="payment_return_has_reason",
                condition=~Q(state="returned") | ~Q(reason=""),
                violation_error_message=_("A returned payment says why."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def masked_card(self) -> str:
        return masked(self.card_number)


LAYOUT_FIELDS = (
    "reference",
    "holder_name",
    "bank_name",
    "card_number",
    "amount",
    "purpose",
    "batch",
    "position",
)


def default_columns() -> list[list[str]]:
    """The layout that ships: field and heading, in the file's order."""
    return [
        ["position", "序号"], ["reference", "业务参考号"], ["holder_name", "收款人户名"],
        ["card_number", "收款人账号"], ["bank_name", "开户银行"], ["amount", "金额"], ["purpose", "用途"],
    ]  # fmt: skip


def check_columns(columns: Any) -> None:
    """A layout is a list of [field, heading]; reference, card and amount must be there."""
    pairs = columns if isinstance(columns, list) else []
    fields = [pair[0] for pair in pairs if isinstance(pair, list) and len(pair) == 2]
    if len(fields) != len(pairs) or set(fields) - set(LAYOUT_FIELDS) or len(set(fields)) != len(fields):
        raise ValidationError(
            _("Write the columns as [field, heading]; fields are: %(fields)s."),
            params={"fields": ", ".join(LAYOUT_FIELDS)},
        )
    if not {"reference", "card_number", "amount"} <= set(fields):
        raise ValidationError(_("A bank file needs reference, card number and amount."))


class BankLayout(models.Model):
    """How a bank wants its file and how it answers: columns in order, headings, words for paid."""

    name = models.CharField(_("bank"), max_length=60, unique=True)
    columns = models.JSONField(_("columns"), default=default_columns, validators=[check_columns])
    purpose = models.CharField(_("purpose"), max_length=40, default="职工医疗互助补助")
    result_heading = models.CharField(_("heading of the result"), max_length=30, default="处理结果")
    reason_heading = models.CharField(_("heading of the reason"), max_length=30, default="退票原因")
    paid_words = models.CharField(
        _("words for paid"), max_length=100, default="成功,已支付,paid", help_text=_("Separated by commas.")
    )
    returned_words = models.CharField(
        _("words for returned"),
        max_length=100,
        default="退票,失败,returned",
        help_text=_("Separated by commas."),
    )
    in_use = models.BooleanField(_("in use"), default=True)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("bank layout")
        verbose_name_plural = _("bank layouts")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                name="banklayout_one_in_use",
                fields=["in_use"],
                condition=Q(in_use=True),
                violation_error_message=_("One layout is in use at a time."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
