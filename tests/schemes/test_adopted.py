"""The same cases through the adopted versions: what migrate brought in answers like the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemes.quotes import chains, quote, understood
from schemes.rules import cases
from tests.schemes.support import CHAINS, shipped

FILES = [*map(cases.file_of, shipped()), CHAINS / "chains.cases.json"]


@pytest.mark.django_db
@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_adopted_documents_answer_their_cases(file: Path) -> None:
    found = cases.read(file)
    answers = quote([cases.request_of(case) for case in found])
    wrong = {
        case["id"]: lines
        for case, response in zip(found, answers, strict=True)
        if (lines := cases.differences(case["answer"], response["answer"]))
    }
    assert wrong == {}
    shas = {response["scheme"]["sha"] for response in answers if "error" not in response["answer"]}
    assert len(shas) == 1


@pytest.mark.django_db
def test_a_scheme_or_period_without_a_document_names_the_gap() -> None:
    request = {"scheme": "yunnan-mutual-aid", "period": "17", "ask": "route", "facts": {"amount": "1.00"}}
    error = quote(request)["answer"]
    assert (error["error"], error["path"]) == ("no_document", "period")
    assert "2022-01-01" in error["message"]
    unknown = quote({**request, "scheme": "atlantis"})["answer"]
    assert unknown["error"] == "no_document"


def test_the_three_chains_are_shipped() -> None:
    assert set(chains()) == {"chuxiong", "lianyungang", "guangxi"}


@pytest.mark.django_db
def test_without_a_date_the_settlement_decides_where_the_scheme_says_so() -> None:
    stay = {"base": "10.00", "discharged": "2022-12-28", "settled": "2023-01-04"}
    request = {"scheme": "chuxiong-large-expense", "ask": "benefit", "facts": {"stays": [stay]}}
    assert quote(request)["answer"]["total"] == "9.00"
    old = quote({**request, "facts": {"stays": [{**stay, "settled": "2022-12-31"}]}})["answer"]
    assert (old["error"], old["path"]) == ("no_document", "on")
    assert "州政发〔2000〕23号" in old["message"]
    by_discharge = {"base": "1000.00", "discharged": "2022-12-28", "settled": "2024-01-04"}
    mutual = {**request, "scheme": "yunnan-mutual-aid", "facts": {"stays": [by_discharge]}}
    assert quote(mutual)["answer"]["total"] == "100.00"


@pytest.mark.django_db
def test_a_date_before_the_document_is_understood_and_an_unknown_scheme_is_not() -> None:
    facts = {"stays": [{"base": "1.00"}]}
    early = {"scheme": "chuxiong-large-expense", "on": "2022-12-31", "ask": "benefit", "facts": facts}
    assert understood(quote(early))
    for code in ("atlantis", "chuxiong", "At Lantis"):
        assert not understood(quote({**early, "scheme": code}))
