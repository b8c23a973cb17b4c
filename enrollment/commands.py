"""What the roster commands share: `--period --unit --scheme`, and a line that says what was done."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from core.commands import OfficeCommand
from enrollment.models import Roster
from enrollment.roster import DEFAULT_SCHEME, find
from schemes.periods import find as find_period


class RosterCommand(OfficeCommand):
    """A command about one unit's roster, or about every roster of a period in some state."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True, help="the period's code, such as 18")
        parser.add_argument(
            "--unit", default="", help="a unit's social-credit code; every unit when left out"
        )
        parser.add_argument("--scheme", default=DEFAULT_SCHEME)
        self.add_act_arguments(parser)

    def rosters(
        self, *, state: str = "", period: str, unit: str, scheme: str, **_options: Any
    ) -> list[Roster]:
        """The rosters that are meant: the unit's own, or all of the period in a state."""
        found = find_period(scheme, period)
        if unit:
            return [find(unit_code=unit, period=found)]
        rows = Roster.objects.select_related("unit__agency", "period__scheme").filter(period=found)
        return list(rows.filter(**({"state": state} if state else {})).order_by("unit__code"))
