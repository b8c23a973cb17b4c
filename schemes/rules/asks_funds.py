"""Questions about funds and records: late fee, career, corridor."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from schemes.rules import career, corridor, late_fee
from schemes.rules import facts as given
from schemes.rules.asking import Answer, Context, figures_of, reason_dicts, reason_lines
from schemes.rules.document import Document
from schemes.rules.errors import FigureMissing, UnknownField
from schemes.rules.trace import Line
from schemes.rules.units import Ppm, yuan


def ask_late_fee(document: Document, facts: given.LateFeeFacts, context: Context) -> Answer:
    """Days to the last payment, and the fee on what was paid.

    A scheme whose setting says that none is charged answers 0 with that reading.
    """
    rule = document.late_fee or _none_charged(document)
    if rule is None:
        raise UnknownField("该制度没有滞纳金规则", "ask")
    found = late_fee.assess(
        rule, arrears=facts.arrears, due=facts.due,
        payments=[(item.on, item.amount) for item in facts.payments],
    )  # fmt: skip
    values: dict[str, Any] = {"days": found.days, "late_fee": yuan(found.fee)}
    if found.flagged:
        values["flagged"] = True
    return Answer(values, found.lines, document.provisional_in("late_fee"))


def _none_charged(document: Document) -> late_fee.LateFee | None:
    """The rule of a scheme that has decided to charge no late fee; None where nothing is decided."""
    for item in document.settings:
        if item.name == "late_fee" and item.value == "none":
            return late_fee.LateFee(article=item.article, note=item.reading, per_day=Ppm.read("0%"))
    return None


def ask_career(document: Document, facts: given.CareerFacts, context: Context) -> Answer:
    """Whether the months suffice; or what months to be added cost."""
    rule = document.career
    if rule is None:
        raise UnknownField("该制度没有缴费年限规则", "ask")
    if facts.months_to_add is not None:
        for name in ("total_months", "actual_months", "continuous"):
            if getattr(facts, name) is not None:
                raise UnknownField(f"months_to_add 与 {name} 只能给一个", "facts.months_to_add")
        return _top_up(document, rule, facts.months_to_add, facts, context)
    record = {name: getattr(facts, name) for name in ("sex", "total_months", "actual_months", "continuous")}
    for name, value in record.items():
        if value is None:
            raise FigureMissing(f"请给出 {name}", f"facts.{name}")
    found = career.assess(rule, **record)
    values: dict[str, Any] = {
        "retiree_benefit": found.retiree_benefit,
        "months_to_add": found.months_to_add,
        "reasons": reason_dicts(found.reasons),
    }
    lines = reason_lines(found.reasons, "career") or [Line(rule.article, "career", 0, None, 0)]
    if found.months_to_add and rule.top_up is not None:
        with suppress(FigureMissing):
            cost = _top_up(document, rule, found.months_to_add, facts, context)
            values |= cost.values
            lines += cost.lines
    return Answer(values, lines, document.provisional_in("career"))


def _top_up(
    document: Document, rule: career.Career, months: int, facts: given.CareerFacts, context: Context
) -> Answer:
    if rule.top_up is None:
        raise UnknownField("该制度不能一次性补缴", "facts.months_to_add")
    found = career.top_up(rule.top_up, months=months, figures=figures_of(facts.figures, document, context))
    values = {
        "months_to_add": months,
        "cost": yuan(found.cost),
        "to_pool": yuan(found.to_pool),
        "to_account": yuan(found.to_account),
    }
    line = Line(rule.top_up.article, "career.top_up", 0, None, found.cost, f"补缴{months}个月")
    return Answer(values, [line], document.provisional_in("career"))


def ask_corridor(document: Document, facts: given.CorridorFacts, context: Context) -> Answer:
    """How a year's balance is shared between funds and insurer."""
    rule = document.corridor
    if rule is None:
        raise UnknownField("该制度没有风险调节规则", "ask")
    found = corridor.settle(
        rule, premium=facts.premium, claims=facts.claims, admin=facts.admin, target=facts.target,
        loss_in_scope=facts.loss_in_scope, premium_by_fund=facts.premium_by_fund,
    )  # fmt: skip
    values: dict[str, Any] = {
        "balance": yuan(found.balance),
        "insurer_keeps": yuan(found.insurer_keeps),
        "returned_to_fund": yuan(found.returned_to_fund),
        "fund_bears": yuan(found.fund_bears),
        "insurer_bears": yuan(found.insurer_bears),
        "fund_bears_by": {name: yuan(amount) for name, amount in found.bears_by.items()},
        "returned_to_fund_by": {name: yuan(amount) for name, amount in found.returned_by.items()},
    }
    line = Line(rule.article, "corridor", facts.premium, facts.target, found.balance, "盈亏")
    return Answer(values, [line], document.provisional_in("corridor"))
