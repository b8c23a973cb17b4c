"""Pool benefits of a basic insurance: deductible, bands of the own share, ceilings.

A table states what a category (care, hospital level, person kind, region) is
paid: the deductible per stay or per year, falling for further stays; the own
share band by band, or falling by steps of fixed width; factors by person kind
on the own share; a yearly ceiling of what the pool pays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemes.rules import bands
from schemes.rules.banded import Accumulates, Cap
from schemes.rules.bands import Span, Step, Steps
from schemes.rules.model import (
    Announced,
    Care,
    FenOrFigure,
    Figures,
    Part,
    PersonKind,
    Rule,
    Some,
    resolve,
)
from schemes.rules.stay import Person, State, Stay
from schemes.rules.trace import Line
from schemes.rules.units import PPM, Fen, Portion, Ppm, divide_half_up, share

HospitalLevel = Literal["community", "first", "second", "third"]
Region = Literal["local", "approved", "unapproved"]
MOST_STEPS = 1000
CEILING, ROOM, ABOVE = "ceiling", "room", ".above"
"""How the rules of lines end that cut at a limit, and of those that lie above the highest band."""


class Match(Part):
    """Which stays a table is for; what is left out matches everything."""

    care: tuple[Care, ...] = ()
    levels: tuple[HospitalLevel, ...] = ()
    persons: tuple[PersonKind, ...] = ()
    regions: tuple[Region, ...] = ()
    major_illness: bool | None = None

    def fits(self, person: Person, stay: Stay) -> bool:
        """Whether the stay is of this category."""
        region = stay.out_of_region or "local"
        return (
            (not self.care or stay.care in self.care)
            and (not self.levels or stay.level in self.levels)
            and (not self.persons or person.kind in self.persons)
            and (not self.regions or region in self.regions)
            and self.major_illness in (None, stay.major_illness)
        )


class StayDeductible(Rule):
    """The deductible of a stay, by how many stays came before it in the year.

    The last amount holds for all further stays. ``per`` year: the amounts are
    one sum for the whole year (exactly one amount).
    """

    per: Literal["stay", "year"]
    amounts: tuple[FenOrFigure, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_a_year(self) -> StayDeductible:
        if self.per == "year" and len(self.amounts) != 1:
            raise PydanticCustomError("deductible", "按年的起付线只写一个金额")
        return self


class OwnBand(Span):
    """The own share of a part of the cost."""

    own: Portion


class OwnSteps(Rule):
    """From ``over`` on, the own share falls by ``falls`` every ``width``, to ``least``."""

    over: Fen
    width: Fen
    start: Portion
    falls: Portion
    least: Portion

    @model_validator(mode="after")
    def _reaches(self) -> OwnSteps:
        bad = self.width <= 0 or self.falls <= 0 or self.start < self.least
        if bad or (self.start - self.least) // self.falls > MOST_STEPS:
            raise PydanticCustomError(
                "steps", "width 与 falls 必须大于零，least 不大于 start，且步数不超过 1000"
            )
        return self


class Factor(Rule):
    """The own share of these people is multiplied by ``own_times``."""

    persons: Some[PersonKind]
    own_times: Ppm


class Table(Rule):
    """One category: its deductible, its own shares, the ceiling on what is paid."""

    match: Match = Match()
    deductible: StayDeductible | None = None
    bands: Annotated[tuple[OwnBand, ...], AfterValidator(bands.touching)]
    steps: OwnSteps | None = None
    factors: tuple[Factor, ...] = ()
    ceiling: Cap | None = None

    @model_validator(mode="after")
    def _steps_follow(self) -> Table:
        if self.steps is not None and self.bands[-1].to != self.steps.over:
            raise PydanticCustomError("steps", "steps 的 over 必须等于最后一段的 to")
        return self


class AnnouncedRatio(Rule):
    """One announced ratio, which stands instead of the tables where it is given."""

    ratio: Announced
    deductible: Announced | None = None


class PoolBenefit(Rule):
    """Tables by category; the first that fits a stay is its table.

    ``bands_over`` stay: the bands begin anew with each stay; year: they run over
    the year's cost above the deductible. ``room``: what the pool may still pay in
    the year (announced with a request for the stay on which the ceiling falls).
    """

    kind: Literal["pool"]
    accumulates: Accumulates
    bands_over: Literal["stay", "year"]
    tables: tuple[Table, ...] = Field(min_length=1)
    announced: AnnouncedRatio | None = None
    room: Announced | None = None


def table_of(rule: PoolBenefit, person: Person, stay: Stay) -> tuple[int, Table] | None:
    """The first table that fits, with its number."""
    for number, table in enumerate(rule.tables):
        if table.match.fits(person, stay):
            return number, table
    return None


def steps_of(table: Table, kind: str, path: str) -> Steps:
    """The table's bands as paid rates for one kind of person."""
    factor = PPM
    for item in table.factors:
        if kind in item.persons:
            factor = int(item.own_times)
    ready = []
    if table.bands[0].over:
        over = int(table.bands[0].over)
        ready.append(Step(0, over, 0, 0, f"{path}.below", table.article, "起付段以内"))
    for number, band in enumerate(table.bands):
        rate = PPM - int(band.own) * factor // PPM
        to = None if band.to is None else int(band.to)
        ready.append(Step(int(band.over), to, rate, 0, f"{path}.bands[{number}]", band.article, band.note))
    if table.steps is not None:
        ready += _expanded(table.steps, factor, path)
    elif ready[-1].to is not None:
        top = ready[-1].to
        ready.append(Step(top, None, 0, 0, f"{path}{ABOVE}", table.article, "封顶线以上"))
    return tuple(ready)


def _expanded(steps: OwnSteps, factor: int, path: str) -> list[Step]:
    found = []
    own, over = int(steps.start), int(steps.over)
    while True:
        last = own <= steps.least
        rate = PPM - max(own, int(steps.least)) * factor // PPM
        to = None if last else over + int(steps.width)
        found.append(Step(over, to, rate, 0, f"{path}.steps", steps.article, steps.note))
        if last:
            return found
        own, over = own - int(steps.falls), over + int(steps.width)


def pay(
    rule: PoolBenefit, state: State, person: Person, stay: Stay, base: int, figures: Figures
) -> tuple[int, list[Line], State] | None:
    """What the pool pays of an in-scope cost (fen); None when no table fits.

    ``state.inside`` is the year's cost above the deductible, ``state.outside``
    the deductible already borne, ``state.waived`` what the pool has paid.
    """
    found = table_of(rule, person, stay)
    flat = rule.announced
    if flat is not None and flat.ratio.name in figures:
        paid, lines, own = _pay_flat(flat, base, figures)
    elif found is None:
        return None
    else:
        paid, lines, own = _pay_by_table(rule, found, state, person, base, figures)
    cut = _over_limit(rule, found, state, paid, figures)
    if cut is not None:
        lines.append(cut)
        paid += cut.amount
    after = State(state.inside + base - own, state.outside + own, state.waived + paid,
                  state.stays + 1)  # fmt: skip
    return paid, lines, after


def _pay_by_table(
    rule: PoolBenefit, found: tuple[int, Table], state: State, person: Person, base: int, figures: Figures
) -> tuple[int, list[Line], int]:
    """What the bands pay above the table's deductible; that deductible (fen)."""
    number, table = found
    path = f"benefit.tables[{number}]"
    own = _deductible(table, state, base, figures)
    lines = []
    if own:
        assert table.deductible is not None  # nothing else is borne first
        article = table.deductible.article
        lines.append(Line(article, f"{path}.deductible", own, 0, 0, "起付线以内"))
    before = state.inside if rule.bands_over == "year" else 0
    paid, slices = bands.difference(steps_of(table, person.kind, path), before, before + base - own)
    return paid, lines + slices, own


def _pay_flat(rule: AnnouncedRatio, base: int, figures: Figures) -> tuple[int, list[Line], int]:
    """The announced ratio on what the announced deductible (if any) leaves of each stay."""
    own = 0
    if rule.deductible is not None and rule.deductible.name in figures:
        own = min(base, resolve(rule.deductible, figures))
    ratio = resolve(rule.ratio, figures)
    lines = []
    if own:
        lines.append(Line(rule.article, "benefit.announced.deductible", own, 0, 0, "起付线以内"))
    paid = share(base - own, ratio)
    lines.append(Line(rule.article, "benefit.announced", base - own, ratio, paid, rule.note))
    return paid, lines, own


def _over_limit(
    rule: PoolBenefit, found: tuple[int, Table] | None, state: State, paid: int, figures: Figures
) -> Line | None:
    """What goes over the year's ceiling, or over the room that is known to be left of it."""
    limits = []
    if found is not None and (cap := found[1].ceiling) is not None:
        path = f"benefit.tables[{found[0]}].{CEILING}"
        limits.append((resolve(cap.amount, figures), cap.article, path, "超过年度最高支付限额的部分"))
    if rule.room is not None and rule.room.name in figures:
        words = "超过统筹基金当年剩余额度的部分"
        limits.append((resolve(rule.room, figures), rule.article, f"benefit.announced.{ROOM}", words))
    if not limits:
        return None
    limit, article, path, words = min(limits)
    room = max(limit - state.waived, 0)
    return None if paid <= room else Line(article, path, 0, None, room - paid, words)


def cost_above(lines: Sequence[Line]) -> int:
    """The in-scope cost (fen) above the ceiling: what was paid on it is what the ceiling took away.

    ``lines`` are those of one stay; the slices lie in them from the lowest to the highest.
    """
    cut = -sum(line.amount for line in lines if line.rule.endswith((f".{CEILING}", f".{ROOM}")))
    above = 0
    for line in reversed(lines):
        if line.rule.endswith(ABOVE):
            above += line.basis
        elif cut <= 0:
            continue
        elif line.amount > cut:
            assert line.rate  # something was paid on it
            return above + line.basis - divide_half_up((line.amount - cut) * PPM, line.rate)
        else:
            above += line.basis if line.amount >= 0 else 0
            cut -= max(line.amount, 0)
    return above


def _deductible(table: Table, state: State, base: int, figures: Figures) -> int:
    rule = table.deductible
    if rule is None:
        return 0
    if rule.per == "year":
        return min(base, max(resolve(rule.amounts[0], figures) - state.outside, 0))
    amount = rule.amounts[min(state.stays, len(rule.amounts) - 1)]
    return min(base, resolve(amount, figures))
