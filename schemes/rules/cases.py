"""Worked cases beside a document: what it must answer, to the last digit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

REQUEST_KEYS = ("scheme", "period", "on", "place", "ask", "facts")


def read(path: Path) -> list[dict[str, Any]]:
    """The cases of a file, in order.

    Raises:
        ValueError: the file is not a JSON list of objects.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, list) or not all(isinstance(case, dict) for case in found):
        raise ValueError(f"{path.name}：请写成 [ {{…}}, {{…}} ]")
    return found


def request_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """The request of a case, without what describes the case."""
    return {key: case[key] for key in REQUEST_KEYS if key in case}


def file_of(document: Path) -> Path:
    """The case file beside a document."""
    return document.with_suffix(".cases.json")


def differences(expected: Any, found: Any, path: str = "answer") -> list[str]:
    """Every key that the case names and the answer does not hold alike."""
    if isinstance(expected, Mapping):
        if not isinstance(found, Mapping):
            return [f"{path}：应为 {expected}，实为 {found}"]
        return [
            line
            for key, value in expected.items()
            for line in differences(value, found.get(key), f"{path}.{key}")
        ]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            line
            for number, value in enumerate(expected)
            for line in differences(value, found[number], f"{path}[{number}]")
        ]
    if expected == found and type(expected) is type(found):
        return []
    return [f"{path}：应为 {json.dumps(expected, ensure_ascii=False)}，"
            f"实为 {json.dumps(found, ensure_ascii=False)}"]  # fmt: skip


def unasked(cases: Iterable[Mapping[str, Any]], asks: Iterable[str]) -> list[str]:
    """The questions that no case works: a case that only expects an error works none."""
    worked = {
        case.get("ask")
        for case in cases
        if isinstance(case.get("answer"), Mapping) and "error" not in case["answer"]
    }
    return [ask for ask in asks if ask not in worked]


def check(
    cases: list[dict[str, Any]], ask: Callable[[dict[str, Any]], Mapping[str, Any]]
) -> dict[str, list[str]]:
    """Per case id the differences; an empty list is a green case."""
    return {
        str(case.get("id", number)): differences(case.get("answer", {}), ask(request_of(case)).get("answer"))
        for number, case in enumerate(cases)
    }
