"""Which main pages a reader has, by permission."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from claims import settlements
from core import clock


@dataclass(frozen=True)
class Place:
    """One entry of the navigation. `needs`: a permission, "staff" (any staff role), "agent", "signed in"."""

    route: str
    name: str | Promise
    needs: str
    address: str = ""
    here: bool = False
    waiting: int = 0


PLACES = [
    Place("admin:index", _("Workbench"), "staff"),
    Place("inbox", _("Inbox"), "claims.decide_reviewcase"),
    Place("portal", _("My unit"), "agent"),
    Place("rosters", _("Rosters"), "enrollment.accept_roster"),
    Place("claims", _("Claims"), "claims.view_claim"),
    Place("settlements", _("Settlements"), "claims.import_settlements"),
    Place("batches", _("Payments"), "claims.view_paymentbatch"),
    Place("receipts", _("Receipts"), "funds.view_receipt"),
    Place("books", _("Books"), "funds.view_book"),
    Place("policy", _("Schemes"), "staff"),
    Place("today", _("Business date"), "core.move_businessdate"),
    Place("calculator", _("Calculator"), "signed in"),
    Place("runs", _("Runs"), "core.view_run"),
]
SETTLEMENTS = "settlements"
COUNTERS: dict[str, Callable[[HttpRequest], int]] = {}


def _open(place: Place, user: Any, roles: list[Any]) -> bool:
    if place.needs == "staff":
        return any(not role.unit_code for role in roles)
    if place.needs == "agent":
        return any(role.unit_code for role in roles)
    if place.route == SETTLEMENTS:
        return bool(settlements.offices_of(user, on=clock.today()))
    return place.needs == "signed in" or user.has_perm(place.needs)


def places_of(request: HttpRequest) -> list[Place]:
    """The reader's pages, the one they are on marked, with what waits there."""
    user = request.user
    if not user.is_authenticated:
        return []
    roles = user.roles_on(clock.today())
    found = []
    best = ""
    for place in PLACES:
        if not _open(place, user, roles):
            continue
        address = reverse(place.route)
        if request.path.startswith(address) and len(address) > len(best):
            best = address
        count = COUNTERS[place.route](request) if place.route in COUNTERS else 0
        found.append(replace(place, address=address, waiting=count))
    return [replace(place, here=place.address == best) for place in found]
