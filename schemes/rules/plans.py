"""Plans: own shares paid by part, lump sums per share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from schemes.rules.errors import UnknownField
from schemes.rules.model import Rule, Some
from schemes.rules.trace import Line
from schemes.rules.units import Fen, Portion, Shares, share


class OwnPart(Rule):
    """A named own share of a slip and how much of it is paid."""

    name: str
    fact: Literal["basic_band_self_pay", "large_band_self_pay"]
    pays: Portion


class PartsPlan(Rule):
    """Each part is rounded by itself."""

    kind: Literal["parts"]
    parts: Some[OwnPart]


class LumpPlan(Rule):
    """A sum per share, once per person and term, by the day of the event.

    ``most`` shares count.
    """

    kind: Literal["lump"]
    sum: Fen
    most: Shares


Plan = Annotated[PartsPlan | LumpPlan, Field(discriminator="kind")]


class PlansBenefit(Rule):
    """The benefit of several plans, by plan."""

    kind: Literal["plans"]
    plans: Mapping[str, Plan]


def pay_parts(rule: PartsPlan, own: Mapping[str, int], path: str) -> tuple[dict[str, int], list[Line]]:
    """What each part pays (fen), rounded part by part."""
    amounts = {}
    lines = []
    for number, part in enumerate(rule.parts):
        basis = own.get(part.fact, 0)
        amounts[part.name] = share(basis, part.pays)
        lines.append(
            Line(part.article, f"{path}.parts[{number}]", basis, int(part.pays),
                 amounts[part.name], part.note)
        )  # fmt: skip
    return amounts, lines


def pay_lump(rule: LumpPlan, units: int, path: str) -> tuple[int, list[Line]]:
    """``units`` shares times the sum (fen).

    Raises:
        UnknownField: more shares than the plan allows.
    """
    if units > rule.most:
        raise UnknownField(f"该计划最多{rule.most.text}，请求为{units}份", "facts.event.units")
    amount = rule.sum * units
    return amount, [Line(rule.article, path, 0, None, amount, f"{units}份 × {rule.sum.text}")]
