"""Users, offices, roles, long runs, papers, access, working days and the business date."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from core.fields import EncryptedTextField
from core.role import Role
from core.scoping import Scope, ScopedQuerySet


class User(AbstractUser):
    """Somebody who logs in, or a named system user that jobs act as (its password is unusable)."""

    display_name = models.CharField(_("name"), max_length=80, blank=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    history = HistoricalRecords(excluded_fields=["password", "last_login"])

    class Meta(AbstractUser.Meta):
        verbose_name = _("user")  # type: ignore[assignment]
        verbose_name_plural = _("users")  # type: ignore[assignment]

    def __str__(self) -> str:
        if self.username.startswith("system:"):
            return str(_("job: %(name)s")) % {"name": self.username.removeprefix("system:")}
        return self.display_name or self.username

    @cached_property
    def all_roles(self) -> list[StaffRole]:
        """Every role this user was ever given, with its office; read once per request."""
        return list(self.roles.select_related("office"))

    def roles_on(self, on: date) -> list[StaffRole]:
        """The roles in force on a business date."""
        return [role for role in self.all_roles if role.in_force(on)]


class OfficeKind(models.TextChoices):
    CENTER = "center", _("provincial centre")
    OFFICE = "office", _("office")
    AGENCY = "agency", _("agency point")


class Office(models.Model):
    """One node of the organisation's tree: centre, office of a region or a system, agency point."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=OfficeKind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("parent")
    )
    path = models.CharField(_("path"), max_length=120, unique=True, editable=False)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="path")

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["path"]
        constraints = [
            models.CheckConstraint(
                name="office_center_is_root",
                condition=Q(kind=OfficeKind.CENTER, parent=None)
                | ~Q(kind=OfficeKind.CENTER) & Q(parent__isnull=False),
                violation_error_message=_("Only the centre stands at the top of the tree."),
            ),
            models.CheckConstraint(
                name="office_path_ends_with_code",
                condition=Q(path__endswith=Concat(F("code"), Value("/"))),
                violation_error_message=_("The path of an office ends with its code."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep the path, and the paths of everything below: they say who reaches what."""
        before, self.path = self.path, f"{self.parent.path if self.parent else ''}{self.code}/"
        with transaction.atomic():
            super().save(*args, **kwargs)
            if self.pk and before and before != self.path:
                below = Office.objects.filter(path__startswith=before).exclude(pk=self.pk)
                below.update(path=Concat(Value(self.path), Substr("path", len(before) + 1)))

    def clean(self) -> None:
        """An office does not hang below itself."""
        if self.pk and self.path and self.parent and self.parent.path.startswith(self.path):
            raise ValidationError({"parent": _("An office cannot hang below itself.")})


class StaffRole(models.Model):
    """What a user may do, for which part of the tree, from when to when."""

    user = models.ForeignKey(User, models.PROTECT, related_name="roles", verbose_name=_("user"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    unit_code = models.CharField(
        _("unit's code"), max_length=18, blank=True, help_text=_("A union agent acts for this unit alone.")
    )
    since = models.DateField(_("since"))
    until = models.DateField(_("until"), null=True, blank=True)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path")

    class Meta:
        verbose_name = _("staff role")
        verbose_name_plural = _("staff roles")
        ordering = ["user", "since"]
        constraints = [
            models.CheckConstraint(
                name="staffrole_agent_has_unit",
                condition=Q(role=Role.AGENT) & ~Q(unit_code="") | ~Q(role=Role.AGENT) & Q(unit_code=""),
                violation_error_message=_("A union agent's role names a unit; no other role does."),
            ),
            models.CheckConstraint(
                name="staffrole_until_after_since",
                condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message=_("A role cannot end before it begins."),
            ),
            models.UniqueConstraint(
                name="staffrole_once",
                fields=["user", "office", "role", "unit_code"],
                condition=Q(until=None),
                violation_error_message=_("This user already has this role here."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.office_id}"

    def in_force(self, on: date) -> bool:
        return self.since <= on and (self.until is None or on <= self.until)


class RunState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")
    FAILED = "failed", _("failed")


class Run(models.Model):
    """One long job: a unique key, a lease, a cursor; each chunk commits its rows and the cursor together."""

    job = models.CharField(_("job"), max_length=40)
    key = models.CharField(_("key"), max_length=200, unique=True)
    state = models.CharField(_("state"), max_length=8, choices=RunState.choices, default=RunState.QUEUED)
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("office")
    )
    unit_code = models.CharField(_("unit's code"), max_length=18, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("started by"))
    business_date = models.DateField(_("business date"))
    options = models.JSONField(_("options"), default=dict, blank=True)
    cursor = models.JSONField(_("cursor"), default=dict, blank=True)
    report = models.JSONField(_("report"), default=dict, blank=True)
    file = models.ForeignKey(
        "Attachment", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("file")
    )
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    file_sha = models.CharField(_("file's SHA-256"), max_length=64, blank=True)
    total = models.BigIntegerField(_("total"), default=0)
    done = models.BigIntegerField(_("done"), default=0)
    applied = models.BigIntegerField(_("applied"), default=0)
    error = models.TextField(_("error"), blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    lease_token = models.CharField(max_length=40, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    queued_at = models.DateTimeField(_("queued at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path", unit="unit_code")

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="run_ended_when_final",
                condition=Q(state__in=["queued", "running"], ended_at=None)
                | Q(state__in=["done", "refused", "failed"], ended_at__isnull=False),
                violation_error_message=_("A run that is over has an end, an open one has none."),
            ),
        ]
        indexes = [
            models.Index(
                name="run_open", fields=["lease_until"], condition=Q(state__in=["queued", "running"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} #{self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in {RunState.DONE, RunState.REFUSED, RunState.FAILED}

    @property
    def percent(self) -> int:
        return 100 if self.is_over else (self.done * 100 // self.total if self.total else 0)


class RunIssue(models.Model):
    """Something to say about one row of a run's file: its real row number, a severity, a stable code."""

    class Severity(models.TextChoices):
        ERROR = "error", _("error")
        WARNING = "warning", _("warning")
        INFO = "info", _("info")

    run = models.ForeignKey(Run, models.CASCADE, related_name="issues", verbose_name=_("run"))
    row = models.BigIntegerField(_("row"), null=True, blank=True)
    severity = models.CharField(_("severity"), max_length=7, choices=Severity.choices)
    code = models.CharField(_("code"), max_length=40)
    column = models.CharField(_("column"), max_length=40, blank=True)
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    cells = EncryptedTextField(_("cells"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("run issue")
        verbose_name_plural = _("run issues")
        ordering = ["run", "row", "id"]

    def __str__(self) -> str:
        return f"{self.row}: {self.code}"


class Attachment(models.Model):
    """An uploaded or generated file, encrypted at rest outside the web root."""

    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.BigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    stored_as = models.CharField(max_length=100, unique=True, editable=False)
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("office")
    )
    unit_code = models.CharField(_("unit's code"), max_length=18, blank=True)
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("uploaded by"))
    uploaded_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path", unit="unit_code")

    class Meta:
        verbose_name = _("paper")
        verbose_name_plural = _("papers")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


class Access(models.Model):
    """Who saw or took out what: disclosures, exports, log-ins. Append-only by the database."""

    class Act(models.TextChoices):
        LOGIN = "login", _("log-in")
        LOGOUT = "logout", _("log-out")
        LOGIN_FAILED = "login_failed", _("failed log-in")
        DISCLOSE = "disclose", _("disclosure")
        EXPORT = "export", _("export")
        DOWNLOAD = "download", _("download")

    act = models.CharField(_("act"), max_length=12, choices=Act.choices)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("user"))
    username = models.CharField(_("user name"), max_length=150, blank=True)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    ip = models.GenericIPAddressField(_("address"), null=True)
    request_id = models.CharField(_("request"), max_length=40, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("access")
        verbose_name_plural = _("access log")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}"


class WorkDay(models.Model):
    """A day on which staff correct the published calendar, or which it does not hold yet."""

    day = models.DateField(_("day"), primary_key=True)
    works = models.BooleanField(_("offices work"))
    note = models.CharField(_("note"), max_length=100, blank=True)
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("working day")
        verbose_name_plural = _("working days")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day}"


class BusinessDate(models.Model):
    """Training mode's today; one row at most, moved forward by an operator."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    day = models.DateField(_("business date"))
    moved_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("moved by")
    )
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("business date")
        verbose_name_plural = _("business date")
        constraints = [models.CheckConstraint(name="businessdate_one_row", condition=Q(only=True))]

    def __str__(self) -> str:
        return f"{self.day}"


class Once(models.Model):
    """An idempotency key and what its first use returned."""

    key = models.CharField(max_length=120, primary_key=True)
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True)
    object_id = models.BigIntegerField(null=True)
    result = GenericForeignKey()
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key


class Operation(models.TextChoices):
    QUOTES = "quotes", _("quotes of the rules service")


class ApiClient(models.Model):
    """Another system that calls the API: bound to an office and to operations; its token's digest is kept."""

    name = models.CharField(_("name"), max_length=100)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    operations = ArrayField(
        models.CharField(max_length=20, choices=Operation.choices), verbose_name=_("operations"), default=list
    )
    token_sha = models.CharField(max_length=64, unique=True, editable=False)
    token_end = models.CharField(_("the token ends with"), max_length=4, editable=False)
    expires_on = models.DateField(_("last day"), null=True, blank=True)
    last_used_on = models.DateField(_("last used on"), null=True, blank=True, editable=False)
    issued_at = models.DateTimeField(_("issued at"), auto_now_add=True)
    issued_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("issued by"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("revoked by"),
    )
    history = HistoricalRecords(excluded_fields=["token_sha", "last_used_on"])

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path")

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                name="apiclient_revoked_by",
                condition=Q(revoked_at=None, revoked_by=None)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                violation_error_message=_("A revocation names its time and its person."),
            ),
            models.CheckConstraint(
                name="apiclient_may_something",
                condition=~Q(operations=[]),
                violation_error_message=_("A client may do at least one thing."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
