"""An office's summary of a period, unit by unit."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from contributions.remittance import summary
from core.commands import OfficeCommand
from core.models import Office
from schemes.periods import find


class Command(OfficeCommand):
    help = "Make the summary of an office (code) for a period."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("office")
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default="yunnan-mutual-aid")
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            raise CommandError(_("There is no office %(code)s.") % {"code": options["office"]}, returncode=1)
        period = find(options["scheme"], options["period"])
        made = summary(office=office, period=period, by=options["by"], on=options["on"])
        for line in made.lines.select_related("unit").order_by("unit_id"):
            self.stdout.write(f"{line.unit}\t{line.persons}\t{line.continuing}\t{line.new}\t{line.amount}")
        facts = {"office": office, "units": made.units, "persons": made.persons, "amount": made.amount}
        self.stdout.write(_("%(office)s: %(units)s units, %(persons)s persons, %(amount)s yuan") % facts)
