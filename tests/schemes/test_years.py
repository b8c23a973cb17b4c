"""Stays of several years in one question: each is paid by the figures that its own year announced."""

from __future__ import annotations

from typing import Any

from schemes.rules import quote
from schemes.rules.model import Figures
from tests.schemes.support import document, seed_calendar

GUANGXI, BASIC = document("guangxi-critical-illness"), document("lianyungang-basic")
BANDS = ((0, 500_000),)
KNOWN: dict[int, Figures] = {
    2013: {"deductible": 1_000_000, "bands": BANDS},
    2014: {"deductible": 1_200_000, "bands": BANDS},
}


def asked(days: list[str], of: Any = GUANGXI, known: dict[int, Figures] = KNOWN, **stay: Any) -> Any:
    stays = [{"base": "20000.00", "discharged": day, **stay} for day in days]
    context = quote.Context(is_workday=seed_calendar, figures=known[min(known)], of_year=known.__getitem__)
    request = {"scheme": of.document.scheme, "ask": "benefit", "facts": {"stays": stays}}
    return quote.answer(of.document, request, context=context)


def test_each_stay_has_the_figures_of_its_year() -> None:
    answer = asked(["2013-12-31", "2014-01-01"])["answer"]
    assert [stay["amount"] for stay in answer["stays"]] == ["5000.00", "4000.00"]


def test_only_what_every_year_announced_is_no_default_any_more() -> None:
    ratio: Figures = {"pool_ratio": 500_000}
    third = {"hospital": {"level": "third"}}
    both = asked(["2022-12-31", "2023-01-01"], BASIC, {2022: ratio, 2023: ratio}, **third)
    assert "provisional" not in both
    one = asked(["2022-12-31", "2023-01-01"], BASIC, {2022: ratio, 2023: {}}, **third)
    assert one["provisional"]


def test_care_that_nobody_approved_is_paid_where_no_entry_asks_for_filing() -> None:
    others = tuple(item for item in BASIC.document.exclusions if item.reason != "not_filed")
    silent = type(BASIC)(BASIC.document.model_copy(update={"exclusions": others}), "", None)
    known: dict[int, Figures] = {2022: {"pool_ratio": 500_000}}
    away = {"out_of_region": "unapproved", "hospital": {"level": "third"}}
    assert asked(["2022-06-01"], silent, known, **away)["answer"]["total"] == "10000.00"
    assert asked(["2022-06-01"], BASIC, known, **away)["answer"]["total"] == "0.00"
