"""One of everything that a page can show, and one person per role and place."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from claims import payment, review
from claims.models import ClaimPaper, PaperKind
from contributions.models import OfficeSummary, Remittance, RosterFee, SummaryLine
from core import files, runs
from core.models import Role, User
from core.roles import system_user
from enrollment.models import Roster
from funds.models import Voucher
from tests.support.claims import MAY, build_region, enroll, file_claim, open_with_money, person, slip

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@dataclass
class World:
    """The region and what happened in it."""

    region: Any
    people: dict[str, User]
    things: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        things = self.__dict__.get("things", {})
        if name not in things:
            raise AttributeError(name)
        return things[name]


def build() -> World:
    """Claims in review, drafted, approved and in a batch; a roster, a run, a voucher, a summary, a paper."""
    region = build_region()
    people = {
        **region.people,
        "policy": person("policy", region.center, Role.POLICY),
        "operator": person("operator", region.center, Role.OPERATOR),
        "nobody": User.objects.create(username="nobody"),
    }
    world = World(region, people)
    open_with_money(region)
    world.things |= _claims(region)
    world.things |= _money(region)
    world.things["roster"] = Roster.objects.get(unit=region.unit)
    world.things["stranger_roster"] = Roster.objects.get(unit=region.stranger)
    return world


def _claims(region: Any) -> dict[str, Any]:
    open_claim = file_claim(region, enroll(region), "6000.00")
    approved = file_claim(region, enroll(region), "5000.00")
    review.decide(case=approved.case, verdict="approve", by=region.clerk, on=MAY)
    batch = payment.build(period=region.period, by=region.cashier, on=MAY)
    member = enroll(region)
    from claims import filing

    draft = filing.start(member=member, unit=region.unit, period=region.period, by=region.agent, on=MAY)
    kept = files.keep(
        name="slip.png", content=PNG, by=region.agent, office=region.agency, unit_code=region.unit.code
    )
    paper = ClaimPaper.objects.create(
        claim=open_claim,
        kind=PaperKind.objects.order_by("position")[0],
        attachment=kept,
        added_by=region.agent,
    )
    stranger = file_claim(region, enroll(region, unit=region.stranger), "7000.00", by=region.stranger_agent)
    return {
        "claim": open_claim,
        "draft": draft,
        "batch": batch,
        "paper": paper,
        "stranger_claim": stranger,
        "bill": slip(region, member, "900.00"),
    }


def _money(region: Any) -> dict[str, Any]:
    roster = Roster.objects.get(unit=region.unit)
    by, on = system_user("test"), date(2022, 3, 1)
    RosterFee.objects.create(roster=roster, owed=Decimal(480), persons=4, assessed_on=on, assessed_by=by)
    summary = OfficeSummary.objects.create(
        office=region.office,
        period=region.period,
        made_on=on,
        made_by=by,
        units=1,
        persons=4,
        continuing=4,
        new=0,
        amount=Decimal(480),
    )
    SummaryLine.objects.create(
        summary=summary, unit=region.unit, persons=4, continuing=4, new=0, amount=Decimal(480)
    )
    run = runs.start(
        job="import_roster",
        key="world",
        by=region.agent,
        on=MAY,
        office=region.agency,
        unit_code=region.unit.code,
        options={"unit": region.unit.pk, "period": region.period.pk},
    )
    assert not Remittance.objects.exists()
    return {"summary": summary, "run": run, "voucher": Voucher.objects.order_by("pk")[0]}
