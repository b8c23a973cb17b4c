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
from core.models import Office
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
_PLACE = re.compile(r"[\w.-]{1,20}\Z")
_PERIOD = re.compile(r"[0-9]{1,4}\Z")
KEY_DATES = ("on", "discharged", "settled", "paid_on", "died", "moved_out", "withdrawn",
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
        place = _place(asked) if document is None else None
        if asked["ask"] == "waterfall":
            return _waterfall(asked, on, document, place, as_of)
        found = document or _in_force(asked, on, as_of)
        _same_scheme(asked, found)
    except RuleError as error:
        shown = {"code": _text_at(request, "scheme"), "period": None, "sha": None}
        return {"scheme": shown, "ask": _text_at(request, "ask"), "answer": as_error(error), "lines": []}
    is_workday = workdays.is_workday if document is None else workdays.seed_is_workday
    year = _year(asked, on, found)

    def of_year(year: int) -> Figures:
        return figures.announced(found.document.scheme, year, office=place, as_of=as_of)

    rises = found.document.setting("deductible_may_rise") is False and document is None
    context = rules.Context(
        is_workday=is_workday, sha=found.sha, period_code=found.period_code, on=on,
        figures=None if document else of_year(year), last_year=of_year(year - 1) if rises else None,
        of_year=None if document or asked.get("period") is not None else of_year,
    )  # fmt: skip
    response = rules.answer(found.document, asked, context=context)
    return response if document or place else _naming_places(response, found.document.scheme, year)


def _text_at(request: object, key: str) -> str | None:
    """What a request names, where it is a text; anything else is not handed back."""
    value = request.get(key) if isinstance(request, Mapping) else None
    return value if isinstance(value, str) else None


def _place(asked: Mapping[str, Any]) -> Office | None:
    """The office whose announced figures count; none where the request names no place.

    Raises:
        UnknownField: no office has this code.
    """
    code = asked.get("place")
    if code is None:
        return None
    try:
        return figures.office_of(code)
    except figures.UnknownPlace:
        raise UnknownField(f"没有代码为 {code} 的机构", "place") from None


def _naming_places(response: dict[str, Any], scheme: str, year: int) -> dict[str, Any]:
    """Where a figure is missing that places have announced for themselves: which places."""
    answer = response["answer"]
    name = str(answer.get("path", "")).rpartition("facts.figures.")[2]
    if answer.get("error") != "figure_missing" or not name:
        return response
    known = figures.announced_in(scheme, year, name)
    if known:
        offices = "、".join(f"{office.code} {office.name}" for office in known)
        answer = {**answer, "message": f"{answer['message']}；各地另行公布，请写明 place：{offices}"}
    return {**response, "answer": answer}


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
    asked: Mapping[str, Any],
    on: date | None,
    document: LoadedDocument | None,
    place: Office | None,
    as_of: datetime | None,
) -> dict[str, Any]:
    """One bill down a chain; each step in the document in force on its own key date, all in one place.

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
        announced = figures.announced(scheme, day.year, office=place, as_of=as_of)
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
    place = request.get("place")
    if place is not None and not (isinstance(place, str) and _PLACE.match(place)):
        raise UnknownField('place 要写成机构代码的文字，如 "4502"', "place")
    if not _SCHEME.match(request["scheme"]):
        raise UnknownField("制度代码只用小写字母和连字符，如 yunnan-mutual-aid", "scheme")
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
    day = on or (None if period else _key_day(scheme, asked.get("facts"), as_of))
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


def _key_day(scheme: str, facts: object, as_of: datetime | None) -> date | None:
    """The date in the facts that decides the version: of settlement or of discharge, as the scheme says."""
    try:
        by_settlement = versions.only_version(scheme, as_of=as_of).document.version_by == "settlement"
    except versions.NoDocument:
        by_settlement = False
    return next(_dates_in(facts, "settled" if by_settlement else "discharged"), None)


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


def _dates_in(facts: object, first: str = "discharged") -> Iterator[date]:
    """Dates of the facts, those of the ``first`` name first."""
    if not isinstance(facts, Mapping):
        return
    stay = facts.get("stay")
    places = [stay if isinstance(stay, Mapping) else {}, facts]
    stays = facts.get("stays")
    if isinstance(stays, list):
        places += [item for item in stays if isinstance(item, Mapping)]
    for name in sorted(KEY_DATES, key=lambda name: name != first):
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
