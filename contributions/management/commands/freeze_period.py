"""Freeze the rosters of a period that are paid; name those that are not."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from contributions.freeze import freeze_period
from core.commands import OfficeCommand
from core.models import Office
from schemes.periods import find


class Command(OfficeCommand):
    help = (
        "Freeze a period's paid rosters, of one office or of all; people on unpaid rosters are not covered."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default="yunnan-mutual-aid")
        parser.add_argument("--office", default="", help="office code; default all")
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first() if options["office"] else None
        if options["office"] and office is None:
            raise CommandError(_("There is no office %(code)s.") % {"code": options["office"]}, returncode=1)
        period = find(options["scheme"], options["period"])
        done = freeze_period(period=period, office=office, by=options["by"], on=options["on"])
        self.stdout.write(_("%(count)s rosters frozen") % {"count": len(done.frozen)})
        for roster, missing, because in done.unpaid:
            facts = {"unit": roster.unit, "state": roster.get_state_display(), "missing": missing}
            told = _("not covered: %(unit)s, %(state)s, missing %(missing)s") % facts
            self.stdout.write(str(because) if because else told)
