"""Every fact of every worked case can be typed into the calculator's fields, and gets the case's answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from claims.models import Column
from desk import calculator
from desk.forms.calculator import SheetForm
from desk.forms.questions import QUESTIONS, Question
from schemes import quotes
from schemes.rules import document
from schemes.rules.cases import request_of
from schemes.rules.document import Document, LoadedDocument
from schemes.shipped import FOLDER

ON = date(2022, 12, 19)
CITIES = Path(__file__).resolve().parents[1] / "data" / "cities"
TYPED_ERRORS = {"bill_inconsistent", "no_document"}
"""Errors that the page can run into; others a field refuses itself, or its form always says the fact."""


def documents_with_cases() -> Iterator[tuple[str, LoadedDocument, list[dict[str, Any]]]]:
    for path in [*sorted(FOLDER.rglob("*.cases.json")), *sorted(CITIES.glob("*.cases.json"))]:
        text = path.with_name(path.name.replace(".cases.json", ".toml"))
        yield f"{path.parent.name}/{path.name}", document.load_file(text), json.loads(path.read_text())


SHIPPED = list(documents_with_cases())


def question_of(ask: str, facts: Mapping[str, Any]) -> Question:
    """The question under which somebody would type these facts."""
    key = ask
    if ask == "benefit" and "event" in facts:
        key = "event"
    if ask == "levy" and "unit" in facts:
        key = "levy-unit"
    if ask == "career" and "months_to_add" in facts:
        key = "top_up"
    return next(question for question in QUESTIONS if question.key == key)


def with_bill(ask: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """A chain's request may hold the slip's columns in the stay itself; the page holds them in its bill."""
    if ask != "waterfall":
        return facts
    stay = dict(facts["stay"])
    beside = {name: stay.pop(name) for name in list(stay) if name in Column.values}
    return {**facts, "stay": {**stay, "bill": stay.get("bill", {}) | beside}}


def untouched(form: SheetForm) -> dict[str, Any]:
    """What a browser sends of fields that nobody touches: of every choice the first."""
    return {
        bound.html_name: bound.field.choices[0][0]
        for one in form.forms
        for bound in one
        if hasattr(bound.field, "choices") and not bound.field.widget.allow_multiple_selected
    }


def typed(facts: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Facts as the fields of the page hold them."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        here = f"{path}{name}"
        if name in ("stays", "payments"):
            found[f"{name}-count"] = str(max(len(value), 1))
            for number, row in enumerate(value):
                found |= typed(row, f"{name}-{number}-")
        elif name == "bands":
            found[here] = "；".join(f"{band['over']}: {band['rate']}" for band in value)
        elif isinstance(value, Mapping):
            found |= typed(value, f"{here}-")
        elif name == "groups":
            found[here] = value
        elif isinstance(value, list):
            found[here] = "、".join(value)
        elif isinstance(value, bool):
            ticked = name in TICKS
            found[here] = ("on" if value else "") if ticked else ("yes" if value else "no")
        else:
            found[here] = str(value)
    return found


TICKS = {"major_illness", "new_member", "paid_this_year", "already_enrolled", "civil_servant_subsidy"}


@pytest.mark.parametrize(("name", "loaded", "cases"), SHIPPED, ids=[name for name, *_rest in SHIPPED])
def test_every_worked_case_can_be_typed_into_the_fields(
    name: str, loaded: LoadedDocument, cases: list[dict[str, Any]]
) -> None:
    wrong = []
    for case in cases:
        response = quotes.quote(request_of(case), document=loaded)
        if response["answer"].get("error", "bill_inconsistent") not in TYPED_ERRORS:
            continue
        if case["facts"].get("stays") == []:
            continue
        question = question_of(case["ask"], case.get("facts", {}))
        if not question.answered_by(loaded.document):
            wrong += [] if "error" in response["answer"] else [(case["id"], "not offered")]
        else:
            wrong += asked_by_form(case, question, [loaded.document], response, loaded)
    assert wrong == []


def asked_by_form(
    case: dict[str, Any],
    question: Question,
    documents: list[Document],
    response: dict[str, Any],
    loaded: LoadedDocument | None = None,
) -> list[Any]:
    """What the form makes of a case's facts, where that gets another answer than the case's own request."""
    data = typed(with_bill(case["ask"], case.get("facts", {})))
    form = SheetForm(question.sheet(documents), untouched(SheetForm(question.sheet(documents), data)) | data)
    if not form.is_valid():
        return [(case["id"], form.errors())]
    again = quotes.quote({**request_of(case), "facts": form.facts()}, document=loaded)
    alike = {**again["answer"], "path": ""} == {**response["answer"], "path": ""}
    return [] if alike else [(case["id"], form.facts(), again["answer"])]


@pytest.mark.django_db
def test_every_worked_chain_can_be_typed_into_the_fields() -> None:
    wrong = []
    for case in json.loads((FOLDER.parent / "chains" / "chains.cases.json").read_text()):
        response = quotes.quote(request_of(case))
        if response["answer"].get("error", "bill_inconsistent") not in TYPED_ERRORS:
            continue
        subject = calculator.subject(f"chain:{case['scheme']}", on=ON)
        assert subject is not None
        wrong += asked_by_form(case, question_of("waterfall", {}), subject.documents, response)
    assert wrong == []
