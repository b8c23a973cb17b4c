"""After the fee window: paid rosters are frozen, others not covered (云医互〔2021〕4号 三(三))."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from contributions import fees
from contributions.allocation import complete, standing
from core import roles
from core.errors import Refused
from core.models import Office, User
from core.write import write
from enrollment import roster as rosters
from enrollment.models import Roster, RosterState
from schemes.models import Period, PeriodState
from schemes.periods import move


class StillOpen(Refused):
    code = "window_still_open"
    sentence = _("%(article)s: fees are paid until %(to)s; rosters are frozen from the next day on.")


class Unpaid(NamedTuple):
    """A roster that nobody of is covered, and why: not accepted, or this much is missing."""

    roster: Roster
    missing: Decimal


class Frozen(NamedTuple):
    frozen: list[Roster]
    unpaid: list[Unpaid]


@write
def freeze_period(*, period: Period, by: User, on: date, office: Office | None = None) -> Frozen:
    """Freeze a period's rosters that are paid in full, of one office or of all; name the others.

    Again: a payment of the window that was recorded late freezes its roster then.

    Raises:
        StillOpen: the fee window has not ended.
    """
    root = office or Office.objects.get(parent=None)
    roles.require(by, "contributions.freeze_period", on=on, path=root.path)
    window = fees.pay_window(fees.document_for_fees(period))
    if on <= window.to:
        raise StillOpen(article=window.article, to=window.to)
    frozen, unpaid = [], []
    found = Roster.objects.filter(period=period, unit__agency__path__startswith=root.path)
    for roster in (
        found.exclude(state=RosterState.FROZEN)
        .select_related("unit__agency", "period__scheme")
        .order_by("pk")
    ):
        complete(roster=roster, by=by, on=on)
        outcome = standing(roster)
        if roster.state == RosterState.ACCEPTED and outcome.fee is not None and outcome.fee.paid_on:
            rosters.freeze(roster=roster, by=by, on=on)
            frozen.append(roster)
        else:
            unpaid.append(Unpaid(roster, outcome.missing))
    if office is None and period.state == PeriodState.ENROLLING:
        move(period=period, to=PeriodState.FROZEN, by=roles.system_user("freeze"), on=on)
    return Frozen(frozen, unpaid)
