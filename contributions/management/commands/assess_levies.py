"""Work out what each enrolment owes, and take up money that waits."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from contributions.allocation import complete_all
from contributions.levies import assess
from core.commands import OfficeCommand
from enrollment.roster import find as find_roster
from schemes.periods import find as find_period


class Command(OfficeCommand):
    help = "Assess the fees of a period's submitted rosters, or of one unit's."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default="yunnan-mutual-aid")
        parser.add_argument("--unit", default="", help="social-credit code; default all units")
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        period = find_period(options["scheme"], options["period"])
        who = {"by": options["by"], "on": options["on"]}
        if options["unit"]:
            done = assess(roster=find_roster(unit_code=options["unit"], period=period), **who)
        else:
            done = assess(period=period, **who)
        paid = complete_all(period=period, **who)
        said = _(
            "%(written)s levies written, %(rosters)s rosters owe %(owed)s, %(paid)s of them paid just now"
        )
        self.stdout.write(said % {**done._asdict(), "paid": len(paid)})
