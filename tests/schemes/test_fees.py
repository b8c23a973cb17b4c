"""What is to be paid in, line by line: amounts, bases and the words beside them."""

from __future__ import annotations

from typing import Any

import pytest

from schemes.rules import levy
from schemes.rules.errors import BadAmount, FigureMissing, RuleError, UnknownField
from schemes.rules.levy import Payor
from tests.schemes.support import document

YUNNAN = document("yunnan-mutual-aid").document.levy
CHUXIONG = document("chuxiong-large-expense").document.levy
BASIC = document("lianyungang-basic").document.levy
SUPPLEMENTARY = document("lianyungang-supplementary").document.levy
PLANS = document("municipal-mutual-plans").document.levy


def unit(**facts: Any) -> Payor:
    return Payor(**{"person": False, "new_members": 0, "staff": 0, "paid_this_year": False, **facts})


def person(kind: str, **facts: Any) -> Payor:
    rest = {"heads": {kind: 1}, "new_members": 0, "staff": 1, "paid_this_year": False}
    return Payor(**{"person": True, "kind": kind, **rest, **facts})


def lines(found: levy.LevyResult) -> list[tuple[str, int, int | None, int, str]]:
    return [(line.rule, line.basis, line.rate, line.amount, line.note) for line in found.lines]


def test_a_unit_of_three_old_and_two_new_members_pays_660_yuan() -> None:
    found = levy.assess(YUNNAN, unit(continuing=3, new=2), {})
    assert lines(found) == [
        ("levy[0].continuing", 0, None, 36_000, "续参3人，每人120元"),
        ("levy[0].new", 0, None, 30_000, "新参2人，每人150元"),
    ]
    assert found.by_payer == {"individual": 66_000}


def test_a_unit_of_old_members_only_has_one_line() -> None:
    found = levy.assess(YUNNAN, unit(continuing=3, new=0), {})
    assert lines(found) == [("levy[0].continuing", 0, None, 36_000, "续参3人，每人120元")]


def test_a_roster_without_anybody_is_a_line_of_nothing_and_one_without_figures_is_a_question() -> None:
    assert lines(levy.assess(YUNNAN, unit(continuing=0, new=0), {})) == [
        ("levy[0]", 0, None, 0, "没有参加人员")
    ]
    with pytest.raises(FigureMissing):
        levy.assess(YUNNAN, unit(), {})


def test_half_a_percent_of_the_average_wage_stands_in_for_a_part_that_is_not_announced() -> None:
    figures = {"individual_levy": 12_000, "average_wage": 9_000_000}
    found = levy.assess(CHUXIONG, unit(heads={"active": 2, "flexible": 1}), figures)
    # 0.5 % of 90,000 yuan is 450; a unit pays it for its two, who works for himself pays his own.
    assert lines(found) == [
        ("levy[0]", 0, None, 36_000, "3人，每人120.00元"),
        ("levy[1]", 18_000_000, 5_000, 90_000, "2人，每人450.00元"),
        ("levy[1]", 9_000_000, 5_000, 45_000, "1人，每人450.00元"),
    ]
    assert found.by_payer == {"individual": 36_000 + 45_000, "unit": 90_000}


def test_an_announced_part_is_taken_as_it_is() -> None:
    figures = {"individual_levy": 12_000, "unit_levy_per_head": 24_000, "average_wage": 9_000_000}
    found = levy.assess(CHUXIONG, unit(heads={"active": 1}), figures)
    assert lines(found)[1] == ("levy[1]", 0, None, 24_000, "1人，每人240.00元")


def test_who_has_paid_this_year_pays_no_second_time_and_a_unit_pays_for_its_heads_all_the_same() -> None:
    figures = {"individual_levy": 12_000, "unit_levy_per_head": 24_000}
    again = levy.assess(CHUXIONG, person("active", paid_this_year=True), figures)
    assert [line.amount for line in again.lines] == [0, 0]
    heads = levy.assess(CHUXIONG, unit(heads={"active": 1}, paid_this_year=True), figures)
    assert heads.total == 36_000


def test_a_unit_without_pensioners_pays_four_percent_of_its_wages_to_the_fen() -> None:
    found = levy.assess(SUPPLEMENTARY, unit(amounts={"payroll_month": 1_000_013}), {})
    assert (found.base, found.total) == (1_000_013, 40_001)  # 4 % of 10,000.13 is 400.0052
    both = levy.assess(SUPPLEMENTARY, unit(amounts={"payroll_month": 100, "pensions_month": 50}), {})
    assert (both.base, both.total) == (150, 6)


def test_a_membership_fee_and_a_share_of_a_plan_are_two_lines_in_their_own_words() -> None:
    who = unit(new_members=2, staff=3, shares={"women": 2})
    assert lines(levy.assess(PLANS, who, {})) == [
        ("levy[0]", 0, None, 2_000, "会费，2人"),
        ("levy[2]", 0, None, 33_000, "3人 × 2份 × 55元"),
    ]
    noted = [PLANS[0].model_copy(update={"note": "入会一次"})]
    assert lines(levy.assess(noted, who, {})) == [("levy[0]", 0, None, 2_000, "入会一次")]


def test_a_retiree_with_the_years_pays_nothing_and_is_told_so() -> None:
    exempt = [charge for charge in BASIC if isinstance(charge, levy.Exempt)]
    (charge,) = exempt
    assert lines(levy.assess(exempt, person("retired"), {})) == [("levy[0]", 0, None, 0, charge.note)]
    plain = [charge.model_copy(update={"note": ""})]
    assert lines(levy.assess(plain, person("retired"), {})) == [("levy[0]", 0, None, 0, "不再缴费")]


def test_the_shortest_term_of_a_plan_is_one_month() -> None:
    data = {"kind": "plan", "article": "一", "plan": "x", "amount": "5元", "term": "1个月"}
    assert levy.PlanFee.model_validate(data).term == 1


def test_a_unit_of_new_members_only_is_no_empty_roster() -> None:
    found = levy.assess(YUNNAN, unit(continuing=0, new=2), {})
    assert lines(found) == [("levy[0].new", 0, None, 30_000, "新参2人，每人150元")]


def test_one_of_several_periods_makes_a_continuing_member() -> None:
    two = [YUNNAN[0].model_copy(update={"in_any_of": ("16", "17")})]
    assert levy.is_continuing(two, ["15", "17"]) and not levy.is_continuing(two, ["15"])


def test_a_unit_without_heads_owes_nothing_and_a_person_of_another_kind_is_not_charged() -> None:
    figures = {"individual_levy": 12_000, "unit_levy_per_head": 24_000}
    nobody = levy.assess(CHUXIONG, unit(heads={"active": 0}), figures)
    assert lines(nobody) == [(f"levy[{n}]", 0, None, 0, "没有参保人员") for n in (0, 1)]
    with pytest.raises(UnknownField) as error:
        levy.assess(CHUXIONG, person("unemployed"), figures)
    assert error.value.path == "facts.person.kind"


def test_a_person_who_is_charged_but_gives_no_facts_is_asked_for_them() -> None:
    everybody_and_no_person = [PLANS[1], SUPPLEMENTARY[0]]
    for charges in (YUNNAN, everybody_and_no_person):
        with pytest.raises(FigureMissing) as error:
            levy.assess(charges, person("active"), {})
        assert error.value.path == "facts"
    for_retirees = [BASIC[1].model_copy(update={"persons": ("retired",)})]
    with pytest.raises(FigureMissing):
        levy.assess(for_retirees, unit(), {})


def test_only_a_person_is_exempt() -> None:
    exempt = levy.Exempt(kind="exempt", article="一", persons=("active",))
    found = levy.assess([exempt, PLANS[0]], unit(new_members=1), {})
    assert [line.rule for line in found.lines] == ["levy[1]"]
    assert [line.rule for line in levy.assess([exempt], person("active"), {}).lines] == ["levy[0]"]


def test_what_is_due_once_a_year_names_its_own_article_and_what_is_not_is_due_again() -> None:
    data = {"kind": "per_head", "article": "一", "payer": "individual", "heads": ("active",), "amount": "5元"}
    again = person("active", paid_this_year=True)

    def asked(**more: object) -> list[tuple[str, int, int]]:
        found = levy.assess([levy.HeadFee.model_validate({**data, **more})], again, {})
        return [(line.article, line.basis, line.amount) for line in found.lines]

    assert asked() == [("一", 0, 0)]
    assert asked(once_article="二") == [("二", 0, 0)]
    assert asked(once_a_year=False, once_article="二") == [("一", 0, 500)]


def test_an_amount_that_stands_in_the_document_needs_nothing_instead() -> None:
    instead = levy.OrRate.model_validate({"article": "一", "of": "figure:average_wage", "rate": "5%"})
    data = {"kind": "per_head", "article": "一", "payer": "unit", "heads": ("active",), "amount": "5元"}
    fee = levy.HeadFee.model_validate(data).model_copy(update={"instead": instead})
    assert levy.assess([fee], unit(heads={"active": 3}), {"average_wage": 100}).total == 1_500


def rate(**more: object) -> list[levy.Charge]:
    data = {"kind": "rate_of_person", "article": "一", "payer": "individual", "persons": ("active",),
            "of": ("wage_month",), "rate": "10%"}  # fmt: skip
    return [levy.PersonRate.model_validate({**data, **more})]


def test_a_rate_without_options_is_for_all_options_and_one_without_limits_has_none() -> None:
    who = person("active", amounts={"wage_month": 5_000}, option="pool_only")
    assert levy.assess(rate(), who, {"base_floor": 9_000, "base_ceiling": 1}).total == 500


def test_a_floor_may_be_the_ceiling_and_no_higher() -> None:
    limited = rate(floor="figure:base_floor", ceiling="figure:base_ceiling")

    def base(wage: int, floor: int, ceiling: int) -> int | None:
        who = person("active", amounts={"wage_month": wage})
        return levy.assess(limited, who, {"base_floor": floor, "base_ceiling": ceiling}).base

    assert [base(wage, 3_000, 3_000) for wage in (2_999, 3_001)] == [3_000, 3_000]
    with pytest.raises(BadAmount) as error:
        base(3_000, 3_001, 3_000)
    assert error.value.path == "facts.figures.base_floor"
    figures = {"base_floor": 3_001}
    alone = levy.assess(limited, person("active", amounts={"wage_month": 1}), figures)
    assert alone.base == 3_001


def fee(scheme: str, kind: str, *, continuing: bool = False, **figures: int) -> tuple[int, str]:
    found = levy.person_fee(document(scheme).document, kind=kind, continuing=continuing, figures=figures)
    return found.amount, found.article


def test_what_one_person_pays_to_join_is_what_a_question_about_that_person_says() -> None:
    announced = {"individual_levy": 12_000, "unit_levy_per_head": 24_000}
    assert fee("chuxiong-large-expense", "active", **announced) == (36_000, "第六条、第七条")
    assert fee("chuxiong-large-expense", "flexible", continuing=True, **announced) == (
        36_000,
        "第六条、第七条",
    )
    assert fee("lianyungang-basic", "retired") == (0, "第二十六条")
    assert fee("municipal-mutual-plans", "active") == (1_000, "二(一)")  # a new member's dues


def test_what_one_person_pays_may_depend_on_more_than_the_person() -> None:
    for scheme, path in (
        ("lianyungang-basic", "facts.person.wage_month"),
        ("municipal-mutual-plans", "facts"),
    ):
        with pytest.raises(FigureMissing) as error:
            fee(scheme, "active", continuing=True)
        assert error.value.path == path


def test_who_is_not_charged_pays_nothing_to_join() -> None:
    chuxiong = document("chuxiong-large-expense").document
    only = chuxiong.model_copy(update={"levy": chuxiong.levy[:1]})
    assert levy.person_fee(only, kind="unemployed", continuing=False) == (0, "第六条、第七条")
    with pytest.raises(RuleError):
        levy.person_fee(chuxiong.model_copy(update={"levy": ()}), kind="active", continuing=False)
