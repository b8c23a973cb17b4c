"""Contribution years: who draws retiree benefits, what is missing, what topping up costs."""

from __future__ import annotations

from typing import Literal, NamedTuple

from schemes.rules.errors import BadAmount
from schemes.rules.model import FenOrFigure, Figures, PpmOrFigure, Reason, Rule, Some, resolve
from schemes.rules.units import Months, share


class SexMonths(Rule):
    """How many months in all a man or a woman needs."""

    sex: Literal["M", "F"]
    total: Months


class TopUp(Rule):
    """What a missing month costs; all of it goes to the pool."""

    base: FenOrFigure
    rate: PpmOrFigure
    to: Literal["pool"] = "pool"


class Career(Rule):
    """Months in all by sex, months actually paid, contributing up to retirement."""

    totals: Some[SexMonths]
    actual: Months
    continuous: bool
    top_up: TopUp | None = None


class CareerResult(NamedTuple):
    """Whether no more levy is due, how many months are missing, why not."""

    retiree_benefit: bool
    months_to_add: int
    reasons: list[Reason]


class TopUpResult(NamedTuple):
    """The cost of topping up, and where it goes (fen)."""

    cost: int
    to_pool: int
    to_account: int


def assess(
    rule: Career, *, sex: str, total_months: int, actual_months: int, continuous: bool
) -> CareerResult:
    """Added months count to both totals, so the larger shortfall decides.

    Raises:
        BadAmount: more months actually paid than months in all.
    """
    if actual_months > total_months:
        raise BadAmount("实际缴费月数不能多于累计缴费月数", "facts.actual_months")
    needed = next(int(item.total) for item in rule.totals if item.sex == sex)
    article = next(item.article for item in rule.totals if item.sex == sex)
    short_total = max(needed - total_months, 0)
    short_actual = max(int(rule.actual) - actual_months, 0)
    reasons = []
    if short_total:
        reasons.append(Reason("total_months", article, f"累计缴费年限还差{short_total}个月"))
    if short_actual:
        reasons.append(Reason("actual_months", rule.article, f"实际缴费年限还差{short_actual}个月"))
    if rule.continuous and not continuous:
        reasons.append(Reason("not_continuous", rule.article, "退休前未处于连续参保缴费状态"))
    return CareerResult(not reasons, max(short_total, short_actual), reasons)


def top_up(rule: TopUp, *, months: int, figures: Figures) -> TopUpResult:
    """What ``months`` cost: one month rounded, times the months.

    Raises:
        FigureMissing: base or rate is announced nowhere.
    """
    cost = share(resolve(rule.base, figures), resolve(rule.rate, figures)) * months
    return TopUpResult(cost, cost, 0)
