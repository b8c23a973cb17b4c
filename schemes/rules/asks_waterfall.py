"""The question ``waterfall``: one bill down a chain of schemes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from schemes.rules import facts as given
from schemes.rules import waterfall
from schemes.rules.asking import as_error, named_figures, person_of, reason_dicts
from schemes.rules.errors import BadDate, BillInconsistent, FigureMissing, RuleError
from schemes.rules.stay import Stay
from schemes.rules.units import yuan


def answer_chain(
    chain: waterfall.Chain,
    request: Mapping[str, Any],
    *,
    lookup: waterfall.Lookup,
    on: date | None,
) -> dict[str, Any]:
    """The whole answer to a waterfall request, errors included."""
    shown: dict[str, Any] = {
        "scheme": {"code": chain.chain, "period": None, "sha": None},
        "ask": "waterfall",
    }
    try:
        facts = given.read(given.WaterfallFacts, request.get("facts", {}), "facts")
        found = waterfall.run(
            chain, slip_of(facts.stay, on), person=person_of(facts.person),
            figures=named_figures(facts.figures), lookup=lookup,
        )  # fmt: skip
    except RuleError as error:
        if not error.path.startswith("facts"):
            error.path = _path_in(request, error.path)
        return {**shown, "answer": as_error(error), "lines": []}
    shown["answer"] = _values(found)
    shown["lines"] = [line.as_dict() for line in found.lines]
    if found.provisional:
        shown["provisional"] = found.provisional
    return shown


def _path_in(request: Mapping[str, Any], path: str) -> str:
    """Where a chain's stay holds what is wrong: its columns stand in ``bill`` or in the stay itself."""
    stay = request["facts"]["stay"]
    return "facts.stay" if path == "bill" and "bill" not in stay else f"facts.stay.{path}"


def _values(found: waterfall.Run) -> dict[str, Any]:
    values: dict[str, Any] = {
        "steps": {name: yuan(amount) for name, amount in found.steps.items()},
        "own": yuan(found.own),
        "places": {name: yuan(amount) for name, amount in found.places.items()},
        "sources": found.sources,
        "documents": found.shas,
    }
    if found.checks:
        values["checks"] = {name: yuan(amount) for name, amount in found.checks.items()}
    if found.reasons:
        values["reasons"] = {name: reason_dicts(items) for name, items in found.reasons.items()}
    if found.warnings:
        values["warnings"] = [
            {**told, "scheme": name} for name, items in found.warnings.items() for told in reason_dicts(items)
        ]
    return values


def slip_of(facts: given.ChainStay, on: date | None) -> waterfall.Slip:
    """The slip that runs down a chain.

    Raises:
        BillInconsistent: columns both in ``bill`` and beside it.
        FigureMissing: no date, or neither a total nor an in-scope cost.
        BadDate: dates in the wrong order.
    """
    beside = {name: getattr(facts, name) for name in facts.model_fields_set & set(given.Bill.model_fields)}
    inside = (
        {}
        if facts.bill is None
        else {name: getattr(facts.bill, name) for name in facts.bill.model_fields_set}
    )
    if beside and inside:
        raise BillInconsistent("栏目写在 bill 里或写在 stay 里，只选一处", "facts.stay.bill")
    bill = beside or inside
    if "total" not in bill and facts.in_scope is None:
        raise FigureMissing("请给出 total 或 in_scope", "facts.stay.total")
    if facts.admitted and facts.discharged and facts.discharged < facts.admitted:
        raise BadDate("出院日期早于入院日期", "facts.stay.discharged")
    if facts.settled and facts.discharged and facts.settled < facts.discharged:
        raise BadDate("结算日期早于出院日期", "facts.stay.settled")
    day = facts.settled or facts.discharged or on
    if day is None:
        raise FigureMissing("请给出出院日期", "facts.stay.discharged")
    hospital = facts.hospital
    stay = Stay(
        admitted=facts.admitted, discharged=facts.discharged,
        settled=facts.settled, care=facts.care,
        designated=None if hospital is None else hospital.designated,
        level=None if hospital is None else hospital.level, major_illness=facts.major_illness,
        out_of_region=facts.out_of_region, exclusion=facts.exclusion,
    )  # fmt: skip
    return waterfall.Slip(bill, stay, day, facts.in_scope, facts.above_ceiling)
