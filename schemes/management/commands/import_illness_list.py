"""Take in a list of illnesses from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.commands import OfficeCommand
from schemes.illness import import_file


class Command(OfficeCommand):
    help = "Import a scheme's dated illness lists (list, code, name, from, to) from CSV or XLSX."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--scheme", required=True)
        self.add_act_arguments(parser, report=True)

    def act(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        if not path.is_file():
            raise CommandError(_("Cannot read %(file)s.") % {"file": path}, returncode=1)
        report = import_file(scheme=options["scheme"], source=path, by=options["by"], on=options["on"])
        self.tell(report, options["report"])
