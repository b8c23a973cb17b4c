"""Say for each roster whether enough active staff join."""

from __future__ import annotations

from typing import Any

from core.errors import Refused
from enrollment import roster as rosters
from enrollment.commands import RosterCommand


class Command(RosterCommand):
    help = "Check the quota of one unit's roster, or of all; exit 1 when one is short."

    def act(self, *args: Any, **options: Any) -> None:
        short: list[Refused] = []
        for roster in self.rosters(**options):
            result = rosters.check_quota(roster)
            joining = rosters.counts(roster)["active"]
            self.stdout.write(
                f"{roster.unit.code}\t{joining}\t{result.minimum}\t{'ok' if result.accepted else 'short'}"
            )
            if not result.accepted:
                insured = rosters.denominator(roster)
                facts: dict[str, Any] = {
                    "joining": joining,
                    "insured": insured,
                    "minimum": result.minimum,
                    "article": result.article,
                }
                short.append(rosters.QuotaShort(**facts))
        if short:
            raise short[0]
