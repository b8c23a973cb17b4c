"""The review of a claim: a case, its steps through the levels, the decisions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from claims.models.claims import Claim, Level
from core.models import Office
from core.scoping import Scope, ScopedQuerySet

USER = settings.AUTH_USER_MODEL


class CaseState(models.TextChoices):
    OPEN = "open", _("open")
    RETURNED = "returned", _("returned")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")


class Verdict(models.TextChoices):
    APPROVE = "approve", _("approve")
    RETURN = "return", _("return for completion")
    REJECT = "reject", _("reject")
    FORWARD = "forward", _("forward")


class ReviewCase(models.Model):
    """The review of one claim; where it stands now, who has taken it, by when it is due.

    `at` is the level where it lies, `level` the one that decides by the amount. `round` counts how often
    the claim came back: nobody gives two verdicts in one round.
    """

    claim = models.OneToOneField(Claim, models.PROTECT, related_name="case", verbose_name=_("claim"))
    state = models.CharField(_("state"), max_length=8, choices=CaseState.choices, default=CaseState.OPEN)
    level = models.CharField(_("deciding level"), max_length=6, choices=Level.choices)
    at = models.CharField(_("lies at"), max_length=6, choices=Level.choices, default=Level.AGENCY)
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    agency = models.ForeignKey(
        Office, models.PROTECT, related_name="+", verbose_name=_("agency point"), db_constraint=False
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    arrived_on = models.DateField(_("arrived on"))
    due_on = models.DateField(_("due on"))
    taken_by = models.ForeignKey(
        USER, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("taken by")
    )
    taken_at = models.DateTimeField(_("taken at"), null=True, blank=True)
    splitting = models.BooleanField(
        _("together above a threshold"), default=False,
        help_text=_("This person's applications together cross a threshold that each alone does not."),
    )  # fmt: skip
    version = models.PositiveIntegerField(default=0, editable=False)

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="agency__path")

    class Meta:
        verbose_name = _("review case")
        verbose_name_plural = _("review cases")
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(
                name="reviewcase_inbox", fields=["office", "due_on", "id"], condition=Q(state="open")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="reviewcase_taken_by",
                condition=Q(taken_at=None, taken_by=None) | Q(taken_at__isnull=False, taken_by__isnull=False),
                violation_error_message=_("An act names its time and its person."),
            ),
            models.CheckConstraint(
                name="reviewcase_due_after_arrival",
                condition=Q(due_on__gte=F("arrived_on")),
                violation_error_message=_("A case is not due before it arrives."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.claim_id} {self.at}"


class ReviewStep(models.Model):
    """One stay of a case at one level."""

    case = models.ForeignKey(ReviewCase, models.PROTECT, related_name="steps", verbose_name=_("review case"))
    number = models.PositiveSmallIntegerField(_("number"))
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    at = models.CharField(_("level"), max_length=6, choices=Level.choices)
    decides = models.BooleanField(_("decides"), help_text=_("Whether the amount lies within this level."))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office"))
    arrived_on = models.DateField(_("arrived on"))
    due_on = models.DateField(_("due on"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="case__agency__path")

    class Meta:
        verbose_name = _("review step")
        verbose_name_plural = _("review steps")
        ordering = ["case", "number"]
        constraints = [models.UniqueConstraint(name="reviewstep_number_once", fields=["case", "number"])]

    def __str__(self) -> str:
        return f"{self.case_id}/{self.number}"


class Decision(models.Model):
    """One reviewer's verdict on one step; append-only by the database.

    filed_by repeats who filed the claim, so that the database sees that nobody decides their own work.
    """

    step = models.OneToOneField(
        ReviewStep, models.PROTECT, related_name="decision", verbose_name=_("review step")
    )
    case = models.ForeignKey(
        ReviewCase,
        models.PROTECT,
        related_name="decisions",
        verbose_name=_("review case"),
        db_constraint=False,
    )
    round = models.PositiveSmallIntegerField(_("round"))
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict.choices)
    reason = models.TextField(_("reason"), blank=True)
    article = models.CharField(_("article"), max_length=40, blank=True)
    amount = models.DecimalField(_("benefit"), max_digits=14, decimal_places=2)
    filed_by = models.ForeignKey(
        USER, models.PROTECT, related_name="+", verbose_name=_("filed by"), db_constraint=False
    )
    decided_by = models.ForeignKey(USER, models.PROTECT, related_name="+", verbose_name=_("decided by"))
    decided_on = models.DateField(_("decided on"))
    decided_at = models.DateTimeField(_("decided at"))

    objects = ScopedQuerySet.as_manager()
    scope = Scope(office="case__agency__path")

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["case", "id"]
        constraints = [
            models.CheckConstraint(
                name="decision_return_has_reason",
                condition=~Q(verdict=Verdict.RETURN) | ~Q(reason=""),
                violation_error_message=_("A return must say what is missing."),
            ),
            models.CheckConstraint(
                name="decision_reject_has_article",
                condition=~Q(verdict=Verdict.REJECT) | ~Q(article=""),
                violation_error_message=_("A rejection must name the article."),
            ),
            models.CheckConstraint(
                name="decision_not_by_filer",
                condition=~Q(decided_by=F("filed_by")),
                violation_error_message=_("Who filed a claim cannot decide it."),
            ),
            models.UniqueConstraint(
                name="decision_once_per_person",
                fields=["case", "round", "decided_by"],
                violation_error_message=_("You have given a verdict on this claim before."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.verdict}"
