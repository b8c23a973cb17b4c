"""Which version of a scheme's document is in force: by event date and by as-of time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from schemes import provisional
from schemes.models import Period, Scheme, SchemeVersion
from schemes.rules.document import Document, load

_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")


class NoDocument(Refused):
    """No adopted version covers the date or period that was asked for; the sentence names the gap."""

    code = "no_document"
    sentence = _("No document of %(scheme)s is in force for %(asked)s. In force: %(ranges)s.")


class Provisional(Refused):
    """The document rests on provisional figures; only training mode may use it for people and money."""

    code = "provisional"
    sentence = _(
        "The document of %(scheme)s rests on provisional figures and cannot be used outside training mode."
    )


class ProvisionalParts(Provisional):
    """Some paths of the document are provisional."""

    sentence = _(
        "The document of %(scheme)s is provisional in %(paths)s; outside training mode this cannot be used."
    )


@dataclass(frozen=True)
class Loaded:
    """A document in force: the typed document, its SHA-256, and the row it came from."""

    document: Document
    sha: str
    period_code: str | None
    version: SchemeVersion


@lru_cache(maxsize=256)
def parsed(sha: str, text: str) -> Document:
    """The typed document of a text; a document never changes, so it is read once per process."""
    return load(text.encode())


def in_force(scheme_code: str, *, as_of: datetime | None = None) -> list[SchemeVersion]:
    """Adopted versions of a scheme as of a moment, the latest adoption first."""
    if not _CODE.fullmatch(scheme_code):
        return []
    adopted = Q(adopted_at__isnull=False)
    live = Q(withdrawn_at=None)
    if as_of is not None:
        adopted = Q(adopted_at__lte=as_of)
        live |= Q(withdrawn_at__gt=as_of)
    found = SchemeVersion.objects.select_related("scheme").filter(adopted & live, scheme__code=scheme_code)
    return list(found.order_by("-adopted_at", "-id"))


def document_for(
    scheme_code: str, *, period: str | None = None, on: date | None = None, as_of: datetime | None = None
) -> Loaded:
    """The document of a scheme for a period's code or for an event date.

    `as_of` answers with what was adopted at that moment. Raises NoDocument.
    """
    versions = in_force(scheme_code, as_of=as_of)
    found = of_period(versions, period) if period is not None else _of_day(versions, on)
    if found is not None:
        return _loaded(found, period if period is not None else _period_code(found, on))
    spans = sorted({(str(v.effective_from), str(v.effective_to or "")) for v in versions})
    ranges = ", ".join(f"{first}–{last}" for first, last in spans) or "—"
    raise NoDocument(scheme=scheme_code, asked=period or on or "—", ranges=ranges)


def _of_day(versions: list[SchemeVersion], on: date | None) -> SchemeVersion | None:
    """The latest adoption whose range holds the day."""
    if on is None:
        return None
    return next((v for v in versions if v.effective_from <= on <= (v.effective_to or on)), None)


def of_period(versions: list[SchemeVersion], code: str) -> SchemeVersion | None:
    """The latest adoption that states the period; of a year, the one in force on its first day."""
    stated = next((version for version in versions if code in version.period_codes), None)
    if stated is not None or not is_year(code):
        return stated
    first, last = year_of(code)
    without = [version for version in versions if not version.period_codes]
    begun = [
        v for v in without if v.effective_from <= last and (v.effective_to is None or v.effective_to >= first)
    ]
    return _of_day(begun, first) or min(begun, key=lambda version: version.effective_from, default=None)


def is_year(code: str) -> bool:
    """Whether a period's code is a calendar year: the period of a scheme whose document states none."""
    return bool(re.fullmatch(r"(19|20)[0-9]{2}", code))


def year_of(code: str) -> tuple[date, date]:
    """First and last day of a calendar year."""
    return date(int(code), 1, 1), date(int(code), 12, 31)


def require_settled(loaded: Loaded, *sections: str) -> None:
    """Refuse what rests on provisional figures outside training mode (a quote answers and lists them).

    Claims, bills and levies ask before they reckon; a question or a simulation writes nothing and may go on.
    `sections`: parts of the document that are about to be used, such as "levy" or "benefit"; the provisional
    defaults of the announced figures that they read are among them.
    Raises Provisional; ProvisionalParts names the places with their articles.
    """
    refusal = unsettled(loaded, *sections)
    if refusal is not None:
        raise refusal


def unsettled(loaded: Loaded, *sections: str) -> Provisional | None:
    """The refusal that `require_settled` raises; None where these sections may be used."""
    if settings.TRAINING:
        return None
    document = loaded.document
    if document.provisional or loaded.version.provisional:
        return Provisional(scheme=document.name)
    found = _provisional(loaded.sha, loaded.version.document, sections) if sections else ()
    if not found:
        return None
    return ProvisionalParts(scheme=document.name, paths=provisional.in_words(document, found))


@lru_cache(maxsize=256)
def _provisional(sha: str, text: str, sections: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return provisional.parts(parsed(sha, text), text, sections)


def superseded_by(version: SchemeVersion, *, as_of: datetime | None = None) -> list[SchemeVersion]:
    """Later adoptions that take days or periods from this one, the earliest day first."""
    if version.adopted_at is None:
        return []
    later = [
        v
        for v in in_force(version.scheme.code, as_of=as_of)
        if (v.adopted_at, v.id) > (version.adopted_at, version.id)
    ]
    return sorted((v for v in later if meet(v, version)), key=lambda v: v.effective_from)


def meet(one: SchemeVersion, other: SchemeVersion) -> bool:
    """Whether two versions speak of the same period, or, where one states none, of the same days."""
    if one.period_codes and other.period_codes:
        return bool(set(one.period_codes) & set(other.period_codes))
    starts = max(one.effective_from, other.effective_from)
    return all(v.effective_to is None or v.effective_to >= starts for v in (one, other))


def standing(version: SchemeVersion, *, as_of: datetime | None = None) -> str:
    """The state, or "superseded": adopted, with its periods or all its days taken by a later adoption."""
    if version.state != SchemeVersion.State.ADOPTED:
        return str(version.state)
    whole = any(_takes_all(later, version) for later in superseded_by(version, as_of=as_of))
    return "superseded" if whole else "adopted"


def _takes_all(later: SchemeVersion, version: SchemeVersion) -> bool:
    if version.period_codes:
        return set(version.period_codes) <= set(later.period_codes)
    ends = version.effective_to or date.max
    return later.effective_from <= version.effective_from and (later.effective_to or date.max) >= ends


def document_of(period: Period, *, as_of: datetime | None = None) -> Loaded:
    """The document of a period that has been opened. Raises NoDocument."""
    return document_for(period.scheme.code, period=period.code, as_of=as_of)


def only_version(scheme_code: str, *, as_of: datetime | None = None) -> Loaded:
    """The latest adopted document, for questions that name neither period nor date. Raises NoDocument."""
    versions = in_force(scheme_code, as_of=as_of)
    if not versions:
        raise NoDocument(scheme=scheme_code, asked="—", ranges="—")
    latest = max(versions, key=lambda v: (v.effective_from, v.adopted_at))
    return _loaded(latest, latest.period_codes[0] if latest.period_codes else None)


def _period_code(version: SchemeVersion, on: date | None) -> str | None:
    if len(version.period_codes) == 1:
        return str(version.period_codes[0])
    if on is None:
        return None
    period = Period.objects.filter(
        scheme=version.scheme, code__in=version.period_codes, cover_from__lte=on, cover_to__gte=on
    ).first()
    return period.code if period else None


def _loaded(version: SchemeVersion, period_code: str | None) -> Loaded:
    return Loaded(parsed(version.sha, version.document), version.sha, period_code, version)


def scheme_of(code: str) -> Scheme:
    """The scheme of a code. Raises NoDocument when there is none."""
    found = Scheme.objects.filter(code=code).first()
    if found is None:
        raise NoDocument(scheme=code, asked="—", ranges="—")
    return found
