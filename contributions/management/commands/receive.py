"""Record one payment of a unit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from contributions.allocation import receive_fee, standing
from core.commands import OfficeCommand
from core.typed import money
from enrollment.models import Roster, Unit
from schemes.periods import find


class Command(OfficeCommand):
    help = "Record a payment: UNIT (social-credit code) AMOUNT REFERENCE (bank serial)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("unit")
        parser.add_argument("amount", type=money)
        parser.add_argument("reference")
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default="yunnan-mutual-aid")
        parser.add_argument(
            "--paid-on", type=date.fromisoformat, default=None, help="day of the payment; default --on"
        )
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        unit = Unit.objects.select_related("agency").filter(code=options["unit"]).first()
        if unit is None:
            raise CommandError(_("There is no unit %(code)s.") % {"code": options["unit"]}, returncode=1)
        period = find(options["scheme"], options["period"])
        receipt = receive_fee(
            unit=unit,
            period=period,
            amount=options["amount"],
            received_on=options["paid_on"] or options["on"],
            reference=options["reference"],
            by=options["by"],
            on=options["on"],
        )
        roster = (
            Roster.objects.filter(unit=unit, period=period).select_related("unit", "period__scheme").first()
        )
        outcome = standing(roster) if roster else None
        facts = {
            "amount": receipt.amount,
            "missing": outcome.missing if outcome else Decimal(0),
            "excess": outcome.excess if outcome else Decimal(0),
        }
        self.stdout.write(_("%(amount)s received; missing %(missing)s, too much %(excess)s") % facts)
