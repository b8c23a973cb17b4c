"""After the fee window: paid rosters are frozen, others not covered (云医互〔2021〕4号 三(三))."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from contributions import completion, fees, levies
from contributions.models import RosterFee
from core import roles
from core.errors import Refused
from core.models import Office, User
from core.roles import system_user
from core.write import write
from enrollment import roster_cover
from enrollment.models import Roster, RosterState
from funds.lines import ZERO
from schemes.models import Period, PeriodState
from schemes.periods import move


class StillOpen(Refused):
    code = "window_still_open"
    sentence = _("%(article)s: fees are paid until %(to)s; rosters are frozen from the next day on.")


class Unpaid(NamedTuple):
    """A roster that was not frozen, and why: not accepted, this much is missing, or what `because` says."""

    roster: Roster
    missing: Decimal
    because: Refused | None = None


class Frozen(NamedTuple):
    frozen: list[Roster]
    unpaid: list[Unpaid]


@write
def freeze_period(*, period: Period, by: User, on: date, office: Office | None = None) -> Frozen:
    """Freeze a period's rosters that are paid in full, of one office or of all; name the others.

    Again: a payment of the window that was recorded late freezes its roster then; it goes up in a
    supplementary remittance. A number of statements that does not grow with the rosters, but for chunks.

    Raises:
        StillOpen: the fee window has not ended.
    """
    root = office or Office.objects.get(parent=None)
    for right in ("contributions.freeze_period", "enrollment.freeze_roster"):
        roles.require(by, right, on=on, path=root.path)
    window = fees.pay_window(fees.document_for_fees(period))
    if on <= window.to:
        raise StillOpen(article=window.article, to=window.to)
    overpaid = levies.assess_below(period=period, path=root.path, by=system_user("levies"), on=on)
    completion.complete_below(period=period, path=root.path, but=overpaid, by=by, on=on)
    done = _freeze(period, root, overpaid, by, on)
    if office is None and period.state == PeriodState.ENROLLING:
        move(period=period, to=PeriodState.FROZEN, by=system_user("freeze"), on=on)
    return done


def _freeze(period: Period, root: Office, overpaid: list[RosterFee], by: User, on: date) -> Frozen:
    """Freeze what is accepted and paid; what each of the others misses."""
    stopped = {fee.roster_id: levies.paid_already(fee) for fee in overpaid}
    found = (
        Roster.objects.filter(period=period, unit__agency__path__startswith=root.path)
        .exclude(state=RosterState.FROZEN)
        .select_related("unit__agency", "period__scheme", "fee")
        .order_by("pk")
    )
    ready: list[Roster] = []
    others: list[Roster] = []
    for roster in found:
        fee = getattr(roster, "fee", None)
        sound = roster.pk not in stopped and roster.state == RosterState.ACCEPTED
        (ready if sound and fee is not None and fee.paid_on else others).append(roster)
    roster_cover.freeze_all(rosters=[roster.pk for roster in ready], by=by, on=on)
    for roster in ready:
        roster.state = RosterState.FROZEN
    waiting = completion.waiting_by_roster(period, others)
    unpaid = []
    for roster in others:
        fee = getattr(roster, "fee", None)
        left = sum((receipt.left for receipt in waiting[roster.pk]), ZERO)
        missing = max(fee.owed - fee.paid - left, ZERO) if fee is not None else ZERO
        unpaid.append(Unpaid(roster, missing, stopped.get(roster.pk)))
    return Frozen(ready, unpaid)
