"""Small things that only a mutant would notice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic_core import PydanticCustomError

from schemes.rules import bands, base, late_fee, quota
from schemes.rules.bands import Band
from schemes.rules.errors import BillInconsistent
from schemes.rules.units import Fen, Months, Ppm
from tests.schemes.support import ask, ask_chain, document


def band(over: int, to: int | None, pays: int = 0) -> Band:
    return Band(article="一", over=Fen(over), to=None if to is None else Fen(to), pays=Ppm(pays))


def said(*found: Band) -> str:
    with pytest.raises(PydanticCustomError) as error:
        bands.touching(found)
    return error.value.message()


def test_what_is_wrong_between_bands_is_said_in_the_right_words() -> None:
    assert "空档" in said(band(0, 100), band(200, None))
    assert "重叠" in said(band(0, 200), band(100, None))
    assert "第1段的 to 必须大于 over" in said(band(100, 100))
    assert "第2段没有 to" in said(band(0, 100), band(100, None), band(200, None))
    assert "至少写一段" in said()
    assert bands.touching([band(0, 100), band(100, None)])


def test_announced_bands_begin_where_they_say() -> None:
    steps = bands.plain_steps(((10_000, 500_000), (20_000, 600_000)), "benefit", "一")
    assert [(step.over, step.to, step.ppm) for step in steps] == [
        (0, 10_000, 0), (10_000, 20_000, 500_000), (20_000, None, 600_000),
    ]  # fmt: skip
    assert [step.rule for step in steps] == ["benefit.below", "benefit.bands[0]", "benefit.bands[1]"]
    from_zero = bands.plain_steps(((0, 500_000),), "benefit", "一")
    assert [(step.over, step.to) for step in from_zero] == [(0, None)]
    assert bands.plain_steps((), "benefit", "一") == ()


def test_the_ends_of_the_number_line_are_stated_too() -> None:
    steps = bands.steps_of([band(80_000, 1_000_000, 300_000)], "benefit")
    assert [(step.over, step.to, step.ppm, step.rule) for step in steps] == [
        (0, 80_000, 0, "benefit.below"), (80_000, 1_000_000, 300_000, "benefit.bands[0]"),
        (1_000_000, None, 0, "benefit.above"),
    ]  # fmt: skip
    open_ended = bands.steps_of([band(0, None, 300_000)], "benefit")
    assert [(step.over, step.to) for step in open_ended] == [(0, None)]


def test_the_least_amount_is_noted_only_where_it_was_paid() -> None:
    least = Band(article="一", over=Fen(80_000), to=None, pays=Ppm(300_000), at_least=Fen(10_000))
    steps = bands.steps_of([least], "benefit")
    for total, noted in ((90_000, True), (113_333, True), (113_334, False), (200_000, False)):
        _, lines = bands.difference(steps, 0, total)
        assert ("不足100元的按100元" in lines[-1].note) == noted


def test_a_part_that_is_not_announced_is_left_out_where_the_document_allows_it() -> None:
    critical = document("lianyungang-critical-illness")
    facts = {"person": {"kind": "flexible"}, "figures": {"critical_fee_individual": "20.00"}}
    found = ask(critical, {"scheme": "x", "ask": "levy", "facts": facts})["answer"]
    assert (found["individual"], found["total"]) == ("20.00", "20.00")
    assert "pool" not in found
    facts = {"unit": {"active": 0}, "figures": {"critical_fee_individual": "20.00"}}  # type: ignore[dict-item]
    assert ask(critical, {"scheme": "x", "ask": "levy", "facts": facts})["answer"]["path"] == "facts"


def test_who_is_exempt_in_one_kind_is_charged_in_another() -> None:
    basic = document("lianyungang-basic")
    facts = {"person": {"kind": "active", "wage_month": "5000.00"}}
    assert ask(basic, {"scheme": "x", "ask": "levy", "facts": facts})["answer"]["total"] == "100.00"


@pytest.mark.parametrize("text", ["元", "x元", "1.234元", "800", "-1元", "800 元"])
def test_an_amount_of_a_document_is_a_number_with_its_unit(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        Fen.read(text)
    assert Fen.read(Fen(5)) == 5


@pytest.mark.parametrize("text", ["个月", "1.5个月", "x个月", "1234567个月", "-1个月"])
def test_counted_things_are_whole_numbers(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        Months.read(text)
    assert Months.read("999999个月").text == "999999个月"


def test_what_all_pay_together_is_no_more_than_the_bill() -> None:
    stay = {"total": "100.00", "basic_paid": "60.00", "civil_servant_paid": "60.00"}
    facts = {"stay": stay, "figures": {"deductible": "1.00", "bands": [{"over": "0", "rate": "50%"}]}}
    found = ask_chain({"scheme": "guangxi", "on": "2013-06-01", "ask": "waterfall", "facts": facts})
    assert found["answer"]["error"] == "bill_inconsistent"


def test_a_limited_late_fee_says_what_was_cut_without_a_basis() -> None:
    rule = document("lianyungang-basic").document.late_fee
    assert rule is not None
    limited = rule.model_copy(update={"ceiling": "arrears"})
    due = date(2010, 1, 1)
    found = late_fee.assess(limited, arrears=100, due=due, payments=[(date(2022, 1, 1), 100)])
    assert [(line.basis, line.rule) for line in found.lines] == [
        (100, "late_fee[0]"),
        (0, "late_fee.ceiling"),
    ]
    just = late_fee.assess(limited, arrears=100, due=due, payments=[(due + timedelta(2000), 100)])
    assert (just.days, just.fee, len(just.lines)) == (2000, 100, 1)


def test_a_small_unit_may_be_held_to_an_article_of_its_own() -> None:
    rule = document("yunnan-mutual-aid").document.quota
    assert rule is not None
    apart = rule.model_copy(update={"small_article": "第二条"})
    assert quota.compare(apart, active_insured=10, active_joining=1).article == "第二条"
    assert quota.compare(apart, active_insured=11, active_joining=1).article == "第一条"
    assert quota.compare(rule, active_insured=10, active_joining=1).article == "第一条"


def test_a_slip_may_be_off_by_five_fen_and_no_more() -> None:
    rule = document("yunnan-mutual-aid").document.base
    assert rule is not None
    assert base.base_of(rule, {"total": 10_000, "basic_paid": 5_000, "cash_paid": 5_005}).base == 5_000
    with pytest.raises(BillInconsistent):
        base.base_of(rule, {"total": 10_000, "basic_paid": 5_000, "cash_paid": 5_006})
    assert base.base_of(rule, {"total": 10_000, "basic_paid": 9_000, "self_funded": 1_000}).base == 0
    with pytest.raises(BillInconsistent):
        base.base_of(rule, {"total": 10_000, "basic_paid": 9_000, "self_funded": 1_001})
    assert base.base_of(rule, {}) == (0, [])
