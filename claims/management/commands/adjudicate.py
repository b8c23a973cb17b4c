"""Calculate every filed claim of a period and send it to review."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from claims import filing_jobs, settlements
from core import runs
from core.commands import OfficeCommand
from schemes.periods import find


class Command(OfficeCommand):
    help = "Calculate filed claims with their trace and route them by amount."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default=settlements.SCHEME)
        self.add_act_arguments(parser, report=True)

    def act(self, *args: Any, **options: Any) -> None:
        period = find(options["scheme"], options["period"])
        run = filing_jobs.begin_adjudication(period=period, by=options["by"], on=options["on"])
        self.tell(runs.report(runs.work(run.pk)), options["report"])
