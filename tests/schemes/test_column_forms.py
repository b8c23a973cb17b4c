"""The column forms say the same as the scalar functions; here a small SQL engine in memory reads them."""

from __future__ import annotations

import sqlite3
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import base, benefit, columns, routing
from schemes.rules.base import PAYERS
from schemes.rules.document import Document, load
from schemes.rules.errors import BillInconsistent, UnknownField
from schemes.rules.model import Announced
from schemes.rules.stay import Stay
from schemes.rules.units import Fen
from tests.schemes.support import document
from tests.schemes.test_new_city import CRITICAL, basic

YUNNAN = document("yunnan-mutual-aid").document
CHUXIONG = document("chuxiong-large-expense").document
GUANGXI = document("guangxi-critical-illness").document
NAMES = columns.Names(
    amount=lambda name: f"COALESCE({name}, 0)", exclusion="exclusion", care="care", designated="designated",
    discharged="discharged",
)  # fmt: skip
EDGES = (0, 80_000, 113_334, 1_000_000, 10_000_000, 38_888_889, 50_000_000)
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
    names = {"total": None, **dict.fromkeys(columns.needed([YUNNAN, CHUXIONG])), "exclusion": None,
             "care": "inpatient", "designated": None, "discharged": None, "amount": None, **row}  # fmt: skip
    columns_ = ", ".join(f"? AS {name}" for name in names)
    return engine.execute(f"SELECT {said} FROM (SELECT {columns_})", list(names.values())).fetchone()[0]


@given(totals)
def test_the_bands_of_a_column_pay_what_the_scalar_pays(total: int) -> None:
    for of in (YUNNAN, CHUXIONG):
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
    for of in (YUNNAN, CHUXIONG, YUNNAN.model_copy(update={"exclusions": ()}),
               YUNNAN.model_copy(update={"accepts": None})):  # fmt: skip
        row = {**facts}
        if "discharged" in row:
            row["discharged"] = row["discharged"].isoformat()
        excluded = columns.forms(of, NAMES).excluded
        assert bool(value(excluded, **row)) == bool(benefit.excluded(of, Stay(base=1, **facts)))


def test_a_column_is_routed_as_an_application_is() -> None:
    for of in (YUNNAN, CHUXIONG):
        level = columns.forms(of, NAMES).level("amount")
        for amount in (-1, 0, 1, 300_000, 300_001, 1_000_000, 1_000_001):
            assert value(level, amount=amount) == (routing.level(of, amount) or "")
    levels = [value(columns.level(YUNNAN, "amount"), amount=amount) for amount in (0, 1, 300_001, 1_000_001)]
    assert levels == ["", "agency", "office", "center"]


def test_the_columns_that_are_read_are_named_once_and_in_order() -> None:
    assert columns.needed([]) == sorted({"total", *PAYERS})
    assert columns.needed([CHUXIONG, basic]) == sorted(
        {"total", *PAYERS, "self_funded", "over_limit", "hospital_part"}
    )


def test_only_bands_over_a_base_from_columns_have_a_column_form() -> None:
    assert columns.has_form(YUNNAN) and columns.has_form(CHUXIONG)
    critical = load(CRITICAL.encode())
    assert critical.benefit is not None
    plain = critical.benefit.model_copy(update={"deductible": None})
    without_base = critical.model_copy(update={"benefit": plain})
    with_base = without_base.model_copy(update={"base": YUNNAN.base})
    assert columns.has_form(with_base)
    room = {"pool_room": 500, "pool_ratio": 900_000}
    figures = tuple(
        item.model_copy(update={"default": Fen(room[item.name])}) if item.name in room else item
        for item in CHUXIONG.figures
    )
    refused: list[Document] = [
        without_base,
        critical.model_copy(update={"base": YUNNAN.base}),
        document("lianyungang-basic").document.model_copy(update={"base": YUNNAN.base}),
        GUANGXI.model_copy(update={"benefit": _announced()}),
        CHUXIONG.model_copy(update={"figures": figures}),
    ]
    for of in refused:
        assert not columns.has_form(of)
        with pytest.raises(UnknownField) as error:
            columns.forms(of, NAMES)
        assert error.value.path == "benefit"
    with pytest.raises(UnknownField) as error:
        columns.base(without_base, NAMES.amount)
    assert error.value.path == "base"


def _announced() -> Any:
    assert GUANGXI.benefit is not None
    bands = Announced("figure:bands")
    return GUANGXI.benefit.model_copy(update={"deductible": None, "bands": bands})
