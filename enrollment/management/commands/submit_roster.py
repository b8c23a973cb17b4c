"""Hand rosters in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from enrollment import roster as rosters
from enrollment.commands import RosterCommand
from enrollment.models import RosterState


class Command(RosterCommand):
    help = "Submit one unit's roster, or every draft of the period."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--insured", type=int, default=None, help="active staff in basic insurance, from the proof"
        )

    def act(self, *args: Any, **options: Any) -> None:
        who = {"by": options["by"], "on": options["on"]}
        found = self.rosters(state=RosterState.DRAFT, **options)
        for roster in found:
            if options["insured"] is not None:
                rosters.type_denominator(roster=roster, active=options["insured"], **who)
            rosters.submit(roster=roster, **who)
        self.stdout.write(_("%(count)s rosters submitted") % {"count": len(found)})
