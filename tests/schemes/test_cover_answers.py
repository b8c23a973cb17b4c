"""Cover, late fees, years: answers at the day on which one thing becomes another."""

from __future__ import annotations

from typing import Any

import pytest

from schemes.rules.document import LoadedDocument, Setting
from schemes.rules.model import Rule
from schemes.rules.units import Months
from tests.schemes.support import document
from tests.schemes.test_answers import changed, edited, quoted

LIANYUNGANG, CHUXIONG = document("lianyungang-basic"), document("chuxiong-large-expense")
CITY, YUNNAN = document("municipal-mutual-plans"), document("yunnan-mutual-aid")
DAY = "2022-06-01"


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"died": DAY, "stay": {"admitted": DAY, "discharged": DAY}}, None),
        ({"died": DAY, "stay": {"admitted": "2022-06-02"}}, "facts.stay.admitted"),
        ({"died": DAY, "first_paid": DAY}, None),
        ({"died": DAY, "first_paid": "2022-06-02"}, "facts.first_paid"),
        ({"first_paid": DAY, "last_month_paid": "2022-05", "resumed_on": DAY}, None),
        ({"first_paid": "2022-06-02", "last_month_paid": "2022-05", "resumed_on": DAY}, "facts.resumed_on"),
        ({"last_month_paid": "2022-06", "resumed_on": DAY}, None),
        ({"last_month_paid": "2022-07", "resumed_on": DAY}, "facts.resumed_on"),
        ({"resumed_on": DAY}, "facts.last_month_paid"),
    ],
)
def test_two_things_may_happen_on_one_day_but_not_in_the_wrong_order(facts: Any, path: str | None) -> None:
    assert quoted(LIANYUNGANG, "cover", facts)[0].get("path") == path


def without(plan: str) -> LoadedDocument:
    """The city's plans without one of them in the list of what is sold."""
    sold = tuple(charge for charge in CITY.document.levy if getattr(charge, "plan", None) != plan)
    return changed(CITY, levy=sold)


def term(of: LoadedDocument, stay: dict[str, str] | None = None) -> str:
    """The last day of cover of who paid on 10 March 2022, or what the question lacks."""
    answer, _ = quoted(of, "cover", {"paid_on": "2022-03-10", "stay": stay or {"discharged": "2022-06-01"}})
    found: str = answer.get("ends") or answer.get("path") or ""
    return found


def test_a_term_is_that_of_the_plan_or_of_the_only_plans_there_are() -> None:
    assert term(CITY) == "2023-03-10"
    assert term(CITY, {"discharged": "2022-06-01", "plan": "women"}) == "2024-03-10"
    assert term(without("medical")) == "facts.stay.plan"  # two years or one: which plan?
    assert term(CITY, {"discharged": "2022-06-01", "plan": "none"}) == "facts.stay.plan"


def test_a_scheme_without_plans_may_name_its_own_term() -> None:
    terms: Rule = edited(CITY.document.terms, months=Months(6))
    assert term(changed(CITY, levy=(), terms=terms)) == "2022-09-10"
    assert term(changed(CITY, levy=(), terms=edited(CITY.document.terms, months=None))) == ""
    assert term(changed(CITY, terms=terms)) == "2023-03-10"


def late(of: LoadedDocument) -> tuple[Any, list[Any]]:
    paid = [{"on": "2023-02-10", "amount": "100.00"}]
    return quoted(of, "late_fee", {"arrears": "100.00", "due": "2023-01-31", "payments": paid})


def test_a_scheme_that_has_decided_on_no_late_fee_answers_nothing_with_that_reading() -> None:
    answer, lines = late(CHUXIONG)
    assert answer == {"days": 10, "late_fee": "0.00"}
    assert [line[:4] for line in lines] == [("late_fee[0]", "100.00", "0%", "0.00")]
    for name, value in (("late_fee", "later"), ("other", "none")):
        setting = Setting(article="第六条", name=name, value=value, reading="没有决定")
        assert late(changed(CHUXIONG, settings=(setting,)))[0]["path"] == "ask"


def test_months_that_are_missing_are_priced_where_the_figures_are_known() -> None:
    figures = {"top_up_base": "5000.00", "top_up_rate": "9%"}
    short = {"sex": "M", "total_months": 298, "actual_months": 200, "continuous": True}
    answer, lines = quoted(LIANYUNGANG, "career", {**short, "figures": figures})
    assert (answer["months_to_add"], answer["cost"], answer["to_pool"]) == (2, "900.00", "900.00")
    assert [line[0] for line in lines] == ["career.total_months", "career.top_up"]
    assert "cost" not in quoted(LIANYUNGANG, "career", short)[0]
    enough = {**short, "total_months": 300, "figures": figures}
    answer, lines = quoted(LIANYUNGANG, "career", enough)
    assert answer == {"retiree_benefit": True, "months_to_add": 0, "reasons": []}
    assert [line[0] for line in lines] == ["career"]
    pay_on = changed(LIANYUNGANG, career=edited(LIANYUNGANG.document.career, top_up=None))
    answer, _ = quoted(pay_on, "career", {**short, "figures": figures})
    assert (answer["months_to_add"], "cost" in answer) == (2, False)
