"""Questions about what is paid: benefit, route."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from schemes.rules import base, benefit, join, levy, routing, terms
from schemes.rules import facts as given
from schemes.rules.asking import (
    Answer,
    Context,
    figures_of,
    in_force,
    named_figures,
    person_of,
    reason_dicts,
    reason_lines,
)  # fmt: skip
from schemes.rules.document import Document
from schemes.rules.errors import BadDate, BillInconsistent, FigureMissing, OutsideDocument, UnknownField
from schemes.rules.model import Figures, Reason
from schemes.rules.stay import Stay
from schemes.rules.trace import Line
from schemes.rules.units import yuan


def stay_of(facts: given.StayFacts, path: str) -> Stay:
    """A stay's facts as the mechanisms read them.

    Raises:
        BadDate: discharged before admitted, or settled before discharged.
    """
    if facts.admitted and facts.discharged and facts.discharged < facts.admitted:
        raise BadDate("出院日期早于入院日期", f"{path}.discharged")
    if facts.settled and facts.discharged and facts.settled < facts.discharged:
        raise BadDate("结算日期早于出院日期", f"{path}.settled")
    bill = None
    if facts.bill is not None:
        bill = {name: getattr(facts.bill, name) for name in facts.bill.model_fields_set}
    own = {
        name: value
        for name in ("basic_band_self_pay", "large_band_self_pay")
        if (value := getattr(facts, name)) is not None
    }
    hospital = facts.hospital
    return Stay(
        base=facts.base, in_scope=facts.in_scope, bill=bill, admitted=facts.admitted,
        discharged=facts.discharged,
        settled=facts.settled, care=facts.care,
        designated=None if hospital is None else hospital.designated,
        level=None if hospital is None else hospital.level,
        major_illness=facts.major_illness, out_of_region=facts.out_of_region,
        exclusion=facts.exclusion, plan=facts.plan, parts=own or None,
    )  # fmt: skip


def _one_base(document: Document, facts: given.StayFacts, path: str) -> None:
    """A stay says in one way what its base is; a cost in scope is none where others pay first.

    Raises:
        BillInconsistent: a cost in scope beside the base or the slip.
        UnknownField: a cost in scope, and the base comes out of what the slip's payers leave.
    """
    if facts.in_scope is None:
        return
    where = f"{path}.in_scope"
    for name in ("base", "bill"):
        if getattr(facts, name) is not None:
            raise BillInconsistent(f"in_scope 与 {name} 只能给一个", where)
    less = document.base.less if document.base is not None else ()
    above_pool = getattr(document.benefit, "above_pool", None)
    if above_pool is None and any(item.column in base.PAYERS for item in less):
        raise UnknownField("基数按结算单各栏计算，须扣除各方已支付的部分，请给出 bill 或 base", where)


def ask_benefit(document: Document, facts: given.BenefitFacts, context: Context) -> Answer:
    """What stays or an event are paid, with lines and reasons."""
    if facts.event is not None:
        if facts.stays is not None:
            raise UnknownField("stays 与 event 只能给一个", "facts.event")
        return _ask_event(document, facts, facts.event)
    if facts.stays is None:
        raise FigureMissing("请给出 stays", "facts.stays")
    stays = []
    for number, item in enumerate(facts.stays):
        stay = stay_of(item, f"facts.stays[{number}]")
        _one_base(document, item, f"facts.stays[{number}]")
        in_force(document, _key_date(document, stay), f"facts.stays[{number}].settled")
        stays.append(stay)
    figures = figures_of(facts.figures, document, context)
    years = _years_of(document, stays, context)
    found = benefit.assess(
        document,
        person=person_of(facts.person),
        stays=_until_fraud(document, stays),
        figures=figures,
        on=context.on,
        by_year={
            year: figures_of(facts.figures, document, replace(context, figures=announced))
            for year, announced in years.items()
        },
    )
    values: dict[str, Any] = {
        "total": yuan(found.total),
        "stays": [_stay_answer(result) for result in found.stays],
    }
    if warnings := benefit.warnings(document, figures, context.last_year):
        values["warnings"] = reason_dicts(warnings)
    stated = {**_in_every(years, context.figures or {}), **named_figures(facts.figures)}
    return Answer(values, found.lines, benefit.rests_on(document, found.lines, stated))


def _years_of(document: Document, stays: list[Stay], context: Context) -> dict[int, Figures]:
    """The announced figures of each year to whose account a stay belongs; none within one period."""
    if context.of_year is None:
        return {}
    keys = {benefit.account_key(document, stay, context.on) for stay in stays}
    return {year: context.of_year(year) for year in sorted(keys) if year}


def _in_every(years: dict[int, Figures], otherwise: Figures) -> Figures:
    """The figures that every year of the stays has announced."""
    found = list(years.values()) or [otherwise]
    return {name: value for name, value in found[0].items() if all(name in other for other in found)}


def _until_fraud(document: Document, stays: list[Stay]) -> list[Stay]:
    """Stays filed after one that was fraud: where the period's right ends with it, they pay nothing."""
    rule = next((item for item in document.settings if item.name == "fraud_ends_right_for"), None)
    frauds = [number for number, stay in enumerate(stays) if stay.exclusion == "fraud"]
    if rule is None or rule.value != "period" or not frauds:
        return stays
    later = frauds[0] + 1
    return stays[:later] + [replace(stay, right_ended=rule.article) for stay in stays[later:]]


def _ask_event(document: Document, facts: given.BenefitFacts, event: given.Event) -> Answer:
    """The lump sum of an event, or every reason against it."""
    total, lines = benefit.lump_sum(document, plan=event.plan, units=event.units)
    if reasons := _not_for(document, facts.person.sex, event) + _not_then(document, event):
        refused = {"total": yuan(0), "accepted": False, "reasons": reason_dicts(reasons)}
        return Answer(refused, reason_lines(reasons, "benefit"), document.provisional_in("benefit"))
    return Answer({"total": yuan(total)}, lines, document.provisional_in("benefit"))


def _not_for(document: Document, sex: str | None, event: given.Event) -> list[Reason]:
    """Why an event's plan is not for this person: open to the other sex only."""
    if sex is None:
        return []
    of_sex = [rule for rule in document.join if isinstance(rule, join.PlanSex)]
    return join.unmet(of_sex, join.Applicant(sex=sex, shares={event.plan: event.units}))


def _not_then(document: Document, event: given.Event) -> list[Reason]:
    """Why an event's day does not count: the scheme is not in force, or the plan's term does not hold it."""
    if event.on is None:
        return []
    assert document.benefit is not None  # its lump sum was found
    rule = document.terms
    try:
        in_force(document, event.on)
    except OutsideDocument as gap:
        article = document.benefit.article if rule is None else rule.article
        return [Reason("not_in_force", article, gap.message)]
    months = levy.plan_terms(document.levy).get(event.plan)
    if rule is None or event.paid_on is None or months is None:
        return []
    return terms.outside(rule, terms.term_of(rule, received_on=event.paid_on, months=months), event.on)


def _key_date(document: Document, stay: Stay) -> date | None:
    """The date that decides which version governs a stay; None within a period."""
    if document.period is not None:
        return None
    if document.version_by == "discharge":
        return stay.discharged or stay.settled
    return stay.settled or stay.discharged


def _stay_answer(result: benefit.StayResult) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "base": yuan(result.base),
        "amount": yuan(result.amount),
        "level": result.level,
    }
    if result.parts:
        shown["parts"] = {name: yuan(amount) for name, amount in result.parts.items()}
    if result.reasons:
        shown["reasons"] = reason_dicts(result.reasons)
    return shown


def ask_route(document: Document, facts: given.RouteFacts, context: Context) -> Answer:
    """Which level decides an amount."""
    if not document.routing:
        raise UnknownField("该制度没有分级审核", "ask")
    route = routing.level_of(document.routing, facts.amount)
    if route is None:
        return Answer({"level": None}, [], [])
    line = Line(route.article, f"routing.{route.level}", facts.amount, None, 0, route.note)
    return Answer({"level": route.level}, [line], document.provisional_in("routing"))
