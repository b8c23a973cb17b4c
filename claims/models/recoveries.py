"""Money that was paid and is not owed: noted, approved by a second person, set off against what is owed."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from claims.models.claims import Claim
from core.scoping import Scope, ScopedQuerySet

USER = settings.AUTH_USER_MODEL


class RecoveryState(models.TextChoices):
    WAITING = "waiting", _("waits for approval")
    APPROVED = "approved", _("to be recovered")
    DONE = "done", _("recovered")
    WAIVED = "waived", _("not recovered")
    VOID = "void", _("no longer owed")


OPEN = (RecoveryState.WAITING, RecoveryState.APPROVED)


class Recovery(models.Model):
    """What a claim was paid above what it is worth now; nothing is taken before a second person approves."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="recoveries", verbose_name=_("claim"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    taken = models.DecimalField(_("set off so far"), max_digits=14, decimal_places=2, default=0)
    state = models.CharField(
        _("state"), max_length=8, choices=RecoveryState.choices, default=RecoveryState.WAITING
    )
    run = models.ForeignKey(
        "core.Run", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("run")
    )
    noted_on = models.DateField(_("noted on"))
    noted_at = models.DateTimeField(_("noted at"))
    noted_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("noted by"))
    decided_on = models.DateField(_("day of the decision"), null=True, blank=True)
    decided_at = models.DateTimeField(_("time of the decision"), null=True, blank=True)
    decided_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who decided")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="claim__office__path")

    class Meta:
        verbose_name = _("recovery")
        verbose_name_plural = _("recoveries")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="recovery_one_open",
                fields=["claim"],
                condition=Q(state__in=["waiting", "approved"]),
                violation_error_message=_("A recovery of this claim is open already."),
            ),
            models.CheckConstraint(
                name="recovery_amounts",
                condition=Q(amount__gt=0, taken__gte=0, taken__lte=F("amount")),
                violation_error_message=_("A recovery is above zero, and no more than it is set off."),
            ),
            models.CheckConstraint(
                name="recovery_done_is_taken",
                condition=Q(state="done", taken=F("amount")) | ~Q(state="done") & ~Q(taken=F("amount")),
                violation_error_message=_("A recovery is done when all of it has been set off."),
            ),
            models.CheckConstraint(
                name="recovery_decided_by",
                condition=Q(decided_at=None, decided_by=None, decided_on=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False, decided_on__isnull=False),
                violation_error_message=_("A decision names its time and its person."),
            ),
            models.CheckConstraint(
                name="recovery_two_people",
                condition=Q(decided_by=None) | ~Q(decided_by=F("noted_by")),
                violation_error_message=_("A recovery is decided by somebody else than who noted it."),
            ),
            models.CheckConstraint(
                name="recovery_taken_after_approval",
                condition=Q(state="waiting", decided_at=None, taken=0)
                | Q(state__in=["approved", "done", "waived"], decided_at__isnull=False)
                | Q(state="void") & (Q(taken=0) | Q(decided_at__isnull=False)),
                violation_error_message=_("Nothing is taken before a second person has approved it."),
            ),
            models.CheckConstraint(
                name="recovery_waived_reason",
                condition=~Q(state="waived") | ~Q(reason=""),
                violation_error_message=_("Who lets a recovery go says why."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.amount}"

    @property
    def left(self) -> Decimal:
        """What has not been set off yet."""
        return Decimal(self.amount - self.taken)


class SetOff(models.Model):
    """A part of what a claim is owed that is kept for a recovery (append-only)."""

    recovery = models.ForeignKey(
        Recovery, models.PROTECT, related_name="set_offs", verbose_name=_("recovery")
    )
    claim = models.ForeignKey(
        Claim, models.PROTECT, related_name="set_offs", verbose_name=_("from the payment of claim")
    )
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    set_off_on = models.DateField(_("set off on"))
    set_off_at = models.DateTimeField(_("set off at"))
    set_off_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("set off by"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="claim__office__path")

    class Meta:
        verbose_name = _("set-off")
        verbose_name_plural = _("set-offs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="setoff_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("A set-off is above zero."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recovery_id} {self.amount}"
