"""Facts that contradict each other or a plan's limits are refused by name; a plan's term bounds its cover."""

from __future__ import annotations

from typing import Any

import pytest

from schemes.quotes import quote
from schemes.rules import join
from schemes.rules.document import LoadedDocument, load
from schemes.rules.units import Shares
from tests.schemes.support import ask, document

YUNNAN = document("yunnan-mutual-aid")
CITY = document("municipal-mutual-plans")
GUANGXI = document("guangxi-critical-illness")


def asked(of: LoadedDocument, question: str, facts: Any) -> dict[str, Any]:
    found: dict[str, Any] = ask(of, {"scheme": of.document.scheme, "ask": question, "facts": facts})["answer"]
    return found


WOMAN = {"kind": "active", "sex": "F"}


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"person": WOMAN, "plans": {"women": 4}}, "facts.plans.women"),
        ({"person": WOMAN, "plans": {"accident": 11}}, "facts.plans.accident"),
        ({"person": WOMAN, "plans": {"package": 1, "critical": 3}}, "facts.plans.critical"),
        ({"person": WOMAN, "plans": {"package": 2}}, "facts.plans.package"),
        ({"person": {"sex": "M"}, "plans": {"women": 1}}, "facts.plans.women"),
        ({"unit": {"staff": 9}, "plans": {"medical": 2}}, "facts.plans.medical"),
    ],
)
def test_shares_that_nobody_may_hold_are_not_billed(facts: Any, path: str) -> None:
    found = asked(CITY, "levy", facts)
    assert (found["error"], found["path"]) == ("unknown_field", path)


def test_a_package_alone_names_itself_where_what_it_holds_is_too_much() -> None:
    rule = join.PlanShares(
        kind="plan_shares", article="二", most={"package": Shares(5), "accident": Shares(1)},
        contains={"package": {"accident": Shares(2)}}, names={"accident": "意外计划"},
    )  # fmt: skip
    found = join.beyond_plans([rule], {"package": 1}, sex=None)
    assert found == ("package", "意外计划最多1份，现为2份")


def test_shares_at_the_limit_are_billed_the_package_counted() -> None:
    found = asked(CITY, "levy", {"person": WOMAN, "plans": {"package": 1, "critical": 2, "accident": 9}})
    assert found["total"] == "255.00"  # 85 + 2 × 40 + 9 × 10


@pytest.mark.parametrize(
    ("unit", "path"),
    [
        ({"staff": 50, "new_members": 51}, "facts.unit.new_members"),
        ({"active": 8, "retired": 2, "continuing": 7, "new": 4}, "facts.unit.new"),
        ({"active": 8, "retired": 2, "continuing": 11}, "facts.unit.continuing"),
    ],
)
def test_parts_of_a_unit_that_exceed_it_are_named(unit: dict[str, int], path: str) -> None:
    of = CITY if "staff" in unit else YUNNAN
    found = asked(of, "levy", {"unit": unit, **({"plans": {"medical": 1}} if of is CITY else {})})
    assert (found["error"], found["path"]) == ("bad_amount", path)


def test_fewer_join_than_a_unit_has() -> None:
    found = asked(YUNNAN, "levy", {"unit": {"active": 8, "retired": 2, "continuing": 6, "new": 1}})
    assert found["total"] == "870.00"


@pytest.mark.parametrize("who", ["active", "retirees"])
def test_more_people_than_there_are_cannot_join(who: str) -> None:
    facts = {"active_insured": 20, "active_joining": 20, "retirees_insured": 3, "retirees_joining": 3}
    assert asked(YUNNAN, "quota", facts)["accepted"]
    facts[f"{who}_joining"] += 1
    found = asked(YUNNAN, "quota", facts)
    assert (found["error"], found["path"]) == ("bad_amount", f"facts.{who}_joining")


def test_a_scheme_without_plans_knows_none() -> None:
    found = asked(YUNNAN, "join", {"basic": True, "large": True, "plans": {"medical": 1}})
    assert (found["error"], found["path"]) == ("unknown_field", "facts.plans.medical")


def test_a_plan_for_women_asks_for_the_sex_and_pays_no_man() -> None:
    unknown = asked(CITY, "join", {"basic": True, "plans": {"women": 1}})
    assert [reason["code"] for reason in unknown["reasons"]] == ["sex_unknown"]
    event = {"plan": "women", "units": 1}
    assert asked(CITY, "benefit", {"event": event})["total"] == "6000.00"
    man = asked(CITY, "benefit", {"person": {"sex": "M"}, "event": event})
    assert (man["total"], man["accepted"]) == ("0.00", False)
    assert man["reasons"][0]["article"] == "二(二)二"


def test_a_stay_of_a_plan_scheme_names_its_plan() -> None:
    found = asked(CITY, "benefit", {"stays": [{"basic_band_self_pay": "1.00"}]})
    assert (found["error"], found["path"]) == ("figure_missing", "facts.stays[0].plan")


def test_no_more_loss_is_assessed_in_scope_than_there_is() -> None:
    facts = {"premium": "100.00", "claims": "110.00", "admin": "0.00", "target": "5%"}
    assert asked(GUANGXI, "corridor", {**facts, "loss_in_scope": "10.00"})["fund_bears"] == "2.50"
    for more in ({"loss_in_scope": "10.01"}, {"claims": "90.00", "loss_in_scope": "0.01"}):
        found = asked(GUANGXI, "corridor", {**facts, **more})
        assert (found["error"], found["path"]) == ("bill_inconsistent", "facts.loss_in_scope")


def bands(*rates: str) -> dict[str, Any]:
    return {
        "stays": [{"base": "45000.00"}],
        "figures": {
            "deductible": "15000.00",
            "bands": [{"over": f"{number}0000.00", "rate": rate} for number, rate in enumerate(rates)],
        },
    }


def test_announced_rates_may_not_fall_with_rising_cost() -> None:
    assert asked(GUANGXI, "benefit", bands("53%", "53%", "60%"))["total"] == "16600.00"
    found = asked(GUANGXI, "benefit", bands("53%", "60%", "59.99%"))
    assert (found["error"], found["path"]) == ("bad_amount", "facts.figures.bands[2].rate")


def test_after_a_fraud_nothing_more_is_paid_in_the_period() -> None:
    stays = [{"base": "5000.00"}, {"base": "5000.00", "exclusion": "fraud"}, {"base": "5000.00"}]
    found = asked(YUNNAN, "benefit", {"stays": stays})
    assert [stay["amount"] for stay in found["stays"]] == ["1260.00", "0.00", "0.00"]
    assert [reason["article"] for reason in found["stays"][1]["reasons"]] == ["第十二条(六)"]
    assert found["stays"][2]["reasons"] == [
        {"code": "right_ended", "article": "第十三条", "note": "本期申请资格已取消"}
    ]


@pytest.mark.parametrize(
    ("plan", "discharged", "covered"),
    [
        (None, "2022-03-10", False),
        (None, "2022-03-11", True),
        (None, "2023-03-10", True),
        (None, "2023-03-11", False),
        ("women", "2023-03-11", True),
        ("women", "2024-03-10", True),
        ("women", "2024-03-11", False),
        ("package", "2023-03-11", False),
    ],
)
def test_a_term_runs_from_the_day_after_the_fee(plan: str | None, discharged: str, covered: bool) -> None:
    stay = {"discharged": discharged, **({"plan": plan} if plan else {})}
    found = asked(CITY, "cover", {"stay": stay, "paid_on": "2022-03-10"})
    assert found["covered"] is covered
    assert found["ends"] == ("2024-03-10" if plan == "women" else "2023-03-10")
    assert [reason["code"] for reason in found["reasons"]] == ([] if covered else ["outside_term"])


def test_a_term_needs_a_plan_that_is_sold() -> None:
    found = asked(CITY, "cover", {"stay": {"discharged": "2022-05-01", "plan": "dental"}})
    assert (found["error"], found["path"]) == ("unknown_field", "facts.stay.plan")


def test_leaving_a_plan_refunds_nothing() -> None:
    found = asked(CITY, "cover", {"withdrawn": "2022-05-01"})
    assert found == {"refund": "0.00"}


def test_a_stay_without_its_day_cannot_be_tested() -> None:
    found = asked(YUNNAN, "cover", {"stay": {"admitted": "2022-05-01"}, "periods": ["18"]})
    assert (found["error"], found["path"]) == ("figure_missing", "facts.stay.discharged")


def test_a_stay_that_ends_with_death_ends_that_day() -> None:
    facts = {"stay": {"admitted": "2022-05-01"}, "periods": ["18"], "died": "2022-05-10"}
    assert asked(YUNNAN, "cover", facts)["covered"]


TERMS = """
scheme = "flat-city"
name = "某市互助"
effective = 2024-01-01
[instrument]
title = "某市互助办法"
number = "某工发〔2023〕1号"
issuer = "某市总工会"
[gloss]
"二" = "每人100元，从交费当日起保障6个月。"
[terms]
article = "二"
starts = "day_of_fee"
months = "6个月"
[cover]
article = "二"
tested_on = "discharged"
"""


@pytest.mark.parametrize(
    ("day", "covered"), [("2024-02-29", True), ("2024-08-28", True), ("2024-08-29", False)]
)
def test_a_scheme_without_plans_states_its_own_term(day: str, covered: bool) -> None:
    city = LoadedDocument(load(TERMS.encode()), "", None)
    found = asked(city, "cover", {"stay": {"discharged": day}, "paid_on": "2024-02-29"})
    assert found["covered"] is covered
    assert found["ends"] == "2024-08-28"


def test_a_worked_case_may_be_asked_as_it_stands() -> None:
    case = {"id": "X", "article": "第十条", "reading": "", "scheme": "yunnan-mutual-aid", "period": "18",
            "ask": "route", "facts": {"amount": "1.00"}, "answer": {"level": "agency"}}  # fmt: skip
    assert quote(case, document=YUNNAN)["answer"] == {"level": "agency"}
    assert quote({**case, "note": ""}, document=YUNNAN)["answer"]["path"] == "note"
