"""Who is covered: units, members, rosters, enrolments, cover."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.encryption import digest
from core.fields import EncryptedTextField, masked
from core.models import Office, Run
from core.pinyin import sort_key
from core.scoping import Scope, ScopedQuerySet
from schemes.models import Period, Scheme


class PersonKind(models.TextChoices):
    ACTIVE = "active", _("in service")
    RETIRED = "retired", _("retired")
    FLEXIBLE = "flexible", _("flexible")
    NEW_FORM = "new_form", _("new-form worker")
    UNEMPLOYED = "unemployed", _("unemployed")


class Sex(models.TextChoices):
    MALE = "M", _("male")
    FEMALE = "F", _("female")


def people_history(**options: Any) -> HistoricalRecords:
    """History of a large table: few indexes, and a reader's key that is not checked row by row."""
    return HistoricalRecords(user_db_constraint=False, **options)


def actor(label: Any) -> models.ForeignKey:
    """Who did something; empty until it is done."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=label
    )


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
        _("active staff in basic insurance"),
        default=0,
        help_text=_("Proposed for the roster, confirmed there."),
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_pinyin = sort_key(self.name, longest=240)
        super().save(*args, **kwargs)


class MemberQuerySet(ScopedQuerySet):
    """People, found again by what they are known by."""

    def by_id_number(self, number: str) -> MemberQuerySet:
        """The person of a full identity number, by its keyed digest."""
        return self.filter(id_digest=digest(number.strip().upper()))


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
    phone_digest = models.BinaryField(max_length=16, null=True, editable=False)
    card_digest = models.BinaryField(max_length=16, null=True, editable=False)
    died_on = models.DateField(_("died on"), null=True, blank=True)
    history = people_history(excluded_fields=["id_digest", "phone_digest", "card_digest", "name_pinyin"])

    objects = MemberQuerySet.as_manager()
    scope = Scope(office="affiliations__unit__agency__path", unit="affiliations__unit__code")

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name

    DERIVED = ("id_digest", "phone_digest", "card_digest", "name_pinyin")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep digests and sort key beside what they are made of."""
        self.derive()
        super().save(*args, **kwargs)

    def derive(self) -> None:
        """Work out digests and sort key; for writes that pass `save` by."""
        self.id_digest = digest(self.id_number)
        self.phone_digest = digest(self.phone) if self.phone else None
        self.card_digest = digest(self.card_number) if self.card_number else None
        self.name_pinyin = sort_key(self.name)

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
    run = models.ForeignKey(
        Run,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("run"),
        db_constraint=False,
        db_index=False,
    )

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
    """A unit's people of one period, and the quota's denominator: typed by the unit, then confirmed."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="rosters", verbose_name=_("unit"))
    period = models.ForeignKey(Period, models.PROTECT, related_name="rosters", verbose_name=_("period"))
    state = models.CharField(_("state"), max_length=9, choices=RosterState.choices, default=RosterState.DRAFT)
    insured_active = models.PositiveIntegerField(_("active staff in basic insurance"), null=True, blank=True)
    insured_active_by = actor(_("typed by"))
    confirmed_active = models.PositiveIntegerField(_("confirmed active staff"), null=True, blank=True)
    confirmed_active_by = actor(_("confirmed by"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    submitted_by = actor(_("submitted by"))
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    accepted_by = actor(_("accepted by"))
    frozen_at = models.DateTimeField(_("frozen at"), null=True, blank=True)
    frozen_by = actor(_("frozen by"))
    papers_at = models.DateTimeField(_("papers received at"), null=True, blank=True)
    papers_by = actor(_("papers received by"))
    papers_place = models.CharField(_("papers filed at"), max_length=100, blank=True)
    returned_reason = models.CharField(_("why it was returned"), max_length=300, blank=True)
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
                for verb in ("submitted", "accepted", "frozen", "papers")
            ),
            models.CheckConstraint(
                name="roster_two_people",
                condition=Q(accepted_by=None) | Q(submitted_by=None) | ~Q(accepted_by=F("submitted_by")),
                violation_error_message=_("Who hands a roster in does not accept it."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.period_id}"


class Enrollment(models.Model):
    """A member is on a roster: one row per member, period and plan."""

    class State(models.TextChoices):
        LISTED = "listed", _("listed")
        COVERED = "covered", _("covered")

    # The unique constraint's index begins with the member: an index of its own would only cost.
    member = models.ForeignKey(
        Member, models.PROTECT, related_name="enrollments", verbose_name=_("member"), db_index=False
    )
    roster = models.ForeignKey(Roster, models.PROTECT, related_name="enrollments", verbose_name=_("roster"))
    period = models.ForeignKey(
        Period,
        models.PROTECT,
        related_name="+",
        verbose_name=_("period"),
        db_constraint=False,
        db_index=False,
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, related_name="+", verbose_name=_("unit"), db_constraint=False
    )
    plan = models.CharField(_("plan"), max_length=20, default="base")
    shares = models.PositiveSmallIntegerField(_("shares"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=PersonKind.choices)
    continuing = models.BooleanField(_("in the period before"))
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.LISTED)
    run = models.ForeignKey(
        Run,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("run"),
        db_constraint=False,
        db_index=False,
    )
    history = people_history(no_db_index=["roster", "period", "unit", "run"])

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


def _whole(key: str) -> Func:
    """A key as a range of one, so that GiST can hold it without an extension."""
    return Func(F(key), F(key), Value("[]"), function="int8range")


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
    valid_to = models.DateField(
        _("valid to"), help_text=_("The last covered day; before the first one when the right never began.")
    )
    began = models.CharField(_("why it began"), max_length=10, choices=Began.choices)
    ended = models.CharField(_("why it ended early"), max_length=10, choices=Ended.choices, blank=True)
    ended_on = models.DateField(
        _("ended on"), null=True, blank=True, help_text=_("From this day there is no right (withdrawal).")
    )
    history = people_history(no_db_index=["scheme", "enrollment"])

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="enrollment__unit__agency__path", unit="enrollment__unit__code")

    class Meta:
        verbose_name = _("cover")
        verbose_name_plural = _("covers")
        ordering = ["member", "valid_from"]
        constraints = [
            models.CheckConstraint(
                name="cover_range",
                condition=Q(valid_to__gte=F("valid_from")) | ~Q(ended=""),
                violation_error_message=_("Cover cannot end before it begins."),
            ),
            models.CheckConstraint(
                name="cover_ended_has_reason",
                condition=Q(ended="", ended_on=None) | ~Q(ended="") & Q(ended_on__isnull=False),
                violation_error_message=_("Cover that ends early names the day and the reason."),
            ),
            ExclusionConstraint(
                name="cover_no_overlap",
                expressions=[
                    (_whole("member"), "&&"),
                    (_whole("scheme"), "&&"),
                    (Func(F("valid_from"), F("valid_to"), Value("[]"), function="daterange"), "&&"),
                ],
                condition=Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("This member is already covered on some of these days."),
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
    run = models.ForeignKey(
        Run, models.PROTECT, null=True, related_name="+", verbose_name=_("run"), db_index=False
    )
    history = people_history(no_db_index=["scheme", "run"])

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="member__affiliations__unit__agency__path")

    class Meta:
        verbose_name = _("membership of an earlier period")
        verbose_name_plural = _("memberships of earlier periods")
        constraints = [
            models.UniqueConstraint(
                name="openingmembership_once", fields=["member", "scheme", "period_code"]
            ),
            models.CheckConstraint(name="openingmembership_paid", condition=Q(paid__gte=0)),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.period_code}"


class LeftOut(models.Model):
    """A retiree of the period before whom the unit leaves out, and why (from period 19 the right is lost)."""

    roster = models.ForeignKey(Roster, models.PROTECT, related_name="left_out", verbose_name=_("roster"))
    member = models.ForeignKey(Member, models.PROTECT, related_name="+", verbose_name=_("member"))
    reason = models.CharField(_("reason"), max_length=200)
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("given by")
    )
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="roster__unit__agency__path", unit="roster__unit__code")

    class Meta:
        verbose_name = _("retiree left out")
        verbose_name_plural = _("retirees left out")
        constraints = [
            models.UniqueConstraint(name="leftout_once", fields=["roster", "member"]),
            models.CheckConstraint(
                name="leftout_has_reason",
                condition=~Q(reason=""),
                violation_error_message=_("Leaving a retiree out needs a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.roster_id} {self.member_id}"


class RosterImport(models.Model):
    """What one run made of a unit's roster file; the run holds the file, the issues, the progress."""

    run = models.OneToOneField(Run, models.PROTECT, related_name="roster_import", verbose_name=_("run"))
    roster = models.ForeignKey(Roster, models.PROTECT, related_name="imports", verbose_name=_("roster"))
    added = models.PositiveIntegerField(_("added"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    undone_at = models.DateTimeField(_("undone at"), null=True, blank=True)
    undone_by = actor(_("undone by"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="roster__unit__agency__path", unit="roster__unit__code")

    class Meta:
        verbose_name = _("roster import")
        verbose_name_plural = _("roster imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="rosterimport_undone_by",
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                violation_error_message=_("An act names its time and its person."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.roster_id}"


class SeenRow(models.Model):
    """The people that a running import has met: a person stands in a file only once. Gone when it ends."""

    pk = models.CompositePrimaryKey("run_id", "digest")
    run = models.ForeignKey(Run, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    digest = models.BinaryField(max_length=16)
    row = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.run_id} {self.row}"
