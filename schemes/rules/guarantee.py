"""A guarantee for who paid for years and received nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from schemes.rules.errors import UnknownField
from schemes.rules.model import PeriodCode, Reason, Rule, Some
from schemes.rules.units import Shares

if TYPE_CHECKING:
    from schemes.rules.document import Document


class Guarantee(Rule):
    """Enrolled in all of ``member_in``, without any benefit in ``unpaid_in``."""

    member_in: Some[PeriodCode]
    unpaid_in: tuple[PeriodCode, ...]
    shares: Shares


def unmet(rule: Guarantee, *, periods: Collection[str], paid_in: Collection[str]) -> list[Reason]:
    """Why there is no guarantee; an empty list means it is given."""
    reasons = [
        Reason("period_missing", rule.article, f"未参加第{code}期")
        for code in rule.member_in
        if code not in periods
    ]
    reasons += [
        Reason("already_paid", rule.article, f"第{code}期已获得补助")
        for code in rule.unpaid_in
        if code in paid_in
    ]
    return reasons


def check(document: Document, *, periods: Collection[str], paid_in: Collection[str]) -> list[Reason]:
    """Why a person has no guarantee; an empty list means it is given.

    Raises:
        UnknownField: the document gives none to anybody.
    """
    if document.guarantee is None:
        raise UnknownField("该制度没有这项保障", "ask")
    return unmet(document.guarantee, periods=periods, paid_in=paid_in)
