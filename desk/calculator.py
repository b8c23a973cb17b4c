"""The calculator (补助试算): every question of the rules service, asked for anybody, nothing saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from schemes import quotes
from schemes.figures import places_of
from schemes.models import SchemeVersion
from schemes.rules.document import Document
from schemes.versions import Loaded, NoDocument, document_for

CHAIN = "chain"


@dataclass(frozen=True)
class Subject:
    """A scheme in a period, a scheme by a day, or a chain; with the documents that answer."""

    key: str
    name: str
    request: Mapping[str, str]
    loaded: tuple[Loaded, ...]
    day: date | None = None

    @property
    def documents(self) -> list[Document]:
        """The documents as the rules read them."""
        return [found.document for found in self.loaded]

    @property
    def is_chain(self) -> bool:
        """Whether one bill runs through several schemes."""
        return self.key.startswith(f"{CHAIN}:")


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be asked: every adopted scheme with its periods, and the chains."""
    known = {version.scheme.code: version.scheme.name for version in _adopted()}
    chains = [
        (f"{CHAIN}:{chain.chain}", chain.name)
        for chain in quotes.chains().values()
        if all(step.scheme in known for step in chain.steps)
    ]
    groups = [(_("One scheme"), list(_single().items())), (_("One bill through several schemes"), chains)]
    return [group for group in groups if group[1]]


def _adopted() -> list[SchemeVersion]:
    found = SchemeVersion.objects.select_related("scheme").defer("document", "cases")
    adopted = found.filter(state=SchemeVersion.State.ADOPTED)
    return list(adopted.order_by("scheme__name", "-effective_from", "-adopted_at", "-pk"))


def _single() -> dict[str, str]:
    """Schemes and their periods by key, the latest first; a successor stands for what it superseded."""
    shown: dict[str, str] = {}
    for version in _adopted():
        mark = f" · {_('provisional')}" if version.provisional else ""
        for code in version.period_codes:
            words = _("%(scheme)s, period %(code)s") % {"scheme": version.scheme.name, "code": code}
            shown.setdefault(f"{version.scheme.code}/{code}", words + mark)
        if not version.period_codes:
            shown.setdefault(version.scheme.code, version.scheme.name + mark)
    return shown


def keys(on: date) -> list[str]:
    """The keys of `choices`, first a period whose days hold `on`."""
    found = [key for _title, group in choices() for key, _words in group]
    covering = {
        f"{version.scheme.code}/{code}"
        for version in _adopted()
        if version.effective_from <= on <= (version.effective_to or on)
        for code in version.period_codes
    }
    return sorted(found, key=lambda key: key not in covering)


def subject(key: str, *, on: date, day: date | None = None) -> Subject | None:
    """What a key of `choices` stands for; None where nothing is adopted for it.

    `day`: by whose rules a scheme without periods answers, else `on` within the days that it governs.
    """
    kind, _colon, name = key.partition(":")
    if kind == CHAIN and name:
        return _chain(key, name)
    scheme, _slash, period = key.partition("/")
    words = _single().get(key)
    if words is None:
        return None
    try:
        if period:
            found = document_for(scheme, period=period)
            return Subject(key, words, {"scheme": scheme, "period": period}, (found,))
        asked = day or _within(scheme, on)
        found = document_for(scheme, on=asked)
    except NoDocument:
        return None
    return Subject(key, words, {"scheme": scheme}, (found,), asked)


def _within(scheme: str, on: date) -> date:
    """The day itself where a document governs it, else the nearest day that one governs."""
    spans = [
        (version.effective_from, version.effective_to or date.max)
        for version in _adopted()
        if version.scheme.code == scheme
    ]
    nearest = [min(max(on, first), last) for first, last in spans]
    return min(nearest, key=lambda found: abs((found - on).days))


def _chain(key: str, name: str) -> Subject | None:
    chain = quotes.chains().get(name)
    if chain is None:
        return None
    loaded = []
    for step in chain.steps:
        latest = next((one for one in _adopted() if one.scheme.code == step.scheme), None)
        if latest is None:
            return None
        loaded.append(document_for(step.scheme, on=latest.effective_from))
    return Subject(key, chain.name, {"scheme": name}, tuple(loaded))


def places(asked: Subject) -> list[tuple[str, str]]:
    """The places that may have announced figures of their own for a scheme or a chain: code and name."""
    return sorted({(office.code, office.name) for one in asked.documents for office in places_of(one)})


def request(
    asked: Subject, ask: str, facts: Mapping[str, Any], *, day: date | None = None, place: str = ""
) -> dict[str, Any]:
    """The request to the rules service, the same that the API takes.

    A day is named where the reader has chosen one, or where the facts hold none that decides.
    """
    named: dict[str, Any] = {**asked.request, "ask": ask, "facts": dict(facts)}
    if place:
        named["place"] = place
    if asked.is_chain or "period" in named:
        return named
    if day is not None or not _holds_a_day(facts):
        named["on"] = asked.day.isoformat() if asked.day else None
    return {key: value for key, value in named.items() if value is not None}


def _holds_a_day(facts: Mapping[str, Any]) -> bool:
    stays = facts.get("stays")
    places = [facts, facts.get("stay") or {}, *(stays if isinstance(stays, list) else [])]
    return any(name in place for place in places for name in quotes.KEY_DATES)


def as_fact(value: Any) -> Any:
    """A cleaned value as the rules service reads it: amounts and dates as texts."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else value
