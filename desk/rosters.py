"""A unit's period at a glance: who has joined, what is needed, what is owed, how long there is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from contributions.models import RosterFee
from core.errors import Refused
from enrollment import roster as rosters
from enrollment.models import Roster, Unit
from schemes import quotes
from schemes.models import Period, PeriodState


@dataclass
class UnitPeriod:
    """A unit in one period; `roster` is None until the first file."""

    unit: Unit
    period: Period
    roster: Roster | None
    counts: dict[str, int]
    insured: int | None
    minimum: int | None
    met: bool
    quota_article: str
    fee: Decimal
    fee_lines: list[dict[str, str]]
    paid: Decimal
    days: int | None

    @property
    def is_open(self) -> bool:
        """Whether the unit may still change its roster."""
        return self.roster is None or self.roster.state == "draft"


NOBODY = {"continuing": 0, "new": 0, "active": 0, "retired": 0, "total": 0}


def at_a_glance(unit: Unit, period: Period, *, on: date) -> UnitPeriod:
    """Everything that a unit's period shows."""
    roster = (
        Roster.objects.select_related("unit__agency", "period__scheme")
        .filter(unit=unit, period=period)
        .first()
    )
    counts = rosters.counts(roster) if roster else NOBODY
    insured = rosters.denominator(roster) if roster else (unit.insured_active or None)
    quota = _ask(period, "quota", {"active_insured": insured or 0, "active_joining": counts["active"]})
    levy = _ask(period, "levy", {"unit": {"continuing": counts["continuing"], "new": counts["new"]}})
    fee = RosterFee.objects.filter(roster=roster).first() if roster else None
    community = unit.kind == Unit.Kind.COMMUNITY
    return UnitPeriod(
        unit=unit,
        period=period,
        roster=roster,
        counts=counts,
        insured=insured,
        minimum=None if community or insured is None else quota["answer"].get("minimum"),
        met=community or (insured is not None and bool(quota["answer"].get("accepted"))),
        quota_article=next((line["article"] for line in quota["lines"]), ""),
        fee=fee.owed if fee else Decimal(levy["answer"].get("total") or 0),
        fee_lines=levy["lines"],
        paid=fee.paid if fee else Decimal(0),
        days=(period.pay_to - on).days if period.pay_to else None,
    )


def _ask(period: Period, ask: str, facts: dict[str, Any]) -> dict[str, Any]:
    return quotes.quote({"scheme": period.scheme.code, "period": period.code, "ask": ask, "facts": facts})


def left_out(roster: Roster) -> list[dict[str, Any]]:
    """Retirees of the period before who are left out, with the reasons; [] where it costs nothing."""
    if not rosters.needs_reasons(roster.period):
        return []
    reasons = dict(roster.left_out.values_list("member", "reason"))
    people = rosters.left_out_retirees(roster)[:500]
    return [{"member": member, "reason": reasons.get(member.pk, "")} for member in people]


def problem_of(roster: Roster) -> str:
    """Why the roster cannot be handed in as it stands ("" when it can)."""
    try:
        result = rosters.check_quota(roster)
    except Refused as refusal:
        return str(refusal)
    return "" if result.accepted else "quota"


def periods_for(unit: Unit, *, on: date) -> list[Period]:
    """The periods that concern a unit on a day: open for entry, or running, the latest first."""
    rows = Period.objects.select_related("scheme").exclude(
        state__in=[PeriodState.PLANNED, PeriodState.CLOSED]
    )
    return list(rows.order_by("-cover_from")[:4])
