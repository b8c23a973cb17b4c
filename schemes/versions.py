"""Which version of a scheme's document is in force: by event date and by as-of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from schemes.models import Period, Scheme, SchemeVersion
from schemes.rules.document import Document, load


class NoDocument(Refused):
    """No adopted version covers the date or period that was asked for; the sentence names the gap."""

    code = "no_document"
    sentence = _("No document of %(scheme)s is in force for %(asked)s. In force: %(ranges)s.")


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
    for version in versions:
        if period is not None:
            if period in version.period_codes:
                return _loaded(version, period)
        elif on is not None and version.effective_from <= on <= (version.effective_to or on):
            return _loaded(version, _period_code(version, on))
    ranges = ", ".join(f"{v.effective_from}–{v.effective_to or ''}" for v in versions) or "—"
    raise NoDocument(scheme=scheme_code, asked=period or on, ranges=ranges)


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


def _period_code(version: SchemeVersion, on: date) -> str | None:
    if len(version.period_codes) == 1:
        return str(version.period_codes[0])
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
