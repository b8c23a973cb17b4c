"""Schemes, the versions of their documents, and periods."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.scoping import Scope, ScopedQuerySet

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from core.models import User


def _person(label: StrOrPromise) -> models.ForeignKey:
    """Who did it; null until it is done."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=label
    )


def _both_or_neither(verb: str, name: str, message: StrOrPromise) -> models.CheckConstraint:
    """Every `<verb>_at` has its `<verb>_by`."""
    neither = Q(**{f"{verb}_at": None, f"{verb}_by": None})
    both = Q(**{f"{verb}_at__isnull": False, f"{verb}_by__isnull": False})
    return models.CheckConstraint(name=name, condition=neither | both, violation_error_message=message)


class Scheme(models.Model):
    """One layer of cover: a code, a name, and documents that say what it does."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name of the scheme"), max_length=100)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("scheme")
        verbose_name_plural = _("schemes")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class VersionQuerySet(ScopedQuerySet):
    """Versions of documents; drafts are seen by those who write and audit them alone."""

    def visible_to(self, user: User, *, on: date, permission: str = "") -> Self:
        """What the reader may see: everyone what was adopted, policy staff and auditors drafts as well."""
        rows = super().visible_to(user, on=on, permission=permission)
        drafts = super().visible_to(user, on=on, permission="schemes.view_draft")
        return rows.filter(Q(adopted_at__isnull=False) | Q(pk__in=drafts.values("pk")))


class SchemeVersion(models.Model):
    """A complete document and its adoption; from adoption only withdrawal may still be written (trigger)."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        CHECKED = "checked", _("checked")
        ADOPTED = "adopted", _("adopted")
        WITHDRAWN = "withdrawn", _("withdrawn")

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="versions", verbose_name=_("scheme"))
    document = models.TextField(_("document"))
    cases = models.TextField(_("worked cases"), default="[]", blank=True)
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    sha = models.CharField(_("document's SHA-256"), max_length=64)
    effective_from = models.DateField(_("effective from"))
    effective_to = models.DateField(_("effective to"), null=True, blank=True)
    period_codes = ArrayField(
        models.CharField(max_length=20), verbose_name=_("periods"), default=list, blank=True
    )
    provisional = models.BooleanField(_("provisional"), default=False)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.DRAFT)
    shipped = models.BooleanField(_("shipped with the product"), default=False)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("written by")
    )
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    checked_by = _person(_("checked by"))
    proposed_at = models.DateTimeField(_("proposed at"), null=True, blank=True)
    proposed_by = _person(_("proposed by"))
    adopted_at = models.DateTimeField(_("adopted at"), null=True, blank=True)
    adopted_by = _person(_("adopted by"))
    second_adopter = _person(_("second adopter"))
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True, blank=True)
    withdrawn_by = _person(_("withdrawn by"))
    withdrawal_reason = models.CharField(_("reason of the withdrawal"), max_length=500, blank=True)

    objects = VersionQuerySet.as_manager()
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
            _both_or_neither(
                "checked", "schemeversion_checked_by", _("A check names its time and its person.")
            ),
            _both_or_neither(
                "proposed", "schemeversion_proposed_by", _("A proposal names its time and its person.")
            ),
            _both_or_neither(
                "adopted", "schemeversion_adopted_by", _("An adoption names its time and its person.")
            ),
            models.CheckConstraint(
                name="schemeversion_two_people",
                condition=Q(adopted_at=None)
                | Q(shipped=True)
                | Q(second_adopter__isnull=False) & ~Q(second_adopter=F("adopted_by")),
                violation_error_message=_("A version is adopted by two people."),
            ),
            _both_or_neither(
                "withdrawn", "schemeversion_withdrawn_by", _("A withdrawal names its time and its person.")
            ),
            models.CheckConstraint(
                name="schemeversion_withdrawal_reason",
                condition=Q(withdrawn_at=None) | ~Q(withdrawal_reason=""),
                violation_error_message=_("A withdrawal says why."),
            ),
            models.CheckConstraint(
                name="schemeversion_adopted_checked",
                condition=Q(adopted_at=None)
                | Q(shipped=True)
                | Q(checked_at__isnull=False, proposed_at__isnull=False),
                violation_error_message=_("A version is checked and proposed before it is adopted."),
            ),
            models.CheckConstraint(
                name="schemeversion_checked_state",
                condition=~Q(state="draft") | Q(checked_at=None, proposed_at=None),
                violation_error_message=_("A draft that has been changed is checked and proposed anew."),
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
    state = models.CharField(
        _("state"), max_length=9, choices=PeriodState.choices, default=PeriodState.PLANNED
    )
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


class FigureUnit(models.TextChoices):
    YUAN = "yuan", _("yuan")
    PERCENT = "percent", _("percent")
    DAY = "day", _("day of the month")
    BANDS = "bands", _("bands")


class AnnouncedFigure(models.Model):
    """What a notice announces for a year, everywhere or in one place and below it.

    A correction is a new row of the same place that supersedes the old one (trigger).
    """

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="announced", verbose_name=_("scheme"))
    office = models.ForeignKey(
        "core.Office",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("place"),
        help_text=_("The city or county that the notice is of; empty: everywhere."),
    )
    name = models.SlugField(_("name of the figure"), max_length=40)
    unit = models.CharField(_("unit"), max_length=7, choices=FigureUnit.choices)
    year = models.PositiveSmallIntegerField(_("year"))
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=4, null=True, blank=True)
    bands = models.JSONField(
        _("bands"),
        default=list,
        blank=True,
        help_text=_('Pairs of yuan and percent, such as ["50000.00", "60%"].'),
    )
    notice_number = models.CharField(_("number of the notice"), max_length=80)
    notice_date = models.DateField(_("date of the notice"))
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="successor", verbose_name=_("supersedes")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    checked_at = models.DateTimeField(_("checked at"), null=True, blank=True)
    checked_by = _person(_("checked by"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("announced figure")
        verbose_name_plural = _("announced figures")
        ordering = ["scheme", "-year", "name", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="announcedfigure_once",
                fields=["scheme", "name", "year", "office"],
                condition=Q(supersedes=None),
                nulls_distinct=False,
                violation_error_message=_(
                    "This figure is recorded for this year already; a correction supersedes it."
                ),
            ),
            models.CheckConstraint(
                name="announcedfigure_value",
                condition=Q(unit="bands", amount=None) & ~Q(bands=[])
                | ~Q(unit="bands") & Q(amount__gte=0, bands=[]),
                violation_error_message=_("A figure is an amount, or bands."),
            ),
            models.CheckConstraint(
                name="announcedfigure_fen",
                condition=~Q(unit="yuan") | Q(amount=Round("amount", 2)),
                violation_error_message=_("An amount of yuan has at most two decimals."),
            ),
            models.CheckConstraint(
                name="announcedfigure_day",
                condition=~Q(unit="day") | Q(amount__gte=1, amount__lte=31, amount=Round("amount", 0)),
                violation_error_message=_("A day of the month lies between 1 and 31."),
            ),
            _both_or_neither(
                "checked", "announcedfigure_checked_by", _("A check names its time and its person.")
            ),
            models.CheckConstraint(
                name="announcedfigure_two_people",
                condition=Q(checked_by=None) | ~Q(checked_by=F("recorded_by")),
                violation_error_message=_("A figure is checked by somebody else than who recorded it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.year}"


def _key(*fields: str) -> Func:
    """Several text columns as a range of one number, so that GiST can hold them without an extension."""
    joined = Func(
        *(F(name) for name in fields), function="schemes_key", output_field=models.BigIntegerField()
    )
    return Func(joined, joined, Value("[]"), function="int8range")


class IllnessList(models.Model):
    """One illness on a named list of a scheme, from one day to another; kept by policy staff."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="illnesses", verbose_name=_("scheme"))
    listing = models.SlugField(
        _("list"), max_length=40, help_text=_("Such as major_illness or special_outpatient.")
    )
    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name of the illness"), max_length=200)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("listed illness")
        verbose_name_plural = _("illness lists")
        ordering = ["scheme", "listing", "code", "valid_from"]
        constraints = [
            models.CheckConstraint(
                name="illnesslist_range",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("An entry cannot end before it begins."),
            ),
            ExclusionConstraint(
                name="illnesslist_no_overlap",
                expressions=[
                    (Func(F("scheme"), F("scheme"), Value("[]"), function="int8range"), "&&"),
                    (_key("listing", "code"), "&&"),
                    (Func(F("valid_from"), F("valid_to"), Value("[]"), function="daterange"), "&&"),
                ],
                violation_error_message=_("This code is on the list already on some of these days."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Ruling(models.Model):
    """A decided reading: the question, the decision, and the setting that it binds (append-only)."""

    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="rulings", verbose_name=_("scheme"))
    number = models.CharField(_("number of the ruling"), max_length=60)
    decided_on = models.DateField(_("date of the decision"))
    setting = models.CharField(_("setting"), max_length=120)
    value = models.CharField(
        _("value"), max_length=200, help_text=_("What the setting says after the decision.")
    )
    question = models.TextField(_("question"))
    decision = models.TextField(_("decision"))
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="successor", verbose_name=_("supersedes")
    )
    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("ruling")
        verbose_name_plural = _("rulings")
        ordering = ["scheme", "-decided_on", "-id"]
        constraints = [
            models.UniqueConstraint(
                name="ruling_number_once",
                fields=["scheme", "number"],
                violation_error_message=_("A ruling of this number is in the register already."),
            ),
            models.CheckConstraint(
                name="ruling_says_something",
                condition=~Q(question="") & ~Q(decision="") & ~Q(number=""),
                violation_error_message=_("A ruling has a number, a question and a decision."),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RulingCase(models.Model):
    """A case that was decided under a ruling, by its number (append-only)."""

    ruling = models.ForeignKey(Ruling, models.PROTECT, related_name="decided_cases", verbose_name=_("ruling"))
    number = models.CharField(_("number of the case"), max_length=40)
    decided_on = models.DateField(_("date of the decision"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("case under a ruling")
        verbose_name_plural = _("cases under rulings")
        ordering = ["ruling", "decided_on", "id"]
        constraints = [
            models.UniqueConstraint(
                name="rulingcase_once",
                fields=["ruling", "number"],
                violation_error_message=_("This case stands under this ruling already."),
            )
        ]

    def __str__(self) -> str:
        return self.number
