"""Read a bank's list of receipts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from contributions.bank_receipts import import_receipts
from core.imports import Begun, ImportCommand
from core.models import Office
from schemes.periods import find


class Command(ImportCommand):
    help = "Read a bank's list of receipts (CSV or XLSX) into the book of an office."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--office", required=True, help="office code")
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default="yunnan-mutual-aid")

    def read(self, file: Path, **options: Any) -> Begun:
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            raise CommandError(_("There is no office %(code)s.") % {"code": options["office"]}, returncode=1)
        period = find(options["scheme"], options["period"])
        return import_receipts(
            file=file, name=file.name, period=period, office=office, by=options["by"], on=options["on"]
        )
