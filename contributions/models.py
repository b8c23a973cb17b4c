"""Money in: what is owed, which receipt pays it, what an office sends up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Office
from core.scoping import Scope, ScopedQuerySet
from enrollment.models import Enrollment, Roster, Unit
from funds.models import Receipt, Voucher
from schemes.models import Period

USER = settings.AUTH_USER_MODEL


def money(label: Any, **kwargs: Any) -> models.DecimalField:
    """An amount in yuan and fen."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, **kwargs)


class RosterFee(models.Model):
    """What a unit owes for its roster in all; money is allocated to it while the roster's row is locked.

    `owed` and `paid` are sums of levies and allocations, proved by `contributions.proof`.
    """

    roster = models.OneToOneField(Roster, models.PROTECT, related_name="fee", verbose_name=_("roster"))
    owed = money(_("owed"), default=0)
    paid = money(_("paid"), default=0)
    persons = models.PositiveIntegerField(_("persons"), default=0)
    paid_on = models.DateField(
        _("paid in full on"), null=True, blank=True, help_text=_("The day of the last payment that it took.")
    )
    assessed_on = models.DateField(_("assessed on"))
    assessed_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("assessed by"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="roster__unit__agency__path", unit="roster__unit__code")

    class Meta:
        verbose_name = _("unit's fee")
        verbose_name_plural = _("units' fees")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="rosterfee_paid_is_whole",
                condition=Q(paid_on=None) | Q(paid=F("owed"), owed__gt=0),
                violation_error_message=_("A unit has paid when its receipts equal its roster."),
            ),
            models.CheckConstraint(name="rosterfee_amounts", condition=Q(owed__gte=0, paid__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.roster_id} {self.owed}"


class Levy(models.Model):
    """What is owed for one enrolment; written set-based from the document."""

    enrollment = models.ForeignKey(
        Enrollment, models.CASCADE, related_name="levies", verbose_name=_("enrolment")
    )  # a name taken off a draft takes its levy along; the database keeps both once the roster is frozen
    roster = models.ForeignKey(
        Roster, models.PROTECT, related_name="levies", verbose_name=_("roster"), db_constraint=False
    )
    period = models.ForeignKey(
        Period,
        models.PROTECT,
        related_name="+",
        verbose_name=_("period"),
        db_constraint=False,
        db_index=False,
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("unit"), db_constraint=False, db_index=False
    )
    month = models.CharField(_("month"), max_length=7, blank=True, help_text=_("Where a levy is monthly."))
    continuing = models.BooleanField(_("in the period before"))
    amount = money(_("amount"))
    article = models.CharField(_("article"), max_length=60)
    due = models.DateField(_("due"))
    void = models.BooleanField(_("void"), default=False, help_text=_("The name was taken off the roster."))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="unit__agency__path", unit="unit__code")

    class Meta:
        verbose_name = _("levy")
        verbose_name_plural = _("levies")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="levy_once", fields=["enrollment", "month"]),
            models.CheckConstraint(name="levy_amount", condition=Q(amount__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id} {self.amount}"


class Allocation(models.Model):
    """A part of a receipt that pays a roster's fee; append-only."""

    receipt = models.ForeignKey(
        Receipt, models.PROTECT, related_name="allocations", verbose_name=_("receipt")
    )
    fee = models.ForeignKey(
        RosterFee, models.PROTECT, related_name="allocations", verbose_name=_("unit's fee")
    )
    amount = money(_("amount"))
    allocated_on = models.DateField(_("allocated on"))
    allocated_at = models.DateTimeField(_("allocated at"), auto_now_add=True)
    allocated_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("allocated by"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="fee__roster__unit__agency__path", unit="fee__roster__unit__code")

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["-id"]
        constraints = [models.CheckConstraint(name="allocation_amount", condition=Q(amount__gt=0))]

    def __str__(self) -> str:
        return f"{self.receipt_id} {self.amount}"


class OfficeSummary(models.Model):
    """An office's summary of a period's paid rosters, as it is printed and sealed; append-only."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", verbose_name=_("period"))
    made_on = models.DateField(_("made on"))
    made_at = models.DateTimeField(_("made at"), auto_now_add=True)
    made_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("made by"))
    units = models.PositiveIntegerField(_("units"))
    persons = models.PositiveIntegerField(_("persons"))
    continuing = models.PositiveIntegerField(_("continuing"))
    new = models.PositiveIntegerField(_("new"))
    amount = money(_("amount"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path")

    class Meta:
        verbose_name = _("office summary")
        verbose_name_plural = _("office summaries")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="officesummary_adds_up", condition=Q(persons=F("continuing") + F("new"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.office} {self.amount}"


class SummaryLine(models.Model):
    """One unit in a summary."""

    summary = models.ForeignKey(
        OfficeSummary, models.PROTECT, related_name="lines", verbose_name=_("office summary")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"))
    persons = models.PositiveIntegerField(_("persons"))
    continuing = models.PositiveIntegerField(_("continuing"))
    new = models.PositiveIntegerField(_("new"))
    amount = money(_("amount"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="summary__office__path", unit="unit__code")

    class Meta:
        verbose_name = _("summary line")
        verbose_name_plural = _("summary lines")
        ordering = ["summary", "unit"]
        constraints = [models.UniqueConstraint(name="summaryline_once", fields=["summary", "unit"])]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.amount}"


class Remittance(models.Model):
    """What an office sends up for a period: the summary's total; then the centre confirms it.

    An office remits once. What was frozen later goes up in a supplementary remittance, which says why.
    """

    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", verbose_name=_("period"))
    summary = models.OneToOneField(
        OfficeSummary, models.PROTECT, related_name="+", verbose_name=_("office summary")
    )
    sequence = models.PositiveSmallIntegerField(
        _("number in the period"), default=1, help_text=_("From 2 on it is supplementary.")
    )
    reason = models.CharField(_("why it is supplementary"), max_length=200, blank=True)
    amount = money(_("amount"))
    sent_on = models.DateField(_("sent on"))
    sent_at = models.DateTimeField(_("sent at"), auto_now_add=True)
    sent_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("sent by"))
    sent_voucher = models.OneToOneField(
        Voucher, models.PROTECT, null=True, related_name="+", verbose_name=_("voucher of the office")
    )
    received_on = models.DateField(_("received on"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    received_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("received by")
    )
    received_voucher = models.OneToOneField(
        Voucher,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("voucher of the centre"),
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path")

    class Meta:
        verbose_name = _("remittance")
        verbose_name_plural = _("remittances")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="remittance_once",
                fields=["office", "period", "sequence"],
                violation_error_message=_("An office remits once for a period."),
            ),
            models.CheckConstraint(
                name="remittance_supplement_says_why",
                condition=Q(sequence=1, reason="") | Q(sequence__gt=1) & ~Q(reason=""),
                violation_error_message=_("A supplementary remittance says why."),
            ),
            models.CheckConstraint(name="remittance_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="remittance_received_whole",
                condition=Q(received_on=None, received_at=None, received_by=None, received_voucher=None)
                | Q(
                    received_on__isnull=False,
                    received_at__isnull=False,
                    received_by__isnull=False,
                    received_voucher__isnull=False,
                ),
                violation_error_message=_("An act names its time and its person."),
            ),
            models.CheckConstraint(
                name="remittance_two_people",
                condition=Q(received_by=None) | ~Q(received_by=F("sent_by")),
                violation_error_message=_("Who sends a remittance does not confirm that it arrived."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office} {self.amount}"
