"""Which facts of a stay and of the person a document's benefit reads: what a simulation must find stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemes.rules import assistance, banded, plans, pool

if TYPE_CHECKING:
    from schemes.rules.document import Document

BASE = "base"
"""Asked of everybody where a document does not say how a base comes out of a slip's columns."""


def facts_read(document: Document) -> tuple[str, ...]:
    """The facts without which a slip cannot be worked under a document, by their path in a question.

    A slip's columns count as 0 and an exclusion as none where they are left out; they are not among these.
    """
    found = set() if document.base is not None else {BASE}
    if any(item.reason == "non_designated" for item in document.exclusions):
        found.add("hospital.designated")
    if document.period is not None or benefit_by_day(document):
        found.add("discharged")
    rule = document.benefit
    if isinstance(rule, plans.PlansBenefit):
        found.add("plan")
    elif isinstance(rule, assistance.AssistanceBenefit):
        found.add("person.groups")
    elif isinstance(rule, pool.PoolBenefit):
        found |= _of_tables(rule)
    elif isinstance(rule, banded.BandedBenefit):
        if rule.out_of_region is not None:
            found.add("out_of_region")
        if rule.cap is not None and rule.cap.waived_for is not None:
            found.add("major_illness")
    return tuple(sorted(found))


def benefit_by_day(document: Document) -> bool:
    """Whether the day of a stay says to which year's account it belongs."""
    return getattr(document.benefit, "accumulates", "period") != "period"


def _of_tables(rule: pool.PoolBenefit) -> set[str]:
    found = set()
    for table in rule.tables:
        if table.match.levels:
            found.add("hospital.level")
        if table.match.persons or table.factors:
            found.add("person.kind")
        if table.match.regions:
            found.add("out_of_region")
    return found
