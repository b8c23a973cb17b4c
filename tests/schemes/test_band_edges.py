"""Bands at their edges: what is stated of the unpaid ends, where a minimum stops, what each line says."""

from __future__ import annotations

import pytest

from schemes.rules import bands, benefit
from schemes.rules.bands import Band, Step
from schemes.rules.document import load
from schemes.rules.errors import UnknownField
from schemes.rules.stay import Stay
from schemes.rules.units import Fen, Ppm
from tests.schemes.support import document
from tests.schemes.test_new_city import CRITICAL


def band(over: int, to: int | None, pays: int, at_least: int = 0, note: str = "") -> Band:
    return Band(
        article="一", note=note, over=Fen(over), to=None if to is None else Fen(to), pays=Ppm(pays),
        at_least=Fen(at_least),
    )  # fmt: skip


def test_below_the_deductible_and_above_the_cap_nothing_is_paid_not_even_a_fen() -> None:
    steps = bands.steps_of([band(80_000, 1_000_000, 300_000)], "benefit")
    assert steps[0] == Step(0, 80_000, 0, 0, "benefit.below", "一", "起付线以内")
    assert steps[-1] == Step(1_000_000, None, 0, 0, "benefit.above", "一", "封顶线以上")
    assert bands.entitled(steps, 80_000) == 0
    assert bands.entitled(steps, 1_000_001) == bands.entitled(steps, 1_000_000) == 276_000


def test_announced_bands_know_no_minimum() -> None:
    steps = bands.plain_steps(((1_500_000, 530_000),), "benefit", "分段报销")
    assert steps == (
        Step(0, 1_500_000, 0, 0, "benefit.below", "分段报销", "分段起点以内"),
        Step(1_500_000, None, 530_000, 0, "benefit.bands[0]", "分段报销", ""),
    )
    assert [bands.entitled(steps, total) for total in (1, 1_500_000, 1_500_001)] == [0, 0, 1]


def test_just_under_half_a_fen_is_nothing() -> None:
    steps = bands.steps_of([band(0, None, 499_999)], "benefit")
    assert bands.exact(steps, 0) == 0
    assert bands.exact(steps, 1) == 499_999
    assert bands.entitled(steps, 1) == 0
    assert bands.slices(steps, 1) == [(1, 0)]
    just = bands.steps_of([band(0, None, 500_000)], "benefit")
    assert (bands.entitled(just, 1), bands.slices(just, 1)) == (1, [(1, 1)])


def test_where_the_rate_gives_exactly_the_minimum_the_line_does_not_speak_of_it() -> None:
    """50 % of 200.00 is 100.00: the rate paid it; at 199.99 the minimum did."""
    steps = bands.steps_of([band(80_000, None, 500_000, at_least=10_000)], "benefit")
    for total, noted in ((99_999, True), (100_000, False), (100_002, False)):
        paid, lines = bands.difference(steps, 0, total)
        assert paid == max(10_000, (total - 80_000) // 2)
        assert (lines[-1].note == "不足100元的按100元") == noted


def test_a_note_of_the_document_stands_in_place_of_ours() -> None:
    steps = bands.steps_of([band(0, None, 300_000, at_least=10_000, note="最低一百元")], "benefit")
    assert bands.difference(steps, 0, 100)[1][0].note == "最低一百元"


def test_a_band_that_the_stay_does_not_reach_has_no_line() -> None:
    steps = bands.steps_of([band(0, 100, 500_000), band(100, 200, 700_000)], "benefit")
    paid, lines = bands.difference(steps, 100, 150)
    assert (paid, [(line.rule, line.basis, line.amount) for line in lines]) == (
        35, [("benefit.bands[1]", 50, 35)],
    )  # fmt: skip
    assert bands.difference(steps, 150, 150) == (0, [])


def test_the_sql_of_bands_names_only_what_pays() -> None:
    steps = bands.steps_of([band(80_000, 1_000_000, 300_000, at_least=10_000)], "benefit")
    assert bands.steps_sql(steps, "t") == (
        "((CASE WHEN t > 80000 THEN GREATEST((LEAST(t, 1000000) - 80000)::bigint * 300000, 10000000000)"
        " ELSE 0 END + 500000) / 1000000)"
    )
    minimum_only = bands.steps_of([band(0, None, 0, at_least=500)], "benefit")
    assert bands.steps_sql(minimum_only, "t") == (
        "((CASE WHEN t > 0 THEN GREATEST((t - 0)::bigint * 0, 500000000) ELSE 0 END + 500000) / 1000000)"
    )
    rate_only = bands.steps_of([band(0, None, 500_000)], "benefit")
    assert bands.steps_sql(rate_only, "t") == (
        "((CASE WHEN t > 0 THEN (t - 0)::bigint * 500000 ELSE 0 END + 500000) / 1000000)"
    )
    assert bands.steps_sql((), "t") == "((0 + 500000) / 1000000)"


def test_the_sql_of_a_document_ends_at_its_yearly_cap() -> None:
    chuxiong = document("chuxiong-large-expense").document
    inner = "((CASE WHEN t > 0 THEN (t - 0)::bigint * 900000 ELSE 0 END + 500000) / 1000000)"
    assert bands.sql(chuxiong, "t") == f"LEAST({inner}, 35000000)"
    assert bands.sql(document("yunnan-mutual-aid").document, "t").startswith("((CASE WHEN t > 80000")


def test_a_deductible_before_the_bands_and_bands_to_be_announced_have_no_sql() -> None:
    with pytest.raises(UnknownField) as error:
        bands.sql(load(CRITICAL.encode()), "t")
    assert error.value.path == "benefit"
    guangxi = document("guangxi-critical-illness").document
    assert guangxi.benefit is not None
    announced = guangxi.model_copy(
        update={"benefit": guangxi.benefit.model_copy(update={"deductible": None})}
    )
    with pytest.raises(UnknownField) as error:
        bands.sql(announced, "t")
    assert error.value.path == "benefit"


def test_two_stays_share_one_minimum() -> None:
    """800.01 pays the minimum of 100.00; the next 200.00 pay nothing until 30 % passes it."""
    yunnan = document("yunnan-mutual-aid").document
    stays = [Stay(base=80_001), Stay(base=20_000), Stay(base=20_000)]
    found = benefit.assess(yunnan, stays=stays)
    assert [stay.amount for stay in found.stays] == [10_000, 0, 2_000]
    assert found.lines[-1].note == ""
