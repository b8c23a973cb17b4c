"""Who may join: a list of conditions, each with its article; all reasons at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemes.rules.model import PeriodCode, PersonKind, Reason, Rule, Some
from schemes.rules.units import Age, Shares

if TYPE_CHECKING:
    from schemes.rules.document import Document

Sex = Literal["M", "F"]
Insurance = Literal["basic", "large", "resident", "rural"]
INSURANCE_WORDS = {
    "basic": "职工基本医疗保险",
    "large": "大病补充（大额）医疗保险",
    "resident": "居民医疗保险",
    "rural": "新型农村合作医疗",
}


@dataclass(frozen=True, slots=True)
class Applicant:
    """The facts about a person (or a unit) that asks to join.

    ``insured`` holds what is proved; what is not in it counts as not insured,
    save where a rule takes the unit's word (``denied``: what is said not to be).
    ``shares`` are shares by plan, None where no plan was named.
    """

    kind: str | None = None
    age: int | None = None
    sex: str | None = None
    insured: Collection[str] = ()
    denied: Collection[str] = ()
    already_enrolled: bool = False
    shares: Mapping[str, int] | None = None
    periods: Collection[str] = ()
    for_period: str | None = None
    civil_servant_subsidy: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


class InsuredIn(Rule):
    """Must be insured in all of ``needs`` and in one of ``any_of``.

    ``unless_denied``: is taken to be where nobody says otherwise.
    """

    kind: Literal["insured"]
    needs: tuple[Insurance, ...] = ()
    any_of: tuple[Insurance, ...] = ()
    unless_denied: bool = False

    @model_validator(mode="after")
    def _something(self) -> InsuredIn:
        if not self.needs and not self.any_of:
            raise PydanticCustomError("join", "请写明 needs（都要参加）或 any_of（参加其中一种）")
        return self

    def missing(self, name: str, who: Applicant) -> bool:
        """Whether somebody does not count as insured in this insurance."""
        return name in who.denied if self.unless_denied else name not in who.insured


class OfKind(Rule):
    """Only these kinds of people."""

    kind: Literal["person_kind"]
    allowed: Some[PersonKind]


class AgeLimit(Rule):
    """An age limit for some kinds of people, on the day of payment, inclusive."""

    kind: Literal["age"]
    persons: Some[PersonKind]
    at_most: Age | None = None
    at_least: Age | None = None


class PreviousPeriod(Rule):
    """From a period on, some people must have been in the period before.

    By kind (``persons``), by age (``age_from``), or either of them.
    """

    kind: Literal["previous_period"]
    from_period: PeriodCode
    persons: tuple[PersonKind, ...] = ()
    age_from: Age | None = None

    @model_validator(mode="after")
    def _somebody(self) -> PreviousPeriod:
        if not self.persons and self.age_from is None:
            raise PydanticCustomError("join", "请写明 persons（人员类别）或 age_from（年龄）")
        return self


class Once(Rule):
    """One enrolment per person and period."""

    kind: Literal["once"]


class PlanShares(Rule):
    """At most so many shares of a plan; a plan may contain shares of others; ``names`` for readers."""

    kind: Literal["plan_shares"]
    most: Mapping[str, Shares]
    contains: Mapping[str, Mapping[str, Shares]] = Field(default_factory=dict)
    at_least_one: bool = True
    names: Mapping[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _some(self) -> PlanShares:
        none = [plan for plan, most in self.most.items() if not most]
        if none or not self.most:
            raise PydanticCustomError(
                "join", 'most 每项至少 "1份"：{plans}', {"plans": "、".join(none) or "请写计划名和份数"}
            )
        return self


class PlanSex(Rule):
    """A plan that is open to one sex only."""

    kind: Literal["plan_sex"]
    plan: str
    sex: Sex


class NoCivilServantSubsidy(Rule):
    """Not for units under the civil-servant subsidy."""

    kind: Literal["no_civil_servant_subsidy"]


Condition = Annotated[
    InsuredIn | OfKind | AgeLimit | PreviousPeriod | Once | PlanShares | PlanSex
    | NoCivilServantSubsidy,
    Field(discriminator="kind"),
]  # fmt: skip


def unmet(conditions: Collection[Condition], who: Applicant) -> list[Reason]:
    """Every condition that is not met; an empty list means accepted."""
    return [
        Reason(code, rule.article, rule.note or words)
        for rule in conditions
        for code, words in _UNMET[rule.kind](rule, who)
    ]


Unmet = list[tuple[str, str]]


def _insured(rule: InsuredIn, who: Applicant) -> Unmet:
    unmet = [
        (f"not_in_{name}", f"未参加{INSURANCE_WORDS[name]}") for name in rule.needs if rule.missing(name, who)
    ]
    if rule.any_of and all(rule.missing(name, who) for name in rule.any_of):
        unmet.append(("not_insured", "未参加" + "或".join(INSURANCE_WORDS[name] for name in rule.any_of)))
    return unmet


def _of_kind(rule: OfKind, who: Applicant) -> Unmet:
    if who.kind is None or who.kind in rule.allowed:
        return []
    return [("person_kind", "该类人员不在参加范围")]


def _age(rule: AgeLimit, who: Applicant) -> Unmet:
    if who.kind not in rule.persons:
        return []
    if who.age is None:
        return [("age_unknown", "请填写交费当日的周岁年龄")]
    if rule.at_most is not None and who.age > rule.at_most:
        return [("too_old", f"超过{rule.at_most.text}")]
    if rule.at_least is not None and who.age < rule.at_least:
        return [("too_young", f"未满{rule.at_least.text}")]
    return []


def _previous(rule: PreviousPeriod, who: Applicant) -> Unmet:
    concerned = who.kind in rule.persons or (
        rule.age_from is not None and who.age is not None and who.age >= rule.age_from
    )
    if not concerned or who.for_period is None or int(who.for_period) < int(rule.from_period):
        return []
    before = str(int(who.for_period) - 1)
    if before in who.periods:
        return []
    return [("not_in_previous_period", f"未参加上一期（第{before}期）")]


def _once(rule: Once, who: Applicant) -> Unmet:
    return [("already_enrolled", "本期已参加，每人限一份")] if who.already_enrolled else []


def counted_shares(rule: PlanShares, shares: Mapping[str, int]) -> dict[str, int]:
    """Shares by plan, those inside other plans included."""
    counted = dict(shares)
    for outer, inner in rule.contains.items():
        for plan, each in inner.items():
            counted[plan] = counted.get(plan, 0) + each * shares.get(outer, 0)
    return counted


def beyond_plans(
    conditions: Collection[Condition], shares: Mapping[str, int], *, sex: str | None
) -> tuple[str, str] | None:
    """The first plan (by its code) that nobody can hold so many shares of, or not this person, and why."""
    who = Applicant(sex=sex, shares=shares)
    for rule in conditions:
        if isinstance(rule, PlanShares):
            for plan, count in counted_shares(rule, shares).items():
                if plan in rule.most and count > rule.most[plan]:
                    return _asked_for(rule, plan, shares), _too_many(rule, plan, count)
        elif isinstance(rule, PlanSex) and sex is not None:
            for _code, words in _plan_sex(rule, who):
                return rule.plan, words
    return None


def _asked_for(rule: PlanShares, plan: str, shares: Mapping[str, int]) -> str:
    """The plan that a request names: ``plan`` itself, or the package that contains it."""
    if shares.get(plan):
        return plan
    return next(outer for outer, inner in rule.contains.items() if plan in inner and shares.get(outer))


def _too_many(rule: PlanShares, plan: str, count: int) -> str:
    return f"{rule.names.get(plan, plan)}最多{rule.most[plan].text}，现为{count}份"


def _plan_shares(rule: PlanShares, who: Applicant) -> Unmet:
    if who.shares is None:
        return []
    if rule.at_least_one and not any(who.shares.values()):
        return [("no_plan", "至少参加一项计划")]
    unmet = [("plan_unknown", f"没有计划 {plan}") for plan in who.shares if plan not in rule.most]
    for plan, count in counted_shares(rule, who.shares).items():
        if plan in rule.most and count > rule.most[plan]:
            unmet.append(("too_many_shares", _too_many(rule, plan, count)))
    return unmet


def _plan_sex(rule: PlanSex, who: Applicant) -> Unmet:
    if not (who.shares or {}).get(rule.plan) or who.sex == rule.sex:
        return []
    if who.sex is None:
        return [("sex_unknown", "请填写性别")]
    return [("plan_sex", "该计划仅限女职工" if rule.sex == "F" else "该计划仅限男职工")]


def _no_subsidy(rule: NoCivilServantSubsidy, who: Applicant) -> Unmet:
    return [("civil_servant_subsidy", "单位已实行公务员医疗补助")] if who.civil_servant_subsidy else []


_UNMET: Mapping[str, Callable[[Any, Applicant], Unmet]] = {
    "insured": _insured,
    "person_kind": _of_kind,
    "age": _age,
    "previous_period": _previous,
    "once": _once,
    "plan_shares": _plan_shares,
    "plan_sex": _plan_sex,
    "no_civil_servant_subsidy": _no_subsidy,
}


def check(document: Document, who: Applicant) -> list[Reason]:
    """Every condition of the document that is not met; an empty list means accepted."""
    return unmet(document.join, who)
