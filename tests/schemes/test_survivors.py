"""Small things that only a mutant would notice."""

from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from schemes.rules import bands
from schemes.rules.bands import Band
from schemes.rules.units import Fen, Ppm


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
