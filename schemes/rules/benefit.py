"""The benefit of a scheme: from facts of stays to amounts, levels, trace lines.

``assess`` answers a whole account in order; ``assess_one`` one further stay. Both
pay by difference: entitled(after) - entitled(before).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple, get_args

from pydantic import Field

from schemes.rules import assistance, banded, base, exclusions, plans, pool, routing
from schemes.rules.errors import BillInconsistent, FigureMissing, UnknownField
from schemes.rules.model import Figures, Reason, resolve
from schemes.rules.stay import NOBODY, NOTHING, Person, State, Stay
from schemes.rules.trace import Line
from schemes.rules.units import yuan

if TYPE_CHECKING:
    from schemes.rules.document import Document

Benefit = Annotated[
    banded.BandedBenefit | pool.PoolBenefit | assistance.AssistanceBenefit | plans.PlansBenefit,
    Field(discriminator="kind"),
]
NO_FIGURES: Figures = {}


class StayResult(NamedTuple):
    """One stay's answer: base and amount in fen, level or None, lines, reasons.

    ``owed`` is entitled(after) less what was ``paid`` before: the adjustment when
    an account is recalculated. ``after`` is the state for the next stay.
    """

    base: int
    amount: int
    level: str | None
    lines: list[Line]
    reasons: list[Reason]
    parts: dict[str, int]
    after: State
    owed: int


@dataclass(slots=True)
class Assessment:
    """All stays of a request; ``total`` in fen, ``provisional`` paths it rests on."""

    total: int
    stays: list[StayResult]
    provisional: list[str] = field(default_factory=list)

    @property
    def lines(self) -> list[Line]:
        """The lines of all stays, in order."""
        return [line for stay in self.stays for line in stay.lines]


def assess(
    document: Document,
    *,
    person: Person = NOBODY,
    stays: Iterable[Stay],
    figures: Figures | None = None,
    before: Mapping[int, State] | None = None,
    on: date | None = None,
    by_year: Mapping[int, Figures] | None = None,
) -> Assessment:
    """Every stay in order of filing, each paid what it adds.

    Where the order of stays is part of the rule (a deductible that falls for
    further stays, two kinds of base) it is that of discharge.

    ``before``: states by accumulation key (the year, or 0 for a period) where
    earlier stays exist; ``on`` stands in for stays without a date; ``by_year``: the figures
    of years that have their own, by the same key.

    Raises:
        RuleError: an inconsistent bill, a missing figure; the path names the stay.
    """
    states = dict(before or {})
    filed = list(stays)
    results: dict[int, StayResult] = {}
    for number in _order(document, filed):
        stay = filed[number]
        key = account_key(document, stay, on)
        try:
            results[number] = assess_one(
                document, stay=stay, state=states.get(key, NOTHING), person=person,
                figures=(by_year or {}).get(key, figures),
            )  # fmt: skip
        except (BillInconsistent, FigureMissing, UnknownField) as error:
            if not error.path.startswith("facts."):
                error.path = f"facts.stays[{number}].{error.path}"
            raise
        states[key] = results[number].after
    in_order = [results[number] for number in range(len(filed))]
    found = Assessment(sum(result.amount for result in in_order), in_order)
    known = {name: value for name, value in (figures or {}).items() if document.defaults.get(name) != value}
    found.provisional = rests_on(document, found.lines, known)
    return found


def warnings(document: Document, figures: Figures, last_year: Figures | None = None) -> list[Reason]:
    """What is unusual in the announced figures, without stopping anything.

    ``last_year``: what was announced for the year before; where the document says that
    the deductible does not rise, a rise is told.
    """
    rule = getattr(document.benefit, "deductible", None)
    if not isinstance(rule, banded.Deductible):
        return []
    announced = None if isinstance(rule.amount, int) else rule.amount.name
    if announced is not None and announced not in figures:
        return []
    amount = resolve(rule.amount, figures)
    found = []
    if rule.most is not None and amount > rule.most:
        found.append(Reason("deductible_high", rule.article, f"起付线高于{rule.most.text}，请核对公布数"))
    before = (last_year or {}).get(announced) if announced is not None else None
    if document.setting("deductible_may_rise") is False and isinstance(before, int) and amount > before:
        words = f"起付线高于上年的{yuan(before)}元，请核对公布数"
        found.append(Reason("deductible_rose", rule.article, words))
    return found


def by_discharge(document: Document) -> bool:
    """Whether the order of discharge is part of the rule, not that of filing."""
    rule = document.benefit
    return isinstance(rule, pool.PoolBenefit) or getattr(rule, "out_of_region", None) is not None


def counts_unpaid(document: Document) -> bool:
    """Whether a stay that pays nothing counts all the same: a year's deductible is used up by it.

    Mutual aid's does not before it has been accepted (第八条, 第十条).
    """
    rule = document.benefit
    return isinstance(rule, pool.PoolBenefit) or getattr(rule, "accumulates", "period") != "period"


def _order(document: Document, stays: Sequence[Stay]) -> list[int]:
    """The places of the stays in the order in which they count."""
    numbers = list(range(len(stays)))
    if by_discharge(document):
        numbers.sort(key=lambda number: stays[number].discharged or date.max)
    return numbers


def rests_on(document: Document, lines: Sequence[Line], figures: Figures) -> list[str]:
    """Paths of the provisional entries and defaults that these lines rest on.

    ``figures`` are those that were announced or given, without the document's defaults.
    """
    rules = [line.rule for line in lines if line.rule.startswith("benefit")]
    if all(rule.startswith("benefit.announced") for rule in rules):
        return ["document"] if document.provisional else []
    found = []
    rule = document.benefit
    announced = isinstance(rule, banded.BandedBenefit) and banded.bands_announced(rule, figures) is not None
    for path in document.provisional_in("benefit"):
        if announced and path.startswith("benefit.bands["):
            continue
        table = re.match(r"benefit\.tables\[\d+\]", path)
        if table is None or any(rule.startswith(table[0]) for rule in rules):
            found.append(path)
    for number, item in enumerate(document.figures):
        if item.provisional and item.name not in figures:
            found.append(f"figures[{number}]")
    return found


def account_key(document: Document, stay: Stay, on: date | None = None) -> int:
    """Which accumulator a stay belongs to: its year, or 0 for a document's period."""
    rule = document.benefit
    kind = getattr(rule, "accumulates", "period")
    if kind == "period":
        return 0
    day = stay.discharged or stay.settled if kind == "discharge_year" else (
        stay.settled or stay.discharged
    )  # fmt: skip
    day = day or on
    return 0 if day is None else day.year


def assess_one(
    document: Document,
    *,
    stay: Stay,
    cumulated: int = 0,
    paid: int = 0,
    person: Person = NOBODY,
    figures: Figures | None = None,
    state: State | None = None,
) -> StayResult:
    """One further stay on an account that has cumulated so much base (fen).

    Raises:
        BillInconsistent: the slip contradicts itself (path "bill").
        FigureMissing: a figure or fact that the benefit needs is not there.
    """
    before = State(cumulated) if state is None else state
    rule = document.benefit
    if rule is None:
        raise UnknownField("该制度没有待遇计算", "ask")
    eligible, lines = base_for(document, stay)
    reasons = excluded(document, stay)
    if reasons:
        first = reasons[0]
        lines.append(Line(first.article, f"exclusions.{first.code}", eligible, 0, 0, first.note))
        return StayResult(eligible, 0, None, lines, reasons, {}, before, 0)
    if isinstance(rule, plans.PlansBenefit):
        return _plan_stay(document, rule, stay, before)
    if isinstance(rule, banded.BandedBenefit):
        return _banded_stay(
            document, rule, document.ready(figures, person.groups), stay, before, eligible, lines, paid
        )
    if isinstance(rule, assistance.AssistanceBenefit):
        amount, more, reasons = assistance.pay(rule, person.groups, eligible)
        after = before._replace(inside=before.inside + eligible)
    else:
        _level_named(rule, person, stay, figures or document.defaults)
        found = pool.pay(rule, before, person, stay, eligible, figures or document.defaults)
        if found is None:
            raise FigureMissing("没有适用于该就医类别、医院级别和人员类别的待遇表", "care")
        amount, more, after = found
    level = routing.level(document, amount)
    return StayResult(eligible, amount, level, lines + more, reasons, {}, after, amount)


def _level_named(rule: pool.PoolBenefit, person: Person, stay: Stay, figures: Figures) -> None:
    """No table is taken by chance: where it depends on the hospital's level, the stay names that level.

    Raises:
        FigureMissing: it names none, and no announced ratio stands instead of the tables.
    """
    if stay.level is not None or (rule.announced is not None and rule.announced.ratio.name in figures):
        return
    levels = get_args(pool.HospitalLevel)
    found = [pool.table_of(rule, person, replace(stay, level=level)) for level in levels]
    if len(set(found)) > 1:
        raise FigureMissing("请写明医院级别，各级医院的待遇不同", "hospital.level")


def _banded_stay(
    document: Document, rule: banded.BandedBenefit, ready: banded.Prepared, stay: Stay,
    before: State, cost: int, lines: list[Line], paid: int,
) -> StayResult:  # fmt: skip
    eligible, below, before = banded.below_pool(ready, before, stay, cost)
    amount, more, after = banded.pay(ready, before, stay, eligible)
    reasons = []
    if stay.out_of_region == "unapproved" and rule.out_of_region is not None:
        words = rule.out_of_region.note or "未经批准转区外就医"
        reasons = [Reason("not_approved", rule.out_of_region.article, words)]
    owed = ready.entitled(after.inside, after.outside, after.unapproved) - paid if paid else amount
    level = routing.level(document, amount)
    return StayResult(eligible, amount, level, lines + below + more, reasons, {}, after, owed)


def base_of(document: Document, bill: Mapping[str, int], in_scope: int | None = None) -> base.BaseResult:
    """The base (fen) from a slip's columns and its in-scope cost (fen), with a line per deduction.

    Raises:
        BillInconsistent: the slip contradicts itself (path "bill").
        UnknownField: the document does not compute a base from columns.
    """
    if document.base is None:
        raise UnknownField("该制度没有从结算单计算基数的规则，请直接给 base", "bill")
    return base.base_of(document.base, bill, in_scope)


def base_for(document: Document, stay: Stay) -> tuple[int, list[Line]]:
    """The base (fen) that a stay brings, with the lines of its deductions.

    Raises:
        BillInconsistent: a base beside a bill or an in-scope cost, or a slip that contradicts itself.
        FigureMissing: none of them.
    """
    if stay.base is not None:
        for name, value in (("bill", stay.bill), ("in_scope", stay.in_scope)):
            if value is not None:
                raise BillInconsistent(f"base 与 {name} 只能给一个", name)
        return stay.base, []
    if stay.bill is not None and (document.base is not None or stay.in_scope is None):
        result = base_of(document, stay.bill, stay.in_scope)
        return result.base, result.lines
    if stay.in_scope is not None:
        base.check_scope(stay.bill or {}, stay.in_scope)
        return stay.in_scope, []
    if stay.parts is not None:
        return sum(stay.parts.values()), []
    raise FigureMissing("请给出 base 或 bill", "base")


def excluded(document: Document, stay: Stay) -> list[Reason]:
    """All reasons why the stay pays nothing: exclusions, care, period."""
    article = document.benefit.article if document.benefit is not None else ""
    reasons = exclusions.find(
        exclusions=document.exclusions, accepts=document.accepts, exclusion=stay.exclusion,
        care=stay.care, designated=stay.designated, article=article,
    )  # fmt: skip
    if _unfiled(document, stay):
        reasons += exclusions.find(
            exclusions=document.exclusions, accepts=None, exclusion="not_filed",
            care=stay.care, designated=None, article=article,
        )  # fmt: skip
    if stay.right_ended:
        reasons.append(Reason("right_ended", stay.right_ended, "本期申请资格已取消"))
    period = document.period
    if period is not None:
        reasons += exclusions.outside(stay.discharged, period.opens, period.to, period.by_discharge)
    return reasons


def _unfiled(document: Document, stay: Stay) -> bool:
    """Whether care away from home that nobody approved counts as not filed: a pool without a table for it."""
    rule = document.benefit
    return (
        stay.out_of_region == "unapproved"
        and stay.exclusion != "not_filed"
        and isinstance(rule, pool.PoolBenefit)
        and not any(table.match.regions for table in rule.tables)
        and any(item.reason == "not_filed" for item in document.exclusions)
    )


def _plan_stay(document: Document, rule: plans.PlansBenefit, stay: Stay, before: State) -> StayResult:
    name = stay.plan
    if not name:
        raise FigureMissing("请写明计划", "plan")
    plan = rule.plans.get(name)
    if not isinstance(plan, plans.PartsPlan):
        raise UnknownField(f"计划 {name} 不按费用计算", "plan")
    if stay.parts is None:
        raise FigureMissing("该计划按分段自付计算，请给出各段的自付金额", plan.parts[0].fact)
    parts, lines = plans.pay_parts(plan, stay.parts, f"benefit.plans.{name}")
    amount = sum(parts.values())
    level = routing.level(document, amount)
    total = sum(stay.parts.values())
    return StayResult(total, amount, level, lines, [], parts, before, amount)


def lump_sum(document: Document, *, plan: str, units: int) -> tuple[int, list[Line]]:
    """The lump sum (fen) of an event under a plan.

    Raises:
        UnknownField: no such lump-sum plan, or more shares than it allows.
    """
    rule = document.benefit
    found = rule.plans.get(plan) if isinstance(rule, plans.PlansBenefit) else None
    if not isinstance(found, plans.LumpPlan):
        raise UnknownField(f"没有定额给付的计划 {plan}", "facts.event.plan")
    return plans.pay_lump(found, units, f"benefit.plans.{plan}")
