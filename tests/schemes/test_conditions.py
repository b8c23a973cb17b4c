"""Where one condition alone decides: each case differs from its neighbour in one fact."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from schemes.rules import (
    asks_benefit,
    banded,
    bands,
    benefit,
    cases,
    cover,
    facts,
    pool,
    quote,
    waterfall,
)
from schemes.rules.asks_waterfall import slip_of
from schemes.rules.bands import Band, Step
from schemes.rules.document import Document, LoadedDocument, load_file
from schemes.rules.errors import BillInconsistent
from schemes.rules.stay import NOTHING, Person, Stay
from schemes.rules.trace import Line
from schemes.rules.units import Fen, Ppm
from tests.schemes.support import CHAINS, ask, document, seed_calendar
from tests.schemes.test_new_city import basic

YUNNAN = document("yunnan-mutual-aid")
CHUXIONG = document("chuxiong-large-expense").document
GUANGXI = document("guangxi-critical-illness")
LIANYUNGANG = document("lianyungang-basic").document
YI = load_file(Path(__file__).resolve().parents[1] / "data" / "cities" / "yi-critical-illness.toml").document


def banded_of(of: Document) -> banded.BandedBenefit:
    assert isinstance(of.benefit, banded.BandedBenefit)
    return of.benefit


def pool_of(of: Document) -> pool.PoolBenefit:
    assert isinstance(of.benefit, pool.PoolBenefit)
    return of.benefit


def with_benefit(of: Document, **changed: Any) -> Document:
    assert of.benefit is not None
    return of.model_copy(update={"benefit": of.benefit.model_copy(update=changed)})


def test_every_band_is_looked_at_whatever_is_wrong_with_the_one_before() -> None:
    def band(over: int, to: int | None) -> Band:
        return Band(article="一", over=Fen(over), to=None if to is None else Fen(to), pays=Ppm(1))

    with pytest.raises(PydanticCustomError) as error:
        bands.touching([band(0, None), band(100, 200), band(300, None)])
    assert error.value.message() == (
        '第1段没有 to，只有最后一段可以不封顶；第2段与第3段之间有空档：请把第3段的 over 写成 "2元"'
    )


def test_a_band_without_a_least_amount_says_nothing_of_one() -> None:
    step = Step(0, None, 500_000, 0, "benefit.bands[0]", "一", "")
    _, (line,) = bands.difference((step,), 0, 100)
    assert (line.amount, line.note) == (50, "")


def test_somebody_in_several_raised_groups_has_the_highest_rate() -> None:
    rule = banded_of(YI)
    both = [
        banded.Raised.model_validate({"article": article, "groups": (group,), "by": by})
        for article, group, by in (("甲", "dibao", "5%"), ("乙", "wubao", "10%"))
    ]
    apart = rule.model_copy(update={"raised": tuple(both)})
    steps = (Step(0, 100, 0, 0, "a", "一", ""), Step(100, None, 600_000, 0, "b", "一", "原注"))
    assert banded.raised(apart, None, ["wubao"]) is None
    assert banded.raised(apart, steps, ["sanwu"]) == steps
    for order in (both, both[::-1]):
        found = banded.raised(rule.model_copy(update={"raised": tuple(order)}), steps, ["dibao", "wubao"])
        assert found is not None
        assert [(step.ppm, step.note) for step in found] == [(0, ""), (700_000, "乙：比例提高10%")]


def test_the_groups_of_a_benefit_are_those_of_its_rates_and_of_its_deductible() -> None:
    rule = banded_of(YI)
    assert rule.deductible is not None and rule.deductible.for_groups
    of_deductible = {name for item in rule.deductible.for_groups for name in item.groups}
    of_rates = {name for item in rule.raised for name in item.groups}
    assert rule.groups == of_deductible | of_rates
    assert rule.model_copy(update={"raised": ()}).groups == of_deductible
    assert rule.model_copy(update={"deductible": None}).groups == of_rates


def test_a_major_illness_uses_the_cap_where_the_cap_is_not_waived_for_it() -> None:
    rule = banded_of(CHUXIONG)
    assert rule.cap is not None
    strict = with_benefit(CHUXIONG, cap=rule.cap.model_copy(update={"waived_for": None}))
    stay = Stay(base=50_000_000, major_illness=True)
    assert benefit.assess(CHUXIONG, stays=[stay]).total == 45_000_000
    assert benefit.assess(strict, stays=[stay]).total == 35_000_000


@pytest.mark.parametrize(
    ("asked", "of_major", "of_other"), [(None, True, True), (True, True, False), (False, False, True)]
)
def test_a_table_may_be_for_major_illness_only(asked: bool | None, of_major: bool, of_other: bool) -> None:
    match = pool.Match(major_illness=asked)
    assert match.fits(Person(), Stay(base=1, major_illness=True)) == of_major
    assert match.fits(Person(), Stay(base=1)) == of_other


def test_an_announced_ratio_may_have_no_deductible() -> None:
    rule = pool_of(LIANYUNGANG)
    assert rule.announced is not None and rule.announced.deductible is not None
    alone = with_benefit(LIANYUNGANG, announced=rule.announced.model_copy(update={"deductible": None}))
    figures = {"pool_ratio": 800_000, "deductible": 1_000}
    assert benefit.assess(alone, stays=[Stay(base=10_000)], figures=figures).total == 8_000
    assert benefit.assess(LIANYUNGANG, stays=[Stay(base=10_000)], figures=figures).total == 7_200


def test_a_deductible_that_stands_in_the_document_is_warned_of_like_an_announced_one() -> None:
    rule = banded_of(GUANGXI.document)
    assert rule.deductible is not None and rule.deductible.most == 1_500_000

    def codes(amount: int) -> list[str]:
        fixed = rule.deductible.model_copy(update={"amount": Fen(amount)})  # type: ignore[union-attr]
        found = benefit.warnings(with_benefit(GUANGXI.document, deductible=fixed), {})
        return [reason.code for reason in found]

    assert (codes(1_500_000), codes(1_500_001)) == ([], ["deductible_high"])


def test_a_deductible_that_rose_is_told_where_the_document_says_it_does_not() -> None:
    document = GUANGXI.document

    def codes(now: int, before: dict[str, int] | None) -> list[str]:
        return [reason.code for reason in benefit.warnings(document, {"deductible": now}, before)]

    assert codes(1_400_001, {"deductible": 1_400_000}) == ["deductible_rose"]
    assert codes(1_600_000, {"deductible": 1_500_000}) == ["deductible_high", "deductible_rose"]
    assert codes(1_400_000, {"deductible": 1_400_000}) == codes(1_400_000, {}) == codes(1_400_000, None) == []
    allowed = [item.model_copy(update={"value": True}) for item in document.settings]
    free = document.model_copy(update={"settings": tuple(allowed)})
    assert benefit.warnings(free, {"deductible": 2}, {"deductible": 1}) == []
    silent = document.model_copy(update={"settings": ()})
    assert benefit.warnings(silent, {"deductible": 2}, {"deductible": 1}) == []


def line(rule: str) -> Line:
    return Line("一", rule, 1, 0, 0)


def test_an_answer_rests_on_the_tables_that_it_used() -> None:
    rule = pool_of(LIANYUNGANG)
    listed = LIANYUNGANG.provisional_in("benefit")
    marked = {path for path in listed if path.startswith("benefit.tables[1]")}
    assert marked and len(rule.tables) > 2

    def tables(*rules: str) -> set[str]:
        found = benefit.rests_on(LIANYUNGANG, [line(item) for item in rules], {})
        return {path for path in found if path.startswith("benefit.tables[")}

    assert tables("benefit.tables[1].bands[0]") == marked
    assert tables("benefit.tables[0].bands[0]", "benefit.tables[1].bands[0]") > marked
    assert tables("benefit.announced", "benefit.tables[1].bands[0]") == marked
    assert tables("benefit.announced") == tables() == set()


def test_announced_bands_replace_the_bands_and_nothing_else_that_is_provisional() -> None:
    rule = banded_of(YI)
    assert rule.cap is not None or rule.deductible is not None
    assert rule.deductible is not None and not isinstance(rule.bands, str)
    open_bands = tuple(item.model_copy(update={"provisional": True}) for item in rule.bands)
    of = with_benefit(
        YI,
        announced=banded_of(GUANGXI.document).bands if rule.announced is None else rule.announced,
        bands=open_bands, deductible=rule.deductible.model_copy(update={"provisional": True}),
    )  # fmt: skip
    lines = [line("benefit.bands[0]")]
    by_document = benefit.rests_on(of, lines, {})
    assert {"benefit.bands[0]", "benefit.deductible"} <= set(by_document)
    announced = benefit.rests_on(of, lines, {"bands": ((0, 500_000),)})
    assert [path for path in by_document if not path.startswith("benefit.bands[")] == announced
    assert "benefit.deductible" in announced


def test_a_figure_that_is_settled_is_no_provisional_one() -> None:
    figures = [item for item in GUANGXI.document.figures if not item.provisional]
    assert figures
    assert benefit.rests_on(GUANGXI.document, [line("benefit.bands[0]")], {}) == []


def test_a_slip_whose_parts_exceed_it_is_refused_before_anything_is_paid() -> None:
    chain = waterfall.load_chain(CHAINS / "guangxi.toml")
    slip = waterfall.Slip({"total": 100, "self_funded": 101}, Stay(), date(2013, 6, 1))
    assert slip.scope == -1
    with pytest.raises(BillInconsistent) as error:
        waterfall.run(chain, slip, person=Person(), figures={}, lookup=lambda scheme, day: None)
    assert "政策范围内费用" in error.value.message


def test_a_chain_takes_the_figures_that_were_announced_for_a_document_and_the_askers_before_them() -> None:
    chain = waterfall.load_chain(CHAINS / "guangxi.toml")
    announced = {"deductible": 1_000, "bands": ((0, 500_000),)}

    def lookup(scheme: str, day: date) -> LoadedDocument | None:
        known = LoadedDocument(GUANGXI.document, "sha", None, announced)
        return known if scheme == GUANGXI.document.scheme else None

    def paid(**asked: Any) -> int:
        slip = waterfall.Slip({"total": 11_000, "basic_paid": 6_000}, Stay(), date(2013, 6, 1))
        found = waterfall.run(chain, slip, person=Person(), figures=asked, lookup=lookup)
        return found.steps[GUANGXI.document.scheme]

    assert (paid(), paid(deductible=2_000)) == (2_000, 1_500)


def test_a_case_file_is_a_list_of_nothing_but_objects(tmp_path: Path) -> None:
    file = tmp_path / "x.cases.json"
    file.write_text(json.dumps([{}, 1]), encoding="utf-8")
    with pytest.raises(ValueError):
        cases.read(file)
    file.write_text(json.dumps([{}, {}]), encoding="utf-8")
    assert cases.read(file) == [{}, {}]


def test_a_text_is_no_list_of_its_letters() -> None:
    assert cases.differences("a", ["a"]) != []
    assert cases.differences(["a"], "a") != []
    assert cases.differences(["a"], ["a"]) == []


def test_after_the_last_day_of_a_period_its_document_still_answers() -> None:
    assert YUNNAN.document.ends == date(2022, 12, 31)
    request = {"scheme": "x", "ask": "window", "facts": {"act": "claim", "on": "2023-03-01"}}
    assert ask(YUNNAN, {**request, "on": "2023-03-01"})["answer"]["accepted"] is True
    assert ask(YUNNAN, {**request, "on": "2021-12-31"})["answer"]["error"] == "no_document"


def test_figures_of_the_register_stand_below_those_of_the_request() -> None:
    context = quote.Context(is_workday=seed_calendar, figures={"deductible": 1_000, "bands": ((0, 500_000),)})

    def total(**figures: str) -> tuple[str, list[str]]:
        request = {"ask": "benefit", "facts": {"stays": [{"base": "30.00"}], "figures": figures}}
        found = quote.answer(GUANGXI.document, request, context=context)
        return found["answer"]["total"], found.get("provisional", [])

    assert total() == ("10.00", [])
    assert total(deductible="20.00") == ("5.00", [])


def test_a_default_that_the_register_has_replaced_is_no_longer_provisional() -> None:
    critical = document("lianyungang-critical-illness")
    request = {"ask": "benefit", "facts": {"stays": [{"base": "20000.00"}]}}

    def listed(**figures: int) -> list[str]:
        context = quote.Context(is_workday=seed_calendar, figures=figures)
        found: list[str] = quote.answer(critical.document, request, context=context).get("provisional", [])
        return [path for path in found if path.startswith("figures")]

    assert listed() == ["figures[2]"] and listed(deductible=1_400_000) == []


def test_a_stay_may_state_one_of_its_days() -> None:
    def days(**stated: str) -> tuple[date | None, date | None, date | None]:
        read = facts.read(facts.StayFacts, stated, "facts")
        stay = asks_benefit.stay_of(read, "facts")
        return stay.admitted, stay.discharged, stay.settled

    day = date(2022, 3, 1)
    assert days(admitted="2022-03-01") == (day, None, None)
    assert days(discharged="2022-03-01") == (None, day, None)
    assert days(settled="2022-03-01") == (None, None, day)


def test_a_stay_that_was_not_settled_is_governed_by_its_discharge() -> None:
    request: dict[str, Any] = {"scheme": "x", "ask": "benefit"}
    chuxiong = document("chuxiong-large-expense")
    for name in ("discharged", "settled"):
        for day, known in (("2022-12-31", False), ("2023-01-01", True)):
            stays = [{"base": "1.00", name: day}]
            answer = ask(chuxiong, {**request, "facts": {"stays": stays}})["answer"]
            assert ("total" in answer) == known


def test_a_fraud_ends_the_right_of_the_period_only_where_the_document_says_so() -> None:
    stays = [Stay(base=1, exclusion="fraud"), Stay(base=1)]
    (rule,) = [item for item in YUNNAN.document.settings if item.name == "fraud_ends_right_for"]

    def ended(value: str) -> list[str]:
        settings = (rule.model_copy(update={"value": value}),)
        changed = YUNNAN.document.model_copy(update={"settings": settings})
        return [stay.right_ended or "" for stay in asks_benefit._until_fraud(changed, stays)]

    assert ended("period") == ["", rule.article]
    assert ended("claim") == ["", ""]


def test_the_state_of_a_table_without_a_deductible_bears_none() -> None:
    table = pool_of(basic).tables[0].model_copy(update={"deductible": None})
    free = with_benefit(basic, tables=(table,))
    found = benefit.assess(free, stays=[Stay(base=100, level="third")])
    assert found.stays[0].after == NOTHING._replace(inside=100, waived=88, stays=1)


def test_a_slip_may_state_one_of_its_days_and_the_settlement_comes_first() -> None:
    def days(**stated: str) -> tuple[date | None, date | None, date | None, date]:
        read = facts.read(facts.ChainStay, {"total": "1.00", **stated}, "facts.stay")
        slip = slip_of(read, date(2022, 6, 1))
        return slip.stay.admitted, slip.stay.discharged, slip.stay.settled, slip.on

    day, asked = date(2022, 3, 1), date(2022, 6, 1)
    assert days() == (None, None, None, asked)
    assert days(admitted="2022-03-01") == (day, None, None, asked)
    assert days(discharged="2022-03-01") == (None, day, None, day)
    assert days(settled="2022-03-01") == (None, None, day, day)
    assert days(discharged="2022-03-01", settled="2022-03-02")[3] == date(2022, 3, 2)


def test_a_refund_is_spoken_of_where_an_article_speaks_of_it() -> None:
    def refund(refundable: bool, article: str, **facts_: str) -> object:
        rule = cover.Cover(
            article="一", tested_on="discharged", refundable=refundable, refund_article=article
        )
        changed = YUNNAN.document.model_copy(update={"cover": rule})
        request = {"ask": "cover", "facts": {"periods": ["18"], **facts_}}
        context = quote.Context(is_workday=seed_calendar)
        return quote.answer(changed, request, context=context)["answer"].get("refund")

    assert refund(False, "二", died="2022-05-01") == "0.00"
    assert refund(False, "二") is None
    assert refund(False, "", died="2022-05-01") is refund(True, "二", died="2022-05-01") is None


def test_the_end_of_a_term_needs_no_stay() -> None:
    plans_ = document("municipal-mutual-plans")
    rule = cover.Cover(article="一", tested_on="discharged")
    changed = LoadedDocument(plans_.document.model_copy(update={"cover": rule}), "sha", None)

    def answer(**stay: object) -> Any:
        given = {"paid_on": "2022-03-01", **stay}
        return ask(changed, {"scheme": "x", "ask": "cover", "facts": given})["answer"]

    assert answer() == {"ends": "2023-03-01"}
    days = ("2022-03-01", "2022-03-02", "2023-03-01", "2023-03-02")
    covered = [answer(stay={"discharged": day})["covered"] for day in days]
    assert covered == [False, True, True, False]
