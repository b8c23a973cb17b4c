"""Small things that only a mutant would notice."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic_core import PydanticCustomError

from schemes.rules import banded, bands, base, benefit, career, cover, late_fee, quota
from schemes.rules.bands import Band
from schemes.rules.errors import BillInconsistent
from schemes.rules.stay import Stay
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
    assert ask(critical, {"scheme": "x", "ask": "levy", "facts": facts})["answer"]["total"] == "0.00"


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


def test_what_is_needed_by_a_man_and_by_a_woman_may_stand_in_two_articles() -> None:
    rule = document("lianyungang-basic").document.career
    assert rule is not None
    man, woman = rule.totals
    apart = rule.model_copy(update={"totals": (man, woman.model_copy(update={"article": "第二款"}))})

    def articles(sex: str) -> list[str]:
        found = career.assess(apart, sex=sex, total_months=200, actual_months=200, continuous=True)
        return [reason.article for reason in found.reasons]

    assert (articles("M"), articles("F")) == (["第二十六条"], ["第二款"])


def test_cover_by_period_is_tested_only_where_the_document_says_so() -> None:
    yunnan = document("yunnan-mutual-aid").document
    rule, period = yunnan.cover, ("18", date(2022, 1, 1), date(2022, 12, 31))
    assert rule is not None
    outside = cover.Insured(discharged=date(2023, 1, 1), periods=())
    found = cover.unmet(rule, outside, period=period)
    assert [(reason.code, reason.article) for reason in found] == [
        ("outside_period", "第三条"), ("not_enrolled", "第三条"),
    ]  # fmt: skip
    assert cover.unmet(rule, outside, period=period, period_article="第六条")[0].article == "第六条"
    assert cover.unmet(rule.model_copy(update={"by_period": False}), outside, period=period) == []
    assert cover.unmet(rule, outside) == []
    window = (date(2021, 12, 20), date(2022, 2, 25), "第五条")

    def paid(on: date, opens: date | None = window[0]) -> int:
        who = cover.Insured(paid_on=on)
        return len(cover.unmet(rule, who, pay_window=(opens, *window[1:])))

    days = (date(2021, 12, 19), date(2021, 12, 20), date(2022, 2, 25), date(2022, 2, 26))
    assert [paid(day) for day in days] == [1, 0, 0, 1]
    assert paid(date(2021, 12, 19), None) == 0


def test_every_event_ends_cover_the_first_of_them_first() -> None:
    rule = document("yunnan-mutual-aid").document.cover
    assert rule is not None
    both = cover.Insured(withdrawn=date(2022, 6, 1), died=date(2022, 5, 1))
    death = (rule.ends[1], date(2022, 5, 1))
    assert cover.all_ends(rule, both) == [death, (rule.ends[0], date(2022, 6, 1))]
    assert cover.all_ends(rule, cover.Insured(died=date(2022, 5, 1))) == [death]
    same_day = cover.Insured(withdrawn=date(2022, 6, 1), died=date(2022, 6, 1))
    assert [end for end, _day in cover.all_ends(rule, same_day)] == [rule.ends[0], rule.ends[1]]
    assert cover.all_ends(rule, cover.Insured()) == []


def test_the_deductible_is_shared_between_here_and_elsewhere_line_by_line() -> None:
    guangxi = document("guangxi-critical-illness").document
    figures = {"deductible": 1_500, "bands": ((0, 500_000),)}
    away, here = Stay(base=1_000, out_of_region="approved"), Stay(base=2_500)

    def lines(*stays: Stay) -> list[tuple[str, int, int]]:
        found = benefit.assess(guangxi, stays=stays, figures=figures)
        return [(line.rule.removeprefix("benefit."), line.basis, line.amount) for line in found.lines]

    assert lines(away, here) == [
        ("deductible", 1_000, 0), ("deductible", 500, 0), ("bands[0]", 2_000, 1_000),
    ]  # fmt: skip
    assert lines(here, away) == [
        ("deductible", 1_500, 0), ("bands[0]", 1_000, 500), ("deductible", 1_000, 0),
        ("deductible.moved", 0, 500),
    ]  # fmt: skip
    assert lines(away, away, here)[-1] == ("bands[0]", 2_500, 1_250)


def test_a_year_without_deductible_still_remembers_treatment_elsewhere() -> None:
    guangxi = document("guangxi-critical-illness").document
    found = benefit.assess(
        guangxi, stays=[Stay(base=101, out_of_region="approved"), Stay(base=101)],
        figures={"deductible": 0, "bands": ((0, 500_000),)},
    )  # fmt: skip
    assert [stay.amount for stay in found.stays] == [51, 50]  # 50.5 and 101.0 in all, each rounded once


def test_a_line_says_which_column_came_off() -> None:
    rule = document("yunnan-mutual-aid").document.base
    assert rule is not None
    (line,) = base.base_of(rule, {"total": 100, "large_paid": 40}).lines
    assert (line.note, line.basis, line.amount, line.rule) == ("扣除大额支付", 40, 0, "base.less[1]")


def test_treatment_elsewhere_shows_no_empty_lines_and_says_when_it_was_not_approved() -> None:
    guangxi = document("guangxi-critical-illness").document
    figures = {"deductible": 1_500, "bands": ((0, 500_000),)}

    def lines(base_: int, approval: str) -> list[tuple[str, int, int | None, int, str]]:
        stay = Stay(base=base_, out_of_region=approval)
        found = benefit.assess(guangxi, stays=[stay], figures=figures)
        return [(line.rule, line.basis, line.rate, line.amount, line.note) for line in found.lines]

    assert lines(1_500, "approved") == [("benefit.deductible", 1_500, 0, 0, "起付线以内")]
    assert lines(1_700, "approved")[1:] == [("benefit.out_of_region", 200, 500_000, 100, "")]
    assert lines(1_700, "unapproved") == [("benefit.out_of_region", 1_700, 0, 0, "未经批准转区外就医")]


def test_what_was_borne_elsewhere_counts_whether_approved_or_not() -> None:
    guangxi = document("guangxi-critical-illness").document
    rule = guangxi.benefit
    assert isinstance(rule, banded.BandedBenefit) and rule.out_of_region is not None
    elsewhere = rule.out_of_region.model_copy(update={"unapproved": Ppm(300_000)})
    paying = guangxi.model_copy(update={"benefit": rule.model_copy(update={"out_of_region": elsewhere})})
    figures = {"deductible": 1_000, "bands": ((0, 500_000),)}
    stays = [Stay(base=600, out_of_region="unapproved"), Stay(base=300, out_of_region="approved"),
             Stay(base=1_000)]  # fmt: skip
    found = benefit.assess(paying, stays=stays, figures=figures)
    lines = [
        (line.rule.removeprefix("benefit."), line.article, line.basis, line.amount) for line in found.lines
    ]
    assert lines == [
        ("deductible", "起付线", 600, 0), ("deductible", "起付线", 300, 0), ("deductible", "起付线", 100, 0),
        ("bands[0]", "分段报销", 900, 450),
    ]  # fmt: skip


def test_what_the_cap_cuts_names_the_article_of_the_cap() -> None:
    chuxiong = document("chuxiong-large-expense").document
    rule = chuxiong.benefit
    assert isinstance(rule, banded.BandedBenefit) and rule.cap is not None
    cap = rule.cap.model_copy(update={"article": "第九条第二款"})
    apart = chuxiong.model_copy(update={"benefit": rule.model_copy(update={"cap": cap})})
    found = benefit.assess(apart, stays=[Stay(base=40_000_000)])
    last = found.lines[-1]
    assert (last.article, last.basis, last.amount) == ("第九条第二款", 0, -1_000_000)
