"""Quotes: one question about one scheme, answered without any person's record.

The document in force is looked up here; what it answers is ``schemes.rules``'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from core import workdays
from schemes import figures, versions
from schemes.rules import quote as rules
from schemes.rules.asking import as_error, in_force
from schemes.rules.asks_waterfall import answer_chain
from schemes.rules.document import LoadedDocument
from schemes.rules.errors import BadDate, OutsideDocument, RuleError, UnknownField
from schemes.rules.facts import iso_date
from schemes.rules.model import Figures
from schemes.rules.waterfall import Chain, load_chain

REQUEST_KEYS = ("scheme", "period", "on", "place", "ask", "facts")
CASE_KEYS = ("id", "article", "answer", "reading")
"""What a worked case holds besides its request: it may be asked as it stands."""
_CHAINS = Path(__file__).resolve().parent / "chains"
_SCHEME = re.compile(r"[a-z]+(-[a-z]+)*\Z")
_PERIOD = re.compile(r"[0-9]{1,4}\Z")
_KEY_DATES = ("on", "discharged", "settled", "paid_on", "died", "moved_out", "withdrawn",
              "resumed_on", "first_paid", "from", "joined")  # fmt: skip


def quote(request: object, *, document: LoadedDocument | None = None, as_of: datetime | None = None) -> Any:
    """The answer to a request, or the answers to a list of them, in order.

    ``document`` is used instead of the adopted ones, and no database is touched;
    ``as_of`` answers with what was adopted at that moment.
    """
    if isinstance(request, list):
        return [_one(item, document, as_of) for item in request]
    return _one(request, document, as_of)


def understood(response: object) -> bool:
    """Whether every request could be understood (a refusal by rule is an answer)."""
    if isinstance(response, list):
        return all(understood(item) for item in response)
    return isinstance(response, Mapping) and rules.understood(response)


def _one(request: object, document: LoadedDocument | None, as_of: datetime | None) -> dict[str, Any]:
    try:
        asked = _checked(request)
        on = _day(asked.get("on"), "on")
        if asked["ask"] == "waterfall":
            return _waterfall(asked, on, document, as_of)
        found = document or _in_force(asked, on, as_of)
        _same_scheme(asked, found)
    except RuleError as error:
        shown = {"code": _text_at(request, "scheme"), "period": None, "sha": None}
        return {"scheme": shown, "ask": _text_at(request, "ask"), "answer": as_error(error), "lines": []}
    is_workday = workdays.is_workday if document is None else workdays.seed_is_workday
    announced = _announced(asked, on, found, as_of) if document is None else None
    context = rules.Context(
        is_workday=is_workday, sha=found.sha, period_code=found.period_code, on=on, figures=announced
    )
    return rules.answer(found.document, asked, context=context)


def _text_at(request: object, key: str) -> str | None:
    """What a request names, where it is a text; anything else is not handed back."""
    value = request.get(key) if isinstance(request, Mapping) else None
    return value if isinstance(value, str) else None


def _announced(
    asked: Mapping[str, Any], on: date | None, found: LoadedDocument, as_of: datetime | None
) -> Figures:
    return figures.announced(asked["scheme"], _year(asked, on, found), as_of=as_of)


def _year(asked: Mapping[str, Any], on: date | None, found: LoadedDocument) -> int:
    """The year whose announced figures count: of the date, of the dates in the facts, or of the period."""
    if asked.get("period") is not None and found.document.period is not None:
        return found.document.period.opens.year
    if asked.get("period") is not None and versions.is_year(asked["period"]):
        return int(asked["period"])
    day = on or next(_dates_in(asked.get("facts")), None) or found.document.effective
    return day.year


@cache
def chains() -> Mapping[str, Chain]:
    """The chains that the product ships, by name."""
    found = [load_chain(path) for path in sorted(_CHAINS.glob("*.toml"))]
    return {chain.chain: chain for chain in found}


def _waterfall(
    asked: Mapping[str, Any], on: date | None, document: LoadedDocument | None, as_of: datetime | None
) -> dict[str, Any]:
    """One bill down a chain; each step in the document in force on its own key date.

    Raises:
        UnknownField: no such chain, or a period instead of a date.
    """
    chain = chains().get(asked["scheme"])
    if chain is None:
        raise UnknownField(f"scheme 要写链条名：{'、'.join(chains())}", "scheme")
    if asked.get("period") is not None:
        raise UnknownField("waterfall 不用 period，请用 on 或结算单上的日期", "period")

    def lookup(scheme: str, day: date) -> LoadedDocument | None:
        if document is not None:
            return document if document.document.scheme == scheme else None
        try:
            found = versions.document_for(scheme, on=day, as_of=as_of)
        except versions.NoDocument:
            return None
        announced = figures.announced(scheme, day.year, as_of=as_of)
        return LoadedDocument(found.document, found.sha, found.period_code, announced)

    return answer_chain(chain, asked, lookup=lookup, on=on)


def _checked(request: object) -> Mapping[str, Any]:
    """The request's own fields.

    Raises:
        UnknownField: not an object, an unknown field, or a field of another type.
    """
    if not isinstance(request, Mapping):
        raise UnknownField("请求要写成对象 {…}", "")
    unknown = [key for key in request if key not in REQUEST_KEYS + CASE_KEYS]
    if unknown:
        raise UnknownField("不认识的字段", str(unknown[0]))
    for key in ("scheme", "ask"):
        if not isinstance(request.get(key), str):
            raise UnknownField(f"请写明 {key}", key)
    period = request.get("period")
    if period is not None and not (isinstance(period, str) and _PERIOD.match(period)):
        raise UnknownField('period 要写成文字，如 "18"', "period")
    if not _SCHEME.match(request["scheme"]):
        raise UnknownField("没有这个制度代码", "scheme")
    if request.get("period") is not None and request.get("on") is not None:
        raise UnknownField("period 与 on 只写一个", "on")
    if not isinstance(request.get("facts", {}), Mapping):
        raise UnknownField("facts 要写成对象 {…}", "facts")
    return request


def _day(value: object, path: str) -> date | None:
    """An ISO date or nothing.

    Raises:
        BadDate: anything else.
    """
    if value is None:
        return None
    found = iso_date(value)
    if found is not None:
        return found
    raise BadDate("日期要写成 2022-03-01 的样子", path)


def _in_force(asked: Mapping[str, Any], on: date | None, as_of: datetime | None) -> LoadedDocument:
    """The adopted document by period, by date, or by the date that the facts hold.

    Raises:
        OutsideDocument: none is in force; the message names the gap.
    """
    scheme, period = asked["scheme"], asked.get("period")
    day = on or (None if period else next(_dates_in(asked.get("facts")), None))
    try:
        if period is None and day is None:
            found = versions.only_version(scheme, as_of=as_of)
        else:
            found = versions.document_for(scheme, period=period, on=day, as_of=as_of)
    except versions.NoDocument as error:
        _name_the_gap(scheme, day, as_of)
        raise OutsideDocument(str(error), "period" if period else "on") from None
    if period is None and day is None and len(_ranges(scheme, as_of)) > 1:
        raise OutsideDocument("该制度有几份先后适用的文件，请写明 period 或 on", "on")
    return LoadedDocument(found.document, found.sha, found.period_code)


def _ranges(scheme: str, as_of: datetime | None) -> set[date]:
    return {version.effective_from for version in versions.in_force(scheme, as_of=as_of)}


def _name_the_gap(scheme: str, day: date | None, as_of: datetime | None) -> None:
    """What is known about a gap: no such scheme at all, or the rules before its first document.

    Raises:
        OutsideDocument: with these words.
    """
    begins = min(_ranges(scheme, as_of), default=None)
    if begins is None:
        raise OutsideDocument(f"没有制度 {scheme}", "scheme")
    if day is not None and day < begins:
        in_force(versions.document_for(scheme, on=begins, as_of=as_of).document, day)


def _dates_in(facts: object) -> Iterator[date]:
    """Dates of the facts, the discharge first."""
    if not isinstance(facts, Mapping):
        return
    stay = facts.get("stay")
    places = [stay if isinstance(stay, Mapping) else {}, facts]
    stays = facts.get("stays")
    if isinstance(stays, list):
        places += [item for item in stays if isinstance(item, Mapping)]
    for name in _KEY_DATES:
        for place in places:
            value = place.get(name)
            found = iso_date(value)
            if found is not None:
                yield found


def _same_scheme(asked: Mapping[str, Any], found: LoadedDocument) -> None:
    """A document given by hand must be the one that the request names.

    Raises:
        OutsideDocument: another scheme or another period.
    """
    if asked["scheme"] != found.document.scheme:
        raise OutsideDocument(f"所给文件是 {found.document.scheme} 的", "scheme")
    period = asked.get("period")
    if period is not None and period != found.period_code:
        raise OutsideDocument(f"所给文件不含第{period}期", "period")
