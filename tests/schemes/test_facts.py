"""What a request may say: what counts when nothing is said, and how far a number may go."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from schemes.rules import facts, quote
from schemes.rules.errors import BadAmount, BadDate, RuleError, UnknownField
from tests.schemes.support import ask, document


def read(model: type[facts.Facts], **data: Any) -> Any:
    return facts.read(model, data, "facts")


def refused(model: type[facts.Facts], **data: Any) -> RuleError:
    with pytest.raises(RuleError) as error:
        read(model, **data)
    return error.value


def test_a_column_that_is_left_out_counts_as_nothing() -> None:
    assert set(read(facts.Bill).model_dump().values()) == {0}
    assert read(facts.CorridorFacts, premium="1.00", claims="1.00", target="5%").admin == 0


def test_what_is_not_said_of_a_person_a_unit_or_a_stay_is_not_so() -> None:
    person, unit, stay = read(facts.PersonFacts), read(facts.UnitFacts), read(facts.StayFacts)
    assert (person.kind, person.new_member, person.age, person.groups) == ("active", False, None, [])
    heads = (unit.active, unit.retired, unit.flexible, unit.staff, unit.new_members)
    assert (heads, unit.continuing, unit.new) == ((0, 0, 0, 0, 0), None, None)
    assert unit.civil_servant_subsidy is False
    assert (stay.care, stay.major_illness, stay.base) == ("inpatient", False, None)
    assert (read(facts.ChainStay).care, read(facts.ChainStay).major_illness) == ("inpatient", False)
    assert read(facts.LevyFacts).paid_this_year is False
    assert read(facts.JoinFacts).already_enrolled is False
    asked = read(facts.QuotaFacts, active_insured=3, active_joining=2)
    assert (asked.retirees_insured, asked.retirees_joining) == (0, 0)


@pytest.mark.parametrize(
    ("text", "known"),
    [("1899-12-31", False), ("1900-01-01", True), ("2199-12-31", True), ("2200-01-01", False),
     ("20220301", False), ("2022-02-29", False), (20220301, False), (None, False)],
)  # fmt: skip
def test_a_date_lies_in_the_years_that_schemes_speak_of(text: object, known: bool) -> None:
    assert (facts.iso_date(text) is not None) == known


@pytest.mark.parametrize(
    ("text", "found"),
    [("1900-01", (1900, 1)), ("2199-12", (2199, 12)), ("1899-12", None), ("2200-01", None), (202201, None)],
)
def test_a_month_lies_in_the_same_years(text: object, found: tuple[int, int] | None) -> None:
    if found is None:
        assert isinstance(refused(facts.CoverFacts, last_month_paid=text), BadDate)
    else:
        assert read(facts.CoverFacts, last_month_paid=text).last_month_paid == found


def test_a_part_is_at_most_the_whole() -> None:
    assert read(facts.FigureFacts, pool_ratio="100%").pool_ratio == 1_000_000
    assert isinstance(refused(facts.FigureFacts, pool_ratio="100.0001%"), BadAmount)
    assert read(facts.CorridorFacts, premium="1.00", claims="0.00", target="100.0001%").target == 1_000_001


@pytest.mark.parametrize(
    ("model", "name", "least", "most"),
    [(facts.UnitFacts, "active", 0, 100_000_000), (facts.PersonFacts, "age", 0, 150),
     (facts.FigureFacts, "due_day", 1, 31)],
)  # fmt: skip
def test_numbers_have_a_least_and_a_most(model: type[facts.Facts], name: str, least: int, most: int) -> None:
    for value in (least, most):
        assert getattr(read(model, **{name: value}), name) == value
    for value in (least - 1, most + 1):
        assert refused(model, **{name: value}).path == f"facts.{name}"


def test_shares_of_an_event_and_the_length_of_a_code_are_bounded() -> None:
    for units in (0, 1000):
        assert read(facts.Event, plan="x" * 40, units=units).units == units
    for units in (-1, 1001):
        assert refused(facts.Event, plan="x", units=units).path == "facts.units"
    assert refused(facts.Event, plan="x" * 41, units=1).path == "facts.plan"


def test_a_thousand_stays_or_payments_are_one_question_and_one_more_is_too_many() -> None:
    stay, payment = {"base": "1.00"}, {"on": "2022-01-01", "amount": "1.00"}
    owed = {"arrears": "1.00", "due": "2022-01-01"}
    assert len(read(facts.BenefitFacts, stays=[stay] * 1000).stays) == 1000
    assert refused(facts.BenefitFacts, stays=[stay] * 1001).path == "facts.stays"
    assert len(read(facts.LateFeeFacts, payments=[payment] * 1000, **owed).payments) == 1000
    assert refused(facts.LateFeeFacts, payments=[payment] * 1001, **owed).path == "facts.payments"


def test_facts_stay_as_they_were_read_and_hold_nothing_unknown() -> None:
    unit = read(facts.UnitFacts, active=1)
    with pytest.raises(ValidationError):
        unit.active = 2
    error = refused(facts.UnitFacts, actve=1)
    assert (type(error), error.path, error.message) == (UnknownField, "facts.actve", "不认识的字段")
    assert refused(facts.UnitFacts, active="1").message == "请写整数"
    assert refused(facts.Hospital, level="fourth").path == "facts.level"
    chosen = refused(facts.WindowFacts, act="fly", on="2022-01-01").message
    assert chosen == '只能写："enter", "pay", "claim", "summary" 或 "remit"'


@pytest.mark.parametrize("bands", ["x", [], {}, {"over": "1.00", "rate": "5%"}, 5])
def test_announced_bands_are_a_list_of_at_least_one(bands: object) -> None:
    error = refused(facts.FigureFacts, bands=bands)
    assert (type(error), error.path) == (BadAmount, "facts.bands")
    assert len(read(facts.FigureFacts, bands=[{"over": "1.00", "rate": "5%"}]).bands) == 1


@pytest.mark.parametrize("asked", [None, 5, ["benefit"], {"ask": "benefit"}, "sing"])
def test_a_question_that_nobody_knows_is_named(asked: object) -> None:
    found = ask(document("yunnan-mutual-aid"), {"scheme": "x", "ask": asked, "facts": {}})["answer"]
    assert (found["error"], found["path"]) == ("unknown_field", "ask")


def test_a_refusal_and_a_gap_are_understood_and_a_scheme_that_nobody_knows_is_not() -> None:
    def understood(**answer: str) -> bool:
        return quote.understood({"answer": answer})

    assert understood(total="1.00") and understood(error="figure_missing", path="scheme")
    assert understood(error="no_document", path="on") and quote.understood({})
    assert not understood(error="no_document", path="scheme")
    assert not understood(error="bad_date", path="on")
