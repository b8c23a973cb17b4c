"""A ratio that payments must reach: watched and reported, never part of a payment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from schemes.rules.model import Rule, Some
from schemes.rules.units import PPM, Portion


class PaidRatio(Rule):
    """Paid divided by the compliant burden above the deductible, by fund and together."""

    at_least: Portion
    funds: Some[Literal["resident", "rural"]]


class Reached(NamedTuple):
    """Ratio in ppm (floored), None where nothing was borne; whether it is reached."""

    ratio: int | None
    reached: bool


def check(rule: PaidRatio, by_fund: Mapping[str, tuple[int, int]]) -> dict[str, Reached]:
    """Per fund and for "all": (paid, burden) in fen against the target."""
    sums = (sum(paid for paid, _ in by_fund.values()), sum(cost for _, cost in by_fund.values()))
    return {name: _reached(rule, *pair) for name, pair in {**by_fund, "all": sums}.items()}


def _reached(rule: PaidRatio, paid: int, burden: int) -> Reached:
    if not burden:
        return Reached(None, True)
    return Reached(paid * PPM // burden, paid * PPM >= burden * rule.at_least)
