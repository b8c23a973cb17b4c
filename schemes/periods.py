"""Opening a period from its document, and moving it through its year."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.errors import Moved, Refused
from core.models import User
from core.roles import require
from core.write import write
from schemes.models import Period, PeriodState, SchemeVersion
from schemes.rules.document import Document
from schemes.versions import document_for

MOVES = {
    PeriodState.PLANNED: {PeriodState.ENROLLING},
    PeriodState.ENROLLING: {PeriodState.FROZEN},
    PeriodState.FROZEN: {PeriodState.CLAIMING},
    PeriodState.CLAIMING: {PeriodState.CLOSED},
    PeriodState.CLOSED: set(),
}


class Provisional(Refused):
    """The document rests on provisional figures; only training mode may use it for people and money."""

    code = "provisional"
    sentence = _("The document of %(scheme)s rests on provisional figures and cannot be used outside training mode.")


class UnknownPeriod(Refused):
    """No period of this code has been opened."""

    code = "period_unknown"
    sentence = _("Period %(code)s of %(scheme)s has not been opened.")


@write
def open_period(*, scheme: str, code: str, by: User, on: date) -> Period:
    """Open a period from the adopted document that states it; a second call returns the open period.

    Raises NotAllowed, NoDocument, Provisional.
    """
    require(by, "schemes.open_period", on=on)
    loaded = document_for(scheme, period=code)
    if loaded.version.provisional and not settings.TRAINING:
        raise Provisional(scheme=scheme)
    period, _created = Period.objects.get_or_create(
        scheme=loaded.version.scheme, code=code, defaults=_fields(loaded.document, loaded.version)
    )
    return period


def _fields(document: Document, version: SchemeVersion) -> dict:
    stated = document.period
    assert stated is not None, "a version with a period code states its period"
    pay, claim = document.window("pay"), document.window("claim")
    return {
        "version": version,
        "cover_from": stated.opens,
        "cover_to": stated.to,
        "pay_from": pay and pay.opens,
        "pay_to": pay and pay.to,
        "claim_from": claim and claim.opens,
        "claim_to": claim and claim.to,
        "provisional": version.provisional,
        "state": PeriodState.ENROLLING,
    }


def find(scheme: str, code: str) -> Period:
    """An opened period. Raises UnknownPeriod."""
    period = Period.objects.select_related("scheme").filter(scheme__code=scheme, code=code).first()
    if period is None:
        raise UnknownPeriod(scheme=scheme, code=code)
    return period


@write
def move(*, period: Period, to: str, by: User, on: date) -> Period:
    """Move a period to its next state (compare-and-set). Raises NotAllowed, Moved."""
    require(by, "schemes.open_period", on=on)
    if to not in MOVES[PeriodState(period.state)]:
        raise Moved()
    moved = Period.objects.filter(pk=period.pk, state=period.state).update(state=to)
    if not moved:
        raise Moved()
    period.state = to
    return period


@write
def move_due(*, by: User, on: date) -> list[str]:
    """Move the periods whose day has come: claims open, claims close. Returns what moved."""
    moved = []
    opening = Period.objects.filter(state=PeriodState.FROZEN, claim_from__lte=on)
    closing = Period.objects.filter(state=PeriodState.CLAIMING, claim_to__lt=on)
    for period, to in [*((p, PeriodState.CLAIMING) for p in opening), *((p, PeriodState.CLOSED) for p in closing)]:
        move(period=period, to=to, by=by, on=on)
        moved.append(f"{period.scheme_id}/{period.code}: {to}")
    return moved
