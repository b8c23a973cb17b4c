"""Yearly benefits in bands at their edges: cost in and out of the region, the deductible, the cap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import banded, benefit
from schemes.rules.document import Document
from schemes.rules.errors import FigureMissing
from schemes.rules.model import Figures
from schemes.rules.stay import Person, State, Stay
from schemes.rules.units import Ppm
from tests.schemes.support import document

GUANGXI = document("guangxi-critical-illness").document
CHUXIONG = document("chuxiong-large-expense").document
fen = st.integers(0, 5_000)


def rule_of(of: Document) -> banded.BandedBenefit:
    assert isinstance(of.benefit, banded.BandedBenefit)
    return of.benefit


def elsewhere(approved: int, unapproved: int) -> Document:
    """Guangxi with other rates for treatment out of the region."""
    rule = rule_of(GUANGXI)
    assert rule.out_of_region is not None
    rates = rule.out_of_region.model_copy(update={"approved": Ppm(approved), "unapproved": Ppm(unapproved)})
    return GUANGXI.model_copy(update={"benefit": rule.model_copy(update={"out_of_region": rates})})


def lines(of: Document, *stays: Stay, rate: int = 500_000, deductible: int = 0) -> list[tuple[str, int, int]]:
    figures = {"deductible": deductible, "bands": ((0, rate),)}
    found = benefit.assess(of, stays=stays, figures=figures)
    assert sum(line.amount for line in found.lines) == found.total
    return [(line.rule.removeprefix("benefit."), line.basis, line.amount) for line in found.lines]


def test_who_was_nowhere_else_is_entitled_to_the_bands_alone() -> None:
    ready = elsewhere(1_000_000, 1_000_000).ready({"deductible": 0, "bands": ((0, 500_000),)})
    assert ready.entitled(0) == 0
    assert ready.entitled(100) == ready.entitled(100, 0, 0) == 50
    assert ready.entitled(100, 7) == 57
    assert ready.entitled(100, 7, 9) == 66


def test_just_under_half_a_fen_is_nothing_here_too() -> None:
    ready = GUANGXI.ready({"deductible": 0, "bands": ((0, 499_999),)})
    assert [ready.entitled(total) for total in (0, 1, 2)] == [0, 0, 1]


def test_what_was_paid_elsewhere_without_approval_is_rounded_with_the_rest() -> None:
    """101 fen at 50 % there and 101 here: 50.5 and 101.0 in all, so 51 and then 50."""
    paying = elsewhere(500_000, 500_000)
    for approval in ("approved", "unapproved"):
        stays = [Stay(base=101, out_of_region=approval), Stay(base=101)]
        assert lines(paying, *stays) == [("out_of_region", 101, 51), ("bands[0]", 101, 50)]


def test_the_deductible_that_was_borne_elsewhere_is_not_borne_again() -> None:
    paying = elsewhere(500_000, 300_000)
    stays = [Stay(base=600, out_of_region="approved"), Stay(base=300, out_of_region="unapproved"),
             Stay(base=300, out_of_region="unapproved")]  # fmt: skip
    assert lines(paying, *stays, deductible=1_000) == [
        ("deductible", 600, 0), ("deductible", 300, 0), ("deductible", 100, 0), ("out_of_region", 200, 60),
    ]  # fmt: skip


def test_a_stay_within_the_deductible_needs_no_announced_bands() -> None:
    for base in (0, 999, 1_000):
        found = benefit.assess(GUANGXI, stays=[Stay(base=base)], figures={"deductible": 1_000})
        assert found.total == 0
    with pytest.raises(FigureMissing) as error:
        benefit.assess(GUANGXI, stays=[Stay(base=1_001)], figures={"deductible": 1_000})
    assert error.value.path == "facts.figures.bands"


def test_a_deductible_moved_by_two_fen_has_a_line_of_its_own_and_a_rounding_has_none() -> None:
    here, away = Stay(base=1_000), Stay(base=4, out_of_region="approved")
    assert lines(GUANGXI, here, away, deductible=1_000) == [
        ("deductible", 1_000, 0), ("deductible", 4, 0), ("deductible.moved", 0, 2),
    ]  # fmt: skip
    halves = Stay(base=1, out_of_region="approved")
    assert lines(GUANGXI, halves, halves) == [("out_of_region", 1, 1), ("out_of_region", 1, 0)]


@given(st.lists(st.tuples(fen, st.sampled_from([None, "approved", "unapproved"])), max_size=8),
       st.integers(1, 1_000_000), st.integers(1, 1_000_000), st.integers(1, 1_000_000))  # fmt: skip
def test_rounding_never_needs_a_line_of_its_own(
    stays: list[tuple[int, str | None]], rate: int, approved: int, unapproved: int
) -> None:
    """Without a deductible nothing can move: what the lines miss is one fen at the most."""
    filed = [Stay(base=base, out_of_region=region) for base, region in stays]
    found = lines(elsewhere(approved, unapproved), *filed, rate=rate)
    assert all(rule != "deductible.moved" for rule, _, _ in found)


def test_a_listed_major_illness_says_why_no_limit_holds_unless_the_article_says_it() -> None:
    (plain,) = benefit.assess(CHUXIONG, stays=[Stay(base=100, major_illness=True)]).lines
    assert (plain.amount, plain.note) == (90, "重大疾病住院，不受年度限额限制")
    rule = rule_of(CHUXIONG)
    assert isinstance(rule.bands, tuple)
    noted = rule.bands[0].model_copy(update={"note": "按90%"})
    own = CHUXIONG.model_copy(update={"benefit": rule.model_copy(update={"bands": (noted,)})})
    (line,) = benefit.assess(own, stays=[Stay(base=100, major_illness=True)]).lines
    assert line.note == "按90%"


def test_a_payment_that_just_reaches_the_cap_is_not_cut() -> None:
    reaches, above = 38_888_889, 38_888_890  # 90 % of 388,888.89 is 350,000.00
    assert [line.rule for line in benefit.assess(CHUXIONG, stays=[Stay(base=reaches)]).lines] == [
        "benefit.bands[0]"
    ]
    cut = benefit.assess(CHUXIONG, stays=[Stay(base=above)]).lines[-1]
    assert (cut.rule, cut.article, cut.basis, cut.rate, cut.amount) == ("benefit.cap", "第九条", 0, None, -1)


def test_a_stay_of_nothing_changes_nothing() -> None:
    assert lines(GUANGXI, Stay(base=0), Stay(base=0, out_of_region="approved"), deductible=5) == []


def test_the_state_after_a_stay_tells_the_three_kinds_of_cost_apart() -> None:
    paying = elsewhere(500_000, 300_000)
    figures = {"deductible": 10, "bands": ((0, 500_000),)}
    stays = [Stay(base=7, out_of_region="approved"), Stay(base=9, out_of_region="unapproved"), Stay(base=11)]
    found = benefit.assess(paying, stays=stays, figures=figures)
    assert found.stays[-1].after == State(inside=11, outside=7, unapproved=9)
    waived = benefit.assess(CHUXIONG, stays=[Stay(base=5, major_illness=True), Stay(base=6)])
    assert waived.stays[-1].after == State(inside=6, waived=5)


def test_without_approval_and_without_pay_the_stay_leaves_no_trace_in_the_account() -> None:
    figures = {"deductible": 10, "bands": ((0, 500_000),)}
    stay = Stay(base=30, out_of_region="unapproved")
    found = benefit.assess(GUANGXI, stays=[stay], figures=figures)
    (line,) = found.lines
    assert (line.rule, line.basis, line.rate, line.amount) == ("benefit.out_of_region", 30, 0, 0)
    assert found.stays[0].after == State()


ROOM = {"pool_room": 90, "pool_ratio": 900_000, "deductible": 500}  # the pool still pays for 1.00 in scope


def above_pool(
    stay: Stay, state: State | None = None, **figures: int
) -> tuple[int, list[tuple[str, int]], State]:
    """What the large-expense scheme pays on, what lies below, the state after."""
    found = benefit.assess_one(CHUXIONG, stay=stay, state=state, figures={**ROOM, **figures})
    below = [(line.rule, line.basis) for line in found.lines if line.rule.startswith("benefit.above_pool")]
    return (
        found.base,
        [(rule.removeprefix("benefit.above_pool"), basis) for rule, basis in below],
        found.after,
    )


def test_on_the_stay_on_which_the_ceiling_falls_deductible_and_room_come_off_first() -> None:
    """Of 7.00 in scope 5.00 are the deductible, 1.00 is the pool's last room: 1.00 is left."""
    whole = [(".deductible", 500), ("", 100)]
    assert above_pool(Stay(in_scope=700)) == (100, whole, State(inside=100, pool_used=100))
    used = State(pool_used=60)
    assert above_pool(Stay(in_scope=700), used)[:2] == (160, [(".deductible", 500), ("", 40)])
    for gone in (100, 101):
        base, lines_, after = above_pool(Stay(in_scope=700), State(pool_used=gone))
        assert (base, lines_, after.pool_used) == (200, [(".deductible", 500)], gone)
    assert above_pool(Stay(in_scope=500)) == (0, [(".deductible", 500)], State())
    assert above_pool(Stay(in_scope=30)) == (0, [(".deductible", 30)], State())


def test_without_a_known_deductible_only_the_room_comes_off() -> None:
    figures = {"pool_room": 90, "pool_ratio": 900_000}
    found = benefit.assess_one(CHUXIONG, stay=Stay(in_scope=300), figures=figures)
    assert (found.base, [line.rule for line in found.lines]) == (
        200, ["benefit.above_pool", "benefit.bands[0]"],
    )  # fmt: skip


def test_a_slips_own_columns_say_what_the_pool_paid_and_bore() -> None:
    """0.90 paid for 1.00 in scope: the 0.10 between lies below the ceiling, whoever bore it."""
    total = {"total": 700, "basic_paid": 90}
    without = above_pool(Stay(bill=total))
    assert without == (100, [(".deductible", 500), ("", 10)], State(inside=100, pool_used=100))
    named = above_pool(Stay(bill={**total, "deductible": 500}))
    assert named == (100, [("", 10)], State(inside=100, pool_used=100))
    part = above_pool(Stay(bill={"total": 600, "basic_paid": 40, "deductible": 500}))
    assert part == (0, [("", 60)], State(pool_used=100))
    full = above_pool(Stay(bill={"total": 700, "basic_paid": 150, "deductible": 500}))
    assert full == (50, [], State(inside=50, pool_used=100))
    assert above_pool(Stay(base=100)) == (0, [("", 100)], State(pool_used=100))


def test_rates_may_fall_unless_the_document_wants_them_to_rise() -> None:
    rule = rule_of(CHUXIONG)
    bands_ = [
        {"article": "一", "over": "0元", "to": "1元", "pays": "60%"},
        {"article": "一", "over": "1元", "pays": "50%"},
    ]

    def written(**more: object) -> banded.BandedBenefit:
        plain = {"kind": "bands", "article": "一", "accumulates": "period", "bands": tuple(bands_), **more}
        return banded.BandedBenefit.model_validate(plain)

    assert not rule.rates_rise and not written().rates_rise
    with pytest.raises(ValueError, match="第2段的 pays 低于前一段"):
        written(rates_rise=True)
    bands_[1]["pays"] = "60%"
    assert written(rates_rise=True).rates_rise
    assert banded.falling([1, 2, 2, 1, 0]) == 3
    assert banded.falling([1]) is None


def test_who_is_in_several_groups_has_the_highest_of_their_rates() -> None:
    """60 % for everybody, five points more for one group, ten for another, never more than all."""

    def by(group: str, points: str) -> banded.Raised:
        return banded.Raised.model_validate({"article": group, "groups": (group,), "by": points})

    rule = rule_of(GUANGXI).model_copy(
        update={"raised": (by("dibao", "10%"), by("wubao", "5%"), by("sanwu", "90%"))}
    )
    of = GUANGXI.model_copy(update={"benefit": rule})
    figures: Figures = {"deductible": 0, "bands": ((0, 600_000),)}

    def paid(*groups: str) -> tuple[int, str]:
        found = benefit.assess(of, person=Person(groups=groups), stays=[Stay(base=100)], figures=figures)
        return found.total, found.lines[0].note

    assert paid() == paid("low_income_serious") == (60, "")
    assert paid("wubao") == (65, "wubao：比例提高5%")
    assert paid("wubao", "dibao") == paid("dibao", "wubao") == (70, "dibao：比例提高10%")
    assert paid("sanwu", "wubao")[0] == 100
    assert rule.groups == {"dibao", "wubao", "sanwu"}
