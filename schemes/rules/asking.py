"""What the answers to all questions share: context, answer, figures, reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemes.rules import facts as given
from schemes.rules.document import Document
from schemes.rules.due import IsWorkday
from schemes.rules.errors import BadAmount, OutsideDocument, RuleError
from schemes.rules.model import Figures, FigureValue, Reason
from schemes.rules.stay import Person
from schemes.rules.trace import Line
from schemes.rules.units import chinese_date


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds a question: the calendar, the date, the announced figures, those of the year before.

    ``of_year`` gives the announced figures of any year, where the stays of a question may lie in several.
    """

    is_workday: IsWorkday
    sha: str = ""
    period_code: str | None = None
    on: date | None = None
    figures: Figures | None = None
    last_year: Figures | None = None
    of_year: Callable[[int], Figures] | None = None


@dataclass(slots=True)
class Answer:
    """The answer's own keys, its lines, the provisional paths it rests on."""

    values: dict[str, Any]
    lines: list[Line]
    provisional: list[str]


def in_force(document: Document, on: date | None, path: str = "on") -> None:
    """Refuse dates that the document does not govern; name the rules that do.

    Raises:
        OutsideDocument: before its first day or after its last.
    """
    if on is None:
        return
    if on < document.effective:
        older = document.before or "、".join(item.number for item in document.repeals)
        words = f"，此前适用{older}" if older else ""
        first = chinese_date(document.effective)
        raise OutsideDocument(f"{document.name}自{first}起适用{words}", path)
    if document.ends is not None and on > document.ends and document.period is None:
        raise OutsideDocument(f"{document.name}适用至{chinese_date(document.ends)}", path)


def named_figures(facts: given.FigureFacts) -> dict[str, FigureValue]:
    """The announced figures that a request gives, by name.

    Raises:
        BadAmount: announced bands that do not rise.
    """
    named: dict[str, FigureValue] = {}
    for name in given.FigureFacts.model_fields:
        value = getattr(facts, name)
        if isinstance(value, list):
            pairs = tuple((band.over, band.rate) for band in value)
            overs = [over for over, _rate in pairs]
            if overs != sorted(set(overs)):
                raise BadAmount("各段的 over 必须逐段增大", f"facts.figures.{name}")
            named[name] = pairs
        elif value is not None:
            named[name] = value
    return named


def figures_of(facts: given.FigureFacts, document: Document, context: Context) -> Figures:
    """Announced figures: the request's, else the register's, else the document's."""
    return {**document.defaults, **(context.figures or {}), **named_figures(facts)}


def as_error(error: RuleError) -> dict[str, str]:
    """An error as an answer holds it."""
    return {"error": error.code, "message": error.message, "path": error.path}


def reason_dicts(reasons: list[Reason]) -> list[dict[str, str]]:
    """Reasons as an answer holds them."""
    return [reason.as_dict() for reason in reasons]


def person_of(facts: given.PersonFacts) -> Person:
    """The person as the benefit mechanisms read them."""
    return Person(facts.kind, facts.sex, tuple(facts.groups))


def reason_lines(reasons: list[Reason], rule: str) -> list[Line]:
    """One line per reason, without amounts."""
    return [Line(item.article, f"{rule}.{item.code}", 0, None, 0, item.note) for item in reasons]
