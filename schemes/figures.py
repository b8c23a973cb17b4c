"""Announced figures: recorded from a notice by one, checked by another, used by year; what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import Moved, NotAllowed, Refused
from core.models import User
from core.roles import require
from core.write import write
from schemes import paths
from schemes.models import AnnouncedFigure, FigureUnit, Scheme
from schemes.rules.document import Document
from schemes.rules.levy import HeadFee
from schemes.rules.model import FigureName, Figures, FigureValue
from schemes.rules.units import parse_percent, parse_yuan, percent, yuan
from schemes.versions import Loaded, NoDocument, document_for, scheme_of

NAMES: tuple[str, ...] = get_args(FigureName)
RATES = frozenset({"account_share", "top_up_rate", "pool_ratio"})
UNITS: Mapping[str, FigureUnit] = {
    name: FigureUnit.BANDS
    if name == "bands"
    else FigureUnit.DAY
    if name == "due_day"
    else FigureUnit.PERCENT
    if name in RATES
    else FigureUnit.YUAN
    for name in NAMES
}
"""The unit in which each figure is announced."""
REFERENCE = "figure:"
LIMITS = frozenset({"floor", "ceiling"})
"""Where a figure only narrows what is reckoned without it."""


class UnknownFigure(Refused):
    """The scheme's documents declare no such figure."""

    code = "figure_unknown"
    sentence = _("The documents of %(scheme)s know no announced figure “%(name)s”. They know: %(known)s.")


class BadFigure(Refused):
    """The value is not of the figure's unit."""

    code = "figure_value"
    sentence = _("“%(value)s” is not a value for %(name)s. Write it like %(example)s.")


class NoNotice(Refused):
    """A figure rests on a notice."""

    code = "notice_missing"
    sentence = _("Please give the number of the notice that announces the figure.")


class FigureExists(Refused):
    """A figure of this name and year is recorded; a correction says so."""

    code = "figure_exists"
    sentence = _("%(name)s is recorded for %(year)s already. To correct it, record it as a correction.")


class OwnFigure(Refused):
    """Who records does not check."""

    code = "second_person"
    sentence = _("A figure is checked by somebody else than who recorded it.")


@dataclass(frozen=True)
class Missing:
    """A figure that a year still lacks, and the rules that stop without it.

    `stops`: paths of the document with their articles; `limits`: paths that go on without the limit.
    `waiting`: it is recorded and only its check is missing.
    """

    name: str
    label: str
    article: str
    stops: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, str], ...]
    waiting: bool


# --- recording and checking ---


@write
def record(
    *,
    scheme: str,
    name: str,
    year: int,
    value: str | Sequence[Sequence[str]],
    notice_number: str,
    notice_date: date,
    by: User,
    on: date,
    correction: bool = False,
) -> AnnouncedFigure:
    """Record what a notice announces; it is used once somebody else has checked it.

    value: "580.00" (yuan), "4.5%", a day "15", or bands "50000.00: 60%; 100000.00: 70%"; the unit follows
    from the name. The same value of the same notice again is the row that stands.
    Raises NotAllowed, NoDocument, UnknownFigure, BadFigure, NoNotice, FigureExists.
    """
    require(by, "schemes.add_announcedfigure", on=on)
    row = scheme_of(scheme)
    _declared(scheme, name, year)
    values = _values(name, value)
    if not notice_number.strip():
        raise NoNotice()
    last = _last(row, name, year)
    if last is not None and _same(last, values, notice_number):
        return last
    if last is not None and not correction:
        raise FigureExists(name=name, year=year)
    return AnnouncedFigure.objects.create(
        scheme=row,
        name=name,
        unit=UNITS[name],
        year=year,
        notice_number=notice_number.strip()[:80],
        notice_date=notice_date,
        supersedes=last,
        recorded_at=clock.now(),
        recorded_by=by,
        **values,
    )


@write
def check(*, figure: AnnouncedFigure, by: User, on: date) -> AnnouncedFigure:
    """The second person has compared the figure with its notice; from now on it is used.

    Raises NotAllowed, OwnFigure, Moved (it was checked or corrected meanwhile).
    """
    require(by, "schemes.check_announcedfigure", on=on)
    if by.username.startswith("system:"):
        raise NotAllowed()
    if figure.recorded_by_id == by.pk:
        raise OwnFigure()
    open_ones = AnnouncedFigure.objects.filter(pk=figure.pk, checked_at=None, successor=None)
    if not open_ones.update(checked_at=clock.now(), checked_by=by):
        raise Moved()
    return AnnouncedFigure.objects.select_related("scheme").get(pk=figure.pk)


def _declared(scheme: str, name: str, year: int) -> None:
    """Raises NoDocument, UnknownFigure."""
    known = [item.name for item in document_in(scheme, year).document.figures]
    if name not in known:
        raise UnknownFigure(scheme=scheme, name=name, known="、".join(known) or "—")


def _last(scheme: Scheme, name: str, year: int) -> AnnouncedFigure | None:
    rows = AnnouncedFigure.objects.select_for_update(of=("self",)).filter(scheme=scheme, name=name, year=year)
    return rows.filter(successor=None).first()


def _same(figure: AnnouncedFigure, values: dict[str, Any], notice: str) -> bool:
    same_value = figure.amount == values["amount"] and figure.bands == values["bands"]
    return same_value and figure.notice_number == notice.strip()[:80]


def _values(name: str, value: Any) -> dict[str, Any]:
    """The columns of a value. Raises BadFigure."""
    unit = UNITS[name]
    try:
        if unit == FigureUnit.BANDS:
            return {"amount": None, "bands": _bands(value)}
        text = str(value).strip()
        if unit == FigureUnit.DAY:
            if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 31:
                raise ValueError(text)
            return {"amount": Decimal(text), "bands": []}
        if unit == FigureUnit.PERCENT:
            return {"amount": Decimal(parse_percent(text)) / 10_000, "bands": []}
        amount = parse_yuan(text.removesuffix("元").replace(",", ""))
        if amount > 10**11:
            raise ValueError(text)
        return {"amount": Decimal(amount) / 100, "bands": []}
    except (ValueError, TypeError) as error:
        examples = {"bands": "50000.00: 60%; 100000.00: 70%", "day": "15", "percent": "4.5%"}
        raise BadFigure(name=name, value=value, example=examples.get(unit, "580.00")) from error


def _bands(value: Any) -> list[list[str]]:
    """Rising pairs of yuan and percent, in one spelling; also as text, "50000.00: 60%; 100000.00: 70%".

    Raises ValueError, TypeError.
    """
    if isinstance(value, str):
        value = [[part.strip() for part in band.split(":")] for band in value.replace("：", ":").split(";")]
    pairs = [(parse_yuan(over), parse_percent(rate)) for over, rate in value]
    if not pairs or [over for over, _rate in pairs] != sorted({over for over, _rate in pairs}):
        raise ValueError(value)
    return [[yuan(over), percent(rate)] for over, rate in pairs]


# --- using ---


def document_in(scheme: str, year: int) -> Loaded:
    """The document of a year's figures: in force on its last day, or else on its first.

    Raises NoDocument.
    """
    if not 1950 <= year <= 2999:
        raise NoDocument(scheme=scheme, asked=year, ranges="—")
    last = date(year, 12, 31)
    found = Scheme.objects.filter(
        code=scheme, versions__adopted_at__isnull=False, versions__withdrawn_at=None
    )
    covers = found.filter(
        Q(versions__effective_to=None) | Q(versions__effective_to__gte=last),
        versions__effective_from__lte=last,
    )
    return document_for(scheme, on=last if covers.exists() else date(year, 1, 1))


def announced(scheme: str, year: int, *, as_of: datetime | None = None) -> Figures:
    """The checked figures of a year by name, as the rules read them: fen, ppm, a day, pairs (fen, ppm)."""
    rows = AnnouncedFigure.objects.filter(scheme__code=scheme, year=year, checked_at__isnull=False)
    if as_of is not None:
        rows = rows.filter(checked_at__lte=as_of)
    return {row.name: value_of(row) for row in rows.order_by("id")}


def for_year(scheme: str, year: int, *, as_of: datetime | None = None) -> Figures:
    """The figures of a year for the rules core: what is announced, over the document's defaults.

    Raises NoDocument.
    """
    return {**document_in(scheme, year).document.defaults, **announced(scheme, year, as_of=as_of)}


def value_of(figure: AnnouncedFigure) -> FigureValue:
    """A figure as the rules read it: integer fen or ppm, a day, or pairs (fen, ppm)."""
    if figure.unit == FigureUnit.BANDS:
        return tuple((parse_yuan(over), parse_percent(rate)) for over, rate in figure.bands)
    assert figure.amount is not None, "a figure without bands has an amount"
    scale = {FigureUnit.YUAN: 100, FigureUnit.PERCENT: 10_000, FigureUnit.DAY: 1}
    return int(figure.amount * scale[FigureUnit(figure.unit)])


def shown(figure: AnnouncedFigure) -> str:
    """A figure as people write it: 580.00, 4.5%, 15, 50000.00: 60%."""
    value = value_of(figure)
    if not isinstance(value, int):
        return "; ".join(f"{yuan(over)}: {percent(rate)}" for over, rate in value)
    if figure.unit == FigureUnit.PERCENT:
        return percent(value)
    return yuan(value) if figure.unit == FigureUnit.YUAN else str(value)


# --- missing ---


def missing(scheme: str, year: int) -> list[Missing]:
    """The figures that a year still lacks and has no default for, each with what stops without it.

    Raises NoDocument.
    """
    loaded = document_in(scheme, year)
    known = {**loaded.document.defaults, **announced(scheme, year)}
    recorded = set(
        AnnouncedFigure.objects.filter(scheme__code=scheme, year=year).values_list("name", flat=True)
    )
    data = paths.data_of(loaded.version.document)
    return [
        Missing(item.name, item.label, item.article, *_uses(data, item.name, known), item.name in recorded)
        for item in loaded.document.figures
        if item.name not in known and not _stood_in_for(loaded.document, item.name, known)
    ]


Paths = tuple[tuple[str, str], ...]


def _uses(data: Mapping[str, Any], name: str, known: Figures) -> tuple[Paths, Paths]:
    """Paths with articles where the figure is used: those that stop, and those that only lose a limit."""
    found = [path for path, value in paths.leaves(data) if value == REFERENCE + name]
    stops = [path for path in found if _last_part(path) not in LIMITS]
    limits = [path for path in found if _last_part(path) in LIMITS]
    return _with_articles(data, stops), _with_articles(data, limits)


def _last_part(path: str) -> str:
    return path.rpartition(".")[2]


def _with_articles(data: Mapping[str, Any], found: list[str]) -> Paths:
    return tuple((path, paths.article_at(data, path)) for path in found)


def _stood_in_for(document: Document, name: str, known: Figures) -> bool:
    """Whether a levy that could use the figure is reckoned from another one (`instead`) that is known."""
    for charge in document.levy:
        if not isinstance(charge, HeadFee) or charge.instead is None:
            continue
        pair = {getattr(charge.amount, "name", ""), charge.instead.of.name}
        if name in pair and pair & set(known):
            return True
    return False
