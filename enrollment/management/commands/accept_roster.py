"""Accept rosters that were handed in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.models import User
from core.roles import system_user
from enrollment import roster as rosters
from enrollment.commands import RosterCommand
from enrollment.models import RosterState


class Command(RosterCommand):
    help = "Accept one unit's roster, or every submitted one of the period."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--confirmed", type=int, default=None, help="active staff in basic insurance, confirmed"
        )

    def _user(self, name: str) -> User:
        """Another user than the one who hands rosters in by default: two act on a roster."""
        return super()._user(name) if name else system_user("acceptance")

    def act(self, *args: Any, **options: Any) -> None:
        who = {"by": options["by"], "on": options["on"]}
        found = self.rosters(state=RosterState.SUBMITTED, **options)
        for roster in found:
            if options["confirmed"] is not None:
                rosters.confirm_denominator(roster=roster, active=options["confirmed"], **who)
            rosters.accept(roster=roster, **who)
        self.stdout.write(_("%(count)s rosters accepted") % {"count": len(found)})
