"""A benefit in bands over the year's or period's cumulated base.

Optional parts: an announced deductible before the bands, a yearly cap with a
waiver for listed major illness, a flat rate for treatment out of the region.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from schemes.rules import bands
from schemes.rules.bands import Band, Steps
from schemes.rules.errors import BadAmount
from schemes.rules.model import (
    Announced,
    FenOrFigure,
    Figures,
    Group,
    Rule,
    missing_figure,
    resolve,
)  # fmt: skip
from schemes.rules.stay import State, Stay
from schemes.rules.trace import Line
from schemes.rules.units import PPM, Fen, Portion, divide_half_up, half_up, share

ROUNDING = 1
"""Fen by which lines rounded by themselves may miss the sum that is rounded once (never by more)."""

Accumulates = Literal["period", "settlement_year", "discharge_year"]


class GroupDeductible(Rule):
    """A deductible of their own for groups of people."""

    groups: tuple[Group, ...] = Field(min_length=1)
    amount: FenOrFigure


class Deductible(Rule):
    """What the insured bears first in a year; ``most`` is the usual upper limit (warns).

    ``for_groups``: who is in several groups has the lowest of their deductibles.
    """

    amount: FenOrFigure
    most: Fen | None = None
    for_groups: tuple[GroupDeductible, ...] = ()


class Raised(Rule):
    """Percentage points by which the rate of every band is higher for groups of people."""

    groups: tuple[Group, ...] = Field(min_length=1)
    by: Portion


class Cap(Rule):
    """The most that is paid in a year; ``waived_for`` uses none of it."""

    amount: FenOrFigure
    waived_for: Literal["major_illness"] | None = None


class OutOfRegion(Rule):
    """A flat rate above the same deductible, which comes from this cost first."""

    approved: Portion
    unapproved: Portion
    deductible_from: Literal["out_of_region_first"] = "out_of_region_first"


def _which(value: Any) -> str:
    return "figure" if isinstance(value, str) else "value"


BandsOrFigure = Annotated[
    Annotated[Announced, Tag("figure")]
    | Annotated[tuple[Band, ...], AfterValidator(bands.touching), Tag("value")],
    Discriminator(_which),
]


class AbovePool(Rule):
    """What is paid on begins where the basic pool's yearly room is used up.

    Where room and ratio are known, the in-scope cost that the pool still pays for
    (room / ratio, half up) comes off first.
    """

    room: Announced
    ratio: Announced
    deductible: Announced | None = None


class BandedBenefit(Rule):
    """``entitled(total)`` by bands; a stay pays what it adds.

    ``rates_rise``: the higher the cost, the higher the rate; announced bands that
    say otherwise are refused.
    """

    kind: Literal["bands"]
    accumulates: Accumulates
    bands: BandsOrFigure
    announced: Announced | None = None
    rates_rise: bool = False
    deductible: Deductible | None = None
    cap: Cap | None = None
    out_of_region: OutOfRegion | None = None
    above_pool: AbovePool | None = None
    raised: tuple[Raised, ...] = ()

    @property
    def groups(self) -> frozenset[str]:
        """The groups for which anything differs."""
        rules: list[GroupDeductible | Raised] = [*self.raised]
        if self.deductible is not None:
            rules += self.deductible.for_groups
        return frozenset(name for rule in rules for name in rule.groups)

    @model_validator(mode="after")
    def _waived(self) -> BandedBenefit:
        if self.deductible is not None and self.cap is not None and self.cap.waived_for is not None:
            raise PydanticCustomError("bands", "cap 的 waived_for 不能与 deductible 同时写")
        return self

    @model_validator(mode="after")
    def _rates(self) -> BandedBenefit:
        if not isinstance(self.bands, Announced) and self.rates_rise:
            fault = falling([int(band.pays) for band in self.bands])
            if fault is not None:
                raise PydanticCustomError(
                    "bands", "第{n}段的 pays 低于前一段：写了 rates_rise 的，比例要逐段提高", {"n": fault + 1}
                )
        return self


def falling(rates: Sequence[int]) -> int | None:
    """The number of the first rate that is lower than the one before it."""
    return next((n + 1 for n, (one, two) in enumerate(pairwise(rates)) if two < one), None)


def bands_announced(rule: BandedBenefit, figures: Figures) -> Announced | None:
    """The announced figure whose bands count: where there is no other, or instead of the document's own."""
    if isinstance(rule.bands, Announced):
        return rule.bands
    return rule.announced if rule.announced is not None and rule.announced.name in figures else None


def steps_of(rule: BandedBenefit, figures: Figures) -> Steps | None:
    """The bands as steps; None where they are announced and not given.

    Raises:
        BadAmount: announced rates that fall where the instrument wants them to rise.
    """
    named = bands_announced(rule, figures)
    if named is not None:
        pairs = figures.get(named.name)
        if not isinstance(pairs, tuple):
            return None
        fault = falling([rate for _over, rate in pairs]) if rule.rates_rise else None
        if fault is not None:
            path = f"facts.figures.{named.name}[{fault}].rate"
            raise BadAmount(f"第{fault + 1}段的比例低于前一段，比例要逐段提高", path)
        return bands.plain_steps(pairs, "benefit", rule.article)
    assert not isinstance(rule.bands, Announced)
    return bands.steps_of(rule.bands, "benefit")


class Prepared:
    """The benefit with its figures resolved: what the inner loop reads."""

    __slots__ = (
        "cap", "deductible", "deductible_article", "pool_scope", "rule", "scope_deductible",
        "steps", "waives",
    )  # fmt: skip

    def __init__(self, rule: BandedBenefit, figures: Figures, groups: Collection[str] = ()) -> None:
        self.rule = rule
        self.steps = raised(rule, steps_of(rule, figures), groups)
        self.deductible, self.deductible_article = deductible_of(rule, figures, groups)
        self.cap = None if rule.cap is None else resolve(rule.cap.amount, figures)
        self.pool_scope = _pool_scope(rule.above_pool, figures)
        name = rule.above_pool.deductible if rule.above_pool is not None else None
        found = figures.get(name.name) if name is not None else None
        self.scope_deductible = found if isinstance(found, int) else 0
        self.waives = rule.cap is not None and rule.cap.waived_for is not None

    def exact(self, inside: int, outside: int, unapproved: int) -> int:
        """Entitlement before rounding and cap, millionths of a fen."""
        elsewhere = self.rule.out_of_region
        rest = self.deductible
        amount = 0
        if elsewhere is not None:
            for cost, rate in ((outside, elsewhere.approved), (unapproved, elsewhere.unapproved)):
                used = min(rest, cost)
                rest -= used
                amount += (cost - used) * int(rate)
        if inside > rest:
            amount += bands.exact(self._bands(), inside - rest)
        return amount

    def entitled(self, inside: int, outside: int = 0, unapproved: int = 0) -> int:
        """The year's entitlement (fen): rounded once, capped."""
        amount = half_up(self.exact(inside, outside, unapproved))
        return amount if self.cap is None else min(amount, self.cap)

    def _bands(self) -> Steps:
        if self.steps is None:
            raise missing_figure("bands")
        return self.steps


def deductible_of(rule: BandedBenefit, figures: Figures, groups: Collection[str]) -> tuple[int, str]:
    """The deductible (fen) of somebody in these groups, with its article; the lowest of several."""
    if rule.deductible is None:
        return 0, rule.article
    own = [
        (resolve(item.amount, figures), item.article)
        for item in rule.deductible.for_groups
        if not set(groups).isdisjoint(item.groups)
    ]
    return min(own) if own else (resolve(rule.deductible.amount, figures), rule.deductible.article)


def raised(rule: BandedBenefit, steps: Steps | None, groups: Collection[str]) -> Steps | None:
    """The steps with higher rates for somebody in these groups: the most of several, at most all."""
    mine = [item for item in rule.raised if not set(groups).isdisjoint(item.groups)]
    if steps is None or not mine:
        return steps
    most = max(mine, key=lambda item: int(item.by))
    note = f"{most.article}：比例提高{most.by.text}"
    return tuple(
        step._replace(ppm=min(step.ppm + int(most.by), PPM), note=note) if step.ppm else step
        for step in steps
    )


def _pool_scope(rule: AbovePool | None, figures: Figures) -> int | None:
    """The in-scope cost (fen) that the pool's room still pays for; None where not known.

    Raises:
        FigureMissing: a room without the ratio that fills it.
        BadAmount: a ratio of nothing, by which no room is ever filled.
    """
    if rule is None:
        return None
    room = figures.get(rule.room.name)
    if not isinstance(room, int):
        return None
    ratio = resolve(rule.ratio, figures)
    if not ratio:
        raise BadAmount("支付比例要大于0%", f"facts.figures.{rule.ratio.name}")
    return divide_half_up(room * PPM, ratio)


def below_pool(ready: Prepared, state: State, stay: Stay, cost: int) -> tuple[int, list[Line], State]:
    """The base (fen) above the pool's room; lines for what lies below.

    Raises:
        FigureMissing: an in-scope cost was given and the pool's room is not known.
    """
    rule = ready.rule.above_pool
    if rule is None:
        return cost, [], state
    if ready.pool_scope is None:
        if stay.in_scope is not None:
            raise missing_figure(rule.room.name)
        return cost, [], state
    lines = []
    bill = stay.bill or {}
    whole = (stay.in_scope is not None or stay.bill is not None) and "deductible" not in bill
    own = min(cost, ready.scope_deductible) if whole else 0
    if own:
        lines.append(Line(rule.article, "benefit.above_pool.deductible", own, None, 0, "基本医疗起付线"))
    room = max(ready.pool_scope - state.pool_used, 0)
    paid = min(bill.get("basic_paid", 0), room)
    part = min(cost - own, room - paid)
    if part:
        note = "基本医疗统筹基金支付的部分"
        lines.append(Line(rule.article, "benefit.above_pool", part, None, 0, note))
    return cost - own - part, lines, state._replace(pool_used=state.pool_used + paid + part)


def pay(ready: Prepared, state: State, stay: Stay, base: int) -> tuple[int, list[Line], State]:
    """What a stay with this base (fen) adds to the entitlement, its lines, the new state."""
    rule = ready.rule
    if stay.out_of_region is not None and rule.out_of_region is not None:
        return _pay_outside(ready, rule.out_of_region, state, stay, base)
    if ready.waives and stay.major_illness:
        return _pay_waived(ready, state, base)
    after = state._replace(inside=state.inside + base)
    if not ready.deductible and ready.cap is None and not state.outside and not state.unapproved:
        paid, lines = bands.difference(ready._bands(), state.inside, after.inside)
        return paid, lines, after
    return _pay_inside(ready, state, after)


def _pay_inside(ready: Prepared, state: State, after: State) -> tuple[int, list[Line], State]:
    rest = ready.deductible - min(ready.deductible, state.outside + state.unapproved)
    before, now = max(state.inside - rest, 0), max(after.inside - rest, 0)
    lines = []
    own = after.inside - state.inside - (now - before)
    if own:
        lines.append(_deductible_line(ready, own))
    if now > before:
        lines += bands.difference(ready._bands(), before, now)[1]
    return _settle(ready, state, after, lines)


def _pay_outside(
    ready: Prepared, rule: OutOfRegion, state: State, stay: Stay, base: int
) -> tuple[int, list[Line], State]:
    approved = stay.out_of_region == "approved"
    rate = int(rule.approved if approved else rule.unapproved)
    note = rule.note if approved else rule.note or "未经批准转区外就医"
    if not rate:
        return 0, [Line(rule.article, "benefit.out_of_region", base, 0, 0, note)], state
    if approved:
        after = state._replace(outside=state.outside + base)
    else:
        after = state._replace(unapproved=state.unapproved + base)
    before = state.outside + state.unapproved
    own = min(ready.deductible, before + base) - min(ready.deductible, before)
    lines = [_deductible_line(ready, own)] if own else []
    if base > own:
        paid = share(base - own, rate)
        lines.append(Line(rule.article, "benefit.out_of_region", base - own, rate, paid, note))
    return _settle(ready, state, after, lines)


def _pay_waived(ready: Prepared, state: State, base: int) -> tuple[int, list[Line], State]:
    after = state._replace(waived=state.waived + base)
    paid, lines = bands.difference(ready._bands(), state.waived, after.waived)
    words = "重大疾病住院，不受年度限额限制"
    return paid, [line._replace(note=line.note or words) for line in lines], after


def _deductible_line(ready: Prepared, own: int) -> Line:
    return Line(ready.deductible_article, "benefit.deductible", own, 0, 0, "起付线以内")


def _settle(ready: Prepared, state: State, after: State, lines: list[Line]) -> tuple[int, list[Line], State]:
    """Make the lines add up to the difference of the two capped entitlements."""
    old = (state.inside, state.outside, state.unapproved)
    new = (after.inside, after.outside, after.unapproved)
    paid = ready.entitled(*new) - ready.entitled(*old)
    before, now = half_up(ready.exact(*old)), half_up(ready.exact(*new))
    gap = now - before - sum(line.amount for line in lines)
    if lines and abs(gap) <= ROUNDING:
        lines[-1] = lines[-1]._replace(amount=lines[-1].amount + gap)
    elif gap:
        note = "起付线改由区外费用承担，补付区内部分"
        lines.append(Line(ready.deductible_article, "benefit.deductible.moved", 0, None, gap, note))
    cut = paid - (now - before)
    if cut:
        cap = ready.rule.cap
        article = ready.rule.article if cap is None else cap.article
        lines.append(Line(article, "benefit.cap", 0, None, cut, "超过年度最高支付限额的部分"))
    return paid, lines, after
