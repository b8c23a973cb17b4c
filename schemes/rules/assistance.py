"""Assistance by group: a rate of what the schemes before have left."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from schemes.rules.model import Group, Reason, Rule, Some
from schemes.rules.trace import Line
from schemes.rules.units import Portion, share


class GroupRate(Rule):
    """The rate of one group."""

    group: Group
    pays: Portion


class AssistanceBenefit(Rule):
    """The highest rate among the groups a person is in; nobody else is paid."""

    kind: Literal["assistance"]
    rates: Some[GroupRate]


def pay(rule: AssistanceBenefit, groups: Collection[str], base: int) -> tuple[int, list[Line], list[Reason]]:
    """What a stay with this base (fen) is paid."""
    found = [(n, item) for n, item in enumerate(rule.rates) if item.group in groups]
    if not found:
        note = "不属于医疗救助对象"
        reason = Reason("not_in_group", rule.article, note)
        return 0, [Line(rule.article, "benefit", base, 0, 0, note)], [reason]
    number, best = max(found, key=lambda pair: int(pair[1].pays))
    amount = share(base, best.pays)
    line = Line(best.article, f"benefit.rates[{number}]", base, int(best.pays), amount, best.note)
    return amount, [line], []
