"""One question about one scheme, answered from its document: ``answer``.

Pure: the document, the calendar and announced figures are handed in; nothing is
looked up and no person's record is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemes.rules import benefit, cover, due, guarantee, join, levy, quota, routing, windows
from schemes.rules import facts as given
from schemes.rules.document import Document
from schemes.rules.due import IsWorkday
from schemes.rules.errors import BadDate, FigureMissing, OutsideDocument, RuleError, UnknownField
from schemes.rules.model import Figures, FigureValue, Reason
from schemes.rules.stay import Person, Stay
from schemes.rules.trace import Line
from schemes.rules.units import chinese_date, yuan

NOT_UNDERSTOOD = frozenset({"unknown_field", "bad_amount", "bad_date"})
"""Error codes of a request that could not be understood (exit code 2)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a question: the calendar, the date, the announced figures."""

    is_workday: IsWorkday
    sha: str = ""
    period_code: str | None = None
    on: date | None = None
    figures: Figures | None = None


@dataclass(slots=True)
class Answer:
    """The answer's own keys, its lines, the provisional paths it rests on."""

    values: dict[str, Any]
    lines: list[Line]
    provisional: list[str]


def answer(document: Document, request: Mapping[str, Any], *, context: Context) -> dict[str, Any]:
    """The whole answer to one request, errors included (in its ``answer``)."""
    ask = request.get("ask")
    shown: dict[str, Any] = {
        "scheme": {"code": document.scheme, "period": context.period_code, "sha": context.sha},
        "ask": ask,
    }
    try:
        _in_force(document, context.on)
        found = _ask(document, request, context)
    except RuleError as error:
        return {**shown, "answer": as_error(error), "lines": []}
    shown["answer"] = found.values
    shown["lines"] = [line.as_dict() for line in found.lines]
    if found.provisional:
        shown["provisional"] = found.provisional
    return shown


def as_error(error: RuleError) -> dict[str, str]:
    """An error as an answer holds it."""
    return {"error": error.code, "message": error.message, "path": error.path}


def understood(response: Mapping[str, Any]) -> bool:
    """Whether a response answers a request that could be understood."""
    found = response.get("answer")
    return not (isinstance(found, Mapping) and found.get("error") in NOT_UNDERSTOOD)


def _ask(document: Document, request: Mapping[str, Any], context: Context) -> Answer:
    ask = request.get("ask")
    if not isinstance(ask, str) or ask not in ASKS:
        raise UnknownField(f"ask 只能写：{'、'.join(ASKS)}", "ask")
    model, function = ASKS[ask]
    facts = given.read(model, request.get("facts", {}), "facts")
    return function(document, facts, context)


def _in_force(document: Document, on: date | None, path: str = "on") -> None:
    """Refuse dates that the document does not govern; name the rules that do.

    Raises:
        OutsideDocument: before its first day or after its last.
    """
    if on is None:
        return
    if on < document.effective:
        older = document.before or "、".join(item.number for item in document.repeals)
        words = f"，此前适用{older}" if older else ""
        first = chinese_date(document.effective)
        raise OutsideDocument(f"{document.name}自{first}起适用{words}", path)
    if document.ends is not None and on > document.ends and document.period is None:
        raise OutsideDocument(f"{document.name}适用至{chinese_date(document.ends)}", path)


def _figures(facts: given.FigureFacts, document: Document, context: Context) -> Figures:
    """Announced figures: the request's, else the register's, else the document's."""
    named: dict[str, FigureValue] = {}
    for name in given.FigureFacts.model_fields:
        value = getattr(facts, name)
        if isinstance(value, list):
            pairs = tuple((band.over, band.rate) for band in value)
            if list(pairs) != sorted(pairs) or len({over for over, _ in pairs}) != len(pairs):
                raise UnknownField("各段的 over 必须逐段增大", f"facts.figures.{name}")
            named[name] = pairs
        elif value is not None:
            named[name] = value
    return {**document.defaults, **(context.figures or {}), **named}


def _reasons(reasons: list[Reason]) -> list[dict[str, str]]:
    return [reason.as_dict() for reason in reasons]


def _person(facts: given.PersonFacts) -> Person:
    return Person(facts.kind, facts.sex, tuple(facts.groups))


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
        base=facts.base, bill=bill, admitted=facts.admitted, discharged=facts.discharged,
        settled=facts.settled or facts.discharged, care=facts.care,
        designated=None if hospital is None else hospital.designated,
        level=None if hospital is None else hospital.level,
        major_illness=facts.major_illness, out_of_region=facts.out_of_region,
        exclusion=facts.exclusion, plan=facts.plan, parts=own or None,
    )  # fmt: skip


def _benefit(document: Document, facts: given.BenefitFacts, context: Context) -> Answer:
    if facts.event is not None:
        if facts.stays is not None:
            raise UnknownField("stays 与 event 只能给一个", "facts.event")
        total, lines = benefit.lump_sum(document, plan=facts.event.plan, units=facts.event.units)
        return Answer({"total": yuan(total)}, lines, document.provisional_in("benefit"))
    if facts.stays is None:
        raise FigureMissing("请给出 stays", "facts.stays")
    stays = []
    for number, item in enumerate(facts.stays):
        stay = stay_of(item, f"facts.stays[{number}]")
        _in_force(document, _key_date(document, stay), f"facts.stays[{number}].settled")
        stays.append(stay)
    found = benefit.assess(
        document, person=_person(facts.person), stays=stays,
        figures=_figures(facts.figures, document, context), on=context.on,
    )  # fmt: skip
    values = {
        "total": yuan(found.total),
        "stays": [_stay_answer(result) for result in found.stays],
    }
    return Answer(values, found.lines, found.provisional)


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
        shown["reasons"] = _reasons(result.reasons)
    return shown


def _route(document: Document, facts: given.RouteFacts, context: Context) -> Answer:
    if not document.routing:
        raise UnknownField("该制度没有分级审核", "ask")
    route = routing.level_of(document.routing, facts.amount)
    if route is None:
        return Answer({"level": None}, [], [])
    line = Line(route.article, f"routing.{route.level}", facts.amount, None, 0, route.note)
    return Answer({"level": route.level}, [line], document.provisional_in("routing"))


def payor_of(facts: given.LevyFacts, charges: tuple[levy.Charge, ...]) -> levy.Payor:
    """The facts of a levy question as the charges read them.

    Raises:
        FigureMissing: neither a person nor a unit.
        UnknownField: both.
    """
    shares = facts.plans or {}
    if facts.person is not None and facts.unit is not None:
        raise UnknownField("person 与 unit 只能给一个", "facts.unit")
    if facts.person is not None:
        who = facts.person
        names = ("wage_month", "wage_last_year", "base_month")
        amounts = {name: value for name in names if (value := getattr(who, name)) is not None}
        periods = facts.history.periods if facts.history is not None else []
        known = levy.is_continuing(charges, periods)
        return levy.Payor(
            person=True, kind=who.kind, option=who.option, amounts=amounts,
            heads={who.kind: 1}, continuing=int(known), new=int(not known),
            new_members=int(who.new_member), staff=1, shares=shares,
            paid_this_year=facts.paid_this_year,
        )  # fmt: skip
    if facts.unit is None:
        raise FigureMissing("请给出 person 或 unit", "facts.person")
    unit = facts.unit
    names = ("payroll_last_year", "payroll_month", "pensions_month")
    amounts = {name: value for name in names if (value := getattr(unit, name)) is not None}
    heads = {"active": unit.active, "retired": unit.retired, "flexible": unit.flexible}
    return levy.Payor(
        person=False, amounts=amounts, heads=heads, continuing=unit.continuing, new=unit.new,
        new_members=unit.new_members, staff=unit.staff, shares=shares,
    )  # fmt: skip


def _levy(document: Document, facts: given.LevyFacts, context: Context) -> Answer:
    if not document.levy:
        raise UnknownField("该制度没有缴费规则", "ask")
    figures = _figures(facts.figures, document, context)
    found = levy.assess(document.levy, payor_of(facts, document.levy), figures)
    values: dict[str, Any] = {
        "individual": yuan(found.by_payer.get("individual", 0)),
        "unit": yuan(found.by_payer.get("unit", 0)),
        "total": yuan(found.total),
    }
    for payer in ("pool", "fund"):
        if payer in found.by_payer:
            values[payer] = yuan(found.by_payer[payer])
    if found.base is not None:
        values["base"] = yuan(found.base)
    return Answer(values, found.lines, document.provisional_in("levy"))


def _quota(document: Document, facts: given.QuotaFacts, context: Context) -> Answer:
    found = quota.check(document, active_insured=facts.active_insured, active_joining=facts.active_joining)
    values: dict[str, Any] = {"minimum": found.minimum, "accepted": found.accepted}
    if not found.accepted:
        short = found.minimum - facts.active_joining
        reason = Reason("quota_not_met", found.article, f"还差{short}人，至少{found.minimum}人")
        values["reasons"] = _reasons([reason])
    note = f"{facts.active_joining}人参加，至少{found.minimum}人"
    line = Line(found.article, "quota", 0, found.ratio, 0, note)
    return Answer(values, [line], document.provisional_in("quota"))


def _join(document: Document, facts: given.JoinFacts, context: Context) -> Answer:
    if not document.join:
        raise UnknownField("该制度没有参加条件", "ask")
    who = facts.person
    insured = [name for name in ("basic", "large") if getattr(facts, name)]
    found = join.check(
        document,
        join.Applicant(
            kind=None if who is None else who.kind, age=None if who is None else who.age,
            sex=None if who is None else who.sex, insured=insured,
            already_enrolled=facts.already_enrolled, shares=facts.plans,
            periods=facts.history.periods, for_period=facts.for_period or context.period_code,
            civil_servant_subsidy=facts.unit is not None and facts.unit.civil_servant_subsidy,
        ),
    )  # fmt: skip
    values = {"accepted": not found, "reasons": _reasons(found)}
    return Answer(values, _reason_lines(found, "join"), document.provisional_in("join"))


def _reason_lines(reasons: list[Reason], rule: str) -> list[Line]:
    return [Line(item.article, f"{rule}.{item.code}", 0, None, 0, item.note) for item in reasons]


def _window(document: Document, facts: given.WindowFacts, context: Context) -> Answer:
    found = windows.within(document, facts.act, facts.on)
    values: dict[str, Any] = {
        "accepted": found.accepted,
        "from": None if found.opens is None else found.opens.isoformat(),
        "to": found.to.isoformat(),
        "reasons": _reasons(found.reasons),
    }
    line = Line(found.article, f"windows.{facts.act}", 0, None, 0)
    return Answer(values, [line], document.provisional_in("windows"))


def _due(document: Document, facts: given.DueFacts, context: Context) -> Answer:
    clock = due.clock_of(document, facts.act)
    found = due.due_on(clock, facts.start, context.is_workday)
    line = Line(clock.article, f"clocks.{facts.act}", 0, None, 0, clock.note)
    return Answer({"due": found.isoformat()}, [line], document.provisional_in("clocks"))


def _cover(document: Document, facts: given.CoverFacts, context: Context) -> Answer:
    rule = document.cover
    if rule is None:
        raise UnknownField("该制度没有保障期规则", "ask")
    stay = facts.stay
    if stay and stay.admitted and stay.discharged and stay.discharged < stay.admitted:
        raise BadDate("出院日期早于入院日期", "facts.stay.discharged")
    who = cover.Insured(
        admitted=stay.admitted if stay else None, discharged=stay.discharged if stay else None,
        **{name: getattr(facts, name) for name in (
            "periods", "paid_on", "withdrawn", "moved_out", "died", "first_paid",
            "last_month_paid", "resumed_on")},
    )  # fmt: skip
    reasons = cover.check(document, who)
    values: dict[str, Any] = {}
    if stay is not None or facts.periods is not None:
        values |= {"covered": not reasons, "reasons": _reasons(reasons)}
    if document.period is not None and rule.by_period:
        values["period"] = document.period.code
    lines = _reason_lines(reasons, "cover")
    lines += _ended(rule, who, values) + _started(rule, who, values)
    return Answer(values, lines, document.provisional_in("cover"))


def _ended(rule: cover.Cover, who: cover.Insured, values: dict[str, Any]) -> list[Line]:
    end = cover.ended(rule, who)
    if end is None:
        return []
    event, on = end
    values["ends"] = on.isoformat()
    if not rule.refundable:
        values["refund"] = yuan(0)
    article = rule.refund_article or event.article
    return [Line(article, f"cover.ends.{event.event}", 0, None, 0, "已交费用不退")]


def _started(rule: cover.Cover, who: cover.Insured, values: dict[str, Any]) -> list[Line]:
    start = cover.start_of(rule, who)
    if start is None:
        return []
    values["pool_from"] = start.pool_from.isoformat()
    values["account_from"] = start.account_from.isoformat()
    if who.last_month_paid is not None:
        values["unpaid_months"] = start.unpaid_months
    note = f"统筹待遇自{chinese_date(start.pool_from)}起"
    return [Line(start.article, "cover.start", 0, None, 0, note)]


def _guarantee(document: Document, facts: given.GuaranteeFacts, context: Context) -> Answer:
    reasons = guarantee.check(document, periods=facts.history.periods, paid_in=facts.history.paid_in)
    article = document.guarantee.article if document.guarantee else ""
    values = {"guaranteed": not reasons, "reasons": _reasons(reasons)}
    line = Line(article, "guarantee", 0, None, 0)
    return Answer(values, [line], document.provisional_in("guarantee"))


ASKS: Mapping[str, tuple[type[given.Facts], Callable[[Document, Any, Context], Answer]]] = {
    "benefit": (given.BenefitFacts, _benefit),
    "route": (given.RouteFacts, _route),
    "levy": (given.LevyFacts, _levy),
    "quota": (given.QuotaFacts, _quota),
    "join": (given.JoinFacts, _join),
    "window": (given.WindowFacts, _window),
    "due": (given.DueFacts, _due),
    "cover": (given.CoverFacts, _cover),
    "guarantee": (given.GuaranteeFacts, _guarantee),
}
