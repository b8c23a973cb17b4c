"""Open a period from its document."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from core.commands import OfficeCommand
from schemes.periods import open_period


class Command(OfficeCommand):
    help = "Open a period of a scheme from its adopted document."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("period")
        parser.add_argument("--scheme", default="yunnan-mutual-aid")
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        period = open_period(
            scheme=options["scheme"], code=options["period"], by=options["by"], on=options["on"]
        )
        self.stdout.write(f"{period} {period.cover_from}–{period.cover_to} {period.get_state_display()}")
