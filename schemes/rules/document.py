"""The scheme document: what one instrument says, typed, strict, frozen.

A document is a TOML file. ``load`` reports everything that is wrong at once, by
path, in Chinese; a document that loads can be calculated with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from schemes.rules import banded, problems, problems_across, problems_raw, readings, source_text
from schemes.rules.account import PersonalAccount
from schemes.rules.base import Base
from schemes.rules.benefit import Benefit
from schemes.rules.career import Career
from schemes.rules.corridor import Corridor
from schemes.rules.cover import Cover
from schemes.rules.due import Clock
from schemes.rules.errors import DocumentError, Problem
from schemes.rules.exclusions import Accepts, Exclusion
from schemes.rules.guarantee import Guarantee
from schemes.rules.join import Condition
from schemes.rules.late_fee import LateFee
from schemes.rules.levy import Charge
from schemes.rules.model import FigureName, Figures, Part, Rule
from schemes.rules.quota import Quota
from schemes.rules.routing import Route, rising
from schemes.rules.target import PaidRatio
from schemes.rules.terms import Terms
from schemes.rules.units import Fen, Ppm
from schemes.rules.windows import Act, Window

Day = date
MOST_READY = 64


class Instrument(Part):
    """The instrument that the document states."""

    title: str
    number: str
    issuer: str
    date: Day | None = None
    aliases: tuple[str, ...] = ()


class Period(Rule):
    """The span of one enrolment and one accumulator; ``from`` and ``to`` included."""

    code: str = Field(pattern=r"^[0-9]{1,4}$")
    name: str
    opens: date = Field(alias="from")
    to: date
    by_discharge: str = Field(min_length=1, description="article: the discharge date decides")

    @model_validator(mode="after")
    def _in_order(self) -> Period:
        if self.opens > self.to:
            raise PydanticCustomError("period", "from 不能晚于 to")
        return self


class AnnouncedFigureDecl(Rule):
    """A figure that a notice announces each year; ``default`` where the source has one."""

    name: FigureName
    label: str
    default: Fen | None = None
    default_rate: Ppm | None = None


class Setting(Rule):
    """A decided reading: its name, its value, the reading in words.

    ``decides``: the path of the document's field that holds the same value, or "people"
    where the product does nothing by it; see ``readings``.
    """

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    value: str | bool | int
    decides: str = ""
    reading: str = Field(min_length=4)


class NamedList(Rule):
    """A list that an article gives (papers, conditions, duties)."""

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
    items: tuple[str, ...] = Field(min_length=1)


class Document(Part):
    """One scheme as one instrument states it, from one date."""

    scheme: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    name: str
    effective: date
    effective_article: str = ""
    ends: date | None = None
    ends_article: str = ""
    version_by: Literal["settlement", "discharge"] = "discharge"
    before: str = ""
    provisional: bool = False
    instrument: Instrument
    related: tuple[Instrument, ...] = ()
    repeals: tuple[Instrument, ...] = ()
    period: Period | None = None
    gloss: Mapping[str, str]
    figures: tuple[AnnouncedFigureDecl, ...] = ()
    settings: tuple[Setting, ...] = ()
    lists: tuple[NamedList, ...] = ()
    join: tuple[Condition, ...] = ()
    quota: Quota | None = None
    levy: tuple[Charge, ...] = ()
    windows: tuple[Window, ...] = ()
    clocks: tuple[Clock, ...] = ()
    routing: Annotated[tuple[Route, ...], AfterValidator(rising)] = ()
    base: Base | None = None
    accepts: Accepts | None = None
    exclusions: tuple[Exclusion, ...] = ()
    benefit: Benefit | None = None
    cover: Cover | None = None
    guarantee: Guarantee | None = None
    late_fee: LateFee | None = None
    career: Career | None = None
    account: PersonalAccount | None = None
    terms: Terms | None = None
    corridor: Corridor | None = None
    paid_ratio: PaidRatio | None = None

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Document:
        """A copy that has prepared nothing yet: what it is made of may differ."""
        copied = super().model_copy(update=update, deep=deep)
        for name in ("defaults", "_ready", "_ready_by_figures", "_groups", "_provisional"):
            copied.__dict__.pop(name, None)
        return copied

    @cached_property
    def defaults(self) -> Figures:
        """Announced figures that the document itself has a default for."""
        found: dict[str, int] = {}
        for item in self.figures:
            value = item.default if item.default is not None else item.default_rate
            if value is not None:
                found[item.name] = int(value)
        return found

    @cached_property
    def _ready(self) -> banded.Prepared:
        return self._prepare(self.defaults)

    def _prepare(self, figures: Figures, groups: Collection[str] = ()) -> banded.Prepared:
        if not isinstance(self.benefit, banded.BandedBenefit):
            raise TypeError(f"{self.scheme} is not paid by bands")
        return banded.Prepared(self.benefit, figures, groups)

    @cached_property
    def _ready_by_figures(self) -> dict[object, banded.Prepared]:
        return {}

    @cached_property
    def _groups(self) -> frozenset[str]:
        return self.benefit.groups if isinstance(self.benefit, banded.BandedBenefit) else frozenset()

    def ready(self, figures: Figures | None = None, groups: Collection[str] = ()) -> banded.Prepared:
        """The banded benefit made ready for these figures and groups, once for each set of them."""
        own = self._groups.intersection(groups) if self._groups else self._groups
        if figures is None and not own:
            return self._ready
        figures = figures or {}
        key = (tuple(sorted(figures.items())), own)
        known = self._ready_by_figures
        if key not in known:
            if len(known) >= MOST_READY:
                known.clear()
            known[key] = self._prepare({**self.defaults, **figures}, own)
        return known[key]

    def window(self, act: Act) -> Window | None:
        """The window of an act, if the document has one."""
        return next((window for window in self.windows if window.act == act), None)

    def setting(self, name: str, default: str | bool | int | None = None) -> str | bool | int | None:
        """The value of a decided reading."""
        return next((item.value for item in self.settings if item.name == name), default)

    @cached_property
    def _provisional(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path, rule in problems.rules_of(self):
            if rule.provisional:
                found.setdefault(path.split("[")[0].split(".")[0], []).append(path)
        return found

    def provisional_in(self, section: str) -> list[str]:
        """Paths of provisional entries in a section; "document" when all of it is."""
        return (["document"] if self.provisional else []) + self._provisional.get(section, [])


@dataclass(frozen=True, slots=True)
class LoadedDocument:
    """A document with the SHA-256 of its file's bytes, and what has been announced for it."""

    document: Document
    sha: str
    period_code: str | None
    figures: Figures | None = None


def load(text: bytes) -> Document:
    """Read a document from the bytes of its file.

    Raises:
        DocumentError: with every problem found, in Chinese, by path.
    """
    data = source_text.parse(text)
    document, found = problems.build(Document, data)
    if isinstance(document, Document):
        found += problems.beyond_types(document)
    else:
        found += problems_raw.beyond_types(data, {problem.path for problem in found})
    found += problems_across.across(data) + readings.unsettled(data)
    if isinstance(document, Document) and not found:
        return document
    raise DocumentError(source_text.with_lines(found, text))


def load_file(path: Path) -> LoadedDocument:
    """Read a document from its file, with the SHA-256 of the file's bytes.

    Raises:
        DocumentError: with every problem found, in Chinese, by path.
        OSError: the file cannot be read.
    """
    text = path.read_bytes()
    document = load(text)
    period = None if document.period is None else document.period.code
    return LoadedDocument(document, hashlib.sha256(text).hexdigest(), period)


__all__ = ["Document", "DocumentError", "LoadedDocument", "Problem", "load", "load_file"]
