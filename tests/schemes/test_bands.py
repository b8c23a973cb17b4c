"""Bands: monotone, independent of order and of splits, exact at their edges."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import bands, benefit
from schemes.rules.stay import Stay
from schemes.rules.units import half_up
from tests.schemes.support import document

YUNNAN = document("yunnan-mutual-aid").document
STEPS = YUNNAN.ready().steps or ()
EDGES = [0, 80_000, 1_000_000, 10_000_000, 50_000_000]
fen = st.one_of(
    st.integers(0, 60_000_000),
    st.builds(lambda edge, off: max(edge + off, 0), st.sampled_from(EDGES), st.integers(-2, 2)),
)


def by_hand(total: int) -> int:
    """Article 7 once more, in fractions, as one would work it on paper."""
    if total <= 80_000:
        return 0
    first = max(Fraction(min(total, 1_000_000) - 80_000) * Fraction(3, 10), Fraction(10_000))
    second = Fraction(max(min(total, 10_000_000) - 1_000_000, 0)) * Fraction(7, 10)
    third = Fraction(max(min(total, 50_000_000) - 10_000_000, 0))
    return int(first + second + third + Fraction(1, 2))


@given(fen)
def test_entitlement_is_what_the_article_gives_by_hand(total: int) -> None:
    assert bands.entitled(STEPS, total) == by_hand(total)


@given(fen, fen)
def test_more_cost_never_pays_less(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert bands.entitled(STEPS, low) <= bands.entitled(STEPS, high)


@given(st.lists(fen, max_size=6), st.randoms())
def test_the_order_of_filing_does_not_change_the_sum(bases: list[int], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(bases)
    random.shuffle(shuffled)
    totals = {
        benefit.assess(YUNNAN, stays=[Stay(base=base) for base in order]).total for order in (bases, shuffled)
    }
    assert totals == {by_hand(sum(bases))}


@given(fen, st.data())
def test_splitting_a_stay_changes_nothing(total: int, data) -> None:  # type: ignore[no-untyped-def]
    cut = data.draw(st.integers(0, total))
    whole = benefit.assess(YUNNAN, stays=[Stay(base=total)])
    split = benefit.assess(YUNNAN, stays=[Stay(base=cut), Stay(base=total - cut)])
    assert whole.total == split.total


@given(fen, fen)
def test_lines_add_up_to_the_base_and_to_the_payment(before: int, base: int) -> None:
    paid, lines = bands.difference(STEPS, before, before + base)
    assert sum(line.basis for line in lines) == base
    assert sum(line.amount for line in lines) == paid
    assert paid == by_hand(before + base) - by_hand(before)


@given(fen, fen)
def test_one_further_stay_equals_the_whole_account(before: int, base: int) -> None:
    one = benefit.assess_one(YUNNAN, stay=Stay(base=base), cumulated=before, paid=by_hand(before))
    whole = benefit.assess(YUNNAN, stays=[Stay(base=before), Stay(base=base)])
    assert one.amount == whole.stays[1].amount
    assert one.owed == (one.amount if one.amount or by_hand(before) else 0)


def test_an_account_that_was_paid_too_little_is_owed_the_rest() -> None:
    found = benefit.assess_one(YUNNAN, stay=Stay(base=100_000), cumulated=400_000, paid=90_000)
    assert found.amount == 30_000
    assert found.owed == 126_000 - 90_000


@pytest.mark.parametrize(
    ("total", "entitled"),
    [(80_000, 0), (80_001, 10_000), (113_333, 10_000), (113_335, 10_001), (1_000_000, 276_000),
     (1_000_001, 276_001), (10_000_000, 6_576_000), (50_000_000, 46_576_000),
     (50_000_001, 46_576_000)],
)  # fmt: skip
def test_the_edges_of_the_bands(total: int, entitled: int) -> None:
    assert bands.entitled(STEPS, total) == entitled


@given(st.integers(0, 10**15))
def test_half_up_is_half_up(exact: int) -> None:
    assert half_up(exact) == int(Fraction(exact, 10**6) + Fraction(1, 2))
