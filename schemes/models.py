"""Schemes, the versions of their documents, and periods."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.scoping import Scope, ScopedQuerySet


class Scheme(models.Model):
    """One layer of cover: a code, a name, and documents that say what it does."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=100)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("scheme")
        verbose_name_plural = _("schemes")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class SchemeVersion(models.Model):
    """A complete document and its adoption; from adoption only withdrawal may still be written (trigger)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        CHECKED = "checked", _("checked")
        ADOPTED = "adopted", _("adopted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="versions", verbose_name=_("scheme"))
    document = models.TextField(_("document"))
    sha = models.CharField(_("document's SHA-256"), max_length=64)
    effective_from = models.DateField(_("effective from"))
    effective_to = models.DateField(_("effective to"), null=True, blank=True)
    period_codes = ArrayField(models.CharField(max_length=20), verbose_name=_("periods"), default=list, blank=True)
    provisional = models.BooleanField(_("provisional"), default=False)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFT)
    shipped = models.BooleanField(_("shipped with the product"), default=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("written by")
    )
    adopted_at = models.DateTimeField(_("adopted at"), null=True, blank=True)
    adopted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("adopted by")
    )
    second_adopter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("second adopter"),
    )
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("withdrawn by")
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("scheme version")
        verbose_name_plural = _("scheme versions")
        ordering = ["scheme", "-effective_from", "-id"]
        constraints = [
            models.CheckConstraint(
                name="schemeversion_range",
                condition=Q(effective_to=None) | Q(effective_to__gte=F("effective_from")),
                violation_error_message=_("A version cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="schemeversion_adopted_by",
                condition=Q(adopted_at=None, adopted_by=None) | Q(adopted_at__isnull=False, adopted_by__isnull=False),
                violation_error_message=_("An adoption names its time and its person."),
            ),
            models.CheckConstraint(
                name="schemeversion_two_people",
                condition=Q(adopted_at=None)
                | Q(shipped=True)
                | Q(second_adopter__isnull=False) & ~Q(second_adopter=F("adopted_by")),
                violation_error_message=_("A version is adopted by two people."),
            ),
            models.CheckConstraint(
                name="schemeversion_withdrawn_by",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                violation_error_message=_("A withdrawal names its time and its person."),
            ),
            models.CheckConstraint(
                name="schemeversion_state",
                condition=Q(state__in=["draft", "checked"], adopted_at=None)
                | Q(state="adopted", adopted_at__isnull=False, withdrawn_at=None)
                | Q(state="withdrawn", adopted_at__isnull=False, withdrawn_at__isnull=False),
                violation_error_message=_("The state of a version follows its adoption and withdrawal."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.effective_from}"


class PeriodState(models.TextChoices):
    PLANNED = "planned", _("planned")
    ENROLLING = "enrolling", _("enrolling")
    FROZEN = "frozen", _("frozen")
    CLAIMING = "claiming", _("claiming")
    CLOSED = "closed", _("closed")


class Period(models.Model):
    """The span of one accumulator and one enrolment: a plan's term or a year of one scheme."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="periods", verbose_name=_("scheme"))
    code = models.CharField(_("code"), max_length=20)
    version = models.ForeignKey(
        SchemeVersion, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("version")
    )
    cover_from = models.DateField(_("cover from"))
    cover_to = models.DateField(_("cover to"))
    pay_from = models.DateField(_("fees from"), null=True, blank=True)
    pay_to = models.DateField(_("fees to"), null=True, blank=True)
    claim_from = models.DateField(_("claims from"), null=True, blank=True)
    claim_to = models.DateField(_("claims to"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=PeriodState.choices, default=PeriodState.PLANNED)
    provisional = models.BooleanField(_("provisional"), default=False)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("period")
        verbose_name_plural = _("periods")
        ordering = ["scheme", "cover_from"]
        constraints = [
            models.UniqueConstraint(
                name="period_once",
                fields=["scheme", "code"],
                violation_error_message=_("This period exists already."),
            ),
            models.CheckConstraint(
                name="period_range",
                condition=Q(cover_to__gte=F("cover_from")),
                violation_error_message=_("A period cannot end before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.code}"
