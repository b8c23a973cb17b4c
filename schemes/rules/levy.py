"""What is to be paid in: a list of charges, each with its article."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemes.rules.errors import BadAmount, FigureMissing, UnknownField
from schemes.rules.model import (
    Announced,
    FenOrFigure,
    Figures,
    PeriodCode,
    PersonKind,
    Rule,
    Some,
    missing_figure,
    resolve,
)  # fmt: skip
from schemes.rules.trace import Line
from schemes.rules.units import Fen, Months, Portion, share, yuan

if TYPE_CHECKING:
    from schemes.rules.document import Document

Payer = Literal["individual", "unit", "pool", "fund"]
Option = Literal["with_account", "pool_only"]
PersonBase = Literal["wage_month", "base_month", "wage_last_year"]
UnitBase = Literal["payroll_last_year", "payroll_month", "pensions_month", "member_bases"]
YEARLY = ("wage_last_year",)


class HistoryFee(Rule):
    """One fee for who was in an earlier period, another for the new (per head)."""

    kind: Literal["by_history"]
    payer: Payer = "individual"
    in_any_of: Some[PeriodCode]
    continuing: Fen
    new: Fen


class OrRate(Rule):
    """A rate of an announced figure, where the amount itself is not announced."""

    of: Announced
    rate: Portion


class HeadFee(Rule):
    """A fixed amount per head and year; ``instead`` where it is not announced.

    ``if_announced``: a part that others set aside; without its figure it is left out.
    ``once_article``: why who has paid this year pays nothing more.
    """

    kind: Literal["per_head"]
    payer: Payer
    heads: Some[PersonKind]
    amount: FenOrFigure
    instead: OrRate | None = None
    self_payers: tuple[PersonKind, ...] = ()
    once_a_year: bool = True
    once_article: str = ""
    if_announced: bool = False


class PersonRate(Rule):
    """A rate of a person's own base, within an announced floor and ceiling."""

    kind: Literal["rate_of_person"]
    payer: Payer
    persons: Some[PersonKind]
    option: Option | None = None
    of: Some[PersonBase]
    rate: Portion
    floor: Announced | None = None
    ceiling: Announced | None = None


class UnitRate(Rule):
    """A rate of the sum of a unit's figures."""

    kind: Literal["rate_of_unit"]
    payer: Payer = "unit"
    of: Some[UnitBase]
    rate: Portion


class MembershipFee(Rule):
    """Once, on joining the association."""

    kind: Literal["membership"]
    payer: Payer = "individual"
    amount: Fen


class PlanFee(Rule):
    """A price per share of a plan, for a term."""

    kind: Literal["plan"]
    payer: Payer = "individual"
    plan: str
    amount: Fen
    term: Months

    @model_validator(mode="after")
    def _term(self) -> PlanFee:
        if self.term <= 0:
            raise PydanticCustomError("levy", 'term 至少 "1个月"')
        return self


class Exempt(Rule):
    """These people pay nothing any more."""

    kind: Literal["exempt"]
    payer: Payer = "individual"
    persons: Some[PersonKind]


Charge = Annotated[
    HistoryFee | HeadFee | PersonRate | UnitRate | MembershipFee | PlanFee | Exempt,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payor:
    """Who is charged: one person, or a unit with its heads.

    Amounts in fen; ``heads`` counts people by kind; ``continuing``/``new`` heads
    by history; None where a fact was not given.
    """

    person: bool
    kind: str = "active"
    option: str | None = None
    amounts: Mapping[str, int] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=dict)
    continuing: int | None = None
    new: int | None = None
    new_members: int
    staff: int
    shares: Mapping[str, int] = field(default_factory=dict)
    paid_this_year: bool


@dataclass(slots=True)
class LevyResult:
    """Sums by payer and the base (fen), with one line per charge."""

    by_payer: dict[str, int] = field(default_factory=dict)
    base: int | None = None
    lines: list[Line] = field(default_factory=list)

    @property
    def total(self) -> int:
        """What is to be paid in, fen; what the pool sets aside is moved, not paid."""
        return sum(amount for payer, amount in self.by_payer.items() if payer != "pool")

    def add(self, payer: str, line: Line) -> None:
        """Book one line on one payer."""
        self.by_payer[payer] = self.by_payer.get(payer, 0) + line.amount
        self.lines.append(line)


def assess(charges: Sequence[Charge], who: Payor, figures: Figures) -> LevyResult:
    """All charges that concern this person or unit.

    Raises:
        FigureMissing: an announced figure or a base is needed and not given.
        UnknownField: a kind of person that the document does not charge.
        BadAmount: an announced floor above the ceiling.
    """
    result = LevyResult()
    for number, charge in enumerate(charges):
        rule = f"levy[{number}]"
        match charge:
            case HistoryFee():
                _by_history(charge, who, result, rule)
            case HeadFee():
                _per_head(charge, who, figures, result, rule)
            case PersonRate():
                _rate_of_person(charge, who, figures, result, rule)
            case UnitRate():
                _rate_of_unit(charge, who, result, rule)
            case MembershipFee():
                if who.new_members:
                    amount = charge.amount * who.new_members
                    note = charge.note or f"会费，{who.new_members}人"
                    result.add(charge.payer, Line(charge.article, rule, 0, None, amount, note))
            case PlanFee():
                _plan(charge, who, result, rule)
            case Exempt():
                if who.person and who.kind in charge.persons:
                    note = charge.note or "不再缴费"
                    result.add(charge.payer, Line(charge.article, rule, 0, None, 0, note))
    if not result.lines:
        if who.person and not any(who.kind in _charged(charge, who.kind) for charge in charges):
            raise UnknownField("该制度不向这类人员收费", "facts.person.kind")
        raise FigureMissing("没有可计费的事实：请给出人员类别、工资基数或单位人数", "facts")
    return result


def _charged(charge: Charge, kind: str) -> Collection[str]:
    """The kinds of people that a charge is for; a charge that names none is for everybody."""
    if isinstance(charge, HeadFee):
        return charge.heads
    if isinstance(charge, PersonRate | Exempt):
        return charge.persons
    return () if isinstance(charge, UnitRate) else (kind,)


def plan_terms(charges: Sequence[Charge]) -> dict[str, Months]:
    """How long one payment for each plan covers."""
    return {charge.plan: charge.term for charge in charges if isinstance(charge, PlanFee)}


def is_continuing(charges: Sequence[Charge], periods: Collection[str]) -> bool:
    """Whether earlier periods make somebody a continuing member."""
    return any(
        code in periods for charge in charges if isinstance(charge, HistoryFee) for code in charge.in_any_of
    )


def _by_history(charge: HistoryFee, who: Payor, result: LevyResult, rule: str) -> None:
    for name, each, heads in (
        ("continuing", charge.continuing, who.continuing),
        ("new", charge.new, who.new),
    ):
        if heads:
            words = "续参" if name == "continuing" else "新参"
            note = f"{words}{heads}人，每人{each.text}"
            line = Line(charge.article, f"{rule}.{name}", 0, None, each * heads, note)
            result.add(charge.payer, line)
    if who.continuing is not None and not (who.continuing or who.new):
        result.add(charge.payer, Line(charge.article, rule, 0, None, 0, "没有参加人员"))


def _per_head(charge: HeadFee, who: Payor, figures: Figures, result: LevyResult, rule: str) -> None:
    heads = sum(who.heads.get(kind, 0) for kind in charge.heads)
    if not heads:
        if any(kind in who.heads for kind in charge.heads):
            result.add(charge.payer, Line(charge.article, rule, 0, None, 0, "没有参保人员"))
        return
    if who.person and who.paid_this_year and charge.once_a_year:
        note = "本年度已缴，不再重复缴纳"
        result.add(charge.payer, Line(charge.once_article or charge.article, rule, 0, None, 0, note))
        return
    if charge.if_announced and getattr(charge.amount, "name", None) not in figures:
        return
    each, basis, rate = _each(charge, figures)
    own = sum(who.heads.get(kind, 0) for kind in charge.heads if kind in charge.self_payers)
    for payer, count in ((charge.payer, heads - own), ("individual", own)):
        if count:
            note = f"{count}人，每人{yuan(each)}元"
            line = Line(charge.article, rule, basis * count, rate, each * count, note)
            result.add(payer, line)


def _each(charge: HeadFee, figures: Figures) -> tuple[int, int, int | None]:
    """Fen per head, with the basis and rate it came from."""
    name = getattr(charge.amount, "name", None)
    if name is None or name in figures or charge.instead is None:
        return resolve(charge.amount, figures), 0, None
    if charge.instead.of.name not in figures:
        raise missing_figure(name)
    basis = resolve(charge.instead.of, figures)
    return share(basis, charge.instead.rate), basis, int(charge.instead.rate)


def _rate_of_person(charge: PersonRate, who: Payor, figures: Figures, result: LevyResult, rule: str) -> None:
    if not who.person or who.kind not in charge.persons:
        return
    if charge.option is not None and charge.option != who.option:
        if who.option is None:
            raise FigureMissing("请选择缴费档次：with_account 或 pool_only", "facts.person.option")
        return
    given = next((name for name in charge.of if name in who.amounts), None)
    if given is None:
        raise FigureMissing(f"缺少 {' 或 '.join(charge.of)}", f"facts.person.{charge.of[0]}")
    for other in charge.of:
        if other != given and other in who.amounts:
            raise UnknownField(f"{given} 与 {other} 只能给一个", f"facts.person.{other}")
    base = _within(charge, who.amounts[given], 12 if given in YEARLY else 1, figures)
    result.base = base
    rate = int(charge.rate)
    result.add(charge.payer, Line(charge.article, rule, base, rate, share(base, rate), charge.note))


def _within(charge: PersonRate, base: int, months: int, figures: Figures) -> int:
    """The base within the announced monthly limits; limits not announced do not bind."""
    low, high = (
        resolve(limit, figures) if limit is not None and limit.name in figures else None
        for limit in (charge.floor, charge.ceiling)
    )
    if low is not None and high is not None and low > high:
        raise BadAmount("下限不能高于上限", f"facts.figures.{charge.floor and charge.floor.name}")
    if low is not None:
        base = max(base, low * months)
    return base if high is None else min(base, high * months)


def _rate_of_unit(charge: UnitRate, who: Payor, result: LevyResult, rule: str) -> None:
    if who.person:
        return
    if not any(name in who.amounts for name in charge.of):
        raise FigureMissing(f"缺少 {' 或 '.join(charge.of)}", f"facts.unit.{charge.of[0]}")
    base = sum(who.amounts.get(name, 0) for name in charge.of)
    result.base = base
    rate = int(charge.rate)
    result.add(charge.payer, Line(charge.article, rule, base, rate, share(base, rate), charge.note))


def _plan(charge: PlanFee, who: Payor, result: LevyResult, rule: str) -> None:
    shares = who.shares.get(charge.plan, 0)
    if not shares:
        return
    note = f"{who.staff}人 × {shares}份 × {charge.amount.text}"
    amount = charge.amount * shares * who.staff
    result.add(charge.payer, Line(charge.article, rule, 0, None, amount, note))


class PersonFee(NamedTuple):
    """A fee in fen, with its article."""

    amount: int
    article: str


def person_fee(
    document: Document, *, kind: str, continuing: bool, figures: Figures | None = None
) -> PersonFee:
    """What is paid in for one person of a kind to join, whoever pays it, by whether they were in before.

    Who was not in before is a new member of the association. A kind of person that the document does not
    charge pays nothing.

    Raises:
        FigureMissing: the fee depends on more than that: wages, an option, plans, a figure to be announced.
    """
    who = Payor(
        person=True, kind=kind, amounts={}, heads={kind: 1}, continuing=int(continuing),
        new=int(not continuing), new_members=int(not continuing), staff=1, shares={}, option=None,
        paid_this_year=False,
    )  # fmt: skip
    charges = [charge for charge in document.levy if not isinstance(charge, UnitRate)]
    if charges and not any(kind in _charged(charge, kind) for charge in charges):
        return PersonFee(0, charges[0].article)
    found = assess(charges, who, {**document.defaults, **(figures or {})})
    articles = dict.fromkeys(line.article for line in found.lines)
    return PersonFee(found.total, "、".join(articles))
