"""Who is covered: units, members, rosters, enrolments, cover."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.fields import EncryptedTextField, masked
from core.models import Office, Run
from core.scoping import Scope, ScopedQuerySet
from schemes.models import Period, Scheme


class PersonKind(models.TextChoices):
    ACTIVE = "active", _("active")
    RETIRED = "retired", _("retired")
    FLEXIBLE = "flexible", _("flexible")
    NEW_FORM = "new_form", _("new-form worker")
    UNEMPLOYED = "unemployed", _("unemployed")


class Sex(models.TextChoices):
    MALE = "M", _("male")
    FEMALE = "F", _("female")


class Unit(models.Model):
    """A work unit's union: it enrols its people and files for them. It belongs to exactly one office."""

    class Kind(models.TextChoices):
        EMPLOYER = "employer", _("employer's union")
        COMMUNITY = "community", _("street or community union")

    code = models.CharField(_("social-credit code"), max_length=18, unique=True)
    name = models.CharField(_("unit name"), max_length=120)
    name_pinyin = models.CharField(max_length=240, blank=True, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.EMPLOYER)
    agency = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("agency point"))
    insured_active = models.PositiveIntegerField(
        _("active staff in basic insurance"), default=0, help_text=_("Proposed for the roster, confirmed there.")
    )
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="agency__path", unit="code")

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ["name_pinyin", "id"]

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person, known once by identity number, whatever their units and periods."""

    id_number = EncryptedTextField(_("identity number"))
    id_digest = models.BinaryField(max_length=16, unique=True, editable=False)
    name = models.CharField(_("person's name"), max_length=60)
    name_pinyin = models.CharField(max_length=200, blank=True, editable=False)
    sex = models.CharField(_("sex"), max_length=1, choices=Sex.choices)
    birth_date = models.DateField(_("date of birth"))
    phone = EncryptedTextField(_("telephone"), blank=True, default="")
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    card_number = EncryptedTextField(_("bank card"), blank=True, default="")
    died_on = models.DateField(_("died on"), null=True, blank=True)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="affiliations__unit__agency__path", unit="affiliations__unit__code")

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    @property
    def masked_id(self) -> str:
        return masked(self.id_number)

    @property
    def masked_card(self) -> str:
        return masked(self.card_number)


class Affiliation(models.Model):
    """A member belongs to a unit, as what, from when to when."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="affiliations", verbose_name=_("member"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="affiliations", verbose_name=_("unit"))
    kind = models.CharField(_("kind"), max_length=10, choices=PersonKind.choices)
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="unit__agency__path", unit="unit__code")

    class Meta:
        verbose_name = _("affiliation")
        verbose_name_plural = _("affiliations")
        constraints = [
            models.UniqueConstraint(
                name="affiliation_open_once",
                fields=["member", "unit"],
                condition=Q(until=None),
                violation_error_message=_("This member already belongs to this unit."),
            ),
            models.CheckConstraint(
                name="affiliation_range",
                condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message=_("An affiliation cannot end before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.unit_id}"


class RosterState(models.TextChoices):
    DRAFT = "draft", _("draft")
    SUBMITTED = "submitted", _("submitted")
    ACCEPTED = "accepted", _("accepted")
    FROZEN = "frozen", _("frozen")


class Roster(models.Model):
    """A unit's people of one period, and the quota's denominator: typed by the unit, confirmed at the agency point."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="rosters", verbose_name=_("unit"))
    period = models.ForeignKey(Period, models.PROTECT, related_name="rosters", verbose_name=_("period"))
    state = models.CharField(_("state"), max_length=9, choices=RosterState.choices, default=RosterState.DRAFT)
    insured_active = models.PositiveIntegerField(_("active staff in basic insurance"), null=True, blank=True)
    insured_active_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("typed by")
    )
    confirmed_active = models.PositiveIntegerField(_("confirmed active staff"), null=True, blank=True)
    confirmed_active_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("confirmed by")
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("submitted by")
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("accepted by")
    )
    frozen_at = models.DateTimeField(_("frozen at"), null=True, blank=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("frozen by")
    )
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="unit__agency__path", unit="unit__code")

    class Meta:
        verbose_name = _("roster")
        verbose_name_plural = _("rosters")
        ordering = ["-period", "unit"]
        constraints = [
            models.UniqueConstraint(
                name="roster_once",
                fields=["unit", "period"],
                violation_error_message=_("This unit already has a roster for this period."),
            ),
            *(
                models.CheckConstraint(
                    name=f"roster_{verb}_by",
                    condition=Q(**{f"{verb}_at": None, f"{verb}_by": None})
                    | Q(**{f"{verb}_at__isnull": False, f"{verb}_by__isnull": False}),
                    violation_error_message=_("An act names its time and its person."),
                )
                for verb in ("submitted", "accepted", "frozen")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.period_id}"


class Enrollment(models.Model):
    """A member is on a roster: one row per member, period and plan."""

    class State(models.TextChoices):
        LISTED = "listed", _("listed")
        COVERED = "covered", _("covered")
        REMOVED = "removed", _("removed")

    member = models.ForeignKey(Member, models.PROTECT, related_name="enrollments", verbose_name=_("member"))
    roster = models.ForeignKey(Roster, models.PROTECT, related_name="enrollments", verbose_name=_("roster"))
    period = models.ForeignKey(
        Period, models.PROTECT, related_name="+", verbose_name=_("period"), db_constraint=False
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("unit"), db_constraint=False)
    plan = models.CharField(_("plan"), max_length=20, default="base")
    shares = models.PositiveSmallIntegerField(_("shares"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=PersonKind.choices)
    continuing = models.BooleanField(_("in the period before"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.LISTED)
    run = models.ForeignKey(
        Run, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("run"), db_constraint=False
    )
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="unit__agency__path", unit="unit__code")

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="enrollment_once_per_plan",
                fields=["member", "period", "plan"],
                violation_error_message=_("Already enrolled in this plan for this period."),
            ),
            models.CheckConstraint(
                name="enrollment_has_share",
                condition=Q(shares__gte=1),
                violation_error_message=_("An enrolment has at least one share."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.period_id}"


class Cover(models.Model):
    """A member is covered by a scheme over a range of days; `contributions` writes it, `claims` reads it."""

    class Began(models.TextChoices):
        PAID = "paid", _("fee paid")
        RESTORED = "restored", _("restored")

    class Ended(models.TextChoices):
        WITHDRAWN = "withdrawn", _("left basic or large-expense insurance")
        DIED = "died", _("died")
        MOVED_OUT = "moved_out", _("moved out")
        MISTAKE = "mistake", _("entered by mistake")

    member = models.ForeignKey(Member, models.PROTECT, related_name="covers", verbose_name=_("member"))
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+", verbose_name=_("scheme"))
    enrollment = models.ForeignKey(
        Enrollment, models.PROTECT, null=True, related_name="covers", verbose_name=_("enrolment")
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), help_text=_("The last covered day."))
    began = models.CharField(_("why it began"), max_length=10, choices=Began.choices)
    ended = models.CharField(_("why it ended early"), max_length=10, choices=Ended.choices, blank=True)
    ended_on = models.DateField(
        _("ended on"), null=True, blank=True, help_text=_("From this day there is no right (withdrawal).")
    )
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="enrollment__unit__agency__path", unit="enrollment__unit__code")

    class Meta:
        verbose_name = _("cover")
        verbose_name_plural = _("covers")
        ordering = ["member", "valid_from"]
        constraints = [
            models.CheckConstraint(
                name="cover_range",
                condition=Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Cover cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="cover_ended_has_reason",
                condition=Q(ended="", ended_on=None) | ~Q(ended="") & Q(ended_on__isnull=False),
                violation_error_message=_("Cover that ends early names the day and the reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.valid_from}"


class OpeningMembership(models.Model):
    """Opening data: who was in an earlier period of a scheme, and what it paid them."""

    member = models.ForeignKey(Member, models.PROTECT, related_name="earlier", verbose_name=_("member"))
    scheme = models.ForeignKey(Scheme, models.PROTECT, related_name="+", verbose_name=_("scheme"))
    period_code = models.CharField(_("period"), max_length=20)
    paid = models.DecimalField(_("benefits paid"), max_digits=14, decimal_places=2, default=0)
    run = models.ForeignKey(Run, models.PROTECT, null=True, related_name="+", verbose_name=_("run"))
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("membership of an earlier period")
        verbose_name_plural = _("memberships of earlier periods")
        constraints = [
            models.UniqueConstraint(name="openingmembership_once", fields=["member", "scheme", "period_code"]),
            models.CheckConstraint(name="openingmembership_paid", condition=Q(paid__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.period_code}"
