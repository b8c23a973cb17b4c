"""Build a payment batch of all payable claims of a period."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from claims import payment, settlements
from core.commands import OfficeCommand
from core.models import Office
from schemes.periods import find


class Command(OfficeCommand):
    help = (
        "Put every approved claim of a period into a payment batch and reserve its money; prints its number."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default=settlements.SCHEME)
        parser.add_argument("--office", default="", help="code of the paying office; default the centre")
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first() if options["office"] else None
        period = find(options["scheme"], options["period"])
        batch = payment.build(period=period, by=options["by"], on=options["on"], office=office)
        facts = {"number": batch.number, "count": batch.count, "total": batch.total}
        self.stdout.write(_("Batch %(number)s: %(count)s payments, %(total)s yuan") % facts)
