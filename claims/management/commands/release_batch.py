"""Release a payment batch, as another person than who built it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from claims import payment
from claims.batch_commands import batch_of, other_than_command
from core.commands import OfficeCommand


class Command(OfficeCommand):
    help = "Release a payment batch for the bank; not by who built it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", help="the batch's number")
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        by = other_than_command(options["by"], "release")
        batch = payment.release(batch=batch_of(options["batch"]), by=by, on=options["on"])
        self.stdout.write(_("Batch %(number)s is released.") % {"number": batch.number})
