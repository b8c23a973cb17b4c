"""Hospitals and the settlement slips that they issue."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.fields import EncryptedTextField, masked
from core.models import Office, Run
from core.scoping import Scope, ScopedQuerySet
from enrollment.models import Member, Unit

SLACK = Decimal("0.05")


class Column(models.TextChoices):
    """The amounts of a settlement slip, by the names of the rules service."""

    TOTAL = "total", _("total cost")
    SELF_FUNDED = "self_funded", _("self-funded")
    OVER_LIMIT = "over_limit", _("over limit")
    OVER_PACKAGE = "over_package", _("above the fixed package")
    NEWLY_COVERED = "newly_covered", _("newly covered locally")
    HOSPITAL_PART = "hospital_part", _("borne by the hospital")
    CLASS_B_OWN = "class_b_own", _("class-B own share")
    DEDUCTIBLE = "deductible", _("deductible")
    BASIC_PAID = "basic_paid", _("paid by the pool")
    LARGE_PAID = "large_paid", _("paid by large-expense")
    CRITICAL_PAID = "critical_paid", _("paid by critical illness")
    SUPPLEMENTARY_PAID = "supplementary_paid", _("paid by supplementary insurance")
    CIVIL_SERVANT_PAID = "civil_servant_paid", _("civil-servant subsidy")
    ASSISTANCE_PAID = "assistance_paid", _("medical assistance")
    OTHER_PAID = "other_paid", _("other subsidies")
    ACCOUNT_PAID = "account_paid", _("paid from the personal account")
    FAMILY_ACCOUNT_PAID = "family_account_paid", _("paid from a family account")
    CASH_PAID = "cash_paid", _("paid in cash")


PAYERS = (
    Column.HOSPITAL_PART, Column.BASIC_PAID, Column.LARGE_PAID, Column.CRITICAL_PAID,
    Column.SUPPLEMENTARY_PAID, Column.CIVIL_SERVANT_PAID, Column.ASSISTANCE_PAID, Column.OTHER_PAID,
    Column.ACCOUNT_PAID, Column.FAMILY_ACCOUNT_PAID, Column.CASH_PAID,
)  # fmt: skip
"""Whose payments add up to the total."""


class Care(models.TextChoices):
    INPATIENT = "inpatient", _("inpatient")
    HOME_BED = "home_bed", _("home bed")
    DAY_WARD = "day_ward", _("day ward")
    OUTPATIENT = "outpatient", _("outpatient")
    CHRONIC_OUTPATIENT = "chronic_outpatient", _("chronic outpatient")
    SPECIAL_OUTPATIENT = "special_outpatient", _("special outpatient")
    SPECIAL_DRUG = "special_drug", _("special drug")
    EMERGENCY = "emergency", _("emergency")
    OBSERVATION = "observation", _("observation")


class Exclusion(models.TextChoices):
    """Why a slip is kept and pays nothing."""

    WORK_INJURY = "work_injury", _("work injury")
    MATERNITY = "maternity", _("maternity")
    THIRD_PARTY = "third_party", _("third party liable")
    CHRONIC_OUTPATIENT = "chronic_outpatient", _("settled as chronic outpatient")
    SPECIAL_OUTPATIENT = "special_outpatient", _("settled as special outpatient")
    EMERGENCY_OUTPATIENT = "emergency_outpatient", _("settled as emergency outpatient")
    OBSERVATION = "observation", _("settled as observation")
    OUTSIDE_FIXED_PACKAGE = "outside_fixed_package", _("outside the fixed package")
    NEWLY_COVERED_LOCALLY = "newly_covered_locally", _("newly covered by local policy")
    NOT_PAYABLE_BY_BASIC = "not_payable_by_basic", _("not payable by basic insurance")
    NON_DESIGNATED = "non_designated", _("non-designated hospital")
    DUPLICATE_COVER = "duplicate_cover", _("double cover")
    UNVERIFIED_INJURY = "unverified_injury", _("injury not verified")
    NOT_FILED = "not_filed", _("care away from home not filed")
    FRAUD = "fraud", _("fraud")


class Hospital(models.Model):
    """A hospital as slips and staff name it."""

    name = models.CharField(_("hospital"), max_length=120, unique=True)
    code = models.CharField(_("code"), max_length=30, blank=True)
    level = models.CharField(_("hospital level"), max_length=20, blank=True)
    designated = models.BooleanField(_("designated"), default=True)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("hospital")
        verbose_name_plural = _("hospitals")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                name="hospital_code_once",
                fields=["code"],
                condition=~Q(code=""),
                violation_error_message=_("This hospital code is in use already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BillState(models.TextChoices):
    DRAFT = "draft", _("draft")
    ACCEPTED = "accepted", _("accepted")
    HELD = "held", _("held aside")


def money(label: Any) -> models.DecimalField:
    """An amount of a slip: yuan, two places, 0 when the slip does not name it."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, default=Decimal("0.00"))


_paid = reduce(add, (F(column.value) for column in PAYERS))


class Bill(models.Model):
    """One settlement slip with every column: imported from the bureau's data or typed from the paper.

    Held: the person stands in no roster of the period; taken up when they do.
    """

    settlement_number = models.CharField(_("settlement number"), max_length=40)
    receipt_code = models.CharField(_("receipt code"), max_length=20, blank=True)
    receipt_number = models.CharField(_("receipt number"), max_length=20, blank=True)
    person_name = models.CharField(_("person's name"), max_length=60, blank=True)
    id_number = EncryptedTextField(_("identity number"), blank=True, default="")
    id_digest = models.BinaryField(max_length=16, editable=False, default=b"")
    member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name=_("member")
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("unit")
    )
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("agency point"))
    hospital = models.ForeignKey(
        Hospital, models.PROTECT, null=True, related_name="+", verbose_name=_("hospital")
    )
    hospital_level = models.CharField(_("hospital level"), max_length=20, blank=True)
    designated = models.BooleanField(_("designated"), default=True)
    care = models.CharField(_("kind of care"), max_length=20, choices=Care.choices, default=Care.INPATIENT)
    care_as_typed = models.CharField(_("kind of care on the slip"), max_length=40, blank=True)
    admitted = models.DateField(_("admitted on"), null=True, blank=True)
    discharged = models.DateField(_("discharged on"), null=True, blank=True)
    settled = models.DateField(_("settled on"), null=True, blank=True)
    diagnosis = EncryptedTextField(_("diagnosis"), blank=True, default="")
    total = money(Column.TOTAL.label)
    self_funded = money(Column.SELF_FUNDED.label)
    over_limit = money(Column.OVER_LIMIT.label)
    over_package = money(Column.OVER_PACKAGE.label)
    newly_covered = money(Column.NEWLY_COVERED.label)
    hospital_part = money(Column.HOSPITAL_PART.label)
    class_b_own = money(Column.CLASS_B_OWN.label)
    deductible = money(Column.DEDUCTIBLE.label)
    basic_paid = money(Column.BASIC_PAID.label)
    large_paid = money(Column.LARGE_PAID.label)
    critical_paid = money(Column.CRITICAL_PAID.label)
    supplementary_paid = money(Column.SUPPLEMENTARY_PAID.label)
    civil_servant_paid = money(Column.CIVIL_SERVANT_PAID.label)
    assistance_paid = money(Column.ASSISTANCE_PAID.label)
    other_paid = money(Column.OTHER_PAID.label)
    account_paid = money(Column.ACCOUNT_PAID.label)
    family_account_paid = money(Column.FAMILY_ACCOUNT_PAID.label)
    cash_paid = money(Column.CASH_PAID.label)
    other_columns = EncryptedTextField(
        _("other columns"), blank=True, default="", help_text=_("Further columns of the file, as JSON.")
    )
    exclusion = models.CharField(_("exclusion"), max_length=24, choices=Exclusion.choices, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=BillState.choices, default=BillState.ACCEPTED)
    held_because = models.CharField(_("held because"), max_length=40, blank=True)
    run = models.ForeignKey(
        Run, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("run")
    )
    row = models.PositiveBigIntegerField(_("row"), null=True, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("added by")
    )
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path", unit="unit__code")

    class Meta:
        verbose_name = _("settlement slip")
        verbose_name_plural = _("settlement slips")
        ordering = ["-id"]
        indexes = [
            models.Index(name="bill_held", fields=["id_digest"], condition=Q(state="held")),
            models.Index(name="bill_member", fields=["member", "discharged"]),
            models.Index(name="bill_unclaimed", fields=["discharged", "id"], condition=Q(state="accepted")),
        ]
        constraints = [
            models.UniqueConstraint(
                name="bill_settlement_once",
                fields=["settlement_number"],
                condition=~Q(settlement_number=""),
                violation_error_message=_("This settlement number is in the system already."),
            ),
            models.UniqueConstraint(
                name="bill_receipt_once",
                fields=["receipt_code", "receipt_number"],
                condition=~Q(receipt_number=""),
                violation_error_message=_("This receipt is in the system already."),
            ),
            models.CheckConstraint(
                name="bill_balanced",
                condition=Q(state=BillState.DRAFT)
                | Q(total__gte=_paid - models.Value(SLACK), total__lte=_paid + models.Value(SLACK)),
                violation_error_message=_("What was paid does not add up to the total."),
            ),
            models.CheckConstraint(
                name="bill_discharge_after_admission",
                condition=Q(state=BillState.DRAFT)
                | Q(admitted__isnull=False, discharged__isnull=False, discharged__gte=F("admitted")),
                violation_error_message=_("The discharge lies before the admission."),
            ),
            models.CheckConstraint(
                name="bill_member_unless_held",
                condition=~Q(state=BillState.ACCEPTED) | Q(member__isnull=False, unit__isnull=False),
                violation_error_message=_("A slip without a member is held aside."),
            ),
            models.CheckConstraint(
                name="bill_held_has_reason",
                condition=Q(state=BillState.HELD) & ~Q(held_because="")
                | ~Q(state=BillState.HELD) & Q(held_because=""),
                violation_error_message=_("A slip that is held aside says why."),
            ),
            *(
                models.CheckConstraint(
                    name=f"bill_{column.value}_not_negative",
                    condition=Q(**{f"{column.value}__gte": 0}),
                    violation_error_message=_("An amount of a slip is never negative."),
                )
                for column in Column
            ),
        ]

    def __str__(self) -> str:
        return self.settlement_number

    @property
    def masked_id(self) -> str:
        return masked(self.id_number)

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Every amount by its column's name."""
        return {column.value: getattr(self, column.value) for column in Column}

    @property
    def difference(self) -> Decimal:
        """The total less what all payers paid."""
        return self.total - sum((getattr(self, column.value) for column in PAYERS), Decimal(0))
