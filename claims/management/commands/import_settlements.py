"""Import the insurance bureau's settlement file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from claims import settlements
from core import runs
from core.commands import OfficeCommand
from core.models import Office
from schemes.periods import find_or_open


class Command(OfficeCommand):
    help = "Import hospital settlements from CSV or XLSX; rows with something to say are reported."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--period", default="", help="the period whose rosters count; default: claims run now"
        )
        parser.add_argument("--scheme", default=settlements.SCHEME)
        parser.add_argument("--office", default="", help="code of the office whose file it is")
        self.add_act_arguments(parser, report=True)

    def act(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first() if options["office"] else None
        file: Path = options["file"]
        if options["period"]:
            find_or_open(options["scheme"], options["period"], on=options["on"])
        if not file.is_file():
            raise CommandError(f"{file}: no such file", returncode=1)
        run, known = settlements.begin(
            content=file.read_bytes(), name=file.name, by=options["by"], on=options["on"], office=office,
            scheme=options["scheme"], period=options["period"],
        )  # fmt: skip
        if not run.is_over:
            known = False
            run = runs.work(run.pk)
        self.tell(runs.report(run, known=known), options["report"])
