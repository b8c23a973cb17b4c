"""The task list of a claim's draft: what is done, what is missing, what it would pay."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from claims import filing
from claims.filing import Problem
from claims.models import Claim, Column, Decision, Verdict
from desk.calculation import in_words
from schemes.versions import document_of

STAY = {
    "settlement_number",
    "receipt_code",
    "receipt_number",
    "hospital",
    "designated",
    "care",
    "admitted",
    "discharged",
    "settled",
}
CARD = {"holder_name", "bank_name", "card_number"}


@dataclass(frozen=True)
class Task:
    """One line of the list: a page, whether it is done, what is missing there."""

    name: str
    address: str
    missing: list[Problem]

    @property
    def done(self) -> bool:
        return not self.missing


def page_of(problem: Problem) -> str:
    """Which page of the draft a problem belongs to."""
    if problem.field in STAY:
        return "stay"
    if problem.field in Column.values:
        return "costs"
    if problem.field in CARD:
        return "card"
    return "papers" if problem.field.startswith("paper_") else ""


def of(claim: Claim, *, on: date) -> list[Task]:
    """The tasks of a draft, in order."""
    problems = filing.problems_of(claim, on=on)
    names = {
        "stay": _("The stay"),
        "costs": _("The costs"),
        "card": _("The bank card"),
        "papers": _("The papers"),
    }
    return [
        Task(name, address(claim, page), [each for each in problems if page_of(each) == page])
        for page, name in names.items()
    ]


def address(claim: Claim, page: str) -> str:
    """Where a page of a draft is."""
    if page == "papers":
        return reverse("claim-papers", args=[claim.number])
    return reverse("claim-page", args=[claim.number, page])


def with_pages(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems with the page that cures them ("" where none does)."""
    return [{"words": str(problem), "page": page_of(problem), "field": problem.field} for problem in problems]


def why_returned(claim: Claim) -> Decision | None:
    """The latest return of a claim, with its reason."""
    rows = Decision.objects.filter(case__claim=claim, verdict=Verdict.RETURN)
    return rows.select_related("decided_by", "step__office").order_by("-pk").first()


def columns(claim: Claim) -> list[tuple[str, Decimal]]:
    """The slip's columns that are not zero."""
    return [(str(column.label), amount) for column in Column if (amount := getattr(claim.bill, column.value))]


def live(claim: Claim) -> dict[str, Any]:
    """What the draft would pay as it stands, with its lines in words."""
    if not claim.bill.total:
        return {}
    found = filing.preview(claim)
    if "error" in found:
        return found
    gloss = document_of(claim.period).document.gloss
    steps = in_words(found["lines"], gloss, total=claim.bill.total, base=found["base"])
    return {**found, "steps": steps}
