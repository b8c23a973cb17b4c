"""Every worked case beside a document holds, to the last digit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemes.rules import cases
from tests.schemes.support import all_cases, ask, loaded, shipped

BENEFITS = [
    (path, case) for path, case in all_cases()
    if case["ask"] == "benefit" and "error" not in case["answer"]
]  # fmt: skip


@pytest.mark.parametrize(("path", "case"), all_cases(), ids=lambda v: v["id"] if isinstance(v, dict) else "")
def test_the_document_answers_its_case(path: Path, case: dict[str, Any]) -> None:
    found = ask(loaded(path), cases.request_of(case))
    assert cases.differences(case["answer"], found["answer"]) == []


@pytest.mark.parametrize(("path", "case"), BENEFITS, ids=lambda v: v["id"] if isinstance(v, dict) else "")
def test_the_lines_of_a_benefit_add_up_to_the_payment(path: Path, case: dict[str, Any]) -> None:
    found = ask(loaded(path), cases.request_of(case))
    assert sum(_fen(line["amount"]) for line in found["lines"]) == _fen(found["answer"]["total"])


@pytest.mark.parametrize("path", shipped(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_document_has_cases_and_their_ids_are_its_own(path: Path) -> None:
    found = cases.read(cases.file_of(path))
    ids = [case["id"] for case in found]
    assert len(found) >= 3
    assert len(ids) == len(set(ids))
    assert {case["scheme"] for case in found} == {path.parent.name}


def test_a_wrong_case_is_shown_with_both_values() -> None:
    assert cases.differences({"total": "1.00"}, {"total": "2.00"}) == [
        'answer.total：应为 "1.00"，实为 "2.00"'
    ]
    assert cases.differences({"accepted": True}, {"accepted": 1}) != []
    assert cases.differences({"stays": [{"amount": "1.00"}]}, {"stays": []}) != []


def _fen(text: str) -> int:
    return int(text.replace(".", ""))


def test_a_question_is_worked_by_a_case_that_is_answered_not_by_one_that_is_refused() -> None:
    found = [
        {"ask": "levy", "answer": {"error": "figure_missing"}},
        {"ask": "benefit", "answer": {"total": "1.00"}},
        {"ask": "route"},
        {"ask": "quota", "answer": None},
    ]
    assert cases.unasked(found, ["levy", "benefit", "route", "quota"]) == ["levy", "route", "quota"]
    assert cases.unasked([*found, {"ask": "levy", "answer": {}}], ["benefit", "levy"]) == []
