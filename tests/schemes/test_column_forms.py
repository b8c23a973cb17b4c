"""The column forms say the same as the scalar functions; here a small SQL engine in memory reads them."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import banded, base, benefit, columns, routing
from schemes.rules.base import PAYERS
from schemes.rules.document import AnnouncedFigureDecl, Document
from schemes.rules.errors import BillInconsistent, UnknownField
from schemes.rules.model import Announced
from schemes.rules.stay import Stay
from schemes.rules.units import Fen, Ppm
from tests.schemes.support import document
from tests.schemes.test_new_city import basic, large

YUNNAN = document("yunnan-mutual-aid").document


def capped() -> Document:
    """80 % up to 300,000, and never more than 200,000; hospital's and own columns off the total."""
    rule = large.benefit
    assert isinstance(rule, banded.BandedBenefit)
    cap = banded.Cap(article="一", amount=Fen(20_000_000))
    less = tuple(
        base.Deduction(article="一", column=name) for name in ("basic_paid", "self_funded", "over_limit")
    )
    return large.model_copy(
        update={"benefit": rule.model_copy(update={"accumulates": "period", "cap": cap}),
                "base": base.Base(article="一", less=less)}
    )  # fmt: skip


CAPPED = capped()
NAMES = columns.Names(
    amount=lambda name: f"COALESCE({name}, 0)", exclusion="exclusion", care="care", designated="designated",
    discharged="discharged",
)  # fmt: skip
EDGES = (0, 80_000, 113_334, 1_000_000, 10_000_000, 25_000_000, 30_000_000, 50_000_000)
totals = st.one_of(
    st.builds(lambda edge, off: max(edge + off, 0), st.sampled_from(EDGES), st.integers(-1, 1)),
    st.integers(0, 10**9),
)


def value(expression: str, **row: Any) -> Any:
    """What an expression gives for one row; PostgreSQL's own words put the engine's way."""
    said = expression.replace("::bigint", "").replace("DATE '", "'")
    engine = sqlite3.connect(":memory:")
    engine.create_function("LEAST", -1, min)
    engine.create_function("GREATEST", -1, max)
    names = {"total": None, **dict.fromkeys(columns.needed([YUNNAN, CAPPED])), "exclusion": None,
             "care": "inpatient", "designated": None, "discharged": None, "amount": None, **row}  # fmt: skip
    columns_ = ", ".join(f"? AS {name}" for name in names)
    return engine.execute(f"SELECT {said} FROM (SELECT {columns_})", list(names.values())).fetchone()[0]


@given(totals)
def test_the_bands_of_a_column_pay_what_the_scalar_pays(total: int) -> None:
    for of in (YUNNAN, CAPPED):
        entitled = columns.forms(of, NAMES).entitled("total")
        assert value(entitled, total=total) == of.ready().entitled(total)


def test_the_base_and_the_faults_of_a_slip() -> None:
    forms = columns.forms(YUNNAN, NAMES)
    rule = YUNNAN.base
    assert rule is not None
    slips: list[tuple[dict[str, int], bool]] = [
        ({"total": 10_000, "basic_paid": 5_000, "cash_paid": 5_005}, False),
        ({"total": 10_000, "basic_paid": 5_000, "cash_paid": 5_006}, True),
        ({"total": 10_000, "basic_paid": 9_000, "self_funded": 1_000}, False),
        ({"total": 10_000, "basic_paid": 9_000, "self_funded": 1_001}, True),
        ({"total": 0}, False),
        ({"total": 700, "over_limit": 100, "over_package": 20, "newly_covered": 3}, False),
    ]
    for slip, faulty in slips:
        assert bool(value(forms.faulty, **slip)) == faulty
        if faulty:
            with pytest.raises(BillInconsistent):
                base.base_of(rule, slip)
        else:
            assert value(forms.base, **slip) == base.base_of(rule, slip).base
    assert value(forms.base, total=700, over_limit=100, over_package=20, newly_covered=3) == 577


@pytest.mark.parametrize(
    "facts",
    [{}, {"exclusion": "fraud"}, {"designated": False}, {"designated": True},
     {"designated": False, "care": "emergency"}, {"care": "outpatient"}, {"care": "home_bed"},
     {"discharged": date(2021, 12, 31)}, {"discharged": date(2022, 1, 1)},
     {"discharged": date(2022, 12, 31)}, {"discharged": date(2023, 1, 1)}],
)  # fmt: skip
def test_a_column_excludes_the_stays_that_the_scalar_excludes(facts: dict[str, Any]) -> None:
    hospitals = tuple(item for item in YUNNAN.exclusions if item.reason == "non_designated")
    others = tuple(item for item in YUNNAN.exclusions if item.reason != "non_designated")
    variants: list[dict[str, Any]] = [
        {}, {"exclusions": ()}, {"exclusions": hospitals}, {"exclusions": others}, {"accepts": None},
    ]  # fmt: skip
    for of in (CAPPED, *(YUNNAN.model_copy(update=update) for update in variants)):
        row = {**facts}
        if "discharged" in row:
            row["discharged"] = row["discharged"].isoformat()
        excluded = columns.forms(of, NAMES).excluded
        assert bool(value(excluded, **row)) == bool(benefit.excluded(of, Stay(base=1, **facts)))


def test_a_column_is_routed_as_an_application_is() -> None:
    for of in (YUNNAN, CAPPED):
        level = columns.forms(of, NAMES).level("amount")
        for amount in (-1, 0, 1, 300_000, 300_001, 1_000_000, 1_000_001):
            assert value(level, amount=amount) == (routing.level(of, amount) or "")
    levels = [value(columns.level(YUNNAN, "amount"), amount=amount) for amount in (0, 1, 300_001, 1_000_001)]
    assert levels == ["", "agency", "office", "center"]


def test_the_columns_that_are_read_are_named_once_and_in_order() -> None:
    assert columns.needed([]) == sorted({"total", *PAYERS})
    assert columns.needed([CAPPED, basic]) == sorted({"total", *PAYERS, "self_funded", "over_limit"})


def test_only_bands_over_one_cumulated_base_have_a_column_form() -> None:
    assert columns.has_form(YUNNAN) and columns.has_form(CAPPED)
    rule = CAPPED.benefit
    assert isinstance(rule, banded.BandedBenefit) and rule.cap is not None
    elsewhere = banded.OutOfRegion(article="一", approved=Ppm(500_000), unapproved=Ppm(0))
    pool = banded.AbovePool(
        article="一", room=Announced("figure:pool_room"), ratio=Announced("figure:pool_ratio")
    )
    known = {"name": "pool_room", "label": "x", "article": "一", "default": "5元"}
    ratio = {"name": "pool_ratio", "label": "x", "article": "一", "default_rate": "90%"}
    refused: list[Document] = [
        CAPPED.model_copy(update={"base": None}),
        document("lianyungang-basic").document.model_copy(update={"base": YUNNAN.base}),
        *(CAPPED.model_copy(update={"benefit": rule.model_copy(update=changes)}) for changes in (
            {"accumulates": "settlement_year"}, {"accumulates": "discharge_year"},
            {"out_of_region": elsewhere}, {"bands": Announced("figure:bands")},
            {"cap": rule.cap.model_copy(update={"waived_for": "major_illness"})},
            {"deductible": banded.Deductible(article="一", amount=Fen(1))})),
        CAPPED.model_copy(
            update={"benefit": rule.model_copy(update={"above_pool": pool}),
                    "figures": tuple(map(AnnouncedFigureDecl.model_validate, (known, ratio)))}
        ),
    ]  # fmt: skip
    for of in refused:
        assert not columns.has_form(of)
        with pytest.raises(UnknownField) as error:
            columns.forms(of, NAMES)
        assert error.value.path == "benefit"
    with pytest.raises(UnknownField) as error:
        columns.base(refused[0], NAMES.amount)
    assert error.value.path == "base"
