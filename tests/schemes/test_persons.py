"""Who may join, what an account holds and pays, what a plan pays: at the edges of the facts."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from schemes.rules import account, base, career, exclusions, join, plans, routing
from schemes.rules.model import Announced
from schemes.rules.units import Fen
from tests.schemes.support import document

BASIC = document("lianyungang-basic").document
PLANS = document("municipal-mutual-plans").document
SHARE = {"account_share": 40_000}


def test_of_whom_nothing_else_is_known_is_neither_enrolled_nor_under_a_subsidy() -> None:
    conditions = [
        join.Once.model_validate({"kind": "once", "article": "一"}),
        join.NoCivilServantSubsidy.model_validate({"kind": "no_civil_servant_subsidy", "article": "二"}),
    ]
    assert join.unmet(conditions, join.Applicant()) == []
    both = join.Applicant(already_enrolled=True, civil_servant_subsidy=True)
    assert [reason.article for reason in join.unmet(conditions, both)] == ["一", "二"]


def test_a_plan_for_one_sex_says_for_which() -> None:
    def refused(sex: join.Sex, who: str) -> list[str]:
        rule = join.PlanSex(kind="plan_sex", article="一", plan="x", sex=sex)
        found = join.unmet([rule], join.Applicant(sex=who, shares={"x": 1}))
        return [reason.note for reason in found]

    assert (refused("F", "M"), refused("F", "F")) == (["该计划仅限女职工"], [])
    assert (refused("M", "F"), refused("M", "M")) == (["该计划仅限男职工"], [])


def test_an_account_is_credited_for_active_staff_whatever_option_is_named() -> None:
    named = account.credit(BASIC, kind="active", base=800_000, own_levy=16_000, option="x", figures=SHARE)
    assert named == (32_000, 16_000, "第二十条")
    flexible = account.credit(
        BASIC, kind="flexible", base=100_000, own_levy=9_000, option="with_account", figures=SHARE
    )
    assert flexible == (4_000, 4_000, "第二十条")
    assert account.credit(BASIC, kind="flexible", base=100_000, figures=SHARE) == (0, 0, "第二十一条")
    assert account.credit(BASIC, kind="active", base=800_000, figures=SHARE) == (32_000, 0, "第二十条")


@pytest.mark.parametrize(
    ("balance", "wanted", "paid"),
    [(100, 60, 60), (60, 100, 60), (60, 60, 60), (0, 100, 0), (-50, 100, 0), (100, 0, 0)],
)
def test_an_account_pays_what_it_has_and_the_rest_is_cash(balance: int, wanted: int, paid: int) -> None:
    assert account.charge(balance, wanted) == (paid, wanted - paid)


def test_a_part_that_a_slip_does_not_state_pays_nothing() -> None:
    rule = PLANS.benefit
    assert isinstance(rule, plans.PlansBenefit)
    medical = rule.plans["medical"]
    assert isinstance(medical, plans.PartsPlan)
    amounts, lines = plans.pay_parts(medical, {"basic_band_self_pay": 100_000}, "p")
    assert [(line.rule, line.basis) for line in lines] == [("p.parts[0]", 100_000), ("p.parts[1]", 0)]
    assert [amounts[part.name] for part in medical.parts] == [line.amount for line in lines]
    assert lines[1].amount == 0


def test_a_lump_sum_has_no_basis() -> None:
    rule = plans.LumpPlan.model_validate({"kind": "lump", "article": "一", "sum": "5000元", "most": "3份"})
    amount, (line,) = plans.pay_lump(rule, 2, "p")
    assert (amount, line) == (1_000_000, ("一", "p", 0, None, 1_000_000, "2份 × 5000元"))


def test_care_outside_the_benefit_is_refused_in_the_words_of_the_document_or_our_own() -> None:
    def refused(note: str, care: str) -> list[tuple[str, str, str]]:
        accepts = exclusions.Accepts(article="一", care=("inpatient",), note=note)
        found = exclusions.find(
            exclusions=(), accepts=accepts, exclusion=None, care=care, designated=None, article="零"
        )
        return [tuple(reason) for reason in found]

    assert refused("只补住院", "outpatient") == [("care_not_covered", "一", "只补住院")]
    assert refused("", "outpatient") == [("care_not_covered", "一", "该就医类别不在补助范围")]
    assert refused("只补住院", "inpatient") == []


def test_what_is_no_amount_is_shown_as_it_was_written_and_a_list_is_not() -> None:
    for written, shown in (("800", "“800”"), (800, "“800”"), (8.5, "“8.5”"), (["800"], "这里的内容")):
        with pytest.raises(PydanticCustomError) as error:
            Fen.read(written)
        assert error.value.message().startswith(f"{shown}不合单位")


@pytest.mark.parametrize("value", [800, None, ["figure:bands"], "bands"])
def test_a_reference_to_a_figure_is_a_text(value: object) -> None:
    with pytest.raises(PydanticCustomError):
        Announced.read(value)
    assert Announced.read("figure:bands").name == "bands"


def test_a_refusal_is_in_the_words_of_the_document_where_it_has_some() -> None:
    rule = join.Once(kind="once", article="一", note="一人一份")
    assert join.unmet([rule], join.Applicant(already_enrolled=True)) == [
        ("already_enrolled", "一", "一人一份")
    ]


def test_who_does_not_say_age_or_period_is_not_held_to_the_period_before() -> None:
    data = {"kind": "previous_period", "article": "一", "from_period": "20", "age_from": "55周岁"}
    rule = join.PreviousPeriod.model_validate(data)
    assert join.unmet([rule], join.Applicant(for_period="20")) == []
    assert join.unmet([rule], join.Applicant(age=60)) == []
    assert len(join.unmet([rule], join.Applicant(age=60, for_period="20"))) == 1


def test_a_plan_for_women_does_not_concern_who_has_no_share_of_it() -> None:
    rule = join.PlanSex(kind="plan_sex", article="一", plan="x", sex="F")
    for shares in (None, {}, {"x": 0}, {"y": 1}):
        assert join.unmet([rule], join.Applicant(sex="M", shares=shares)) == []
        assert join.unmet([rule], join.Applicant(shares=shares)) == []


def shares_rule(**more: object) -> join.PlanShares:
    most = {"a": "1份", "b": "2份", "p": "9份", "q": "9份", "r": "9份"}
    contains = {"p": {"a": "1份"}, "r": {"b": "1份"}, "q": {"b": "1份"}}
    data = {"kind": "plan_shares", "article": "一", "most": most, "contains": contains}
    return join.PlanShares.model_validate({**data, **more})


def test_no_plan_at_all_is_refused_only_where_one_is_needed() -> None:
    nobody = join.Applicant(shares={"a": 0})
    assert [reason.code for reason in join.unmet([shares_rule()], nobody)] == ["no_plan"]
    assert join.unmet([shares_rule(at_least_one=False)], nobody) == []


def test_a_plan_that_is_not_sold_is_one_reason() -> None:
    found = join.unmet([shares_rule()], join.Applicant(shares={"z": 9}))
    assert [reason.code for reason in found] == ["plan_unknown"]


def test_too_many_shares_are_laid_to_the_plan_that_was_asked_for() -> None:
    women = join.PlanSex(kind="plan_sex", article="一", plan="a", sex="F")

    def beyond(sex: str | None = None, **shares: int) -> str | None:
        found = join.beyond_plans([shares_rule(), women], shares, sex=sex)
        return found and found[0]

    assert (beyond(z=9), beyond(a=1), beyond(a=2), beyond(b=2, q=1)) == (None, None, "a", "b")
    assert (beyond(q=3), beyond(p=2), beyond(p=1, q=3), beyond(p=2, q=1)) == ("q", "p", "q", "p")
    assert (beyond("F", a=1), beyond("M", a=1), beyond("M", b=1)) == (None, "a", None)


@pytest.mark.parametrize(
    ("less", "keeps"),
    [(["basic_paid"], ["basic_paid"]), (["basic_paid", "basic_paid"], []), (["total"], [])],
)
def test_a_column_comes_off_once_and_is_not_kept(less: list[str], keeps: list[str]) -> None:
    data = {"article": "一", "less": tuple({"article": "一", "column": name} for name in less)}
    with pytest.raises(ValidationError):
        base.Base.model_validate({**data, "keeps": tuple(keeps)})


def test_a_deduction_is_told_in_the_words_of_the_document_where_it_has_some() -> None:
    rule = base.Base.model_validate(
        {"article": "一", "less": ({"article": "二", "column": "self_funded", "note": "自费不计"},)}
    )
    (line,) = base.base_of(rule, {"total": 100, "self_funded": 40}).lines
    assert (line.note, line.article, line.basis) == ("自费不计", "二", 40)


def test_contributing_up_to_retirement_is_asked_only_where_the_document_asks_it() -> None:
    rule = BASIC.career
    assert rule is not None and rule.continuous

    def codes(asked: bool, continuous: bool) -> list[str]:
        found = career.assess(
            rule.model_copy(update={"continuous": asked}), sex="M", total_months=999, actual_months=999,
            continuous=continuous,
        )  # fmt: skip
        return [reason.code for reason in found.reasons]

    assert codes(True, False) == ["not_continuous"]
    assert codes(True, True) == codes(False, False) == []


def test_a_hospital_that_is_not_designated_is_one_reason_and_rescue_none() -> None:
    listed = [exclusions.Exclusion(reason="non_designated", article="三", note="非定点")]

    def codes(exclusion: str | None, care: str, listed: list[exclusions.Exclusion] = listed) -> list[str]:
        found = exclusions.find(
            exclusions=listed, accepts=None, exclusion=exclusion, care=care, designated=False, article="零"
        )
        return [f"{reason.article} {reason.code}" for reason in found]

    assert codes(None, "inpatient") == codes("non_designated", "inpatient") == ["三 non_designated"]
    assert codes("fraud", "inpatient") == ["零 fraud", "三 non_designated"]
    assert (codes(None, "emergency"), codes(None, "inpatient", [])) == ([], [])
    assert codes("non_designated", "emergency") == ["三 non_designated"]


def test_a_discharge_outside_the_period_is_a_reason_and_none_at_all_is_not() -> None:
    first, last = date(2022, 1, 1), date(2022, 12, 31)
    days = (None, first, last, first - timedelta(days=1), last + timedelta(days=1))
    assert [len(exclusions.outside(day, first, last, "三")) for day in days] == [0, 0, 0, 1, 1]


def test_every_level_but_the_last_has_a_limit_and_limits_rise() -> None:
    def routes(*tops: int | None) -> list[routing.Route]:
        return [
            routing.Route(level="agency", article="一", to=None if to is None else Fen(to)) for to in tops
        ]

    for good in (routes(), routes(None), routes(5, None), routes(5, 6, None)):
        assert routing.rising(good) == good
    for wrong in (routes(5), routes(None, None), routes(5, None, None), routes(None, 5, None),
                  routes(6, 5, None), routes(5, 5, None)):  # fmt: skip
        with pytest.raises(PydanticCustomError):
            routing.rising(wrong)


def test_a_rule_of_shares_names_a_plan_and_none_with_nothing() -> None:
    for most in ({}, {"a": "0份"}, {"a": "1份", "b": "0份"}):
        with pytest.raises(ValidationError):
            shares_rule(most=most, contains={})
    assert shares_rule(most={"a": "1份"}, contains={}).most == {"a": 1}
