"""What the tests of the rules share: the shipped documents and the seed calendar."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import chinese_calendar

from schemes.rules import cases, quote
from schemes.rules.asks_waterfall import answer_chain
from schemes.rules.document import LoadedDocument, load_file
from schemes.rules.waterfall import load_chain

DOCUMENTS = Path(__file__).resolve().parents[2] / "schemes" / "documents"


def seed_calendar(day: date) -> bool:
    """The published calendar; Monday to Friday where it ends."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def shipped() -> list[Path]:
    return sorted(DOCUMENTS.glob("*/*.toml"))


@cache
def loaded(path: Path) -> LoadedDocument:
    return load_file(path)


def document(scheme: str) -> LoadedDocument:
    """The shipped, final document of a scheme."""
    found = [loaded(path) for path in shipped() if path.parent.name == scheme]
    return next(item for item in found if not item.document.provisional)


def ask(of: LoadedDocument, request: dict[str, Any]) -> dict[str, Any]:
    on = request.get("on")
    context = quote.Context(
        is_workday=seed_calendar, sha=of.sha, period_code=of.period_code,
        on=date.fromisoformat(on) if on else None,
    )  # fmt: skip
    return quote.answer(of.document, request, context=context)


CHAINS = DOCUMENTS.parent / "chains"


def in_force(scheme: str, day: date) -> LoadedDocument | None:
    """The shipped document of a scheme on a day."""
    for path in shipped():
        found = loaded(path)
        if path.parent.name == scheme and found.document.effective <= day <= (found.document.ends or day):
            return found
    return None


def ask_chain(request: dict[str, Any]) -> dict[str, Any]:
    on = request.get("on")
    chain = load_chain(CHAINS / f"{request['scheme']}.toml")
    return answer_chain(chain, request, lookup=in_force, on=date.fromisoformat(on) if on else None)


def all_cases() -> list[Any]:
    """Every case of every shipped case file, with its document."""
    return [
        (path, case)
        for path in shipped()
        for case in (cases.read(cases.file_of(path)) if cases.file_of(path).exists() else [])
    ]
