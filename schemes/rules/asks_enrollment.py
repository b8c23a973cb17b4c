"""Questions about being in: levy, quota, join, window, due, cover, guarantee."""

from __future__ import annotations

from typing import Any, get_args

from schemes.rules import cover, due, guarantee, join, levy, plans, quota, terms, windows
from schemes.rules import facts as given
from schemes.rules.asking import Answer, Context, figures_of, reason_dicts, reason_lines
from schemes.rules.document import Document
from schemes.rules.errors import BadAmount, BadDate, FigureMissing, UnknownField
from schemes.rules.model import Reason
from schemes.rules.trace import Line
from schemes.rules.units import chinese_date, yuan


def payor_of(facts: given.LevyFacts, document: Document) -> levy.Payor:
    """The facts of a levy question as the charges read them.

    Raises:
        FigureMissing: neither a person nor a unit; plans of a unit without its staff.
        UnknownField: both; a plan that the document does not charge for, or shares
            of it that nobody may hold.
        BadAmount: a unit's heads that contradict each other.
    """
    charges = document.levy
    shares = facts.plans or {}
    sold = levy.plan_terms(charges)
    for plan in shares:
        if plan not in sold:
            raise UnknownField("该制度没有这项计划", f"facts.plans.{plan}")
    sex = facts.person.sex if facts.person is not None else None
    if beyond := join.beyond_plans(document.join, shares, sex=sex):
        raise UnknownField(beyond[1], f"facts.plans.{beyond[0]}")
    if facts.person is not None and facts.unit is not None:
        raise UnknownField("person 与 unit 只能给一个", "facts.unit")
    if facts.person is not None:
        who = facts.person
        names: tuple[str, ...] = ("wage_month", "wage_last_year", "base_month")
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
    _heads_agree(unit)
    if any(shares.values()) and "staff" not in unit.model_fields_set:
        raise FigureMissing("请给出参加计划的人数 staff", "facts.unit.staff")
    sums = ("payroll_last_year", "payroll_month", "pensions_month", "member_bases")
    amounts = {name: value for name in sums if (value := getattr(unit, name)) is not None}
    heads: dict[str, int] = {
        name: getattr(unit, name)
        for name in ("active", "retired", "flexible")
        if name in unit.model_fields_set
    }
    return levy.Payor(
        person=False, amounts=amounts, heads=heads, continuing=unit.continuing, new=unit.new,
        new_members=unit.new_members, staff=unit.staff, shares=shares,
        paid_this_year=facts.paid_this_year,
    )  # fmt: skip


def _heads_agree(unit: given.UnitFacts) -> None:
    """Parts of a unit's heads that are more than the whole contradict it.

    Raises:
        BadAmount: more new members than staff, more people joining than the unit has.
    """
    told = unit.model_fields_set
    if {"staff", "new_members"} <= told and unit.new_members > unit.staff:
        raise BadAmount(f"新入会人数多于职工人数{unit.staff}人", "facts.unit.new_members")
    heads = unit.active + unit.retired + unit.flexible
    joining = (unit.continuing or 0) + (unit.new or 0)
    if {"active", "retired"} <= told and joining > heads:
        path = "facts.unit.new" if unit.new else "facts.unit.continuing"
        raise BadAmount(f"续参和新参合计{joining}人，多于在职和退休人员{heads}人", path)


def ask_levy(document: Document, facts: given.LevyFacts, context: Context) -> Answer:
    """What a person or a unit owes, by payer, with the base."""
    if not document.levy:
        raise UnknownField("该制度没有缴费规则", "ask")
    figures = figures_of(facts.figures, document, context)
    found = levy.assess(document.levy, payor_of(facts, document), figures)
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


def ask_quota(document: Document, facts: given.QuotaFacts, context: Context) -> Answer:
    """How many must join, whether enough do.

    Raises:
        BadAmount: more people join than there are.
    """
    for who in ("active", "retirees"):
        if getattr(facts, f"{who}_joining") > getattr(facts, f"{who}_insured"):
            raise BadAmount("参加人数多于参保人数", f"facts.{who}_joining")
    found = quota.check(document, active_insured=facts.active_insured, active_joining=facts.active_joining)
    values: dict[str, Any] = {"minimum": found.minimum, "accepted": found.accepted}
    if not found.accepted:
        short = found.minimum - facts.active_joining
        reason = Reason("quota_not_met", found.article, f"还差{short}人，至少{found.minimum}人")
        values["reasons"] = reason_dicts([reason])
    note = f"{facts.active_joining}人参加，至少{found.minimum}人"
    line = Line(found.article, "quota", 0, found.ratio, 0, note)
    return Answer(values, [line], document.provisional_in("quota"))


def ask_join(document: Document, facts: given.JoinFacts, context: Context) -> Answer:
    """Whether somebody may join, with every reason against it."""
    if not document.join:
        raise UnknownField("该制度没有参加条件", "ask")
    if facts.plans and not any(isinstance(rule, join.PlanShares) for rule in document.join):
        raise UnknownField("该制度没有这项计划", f"facts.plans.{next(iter(facts.plans))}")
    who = facts.person
    insured = [name for name in get_args(join.Insurance) if getattr(facts, name)]
    denied = [name for name in get_args(join.Insurance) if getattr(facts, name) is False]
    found = join.check(
        document,
        join.Applicant(
            kind=None if who is None else who.kind, age=None if who is None else who.age,
            sex=None if who is None else who.sex, insured=insured, denied=denied,
            already_enrolled=facts.already_enrolled, shares=facts.plans or {},
            periods=facts.history.periods, for_period=facts.for_period or context.period_code,
            civil_servant_subsidy=facts.unit is not None and facts.unit.civil_servant_subsidy,
        ),
    )  # fmt: skip
    values = {"accepted": not found, "reasons": reason_dicts(found)}
    return Answer(values, reason_lines(found, "join"), document.provisional_in("join"))


def ask_window(document: Document, facts: given.WindowFacts, context: Context) -> Answer:
    """Whether an act may be done on a day."""
    found = windows.within(document, facts.act, facts.on)
    values: dict[str, Any] = {
        "accepted": found.accepted,
        "from": None if found.opens is None else found.opens.isoformat(),
        "to": found.to.isoformat(),
        "reasons": reason_dicts(found.reasons),
    }
    line = Line(found.article, f"windows.{facts.act}", 0, None, 0)
    return Answer(values, [line], document.provisional_in("windows"))


def ask_due(document: Document, facts: given.DueFacts, context: Context) -> Answer:
    """By when an act must be done."""
    clock = due.clock_of(document, facts.act)
    found = due.due_on(clock, facts.start, context.is_workday)
    line = Line(clock.article, f"clocks.{facts.act}", 0, None, 0, clock.note)
    return Answer({"due": found.isoformat()}, [line], document.provisional_in("clocks"))


def ask_cover(document: Document, facts: given.CoverFacts, context: Context) -> Answer:
    """Whether a stay is covered, when cover ends, from when benefits run."""
    rule = document.cover
    if rule is None:
        raise UnknownField("该制度没有保障期规则", "ask")
    stay = facts.stay
    if stay and stay.admitted and stay.discharged and stay.discharged < stay.admitted:
        raise BadDate("出院日期早于入院日期", "facts.stay.discharged")
    _days_agree(facts)
    discharged = (stay.discharged or facts.died) if stay else None
    who = cover.Insured(
        admitted=stay.admitted if stay else None, discharged=discharged,
        **{name: getattr(facts, name) for name in (
            "periods", "paid_on", "withdrawn", "moved_out", "died", "first_paid",
            "last_month_paid", "resumed_on")},
    )  # fmt: skip
    reasons = cover.check(document, who)
    term = term_of(document, facts)
    day = cover.tested_day(rule, who)
    if stay is not None and day is None:
        raise FigureMissing("请写明出院日期", f"facts.stay.{rule.tested_on}")
    if term is not None and day is not None:
        assert document.terms is not None  # whence the term
        reasons += terms.outside(document.terms, term, day)
    values: dict[str, Any] = {}
    if stay is not None or facts.periods is not None:
        values |= {"covered": not reasons, "reasons": reason_dicts(reasons)}
    if document.period is not None and rule.by_period:
        values["period"] = document.period.code
    if term is not None:
        values["ends"] = term.last.isoformat()
    lines = reason_lines(reasons, "cover")
    lines += _ended(rule, who, values) + _started(rule, who, values)
    if not values:
        raise FigureMissing("请给出要核对的住院 stay，或首次缴费、中断续缴、终止的日期", "facts.stay")
    return Answer(values, lines, document.provisional_in("cover"))


def _days_agree(facts: given.CoverFacts) -> None:
    """Days that cannot follow each other contradict themselves.

    Raises:
        BadDate: admitted or first paid after death, paid again before the first payment
            or before the last month that was paid.
        FigureMissing: paid again, and no last month before the gap.
    """
    stay, died, again = facts.stay, facts.died, facts.resumed_on
    if died and stay and stay.admitted and stay.admitted > died:
        raise BadDate("入院日期晚于死亡日期", "facts.stay.admitted")
    if died and facts.first_paid and facts.first_paid > died:
        raise BadDate("首次缴费晚于死亡日期", "facts.first_paid")
    if again is None:
        return
    if facts.last_month_paid is None:
        raise FigureMissing("请写明中断前缴到哪个月", "facts.last_month_paid")
    if facts.first_paid and facts.first_paid > again:
        raise BadDate("续缴日期早于首次缴费", "facts.resumed_on")
    if (again.year, again.month) < facts.last_month_paid:
        raise BadDate("续缴日期早于已缴到的月份", "facts.resumed_on")


def term_of(document: Document, facts: given.CoverFacts) -> terms.Term | None:
    """The term that the payment covers; None where the scheme has none or nothing was paid.

    Raises:
        UnknownField: a plan that the document does not sell.
        FigureMissing: several plans of different terms and none named.
    """
    sold = levy.plan_terms(document.levy)
    named = facts.stay.plan if facts.stay is not None else None
    if named is not None and named not in sold:
        raise UnknownField("该制度没有这项计划", "facts.stay.plan")
    if document.terms is None or facts.paid_on is None:
        return None
    rule = document.benefit
    by_stay = rule.plans if isinstance(rule, plans.PlansBenefit) else {}
    for_stays = [name for name, plan in by_stay.items() if isinstance(plan, plans.PartsPlan)]
    chosen = [named] if named is not None else [name for name in for_stays if name in sold] or list(sold)
    own = document.terms.months
    lengths = {int(sold[name]) for name in chosen} or ({int(own)} if own else set())
    if len(lengths) > 1:
        raise FigureMissing("请写明计划，各计划期限不同", "facts.stay.plan")
    for months in lengths:
        return terms.term_of(document.terms, received_on=facts.paid_on, months=months)
    return None


def _ended(rule: cover.Cover, who: cover.Insured, values: dict[str, Any]) -> list[Line]:
    found = cover.all_ends(rule, who)
    if not found:
        if rule.refund_article and not rule.refundable and any((who.withdrawn, who.moved_out, who.died)):
            values["refund"] = yuan(0)
        return []
    event, on = found[0]
    values["ends"] = on.isoformat()
    if rule.refundable or not rule.refund_article:
        return [Line(event.article, f"cover.ends.{event.event}", 0, None, 0, event.note)]
    values["refund"] = yuan(0)
    return [Line(rule.refund_article, f"cover.ends.{event.event}", 0, None, 0, "已交费用不退")]


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


def ask_guarantee(document: Document, facts: given.GuaranteeFacts, context: Context) -> Answer:
    """Whether the guarantee is given, with every reason against it."""
    rule = document.guarantee
    if rule is None:
        raise UnknownField("该制度没有这项保障", "ask")
    reasons = guarantee.unmet(rule, periods=facts.history.periods, paid_in=facts.history.paid_in)
    values = {"guaranteed": not reasons, "reasons": reason_dicts(reasons)}
    line = Line(rule.article, "guarantee", 0, None, 0)
    return Answer(values, [line], document.provisional_in("guarantee"))
