"""Opening a period from its document, and moving it through its year."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext_lazy as _

from core.errors import Moved, Refused
from core.models import User
from core.roles import require, system_user
from core.write import write
from schemes.models import Period, PeriodState, SchemeVersion
from schemes.rules.document import Document
from schemes.versions import (
    Loaded,
    NoDocument,
    Provisional,
    document_for,
    document_of,
    in_force,
    is_year,
    of_period,
    require_settled,
    unsettled,
    year_of,
)

MOVES = {
    PeriodState.PLANNED: {PeriodState.ENROLLING},
    PeriodState.ENROLLING: {PeriodState.FROZEN},
    PeriodState.FROZEN: {PeriodState.CLAIMING},
    PeriodState.CLAIMING: {PeriodState.CLOSED},
    PeriodState.CLOSED: set(),
}


class UnknownPeriod(Refused):
    """No period of this code has been opened."""

    code = "period_unknown"
    sentence = _("Period %(period)s of %(scheme)s has not been opened.")


class RunsOnProvisional(Provisional):
    """A running period would rest on a provisional document."""

    sentence = _(
        "Period %(period)s of %(scheme)s is open, and this document is provisional as a whole; "
        "outside training mode no open period can take it up. Please settle its figures first."
    )


@write
def open_period(*, scheme: str, code: str, by: User, on: date) -> Period:
    """Open a period from the adopted document that states it, or a calendar year where none is stated.

    A second call returns the open period.

    Raises NotAllowed, NoDocument, Provisional.
    """
    require(by, "schemes.open_period", on=on)
    loaded = document_for(scheme, period=code)
    require_settled(loaded)
    period, _created = Period.objects.get_or_create(
        scheme=loaded.version.scheme,
        code=code,
        defaults={**_fields(loaded, code), "state": PeriodState.ENROLLING},
    )
    return period


def touched_by(version: SchemeVersion) -> list[Period]:
    """The periods that are open and whose document this version is, or becomes when it is adopted."""
    running = Period.objects.select_related("scheme", "version").filter(scheme=version.scheme)
    open_ones = running.exclude(state=PeriodState.CLOSED).order_by("cover_from")
    return [period for period in open_ones if _is_for(version, period)]


def closed_under(version: SchemeVersion) -> list[Period]:
    """The closed periods whose document this version is, or would become: they keep the one of that day."""
    closed = Period.objects.select_related("scheme").filter(scheme=version.scheme, state=PeriodState.CLOSED)
    return [period for period in closed.order_by("cover_from") if _is_for(version, period)]


def _is_for(version: SchemeVersion, period: Period) -> bool:
    others = [v for v in in_force(version.scheme.code) if v.pk != version.pk]
    if version.adopted_at is None:
        others = [version, *others]
    elif version.withdrawn_at is None:
        others = sorted([version, *others], key=lambda v: (v.adopted_at, v.pk), reverse=True)
    return of_period(others, period.code) == version


@write
def let_periods_follow(version: SchemeVersion, *, by: User, on: date) -> list[Period]:
    """After an adoption or a withdrawal: the scheme's open periods take up their document now in force.

    Version, cover and windows follow, with history; returns the periods that changed.
    Raises NoDocument where a period would be left without one; outside training mode RunsOnProvisional where
    one would take up a document that is provisional as a whole: the adoption or withdrawal does not happen.
    """
    running = Period.objects.select_related("scheme").filter(scheme=version.scheme)
    open_ones = list(running.exclude(state=PeriodState.CLOSED).order_by("cover_from"))
    return [period for period in open_ones if _follow(period, document_of(period), by)]


def _follow(period: Period, loaded: Loaded, by: User) -> bool:
    fields = _fields(loaded, period.code)
    if all(getattr(period, name) == value for name, value in fields.items()):
        return False
    if unsettled(loaded) is not None and loaded.version.pk != period.version_id:
        raise RunsOnProvisional(period=period.code, scheme=loaded.document.name)
    for name, value in fields.items():
        setattr(period, name, value)
    period._history_user = by  # type: ignore[attr-defined]  # read by simple-history
    period._change_reason = f"version {loaded.version.pk}"  # type: ignore[attr-defined]
    period.save()
    return True


def _span(document: Document, version: SchemeVersion, code: str) -> tuple[date, date]:
    """The cover that the document states; of a calendar year, its days from the document's first one."""
    if document.period is not None:
        return document.period.opens, document.period.to
    assert is_year(code), "a period that no document states is a calendar year"
    first, last = year_of(code)
    return max(first, version.effective_from), last


def _fields(loaded: Loaded, code: str) -> dict:
    document, version = loaded.document, loaded.version
    opens, to = _span(document, version, code)
    pay, claim = document.window("pay"), document.window("claim")
    return {
        "version": version,
        "cover_from": opens,
        "cover_to": to,
        "pay_from": pay and pay.opens,
        "pay_to": pay and pay.to,
        "claim_from": claim and claim.opens,
        "claim_to": claim and claim.to,
        "provisional": version.provisional,
    }


def find(scheme: str, code: str) -> Period:
    """An opened period. Raises UnknownPeriod."""
    period = Period.objects.select_related("scheme").filter(scheme__code=scheme, code=code).first()
    if period is None:
        raise UnknownPeriod(scheme=scheme, period=code)
    return period


@write
def find_or_open(scheme: str, code: str, *, on: date) -> Period:
    """An opened period; the first command that names a period which an adopted document states opens it.

    Raises UnknownPeriod, Provisional.
    """
    period = Period.objects.select_related("scheme").filter(scheme__code=scheme, code=code).first()
    if period is not None:
        return period
    try:
        return open_period(scheme=scheme, code=code, by=system_user("periods"), on=on)
    except NoDocument as missing:
        raise UnknownPeriod(scheme=scheme, period=code) from missing


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
    for period, to in [
        *((p, PeriodState.CLAIMING) for p in opening),
        *((p, PeriodState.CLOSED) for p in closing),
    ]:
        move(period=period, to=to, by=by, on=on)
        moved.append(f"{period.scheme_id}/{period.code}: {to}")
    return moved
