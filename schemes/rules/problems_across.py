"""What only the document as a whole can get wrong: names that nobody states, entries written twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from schemes.rules.errors import Problem
from schemes.rules.join import PlanSex, PlanShares
from schemes.rules.levy import plan_terms
from schemes.rules.plans import PlansBenefit

if TYPE_CHECKING:
    from schemes.rules.document import Document

LISTS = ("join", "levy", "windows", "clocks", "exclusions", "routing")


def across(document: Document) -> list[Problem]:
    """Every contradiction between parts of a document that are right by themselves."""
    return [
        *_plans(document),
        *_cover(document),
        *_guarantee(document),
        *_the_same_twice(document),
        *_clocks(document),
    ]


def _plans(document: Document) -> Iterator[Problem]:
    """Plans that are named somewhere and sold nowhere (where any is sold)."""
    sold = plan_terms(document.levy)
    if not sold:
        return
    for path, plan in _named(document):
        if plan not in sold:
            known = "、".join(sold)
            yield Problem(path, f"没有计划“{plan}”；[[levy]] 中的计划有：{known}，请改成其中之一或补写")


def _named(document: Document) -> Iterator[tuple[str, str]]:
    for number, rule in enumerate(document.join):
        path = f"join[{number}]"
        if isinstance(rule, PlanSex):
            yield f"{path}.plan", rule.plan
        elif isinstance(rule, PlanShares):
            for plan in rule.most:
                yield f"{path}.most.{plan}", plan
            for outer, inner in rule.contains.items():
                for plan in (outer, *inner):
                    yield f"{path}.contains.{outer}", plan
    if isinstance(document.benefit, PlansBenefit):
        for plan in document.benefit.plans:
            yield f"benefit.plans.{plan}", plan


def _cover(document: Document) -> Iterator[Problem]:
    if document.cover is not None and document.cover.by_period and document.period is None:
        yield Problem("cover.by_period", "按期核对的要写 [period] 一节；没有期的请写 by_period = false")


def _guarantee(document: Document) -> Iterator[Problem]:
    rule = document.guarantee
    other = [] if rule is None else [code for code in rule.unpaid_in if code not in rule.member_in]
    if other:
        yield Problem("guarantee.unpaid_in", f"第{'、'.join(other)}期不在 member_in 中，请补写或删去")


def _the_same_twice(document: Document) -> Iterator[Problem]:
    for section in LISTS:
        seen: dict[str, int] = {}
        for number, entry in enumerate(getattr(document, section)):
            first = seen.setdefault(repr(entry), number)
            if first < number:
                yield Problem(f"{section}[{number}]", f"与 {section}[{first}] 完全一样，只留一个")


def _clocks(document: Document) -> Iterator[Problem]:
    for number, clock in enumerate(document.clocks):
        name = "days" if clock.kind == "workdays" else "months"
        if not getattr(clock, name):
            yield Problem(f"clocks[{number}].{name}", "办结期限至少为1")
