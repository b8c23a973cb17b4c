"""Announced figures: recorded from a notice by one, checked by another, used by year; what is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import Moved, NotAllowed, Refused
from core.models import Office, User
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
PLACE_LISTS = ("pilot_cities", "handling_places")
"""Lists of a document that name the places where it is carried out, as their offices are named."""
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
    """A figure of this name, year and place is recorded; a correction says so."""

    code = "figure_exists"
    sentence = _("%(name)s is recorded for %(year)s already. To correct it, record it as a correction.")


class UnknownPlace(Refused):
    """No office has this code."""

    code = "place_unknown"
    sentence = _("There is no office with the code “%(place)s”.")


class OwnFigure(Refused):
    """Who records does not check."""

    code = "second_person"
    sentence = _("A figure is checked by somebody else than who recorded it.")


@dataclass(frozen=True)
class Missing:
    """A figure that a year still lacks, and the rules that stop without it.

    `stops`: paths of the document with their articles; `limits`: paths that go on without the limit;
    `goes_on`: paths that only stand instead of what the document states itself, or are left out.
    `waiting`: it is recorded and only its check is missing.
    """

    name: str
    label: str
    article: str
    stops: tuple[tuple[str, str], ...]
    limits: tuple[tuple[str, str], ...]
    goes_on: tuple[tuple[str, str], ...]
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
    place: str = "",
) -> AnnouncedFigure:
    """Record what a notice announces; it is used once somebody else has checked it.

    value: "580.00" (yuan), "4.5%", a day "15", or bands "50000.00: 60%; 100000.00: 70%"; the unit follows
    from the name. place: code of the office whose notice it is; "": everywhere. The same value of the same
    notice again is the row that stands.
    Raises NotAllowed, UnknownPlace, NoDocument, UnknownFigure, BadFigure, NoNotice, FigureExists.
    """
    office = office_of(place)
    require(by, "schemes.add_announcedfigure", on=on, path=office.path if office else "")
    row = scheme_of(scheme)
    _declared(scheme, name, year)
    values = _values(name, value)
    if not notice_number.strip():
        raise NoNotice()
    last = _last(row, name, year, office)
    if last is not None and _same(last, values, notice_number):
        return last
    if last is not None and not correction:
        raise FigureExists(name=name, year=year)
    return AnnouncedFigure.objects.create(
        scheme=row,
        office=office,
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
    require(by, "schemes.check_announcedfigure", on=on, path=figure.office.path if figure.office else "")
    if by.username.startswith("system:"):
        raise NotAllowed()
    if figure.recorded_by_id == by.pk:
        raise OwnFigure()
    open_ones = AnnouncedFigure.objects.filter(pk=figure.pk, checked_at=None, successor=None)
    if not open_ones.update(checked_at=clock.now(), checked_by=by):
        raise Moved()
    return AnnouncedFigure.objects.select_related("scheme", "office").get(pk=figure.pk)


def office_of(place: str) -> Office | None:
    """The office of a code; None for everywhere. Raises UnknownPlace."""
    if not place:
        return None
    found = Office.objects.filter(code=place).first()
    if found is None:
        raise UnknownPlace(place=place)
    return found


def _declared(scheme: str, name: str, year: int) -> None:
    """Raises NoDocument, UnknownFigure."""
    known = [item.name for item in document_in(scheme, year).document.figures]
    if name not in known:
        raise UnknownFigure(scheme=scheme, name=name, known="、".join(known) or "—")


def _last(scheme: Scheme, name: str, year: int, office: Office | None) -> AnnouncedFigure | None:
    rows = AnnouncedFigure.objects.select_for_update(of=("self",)).filter(scheme=scheme, name=name, year=year)
    return rows.filter(successor=None, office=office).first()


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


def announced(
    scheme: str, year: int, *, office: Office | None = None, as_of: datetime | None = None
) -> Figures:
    """The checked figures of a year by name, as the rules read them: fen, ppm, a day, pairs (fen, ppm).

    office: the place that is asked for; the nearest place at or above it that has announced a figure wins,
    then what is announced everywhere. Without a place only the latter counts.
    """
    rows = AnnouncedFigure.objects.filter(scheme__code=scheme, year=year, checked_at__isnull=False)
    if as_of is not None:
        rows = rows.filter(checked_at__lte=as_of)
    near = _at_or_above(rows, office).order_by(F("office__path").asc(nulls_first=True), "id")
    return {row.name: value_of(row) for row in near}


def _at_or_above(rows: QuerySet[AnnouncedFigure], office: Office | None) -> QuerySet[AnnouncedFigure]:
    """Figures of everywhere and of the places on the way down to an office; a longer path sorts behind."""
    if office is None:
        return rows.filter(office=None)
    codes = office.path.strip("/").split("/")
    return rows.filter(Q(office=None) | Q(office__code__in=codes))


def for_year(
    scheme: str, year: int, *, office: Office | None = None, as_of: datetime | None = None
) -> Figures:
    """The figures of a year for the rules core: what is announced, over the document's defaults.

    Raises NoDocument.
    """
    known = announced(scheme, year, office=office, as_of=as_of)
    return {**document_in(scheme, year).document.defaults, **known}


def announced_in(scheme: str, year: int, name: str) -> list[Office]:
    """The places that have announced a figure of a year for themselves."""
    rows = AnnouncedFigure.objects.filter(scheme__code=scheme, year=year, name=name, checked_at__isnull=False)
    return list(Office.objects.filter(pk__in=rows.values("office")).order_by("path"))


def places(scheme: str, year: int) -> list[Office]:
    """The places of a scheme: those with figures of their own in any year, and those its document names.

    Raises NoDocument.
    """
    return places_of(document_in(scheme, year).document)


def places_of(document: Document) -> list[Office]:
    """The places of a document's scheme, where it has figures that they may announce."""
    named = [name for item in document.lists if item.name in PLACE_LISTS for name in item.items]
    own = AnnouncedFigure.objects.filter(scheme__code=document.scheme, office__isnull=False).values("office")
    if not document.figures:
        return []
    return list(Office.objects.filter(Q(name__in=named) | Q(pk__in=own)).order_by("path"))


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


def missing(scheme: str, year: int, *, office: Office | None = None) -> list[Missing]:
    """The figures that a year still lacks in a place (none: everywhere), each with what stops without it.

    A figure that has a default in the document lacks nothing. Raises NoDocument.
    """
    loaded = document_in(scheme, year)
    known = {**loaded.document.defaults, **announced(scheme, year, office=office)}
    rows = AnnouncedFigure.objects.filter(scheme__code=scheme, year=year)
    recorded = set(_at_or_above(rows, office).values_list("name", flat=True))
    data = paths.data_of(loaded.version.document)
    return [
        Missing(item.name, item.label, item.article, *_uses(data, item.name), item.name in recorded)
        for item in loaded.document.figures
        if item.name not in known and not _stood_in_for(loaded.document, item.name, known)
    ]


def missing_by_place(scheme: str, year: int) -> list[tuple[Office | None, list[Missing]]]:
    """What a year lacks, place by place where the scheme has places, else everywhere; the lacking ones alone.

    Raises NoDocument.
    """
    asked: list[Office | None] = [*places(scheme, year)] or [None]
    found = [(office, missing(scheme, year, office=office)) for office in asked]
    return [(office, lacks) for office, lacks in found if lacks]


Paths = tuple[tuple[str, str], ...]


def _uses(data: Mapping[str, Any], name: str) -> tuple[Paths, Paths, Paths]:
    """Paths with articles where the figure is used: those that stop, that lose a limit, that go on."""
    found = [path for path, value in paths.leaves(data) if value == REFERENCE + name]
    limits = [path for path in found if _last_part(path) in LIMITS]
    goes_on = [path for path in found if _may_lack(data, path)]
    stops = [path for path in found if path not in limits + goes_on]
    return _with_articles(data, stops), _with_articles(data, limits), _with_articles(data, goes_on)


def _may_lack(data: Mapping[str, Any], path: str) -> bool:
    """Whether a rule answers without the figure: by the document's own tables, or with a part left out."""
    benefit = data.get("benefit", {})
    if path.startswith("benefit.announced"):
        return bool(benefit.get("tables") or benefit.get("bands"))
    return path == "benefit.room" or paths.value_at(data, path.rpartition(".")[0]).get("if_announced") is True


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
