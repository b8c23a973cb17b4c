"""Claims, what was found of them, and the account of a person's period."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from claims.models.bills import Bill
from core.fields import EncryptedTextField, masked
from core.models import Attachment, Office
from core.scoping import Scope, ScopedQuerySet
from enrollment.models import Member, Unit
from schemes.models import Period, Scheme

USER = settings.AUTH_USER_MODEL
ZERO = Decimal("0.00")


class Level(models.TextChoices):
    AGENCY = "agency", _("agency point")
    OFFICE = "office", _("office")
    CENTER = "center", _("provincial centre")


class ClaimState(models.TextChoices):
    DRAFT = "draft", _("draft")
    FILED = "filed", _("filed")
    REVIEW = "review", _("in review")
    RETURNED = "returned", _("returned for completion")
    APPROVED = "approved", _("approved")
    PAYING = "paying", _("being paid")
    PAID = "paid", _("paid")
    CARD = "card", _("new bank card needed")
    REJECTED = "rejected", _("rejected")
    WITHDRAWN = "withdrawn", _("withdrawn by the unit")


LIVE = (ClaimState.REVIEW, ClaimState.APPROVED, ClaimState.PAYING, ClaimState.PAID, ClaimState.CARD)
"""States in which a claim's adjudication stands in the person's account."""
ACCEPTED = (ClaimState.APPROVED, ClaimState.PAYING, ClaimState.PAID, ClaimState.CARD)
"""States that follow an approval."""


class BenefitAccount(models.Model):
    """A person's period in one scheme: cumulative base and what it pays; the one row that is locked.

    base and paid are the sums over the claims' current adjudications; claims/proof.py proves it.
    """

    member = models.ForeignKey(
        Member, models.PROTECT, related_name="benefit_accounts", verbose_name=_("member")
    )
    scheme = models.ForeignKey(
        Scheme, models.PROTECT, related_name="+", verbose_name=_("scheme"), db_constraint=False
    )
    period = models.ForeignKey(Period, models.PROTECT, related_name="+", verbose_name=_("period"))
    base = models.DecimalField(_("cumulative base"), max_digits=14, decimal_places=2, default=ZERO)
    paid = models.DecimalField(_("cumulative benefit"), max_digits=14, decimal_places=2, default=ZERO)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="claims__office__path", unit="claims__unit__code")

    class Meta:
        verbose_name = _("benefit account")
        verbose_name_plural = _("benefit accounts")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(name="benefitaccount_once", fields=["member", "scheme", "period"]),
            models.CheckConstraint(
                name="benefitaccount_not_negative",
                condition=Q(base__gte=0, paid__gte=0),
                violation_error_message=_("An account's sums are never negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.period_id}"


class Claim(models.Model):
    """One application for one stay: drafted, filed, adjudicated, reviewed, paid."""

    number = models.CharField(_("claim number"), max_length=24, unique=True)
    member = models.ForeignKey(Member, models.PROTECT, related_name="claims", verbose_name=_("member"))
    period = models.ForeignKey(Period, models.PROTECT, related_name="claims", verbose_name=_("period"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="claims", verbose_name=_("unit"))
    office = models.ForeignKey(
        Office, models.PROTECT, related_name="+", verbose_name=_("agency point"), db_constraint=False
    )
    bill = models.OneToOneField(Bill, models.PROTECT, related_name="claim", verbose_name=_("settlement slip"))
    account = models.ForeignKey(
        BenefitAccount,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="claims",
        verbose_name=_("benefit account"),
    )
    state = models.CharField(_("state"), max_length=9, choices=ClaimState.choices, default=ClaimState.DRAFT)
    held_because = models.CharField(_("held because"), max_length=40, blank=True)
    holder_name = models.CharField(_("account holder"), max_length=60, blank=True)
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    card_number = EncryptedTextField(_("bank card"), blank=True, default="")
    note = models.TextField(_("note"), blank=True)
    on_paper = models.BooleanField(_("papers received on paper"), default=False)
    started_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("started by"))
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    filed_on = models.DateField(_("first filed on"), null=True, blank=True)
    filed_at = models.DateTimeField(_("filed at"), null=True, blank=True)
    filed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("filed by")
    )
    complete_by = models.DateField(_("to be completed by"), null=True, blank=True)
    count_order = models.PositiveIntegerField(null=True, blank=True, editable=False)
    adjudication = models.OneToOneField(
        "Adjudication", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("calculation")
    )
    base = models.DecimalField(_("base"), max_digits=14, decimal_places=2, default=ZERO)
    amount = models.DecimalField(_("benefit"), max_digits=14, decimal_places=2, default=ZERO)
    level = models.CharField(_("level"), max_length=6, choices=Level.choices, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="office__path", unit="unit__code")

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        ordering = ["-id"]
        indexes = [
            models.Index(name="claim_unit_state", fields=["unit", "state", "id"]),
            models.Index(name="claim_state_office", fields=["state", "office", "period", "id"]),
            models.Index(name="claim_waiting", fields=["period", "id"], condition=Q(state="filed")),
            models.Index(name="claim_payable", fields=["period", "id"], condition=Q(state="approved")),
        ]
        constraints = [
            models.CheckConstraint(
                name="claim_filed_by",
                condition=Q(filed_at=None, filed_by=None, filed_on=None)
                | Q(filed_at__isnull=False, filed_by__isnull=False, filed_on__isnull=False),
                violation_error_message=_("An act names its time and its person."),
            ),
            models.CheckConstraint(
                name="claim_filed_unless_draft",
                condition=Q(state__in=["draft", "withdrawn"]) | Q(filed_at__isnull=False),
                violation_error_message=_("Only a draft has not been filed."),
            ),
            models.CheckConstraint(
                name="claim_adjudicated_when_reviewed",
                condition=~Q(state__in=["review", "approved", "paying", "paid", "card"])
                | Q(adjudication__isnull=False, account__isnull=False),
                violation_error_message=_("A claim is calculated before it is reviewed."),
            ),
            models.CheckConstraint(
                name="claim_amount_not_negative",
                condition=Q(amount__gte=0, base__gte=0),
                violation_error_message=_("A benefit is never negative."),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def masked_card(self) -> str:
        return masked(self.card_number)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class PaperKind(models.Model):
    """The list of papers that staff keep (第九条)."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=60)
    required = models.BooleanField(_("required"), default=True)
    by_import = models.BooleanField(_("replaced by an imported settlement"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    history = HistoricalRecords()

    objects = ScopedQuerySet.as_manager()
    scope = Scope(everyone=True)

    class Meta:
        verbose_name = _("kind of paper")
        verbose_name_plural = _("kinds of papers")
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name


class ClaimPaper(models.Model):
    """A paper filed with a claim."""

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="papers", verbose_name=_("claim"))
    kind = models.ForeignKey(PaperKind, models.PROTECT, related_name="+", verbose_name=_("kind"))
    attachment = models.ForeignKey(Attachment, models.PROTECT, related_name="+", verbose_name=_("paper"))
    added_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("added by"))
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    removed_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("removed by")
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="claim__office__path", unit="claim__unit__code")

    class Meta:
        verbose_name = _("claim's paper")
        verbose_name_plural = _("claims' papers")
        ordering = ["claim", "kind", "id"]
        constraints = [
            models.UniqueConstraint(name="claimpaper_once", fields=["claim", "attachment"]),
            models.CheckConstraint(
                name="claimpaper_removed_by",
                condition=Q(removed_at=None, removed_by=None)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                violation_error_message=_("An act names its time and its person."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.kind_id}"


class Adjudication(models.Model):
    """What the rules found of a claim, with facts and trace; append-only by the database.

    before: the account's cumulative base without this claim; counts: whether its base stands in the account.
    """

    claim = models.ForeignKey(Claim, models.PROTECT, related_name="adjudications", verbose_name=_("claim"))
    account = models.ForeignKey(
        BenefitAccount, models.PROTECT, related_name="adjudications", verbose_name=_("benefit account"),
        db_constraint=False,
    )  # fmt: skip
    facts = models.JSONField(_("facts"), encoder=DjangoJSONEncoder)
    facts_sha = models.CharField(_("facts' SHA-256"), max_length=64)
    document_sha = models.CharField(_("document's SHA-256"), max_length=64)
    before = models.DecimalField(_("base before"), max_digits=14, decimal_places=2)
    base = models.DecimalField(_("base"), max_digits=14, decimal_places=2)
    amount = models.DecimalField(_("benefit"), max_digits=14, decimal_places=2)
    level = models.CharField(_("level"), max_length=6, choices=Level.choices, blank=True)
    counts = models.BooleanField(_("counts"))
    lines = models.JSONField(_("calculation"), default=list)
    reasons = models.JSONField(_("reasons"), default=list)
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name=_("supersedes"),
    )
    adjudicated_on = models.DateField(_("calculated on"))
    adjudicated_at = models.DateTimeField(_("calculated at"))
    adjudicated_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("calculated by")
    )

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="claim__office__path", unit="claim__unit__code")

    class Meta:
        verbose_name = _("calculation")
        verbose_name_plural = _("calculations")
        ordering = ["claim", "id"]
        constraints = [
            models.UniqueConstraint(
                name="adjudication_one_first",
                fields=["claim"],
                condition=Q(supersedes=None),
                violation_error_message=_("A claim has one first calculation."),
            ),
            models.CheckConstraint(
                name="adjudication_not_negative",
                condition=Q(amount__gte=0, base__gte=0, before__gte=0),
                violation_error_message=_("A benefit is never negative."),
            ),
            models.CheckConstraint(
                name="adjudication_paying_counts",
                condition=Q(amount=0) | Q(counts=True) & ~Q(level=""),
                violation_error_message=_("A benefit counts in the account and names its level."),
            ),
            models.CheckConstraint(
                name="adjudication_not_own",
                condition=Q(supersedes=None) | ~Q(supersedes=F("id")),
                violation_error_message=_("A calculation does not supersede itself."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id}: {self.amount}"
