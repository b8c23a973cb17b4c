"""The workbench (工作台): what waits for the reader, then the period at a glance, in bounded queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.translation import gettext as _

from claims import pages
from claims.models import BatchState, Claim, ClaimState, PaymentBatch
from contributions.models import RosterFee
from core.models import User
from desk.pages import capped, said
from enrollment.models import Enrollment, Roster, RosterState
from funds.models import Receipt
from schemes.models import Period, PeriodState

UNITS = 20
"""Rosters that the quota's chart looks at."""


@dataclass(frozen=True)
class Tile:
    """One figure with its words, its page, its tone."""

    figure: str
    label: str
    address: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar of a chart with its row of the table: width in whole hundredths of the chart."""

    label: str
    value: str
    width: int


def waiting(user: User, *, on: date) -> list[Tile]:
    """What waits for the reader today, by what their roles may do."""
    tiles: list[Tile] = []
    if user.has_perm("claims.decide_reviewcase"):
        counts, inbox = pages.counts(user, on=on), reverse("inbox")
        figures = {name: said(count, most=pages.MOST) for name, count in counts.items()}
        tiles += [
            Tile(figures["to_review"], _("to review"), inbox),
            Tile(figures["due_today"], _("due today"), inbox, "warn" if counts["due_today"] else ""),
            Tile(figures["overdue"], _("overdue"), inbox, "bad" if counts["overdue"] else ""),
        ]
    if user.has_perm("enrollment.accept_roster"):
        rows = Roster.objects.visible_to(user, on=on).filter(state=RosterState.SUBMITTED)
        tiles.append(
            Tile(said(capped(rows)), _("rosters to accept"), f"{reverse('rosters')}?state=submitted")
        )
    if user.has_perm("claims.view_claim"):
        mine = Claim.objects.visible_to(user, on=on)
        tiles.append(_claims(mine, ClaimState.RETURNED, _("returned to units")))
        tiles.append(_claims(mine, ClaimState.APPROVED, _("to pay")))
        tiles.append(_claims(mine, ClaimState.CARD, _("new bank card needed")))
    if user.has_perm("claims.view_paymentbatch"):
        open_ones = PaymentBatch.objects.visible_to(user, on=on).exclude(
            state__in=[BatchState.DONE, BatchState.CANCELLED]
        )
        tiles.append(Tile(said(capped(open_ones)), _("open batches"), reverse("batches")))
    if user.has_perm("funds.view_receipt"):
        unmatched = Receipt.objects.visible_to(user, on=on).filter(matched=0, returned=0)
        tiles.append(Tile(said(capped(unmatched)), _("receipts to match"), reverse("receipts")))
    return tiles


def _claims(rows: object, state: str, label: str) -> Tile:
    count = capped(rows.filter(state=state))  # type: ignore[attr-defined]
    return Tile(said(count), label, f"{reverse('claims')}?state={state}")


def period_on(on: date) -> Period | None:
    """The period that the workbench looks at: the one that runs, else the latest begun."""
    rows = Period.objects.select_related("scheme").exclude(state=PeriodState.PLANNED)
    running = rows.filter(cover_from__lte=on, cover_to__gte=on).order_by("-cover_from").first()
    return running or rows.order_by("-cover_from").first()


def at_a_glance(user: User, period: Period, states: dict[str, int], *, on: date) -> list[Tile]:
    """The period's figures within the reader's part of the tree; `states` of `counted_states`."""
    people = Enrollment.objects.visible_to(user, on=on).filter(roster__period=period)
    fees = RosterFee.objects.visible_to(user, on=on).filter(roster__period=period)
    filed = sum(count for state, count in states.items() if state != ClaimState.DRAFT)
    fee = fees.aggregate(owed=Sum("owed"), paid=Sum("paid"))
    out = pages.paid_out(user, period, on=on)
    owed, came = fee["owed"] or Decimal(0), fee["paid"] or Decimal(0)
    ratio = f"{out * 100 / came:.1f}%" if came else "—"
    return [
        Tile(said(capped(people)), _("people enrolled")),
        Tile(
            f"{came:,.2f}",
            _("fees received of %(owed)s") % {"owed": f"{owed:,.2f}"},
            "",
            "" if came >= owed else "warn",
        ),
        Tile(said(filed), _("claims filed")),
        Tile(f"{out:,.2f}", _("benefits paid")),
        Tile(ratio, _("benefits paid of fees received")),
    ]


def counted_states(user: User, period: Period, *, on: date) -> dict[str, int]:
    """How many of the period's claims stand in each state, each count capped."""
    rows = Claim.objects.visible_to(user, on=on).filter(period=period)
    return {state.value: capped(rows.filter(state=state)) for state in ClaimState}


def claims_by_state(states: dict[str, int]) -> list[Bar]:
    """How many claims stand where, as bars with their table; `states` of `counted_states`."""
    counts = [(str(state.label), states[state.value]) for state in ClaimState if states.get(state.value)]
    return _bars([(label, count, said(count)) for label, count in counts])


def quota_by_unit(user: User, period: Period, *, on: date) -> list[Bar]:
    """Units with the fewest joining, against their active staff: the first twelve of the oldest rosters."""
    rows = Roster.objects.visible_to(user, on=on).filter(period=period).select_related("unit")
    rows = rows.annotate(joined=Count("enrollments", filter=Q(enrollments__kind="active")))
    shares = []
    for roster in rows.order_by("pk")[:UNITS]:
        insured = roster.confirmed_active or roster.insured_active or roster.unit.insured_active
        if insured:
            shares.append(
                (str(roster.unit), min(roster.joined * 100 // insured, 100), f"{roster.joined} / {insured}")
            )
    return _bars(sorted(shares, key=lambda share: share[1])[:12], most=100)


def _bars(rows: list[tuple[str, int, str]], most: int = 0) -> list[Bar]:
    top = most or max((value for _label, value, _said in rows), default=0) or 1
    return [Bar(label, shown, value * 100 // top) for label, value, shown in rows]
