"""The basic pool at its edges: how steps unfold, what each line says, where the ceiling cuts."""

from __future__ import annotations

from typing import Any

import pytest

from schemes.rules import benefit, pool
from schemes.rules.document import Document, load
from schemes.rules.errors import FigureMissing
from schemes.rules.stay import Person, State, Stay
from schemes.rules.units import Fen, Ppm
from tests.schemes.support import document
from tests.schemes.test_edges import changed
from tests.schemes.test_new_city import basic

YEARLY = ('per = "stay", amounts = ["800元", "400元", "200元"]', 'per = "year", amounts = ["800元"]')


def third(base: int, **more: Any) -> Stay:
    return Stay(base=base, level="third", **more)


def pool_of(of: Document) -> pool.PoolBenefit:
    assert isinstance(of.benefit, pool.PoolBenefit)
    return of.benefit


def shown(found: benefit.Assessment) -> list[tuple[str, int, int | None, int]]:
    return [
        (line.rule.removeprefix("benefit.tables[0]."), line.basis, line.rate, line.amount)
        for line in found.lines
    ]


def own_steps(**changes: str) -> pool.OwnSteps:
    written = {"over": "0元", "width": "0.01元", "start": "7%", "falls": "1%", "least": "2%", **changes}
    return pool.OwnSteps.model_validate({"article": "一", **written})


def test_the_narrowest_width_the_smallest_fall_and_no_fall_at_all_can_be_written() -> None:
    assert own_steps().width == 1
    assert own_steps(start="0.0002%", falls="0.0001%", least="0%").falls == 1
    assert own_steps(start="2%", falls="1%", least="2%").start == 20_000
    assert own_steps(start="10%", falls="0.01%", least="0.5%").least == 5_000  # 950 steps, not 1,050


@pytest.mark.parametrize(
    "changes",
    [{"width": "0元"}, {"falls": "0%"}, {"start": "1.9999%"},
     {"start": "0.1001%", "falls": "0.0001%", "least": "0%"},
     {"start": "10.0100%", "falls": "0.01%", "least": "0%"}],
)  # fmt: skip
def test_steps_that_never_end_or_number_more_than_a_thousand_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="步数不超过 1000"):
        own_steps(**changes)
    assert own_steps(start="10%", falls="0.01%", least="0%").start == 100_000


def test_the_own_share_falls_step_by_step_to_its_least() -> None:
    """12 %, 8 %, then 7 % falling to 2 % every 10,000; a retiree bears seven tenths of each."""
    (table,) = pool_of(basic).tables
    found = pool.steps_of(table, "active", "t")
    assert [(step.over, step.to, step.ppm, step.at_least) for step in found] == [
        (0, 2_000_000, 880_000, 0), (2_000_000, 5_000_000, 920_000, 0), (5_000_000, 6_000_000, 930_000, 0),
        (6_000_000, 7_000_000, 940_000, 0), (7_000_000, 8_000_000, 950_000, 0),
        (8_000_000, 9_000_000, 960_000, 0), (9_000_000, 10_000_000, 970_000, 0),
        (10_000_000, None, 980_000, 0),
    ]  # fmt: skip
    retired = pool.steps_of(table, "retired", "t")
    assert [step.ppm for step in retired] == [
        916_000, 944_000, 951_000, 958_000, 965_000, 972_000, 979_000, 986_000,
    ]  # fmt: skip
    assert {step.rule for step in found[2:]} == {"t.steps"}


def test_the_last_step_stops_at_the_least_share_when_the_fall_would_pass_it() -> None:
    (table,) = pool_of(basic).tables
    assert table.steps is not None
    uneven = table.steps.model_copy(update={"falls": Ppm(30_000)})  # 7 %, 4 %, then 1 %: 2 % at least
    found = pool.steps_of(table.model_copy(update={"steps": uneven}), "active", "t")
    assert [(step.over, step.to, step.ppm) for step in found[2:]] == [
        (5_000_000, 6_000_000, 930_000), (6_000_000, 7_000_000, 960_000), (7_000_000, None, 980_000),
    ]  # fmt: skip


def test_below_and_above_the_bands_nothing_is_paid() -> None:
    (table,) = pool_of(basic).tables
    bands = (table.bands[0].model_copy(update={"over": Fen(80_000)}), table.bands[1])
    found = pool.steps_of(table.model_copy(update={"steps": None, "bands": bands}), "active", "t")
    assert [tuple(step)[:5] for step in found] == [
        (0, 80_000, 0, 0, "t.below"), (80_000, 2_000_000, 880_000, 0, "t.bands[0]"),
        (2_000_000, 5_000_000, 920_000, 0, "t.bands[1]"), (5_000_000, None, 0, 0, "t.above"),
    ]  # fmt: skip
    open_top = (bands[0].model_copy(update={"to": None}),)
    found = pool.steps_of(table.model_copy(update={"steps": None, "bands": open_top}), "active", "t")
    assert [step.rule for step in found] == ["t.below", "t.bands[0]"]


def test_each_line_names_its_band_and_a_deductible_borne_in_full_is_not_named_again() -> None:
    yearly = load(changed(YEARLY).encode())
    found = benefit.assess(yearly, stays=[third(50_000), third(30_000), third(100), third(0)])
    assert shown(found) == [
        ("deductible", 50_000, 0, 0), ("deductible", 30_000, 0, 0), ("bands[0]", 100, 880_000, 88),
    ]  # fmt: skip
    assert found.stays[-1].after == State(inside=100, outside=80_000, waived=88, stays=4)
    anew = load(changed(YEARLY, ('bands_over = "year"', 'bands_over = "stay"')).encode())
    found = benefit.assess(anew, stays=[third(80_000), third(2_000_000), third(2_000_001)])
    assert shown(found)[1:] == [
        ("bands[0]", 2_000_000, 880_000, 1_760_000), ("bands[0]", 2_000_000, 880_000, 1_760_000),
        ("bands[1]", 1, 920_000, 1),
    ]  # fmt: skip


def test_a_payment_that_just_reaches_the_ceiling_is_not_cut() -> None:
    ceiling = pool_of(basic).tables[0].ceiling
    assert ceiling is not None

    def capped(amount: int) -> Document:
        table = (
            pool_of(basic)
            .tables[0]
            .model_copy(
                update={"ceiling": ceiling.model_copy(update={"amount": Fen(amount)}), "deductible": None}
            )
        )
        return basic.model_copy(update={"benefit": pool_of(basic).model_copy(update={"tables": (table,)})})

    assert shown(benefit.assess(capped(88), stays=[third(100)])) == [("bands[0]", 100, 880_000, 88)]
    assert shown(benefit.assess(capped(87), stays=[third(100)])) == [
        ("bands[0]", 100, 880_000, 88), ("ceiling", 0, None, -1),
    ]  # fmt: skip
    lowered = benefit.assess(capped(50), stays=[third(100)], before={0: State(waived=60)})
    assert lowered.total == 0
    assert shown(lowered)[-1] == ("ceiling", 0, None, -88)


def test_the_stays_count_for_the_falling_deductible_also_where_nothing_is_paid() -> None:
    found = benefit.assess(basic, stays=[third(1), third(40_001), third(20_001), third(20_001)])
    assert shown(found) == [
        ("deductible", 1, 0, 0), ("deductible", 40_000, 0, 0), ("bands[0]", 1, 880_000, 1),
        ("deductible", 20_000, 0, 0), ("bands[0]", 1, 880_000, 1),
        ("deductible", 20_000, 0, 0), ("bands[0]", 1, 880_000, 1),
    ]  # fmt: skip


def test_an_announced_ratio_stands_in_place_of_the_tables() -> None:
    lianyungang = document("lianyungang-basic").document
    rule = pool_of(lianyungang)
    assert rule.announced is not None

    def flat(**figures: int) -> tuple[list[tuple[str, int, int | None, int]], State]:
        found = benefit.assess(lianyungang, stays=[Stay(base=1_000), Stay(base=30)], figures=figures)
        lines = [(line.rule, line.basis, line.rate, line.amount) for line in found.lines]
        return lines, found.stays[-1].after

    path = "benefit.announced"
    assert flat(pool_ratio=850_000) == (
        [(path, 1_000, 850_000, 850), (path, 30, 850_000, 26)],
        State(inside=1_030, outside=0, waived=876, stays=2),
    )
    assert flat(pool_ratio=850_000, deductible=100) == (
        [(f"{path}.deductible", 100, 0, 0), (path, 900, 850_000, 765), (f"{path}.deductible", 30, 0, 0),
         (path, 0, 850_000, 0)],
        State(inside=900, outside=130, waived=765, stays=2),
    )  # fmt: skip


def test_no_table_fits_who_is_not_named_in_any() -> None:
    (table,) = pool_of(basic).tables
    first = table.model_copy(update={"match": pool.Match(persons=("retired",))})
    second = table.model_copy(update={"match": pool.Match(regions=("local", "approved"))})
    rule = pool_of(basic).model_copy(update={"tables": (first, second)})

    def number(kind: str, region: str | None = None) -> int | None:
        found = pool.table_of(rule, Person(kind), Stay(out_of_region=region))
        return None if found is None else found[0]

    assert [number("retired"), number("active"), number("active", "approved")] == [0, 1, 1]
    assert number("active", "unapproved") is None
    apart = basic.model_copy(update={"benefit": rule})
    with pytest.raises(FigureMissing):
        benefit.assess(apart, stays=[third(1, out_of_region="unapproved")])
