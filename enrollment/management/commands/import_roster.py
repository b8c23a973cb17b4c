"""Read a unit's roster file for a period."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from core.imports import Begun, ImportCommand
from core.models import User
from enrollment import roster_import
from enrollment.roster import DEFAULT_SCHEME
from schemes.periods import find_or_open


class Command(ImportCommand):
    help = "Read a unit's roster (CSV or XLSX): every problem with its row, valid rows applied."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--period", required=True, help="the period's code, such as 18")
        parser.add_argument("--scheme", default=DEFAULT_SCHEME)
        parser.add_argument(
            "--unit", default="", help="the unit's social-credit code, when the file does not say"
        )
        parser.add_argument("--dry-run", action="store_true", help="report only")
        parser.add_argument("--strict", action="store_true", help="apply nothing unless no row has an error")

    def read(  # type: ignore[override]
        self,
        file: Path,
        *,
        by: User,
        on: date,
        period: str,
        scheme: str,
        unit: str,
        dry_run: bool,
        strict: bool,
        **_: Any,
    ) -> Begun:
        return roster_import.start(
            file=file,
            name=file.name,
            period=find_or_open(scheme, period, on=on),
            by=by,
            on=on,
            unit_code=unit,
            dry_run=dry_run,
            strict=strict,
        )
