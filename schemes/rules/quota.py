"""How many of a unit's people must join for the unit to join at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemes.rules.errors import UnknownField
from schemes.rules.model import PersonKind, Rule
from schemes.rules.units import PPM, People, Portion

if TYPE_CHECKING:
    from schemes.rules.document import Document


class Quota(Rule):
    """At least ``ratio`` of the head count; small units wholly.

    ``counts`` names what the unit's head count is taken from, ``members`` which
    kinds of people count on both sides, ``exempt`` whose groups have no quota.
    """

    ratio: Portion
    counts: Literal["insured_active", "staff", "union_members"]
    members: tuple[PersonKind, ...] = ("active",)
    exempt: tuple[PersonKind, ...] = ()
    all_up_to: People | None = None
    all_below: People | None = None
    small_article: str = ""

    @model_validator(mode="after")
    def _one_edge(self) -> Quota:
        if self.all_up_to is not None and self.all_below is not None:
            raise PydanticCustomError("quota", "all_up_to（含本数）与 all_below（不含本数）只写一个")
        return self


class QuotaResult(NamedTuple):
    """How many must join, whether enough do, by which article."""

    minimum: int
    accepted: bool
    article: str
    ratio: int


def compare(rule: Quota, *, active_insured: int, active_joining: int) -> QuotaResult:
    """Compare heads × 1,000,000 with ratio × heads: whole numbers, no rounding."""
    small = (rule.all_up_to is not None and active_insured <= rule.all_up_to) or (
        rule.all_below is not None and active_insured < rule.all_below
    )
    ratio = PPM if small else int(rule.ratio)
    minimum = -(-active_insured * ratio // PPM)
    article = rule.small_article if small and rule.small_article else rule.article
    return QuotaResult(minimum, active_joining >= minimum, article, ratio)


def check(document: Document, *, active_insured: int, active_joining: int) -> QuotaResult:
    """Whether enough of a unit's people join, by the document's quota.

    Raises:
        UnknownField: the document has no quota.
    """
    if document.quota is None:
        raise UnknownField("该制度没有参加比例要求", "ask")
    return compare(document.quota, active_insured=active_insured, active_joining=active_joining)
