"""The risk corridor between funds and insurer: who keeps a profit, who bears a loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemes.rules.errors import BadAmount, BillInconsistent
from schemes.rules.model import Rule
from schemes.rules.units import Portion, share, yuan


class Corridor(Rule):
    """Profit and loss up to a contract's target, which is at most ``target_most``.

    A profit within the target stays with the insurer, the rest returns. Of a loss
    within the target, as far as assessed in scope, the funds bear ``fund_bears``.
    """

    target_most: Portion
    fund_bears: Portion


class CorridorResult(NamedTuple):
    """All in fen; ``balance`` negative for a loss; ``by_fund`` splits what funds bear or get."""

    balance: int
    insurer_keeps: int
    returned_to_fund: int
    fund_bears: int
    insurer_bears: int
    bears_by: dict[str, int]
    returned_by: dict[str, int]


def settle(
    rule: Corridor,
    *,
    premium: int,
    claims: int,
    admin: int,
    target: int,
    loss_in_scope: int | None = None,
    premium_by_fund: Mapping[str, int] | None = None,
) -> CorridorResult:
    """Share the year's balance (amounts fen, ``target`` ppm of the premium).

    Raises:
        BadAmount: a target above what the instrument allows.
        BillInconsistent: the funds' premiums do not add up to the premium; more loss
            is assessed in scope than there is.
    """
    if target > rule.target_most:
        raise BadAmount(f"目标值最高为{rule.target_most.text}", "facts.target")
    if premium_by_fund and sum(premium_by_fund.values()) != premium:
        raise BillInconsistent(f"各基金保费合计不等于{yuan(premium)}元", "facts.premium_by_fund")
    balance = premium - claims - admin
    edge = share(premium, target)
    keeps = min(max(balance, 0), edge)
    returned = max(balance, 0) - keeps
    loss = max(-balance, 0)
    shared = min(loss, edge)
    if loss_in_scope is not None:
        if loss_in_scope > loss:
            raise BillInconsistent(f"经评估的亏损超过亏损总额{yuan(loss)}元", "facts.loss_in_scope")
        shared = min(shared, loss_in_scope)
    bears = share(shared, rule.fund_bears)
    funds = premium_by_fund or {}
    return CorridorResult(
        balance, keeps, returned, bears, loss - bears, split(bears, funds), split(returned, funds)
    )


def split(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """``amount`` by weight: each half up, never more than is left; the last takes the rest."""
    total = sum(weights.values())
    if not total:
        return {}
    left = amount
    found = {}
    names = list(weights)
    for name in names[:-1]:
        found[name] = min((2 * amount * weights[name] + total) // (2 * total), left)
        left -= found[name]
    found[names[-1]] = left
    return found
