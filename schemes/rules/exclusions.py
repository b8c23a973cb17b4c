"""What takes a whole stay out of the benefit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from schemes.rules.model import Care, ExclusionCode, Reason, Rule, Some


class Exclusion(Rule):
    """A reason code that excludes the stay, unless it is one of these kinds of care."""

    reason: ExclusionCode
    unless_care: tuple[Care, ...] = ()


class Accepts(Rule):
    """Which kinds of care the benefit is for; all others pay nothing."""

    care: Some[Care]


def find(
    *,
    exclusions: Sequence[Exclusion],
    accepts: Accepts | None,
    exclusion: str | None,
    care: str,
    designated: bool | None,
    article: str,
) -> list[Reason]:
    """All reasons why a stay pays nothing, each with its article.

    ``designated`` False counts as the reason ``non_designated`` where the
    document lists it, except for rescue in an emergency. What the document's own
    exclusion leaves out (``unless_care``) is no reason.
    """
    reasons = []
    if exclusion is not None:
        item = _listed(exclusions, exclusion)
        if item is None or care not in item.unless_care:
            reasons.append(_reason(item, exclusion, article))
    if designated is False and exclusion != "non_designated" and care != "emergency":
        item = _listed(exclusions, "non_designated")
        if item is not None and care not in item.unless_care:
            reasons.append(_reason(item, "non_designated", article))
    if accepts is not None and care not in accepts.care:
        note = accepts.note or "该就医类别不在补助范围"
        reasons.append(Reason("care_not_covered", accepts.article, note))
    return reasons


def _listed(exclusions: Sequence[Exclusion], code: str) -> Exclusion | None:
    return next((item for item in exclusions if item.reason == code), None)


def _reason(item: Exclusion | None, code: str, article: str) -> Reason:
    if item is None:
        return Reason(code, article, "基本医疗保险不予支付或不属本制度范围")
    return Reason(code, item.article, item.note)


def outside(discharged: date | None, first: date, last: date, article: str) -> list[Reason]:
    """The reason for a discharge outside the period, if it lies outside."""
    if discharged is None or first <= discharged <= last:
        return []
    return [Reason("outside_period", article, "出院日期不在本期内")]
