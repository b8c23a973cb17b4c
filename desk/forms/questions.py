"""The questions of the rules service: which a document answers, and the sheet of fields of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims.models import Care, Column, Exclusion
from desk.forms.fields import MonthField, ShareField
from desk.forms.sheets import (
    CLOCKS,
    LEVELS,
    REGIONS,
    WINDOWS,
    Group,
    Rows,
    Sheet,
    choice,
    count,
    day,
    figure_group,
    money,
    periods,
    person_fields,
    plan_fields,
    split,
    tick,
    unit_fields,
    yes_no,
)
from schemes.rules import banded, cover, join, levy, plans, pool
from schemes.rules.assistance import AssistanceBenefit
from schemes.rules.document import Document
from schemes.rules.model import Rule

MORE = _("What else the request may say")


@dataclass(frozen=True)
class Question:
    """One question: its key in the address, what is asked, its words, which document answers, its fields."""

    key: str
    ask: str
    words: Promise
    answered_by: Callable[[Document], bool]
    sheet: Callable[[Sequence[Document]], Sheet]


# --- stays --------------------------------------------------------------------------------------------


def _slip_fields(prefix: str) -> dict[str, forms.Field]:
    return {f"{prefix}bill-{column.value}": money(column.label) for column in Column}


def _stay_fields(prefix: str, documents: Sequence[Document]) -> dict[str, forms.Field]:
    fields: dict[str, forms.Field] = {
        "base": money(_("own payment that counts (base)")),
        "in_scope": money(_("cost in scope")),
        "above_ceiling": money(_("of it above the basic pool's ceiling")),
        "plan": choice(_("plan"), [("", _("not said")), *_plan_names(documents, plans.PartsPlan)]),
        "basic_band_self_pay": money(_("own share in the basic band")),
        "large_band_self_pay": money(_("own share in the large-expense band")),
        "admitted": day(_("admitted")),
        "discharged": day(_("discharged")),
        "settled": day(_("settled")),
        "care": choice(_("kind of care"), Care.choices),
        "hospital-level": choice(_("hospital level"), LEVELS),
        "hospital-designated": yes_no(_("designated hospital")),
        "out_of_region": choice(_("treated out of the region"), REGIONS),
        "exclusion": choice(_("excluded because of"), [("", _("nothing")), *Exclusion.choices]),
        "major_illness": tick(_("listed major illness")),
    }
    return {prefix + name: field for name, field in fields.items()}


def _plan_names(documents: Sequence[Document], kind: type) -> list[tuple[str, str]]:
    """The plans that are paid in one way, with the names that the document gives them."""
    found = []
    for document in documents:
        names: dict[str, str] = {}
        for rule in document.join:
            if isinstance(rule, join.PlanShares):
                names.update(rule.names)
        if isinstance(document.benefit, plans.PlansBenefit):
            found += [
                (plan, names.get(plan, plan))
                for plan, rule in document.benefit.plans.items()
                if isinstance(rule, kind)
            ]
    return found


def _read_of_stay(document: Document) -> set[str]:
    """What a document's benefit reads of a stay, beside the amount, the discharge, the care."""
    rule = document.benefit
    found = {"discharged", "care"}
    found |= {"exclusion"} if document.exclusions else set()
    found |= {"settled"} if document.version_by == "settlement" else set()
    if any(item.reason == "non_designated" for item in document.exclusions):
        found.add("hospital-designated")
    if isinstance(rule, plans.PlansBenefit):
        found |= {"plan", "basic_band_self_pay", "large_band_self_pay"}
    else:
        found.add("base")
    if isinstance(rule, pool.PoolBenefit):
        found |= {"in_scope", "hospital-level", "settled"}
        found |= {"out_of_region"} if any(table.match.regions for table in rule.tables) else set()
    if isinstance(rule, banded.BandedBenefit):
        found |= {"in_scope"} if rule.above_pool else set()
        found |= {"out_of_region"} if rule.out_of_region else set()
        found |= {"major_illness"} if rule.cap and rule.cap.waived_for else set()
        found |= {"settled"} if rule.accumulates == "settlement_year" else set()
    return found


def _read_of_person(documents: Iterable[Document]) -> list[str]:
    """What the benefits read of a person."""
    found = ["person-kind"]
    if any(isinstance(document.benefit, AssistanceBenefit) for document in documents):
        found.append("person-groups")
    return found


def _benefit(documents: Sequence[Document]) -> Sheet:
    read = set().union(*map(_read_of_stay, documents))
    fields = _stay_fields("", documents)
    del fields["above_ceiling"]
    if "plan" not in read:
        for name in ("plan", "basic_band_self_pay", "large_band_self_pay"):
            del fields[name]
    first = [name for name in fields if name in read]
    main, *rest = split(fields, first, "", _("More about the stay"))
    slip = Group(
        _("I have the settlement slip: type its columns instead of the base"), _slip_fields(""), folded=True
    )
    person = split(_people("kind", "groups", "sex"), _read_of_person(documents), _("The person"), MORE)
    return Sheet(
        (*person, *figure_group(documents, "benefit")),
        Rows("stays", _("Stay"), _("One more stay"), (main, slip, *rest)),
    )


def _people(*names: str) -> dict[str, forms.Field]:
    known = person_fields()
    return {f"person-{name}": known[f"person-{name}"] for name in names}


def _event(documents: Sequence[Document]) -> Sheet:
    event = {
        "event-plan": choice(_("plan"), _plan_names(documents, plans.LumpPlan), needed=True),
        "event-units": forms.IntegerField(label=_("shares"), min_value=0, max_value=1000),
        "event-on": day(_("day of the event")),
        "event-paid_on": day(_("fee paid on")),
    }
    return Sheet((Group(_("The event"), event), Group(_("The person"), _people("sex", "kind"))))


def _waterfall(documents: Sequence[Document]) -> Sheet:
    fields = _slip_fields("stay-") | _stay_fields("stay-", documents)
    for name in ("base", "plan", "basic_band_self_pay", "large_band_self_pay"):
        del fields[f"stay-{name}"]
    read = set().union(*map(_read_of_stay, documents)) | {"settled", "in_scope", "above_ceiling"}
    first = ["bill-total", "bill-self_funded", "bill-basic_paid", "in_scope", "above_ceiling"]
    first += ["discharged", "settled", *sorted(read - {"base", "exclusion", "care"} - set(first))]
    ordered = list(dict.fromkeys(f"stay-{name}" for name in first))
    columns = {name: field for name, field in fields.items() if "bill-" in name and name not in ordered}
    others = {name: field for name, field in fields.items() if name not in columns}
    main, *rest = split(others, ordered, _("The bill"), _("More about the stay"))
    person = split(_people("kind", "groups", "sex"), _read_of_person(documents), _("The person"), MORE)
    slip = Group(_("The other columns of the settlement slip"), columns, folded=True)
    return Sheet((main, slip, *rest, *person, *figure_group(documents, "benefit")))


# --- being in -------------------------------------------------------------------------------------------


def _levy_person(documents: Sequence[Document]) -> Sheet:
    charges = [charge for document in documents for charge in document.levy]
    read = ["person-kind"]
    for charge in charges:
        if isinstance(charge, levy.PersonRate):
            read += [f"person-{name}" for name in charge.of]
            read += ["person-option"] if charge.option else []
        if isinstance(charge, levy.MembershipFee):
            read.append("person-new_member")
        if isinstance(charge, levy.HistoryFee):
            read.append("history-periods")
        if isinstance(charge, levy.HeadFee) and charge.once_a_year:
            read.append("paid_this_year")
    people = _people(
        "kind", "option", "wage_month", "base_month", "wage_last_year", "new_member", "sex", "joined"
    )
    fields = people | {
        "history-periods": periods(_("periods taken part in")),
        "paid_this_year": tick(_("has paid for this year already")),
    }
    shares = {name: field for document in documents for name, field in plan_fields(document).items()}
    ordered = [name for name in fields if name in read]
    groups = split(fields | shares, [*ordered, *shares], _("The person"), MORE)
    return Sheet((*groups, *figure_group(documents, "levy")))


def _levy_unit(documents: Sequence[Document]) -> Sheet:
    read: list[str] = []
    for document in documents:
        for charge in document.levy:
            if isinstance(charge, levy.HistoryFee):
                read += ["unit-continuing", "unit-new"]
            if isinstance(charge, levy.HeadFee):
                read += [f"unit-{kind}" for kind in charge.heads]
            if isinstance(charge, levy.UnitRate):
                read += [f"unit-{name}" for name in charge.of]
            if isinstance(charge, levy.MembershipFee):
                read.append("unit-new_members")
            if isinstance(charge, levy.PlanFee):
                read.append("unit-staff")
    fields = unit_fields()
    shares = {name: field for document in documents for name, field in plan_fields(document).items()}
    ordered = [name for name in fields if name in read]
    return Sheet(
        (*split(fields | shares, [*ordered, *shares], _("Unit"), MORE), *figure_group(documents, "levy"))
    )


def _quota(documents: Sequence[Document]) -> Sheet:
    return Sheet(
        (
            Group(
                _("Unit"),
                {
                    "active_insured": count(_("active staff in basic insurance"), needed=True),
                    "active_joining": count(_("active staff who join"), needed=True),
                },
            ),
            Group(
                MORE,
                {
                    "retirees_insured": count(_("retirees in basic insurance")),
                    "retirees_joining": count(_("retirees who join")),
                },
                folded=True,
            ),
        )
    )


def _join(documents: Sequence[Document]) -> Sheet:
    read = ["person-kind"]
    for document in documents:
        for rule in document.join:
            if isinstance(rule, join.InsuredIn):
                read += [*rule.needs, *rule.any_of]
            if isinstance(rule, join.AgeLimit):
                read.append("person-age")
            if isinstance(rule, join.PreviousPeriod):
                read += ["history-periods", "person-age"]
            if isinstance(rule, join.Once):
                read.append("already_enrolled")
            if isinstance(rule, join.PlanSex):
                read.append("person-sex")
            if isinstance(rule, join.NoCivilServantSubsidy):
                read.append("unit-civil_servant_subsidy")
    fields = _people("kind", "sex", "age") | {
        "basic": yes_no(_("in basic medical insurance")),
        "large": yes_no(_("in large-expense cover")),
        "already_enrolled": tick(_("already enrolled for this period")),
        "history-periods": periods(_("periods taken part in")),
        "for_period": forms.RegexField(r"^[0-9]{1,4}\Z", label=_("for period"), required=False),
        "unit-civil_servant_subsidy": tick(_("unit under the civil-servant subsidy")),
    }
    if "resident" in read:
        fields["resident"] = yes_no(_("in resident medical insurance"))
    if "rural" in read:
        fields["rural"] = yes_no(_("in rural cooperative insurance"))
    shares = {name: field for document in documents for name, field in plan_fields(document).items()}
    ordered = [name for name in fields if name in read]
    groups = split(fields | shares, [*ordered, *shares], _("The person"), MORE)
    return Sheet(groups, always={"plans": {}} if shares else {})


def _window(documents: Sequence[Document]) -> Sheet:
    stated = {item.act for document in documents for item in document.windows}
    acts = [(act, words) for act, words in WINDOWS if act in stated]
    return Sheet((Group("", {"act": choice(_("Act"), acts, needed=True), "on": day(_("day"), needed=True)}),))


def _due(documents: Sequence[Document]) -> Sheet:
    stated = {item.act for document in documents for item in document.clocks}
    acts = [(act, words) for act, words in CLOCKS if act in stated]
    start = day(_("papers complete, or begun, on"), needed=True)
    return Sheet((Group("", {"act": choice(_("Act"), acts, needed=True), "from": start}),))


def _cover(documents: Sequence[Document]) -> Sheet:
    rules = [document.cover for document in documents if document.cover is not None]
    read = ["stay-admitted", "stay-discharged", "stay-plan"]
    for rule in rules:
        read += _read_of_cover(rule)
    fields: dict[str, forms.Field] = {
        "stay-admitted": day(_("admitted")),
        "stay-discharged": day(_("discharged")),
        **_plan_of(documents),
        "periods": periods(_("periods taken part in")),
        "paid_on": day(_("fee paid on")),
        "withdrawn": day(_("left the insurance on")),
        "moved_out": day(_("moved away on")),
        "died": day(_("died on")),
        "first_paid": day(_("first payment ever on")),
        "last_month_paid": MonthField(label=_("last month paid before the gap"), required=False),
        "resumed_on": day(_("payment resumed on")),
    }
    return Sheet(split(fields, [name for name in fields if name in read], _("The stay and the person"), MORE))


def _plan_of(documents: Sequence[Document]) -> dict[str, forms.Field]:
    """Which plan the stay is filed under, where there are plans."""
    names = _plan_names(documents, Rule)
    return {"stay-plan": choice(_("plan"), [("", _("not said")), *names])} if names else {}


def _read_of_cover(rule: cover.Cover) -> list[str]:
    found = ["periods", "paid_on"] if rule.by_period else []
    found += [end.event for end in rule.ends]
    found += ["first_paid"] if rule.waiting is not None else []
    return found + (["last_month_paid", "resumed_on"] if rule.gap is not None else [])


def _guarantee(documents: Sequence[Document]) -> Sheet:
    return Sheet(
        (
            Group(
                _("The person"),
                {
                    "history-periods": periods(_("periods taken part in")),
                    "history-paid_in": periods(_("periods with a benefit received")),
                },
            ),
        )
    )


# --- money and records ------------------------------------------------------------------------------------


def _route(documents: Sequence[Document]) -> Sheet:
    return Sheet((Group("", {"amount": money(_("amount of the application"), needed=True)}),))


def _late_fee(documents: Sequence[Document]) -> Sheet:
    owed = Group("", {"arrears": money(_("arrears"), needed=True), "due": day(_("due on"), needed=True)})
    paid = Group("", {"on": day(_("paid on")), "amount": money(_("amount paid"))})
    return Sheet((owed,), Rows("payments", _("Payment"), _("One more payment"), (paid,)), {"payments": []})


def _career(documents: Sequence[Document]) -> Sheet:
    fields = {
        "sex": choice(_("sex"), [("M", _("male")), ("F", _("female"))], needed=True),
        "total_months": count(_("months in all, deemed months included"), needed=True),
        "actual_months": count(_("months actually paid"), needed=True),
        "continuous": yes_no(_("contributing up to retirement")),
    }
    fields["continuous"].required = True
    return Sheet((Group(_("The person"), fields), *figure_group(documents, "career")))


def _top_up(documents: Sequence[Document]) -> Sheet:
    months = count(_("months to add"), needed=True)
    return Sheet((Group("", {"months_to_add": months}), *figure_group(documents, "career")))


def _corridor(documents: Sequence[Document]) -> Sheet:
    funds = [fund for document in documents if document.paid_ratio for fund in document.paid_ratio.funds]
    year: dict[str, forms.Field] = {
        "premium": money(_("premium"), needed=True),
        "claims": money(_("claims paid"), needed=True),
        "admin": money(_("administration")),
        "target": ShareField(label=_("target of the contract")),
        "loss_in_scope": money(_("loss assessed in scope")),
    }
    by_fund = {f"premium_by_fund-{fund}": money(FUNDS.get(fund, fund)) for fund in funds}
    groups = [Group(_("The year's account"), year)]
    return Sheet(tuple([*groups, Group(_("Premium by fund"), by_fund)] if by_fund else groups))


FUNDS = {"resident": _("resident fund"), "rural": _("rural fund")}


def _pays(kind: type) -> Callable[[Document], bool]:
    """Whether a document pays by stays, or by a sum per event."""

    def answered(document: Document) -> bool:
        rule = document.benefit
        if isinstance(rule, plans.PlansBenefit):
            return any(isinstance(plan, kind) for plan in rule.plans.values())
        return rule is not None and kind is plans.PartsPlan

    return answered


def _decides_late_fees(document: Document) -> bool:
    """Whether a document charges late fees, or has decided to charge none."""
    return document.late_fee is not None or document.setting("late_fee") == "none"


def _charges(*apart: type) -> Callable[[Document], bool]:
    return lambda document: any(not isinstance(charge, apart) for charge in document.levy)


QUESTIONS = (
    Question("waterfall", "waterfall", _("One bill through all"), lambda document: False, _waterfall),
    Question("benefit", "benefit", _("Benefit of stays"), _pays(plans.PartsPlan), _benefit),
    Question("event", "benefit", _("Sum for an event"), _pays(plans.LumpPlan), _event),
    Question("route", "route", _("Who decides"), lambda document: bool(document.routing), _route),
    Question("levy", "levy", _("What a person pays"), _charges(levy.UnitRate), _levy_person),
    Question("levy-unit", "levy", _("What a unit pays"), _charges(levy.PersonRate, levy.Exempt), _levy_unit),
    Question("quota", "quota", _("Quota of a unit"), lambda document: document.quota is not None, _quota),
    Question("join", "join", _("May somebody join"), lambda document: bool(document.join), _join),
    Question("window", "window", _("Is it in time"), lambda document: bool(document.windows), _window),
    Question("due", "due", _("Done by when"), lambda document: bool(document.clocks), _due),
    Question("cover", "cover", _("Is a stay covered"), lambda document: document.cover is not None, _cover),
    Question("late_fee", "late_fee", _("Late fee"), _decides_late_fees, _late_fee),
    Question(
        "career", "career", _("Contribution years"), lambda document: document.career is not None, _career
    ),
    Question(
        "top_up",
        "career",
        _("Cost of missing months"),
        lambda document: document.career is not None and document.career.top_up is not None,
        _top_up,
    ),
    Question(
        "corridor",
        "corridor",
        _("Insurer's balance"),
        lambda document: document.corridor is not None,
        _corridor,
    ),
    Question(
        "guarantee", "guarantee", _("Guarantee"), lambda document: document.guarantee is not None, _guarantee
    ),
)
