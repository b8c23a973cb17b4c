"""The column forms of base, exclusions, benefit and routing: PostgreSQL expressions over a population.

Each is the twin of a scalar function (``base.base_of``, ``exclusions.find``, ``Prepared.entitled``,
``routing.level_of``); amounts are bigint fen. The owner of the table supplies the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from schemes.rules import banded, bands
from schemes.rules.base import PAYERS, SLACK
from schemes.rules.errors import UnknownField

if TYPE_CHECKING:
    from schemes.rules.document import Document

Amount = Callable[[str], str]
NO_FORM = "该制度的待遇没有整列计算的形式"


@dataclass(frozen=True)
class Names:
    """The expressions of a stay's facts: ``amount`` gives a slip's column by name (bigint fen, not null)."""

    amount: Amount
    exclusion: str
    care: str
    designated: str
    discharged: str


@dataclass(frozen=True)
class Forms:
    """What a document says of a population, as expressions.

    ``base``, ``faulty`` and ``excluded`` read a stay's facts; ``entitled`` and ``level`` are functions of
    an expression of fen.
    """

    base: str
    faulty: str
    excluded: str
    entitled: Callable[[str], str]
    level: Callable[[str], str]


def has_form(document: Document) -> bool:
    """Whether a population can be computed in columns; if not, the scalar core runs.

    One cumulated base per person's period decides in columns: no account by the year, no rate of its own
    out of the region, no cap that an illness waives, no group with terms of its own.
    """
    rule = document.benefit
    if not isinstance(rule, banded.BandedBenefit) or document.base is None:
        return False
    ready = document.ready()
    plain = (
        rule.accumulates == "period" and rule.out_of_region is None and not ready.waives and not rule.groups
    )
    return plain and ready.steps is not None and not ready.deductible and not ready.pool_scope


def forms(document: Document, names: Names) -> Forms:
    """All the expressions of a document.

    Raises:
        UnknownField: the benefit has no column form.
    """
    if not has_form(document):
        raise UnknownField(NO_FORM, "benefit")
    return Forms(
        base=base(document, names.amount),
        faulty=faulty(document, names.amount),
        excluded=excluded(document, names),
        entitled=lambda total: bands.sql(document, total),
        level=lambda amount: level(document, amount),
    )


def needed(documents: Iterable[Document]) -> list[str]:
    """The slip's columns that the documents' bases read."""
    found = {"total", *PAYERS}
    for document in documents:
        if document.base is not None:
            found |= {item.column for item in document.base.less}
    return sorted(found)


def base(document: Document, amount: Amount) -> str:
    """The base that a slip brings; below zero where the slip contradicts itself."""
    if document.base is None:
        raise UnknownField(NO_FORM, "base")
    return f"({' - '.join([amount('total'), *(amount(item.column) for item in document.base.less)])})"


def faulty(document: Document, amount: Amount) -> str:
    """Whether a slip contradicts itself: payers or deductions above the total."""
    payers = " + ".join(amount(name) for name in PAYERS)
    return f"({payers} > {amount('total')} + {SLACK} OR {base(document, amount)} < 0)"


def excluded(document: Document, names: Names) -> str:
    """Whether a stay pays nothing: exclusion, hospital, kind of care, day outside the period."""
    parts = [f"COALESCE({names.exclusion}, '') <> ''"]
    if any(item.reason == "non_designated" for item in document.exclusions):
        parts.append(f"({names.designated} IS FALSE AND {names.care} <> 'emergency')")
    if document.accepts is not None:
        parts.append(f"{names.care} NOT IN ({', '.join(_text(care) for care in document.accepts.care)})")
    if document.period is not None:
        first, last = _day(document.period.opens), _day(document.period.to)
        parts.append(f"COALESCE({names.discharged} < {first} OR {names.discharged} > {last}, FALSE)")
    return f"({' OR '.join(parts)})"


def level(document: Document, amount: str) -> str:
    """The level that decides an amount; '' where nothing is paid or nothing is routed."""
    whens = [f"WHEN {amount} <= 0 THEN ''"]
    for route in document.routing:
        condition = "TRUE" if route.to is None else f"{amount} <= {int(route.to)}"
        whens.append(f"WHEN {condition} THEN {_text(route.level)}")
    return f"CASE {' '.join(whens)} ELSE '' END"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _day(value: date) -> str:
    return f"DATE '{value.isoformat()}'"
