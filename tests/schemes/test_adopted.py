"""The same cases through the adopted versions: what migrate brought in answers like the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemes.quotes import chains, quote
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
