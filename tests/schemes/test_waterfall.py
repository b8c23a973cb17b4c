"""One bill down a chain: every fen in one named place, each step by its own date."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import cases
from schemes.rules.base import INSURERS
from schemes.rules.document import DocumentError
from schemes.rules.units import parse_yuan, yuan
from schemes.rules.waterfall import load_chain
from tests.schemes.support import CHAINS, ask_chain

WORKED = cases.read(CHAINS / "chains.cases.json")
amounts = st.integers(0, 3_000_000)


@pytest.mark.parametrize("case", WORKED, ids=lambda case: case["id"])
def test_a_chain_answers_its_case(case: dict[str, Any]) -> None:
    found = ask_chain(cases.request_of(case))
    assert cases.differences(case["answer"], found["answer"]) == []


@given(amounts, amounts, amounts, amounts, amounts, st.booleans())
def test_every_fen_of_a_bill_ends_in_one_place(own, basic, above, free, account, slip_pays) -> None:  # type: ignore[no-untyped-def]
    total = own + basic + above + free + account
    stay = {
        "discharged": "2023-02-01", "total": yuan(total), "basic_paid": yuan(basic),
        "self_funded": yuan(free), "above_ceiling": yuan(above), "account_paid": yuan(account),
    }  # fmt: skip
    if slip_pays:
        stay["large_paid"] = yuan(above // 2)
    answer = ask_chain({"scheme": "chuxiong", "ask": "waterfall", "facts": {"stay": stay}})["answer"]
    places = answer["places"]
    assert sum(parse_yuan(amount) for amount in places.values()) == total
    borne = sum(parse_yuan(places.get(name, "0.00")) for name in ("account_paid", "cash_paid"))
    assert parse_yuan(answer["own"]) == borne
    assert all(places[name] == amount for name, amount in answer["steps"].items())


def test_each_line_names_its_scheme_and_each_step_its_document() -> None:
    found = ask_chain(cases.request_of(next(case for case in WORKED if case["id"] == "WF-001")))
    assert {line["rule"].split(":")[0] for line in found["lines"]} == set(found["answer"]["documents"])
    assert set(found["answer"]["sources"].values()) == {"document"}


def test_steps_on_provisional_figures_are_listed() -> None:
    found = ask_chain(cases.request_of(next(case for case in WORKED if case["id"] == "WF-008")))
    assert "lianyungang-critical-illness:benefit.bands[0]" in found["provisional"]


@pytest.mark.parametrize(
    ("stay", "code", "path"),
    [
        ({}, "figure_missing", "facts.stay.total"),
        ({"total": "1.00"}, "figure_missing", "facts.stay.discharged"),
        ({"total": "1.00", "bill": {"total": "1.00"}, "discharged": "2023-01-01"}, "bill_inconsistent",
         "facts.stay.bill"),
        ({"total": "1.00", "self_funded": "2.00", "discharged": "2023-01-01"}, "bill_inconsistent",
         "facts.stay"),
        ({"total": "1.00", "discharged": "2023-01-01", "settled": "2022-12-31"}, "bad_date",
         "facts.stay.settled"),
        ({"total": "1.00", "discharged": "2023-01-01", "admitted": "2023-01-02"}, "bad_date",
         "facts.stay.discharged"),
        ({"total": 1, "discharged": "2023-01-01"}, "bad_amount", "facts.stay.total"),
        ({"totl": "1.00"}, "unknown_field", "facts.stay.totl"),
    ],
)  # fmt: skip
def test_a_slip_that_cannot_be_understood_is_refused_by_name(
    stay: dict[str, Any], code: str, path: str
) -> None:
    found = ask_chain({"scheme": "chuxiong", "ask": "waterfall", "facts": {"stay": stay}})["answer"]
    assert (found["error"], found["path"]) == (code, path)


def test_a_chain_file_is_read_strictly(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "x.toml"
    file.write_text('chain = "x"\nname = "x"\n[[steps]]\nscheme = "a"\nbase = "guess"\n', encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        load_chain(file)
    assert {problem.path for problem in error.value.problems} == {
        "steps[0].base", "steps[0].pays_into",
    }  # fmt: skip


@given(
    amounts, amounts, amounts, amounts, amounts, st.sampled_from(["none", "room", "flat", "above", "basic"])
)
def test_every_fen_ends_in_one_place_where_the_pool_is_calculated(  # type: ignore[no-untyped-def]
    cost, own, free, later, account, known
) -> None:
    """Amounts a hundredfold, so that the pool's ceiling falls on many of them."""
    cost, total = cost * 100, cost * 100 + own + free + later
    stay: dict[str, Any] = {
        "discharged": "2022-06-01", "total": yuan(total), "self_funded": yuan(free), "class_b_own": yuan(own),
        "supplementary_paid": yuan(later), "account_paid": yuan(min(account, total - later)),
        "hospital": {"level": "third"},
    }  # fmt: skip
    figures: dict[str, Any] = {"room": {"pool_room": "50000.00"}, "flat": {"pool_ratio": "85%"}}.get(
        known, {}
    )
    if known == "above":
        stay["above_ceiling"] = yuan(cost // 2)
    if known == "basic":
        stay |= {"basic_paid": yuan(cost // 2), "account_paid": yuan(0)}
    request = {"scheme": "lianyungang", "ask": "waterfall", "facts": {"stay": stay, "figures": figures}}
    found = ask_chain(request)
    answer = found["answer"]
    places = answer["places"]
    assert sum(parse_yuan(amount) for amount in places.values()) == total
    assert all(parse_yuan(amount) >= 0 for amount in places.values())
    in_scope = total - free - sum(parse_yuan(places.get(name, "0.00")) for name in INSURERS) - sum(
        parse_yuan(amount) for amount in answer["steps"].values()
    )  # fmt: skip
    assert parse_yuan(places.get("account_paid", "0.00")) <= max(in_scope, 0)
    for name, amount in answer["steps"].items():
        lines = [line for line in found["lines"] if line["rule"].startswith(f"{name}:")]
        if answer["sources"][name] == "document":
            signed = [line["amount"].removeprefix("-") for line in lines]
            sums = sum(
                parse_yuan(text) * (-1 if line["amount"].startswith("-") else 1)
                for text, line in zip(signed, lines, strict=True)
            )
            assert sums == parse_yuan(amount)
