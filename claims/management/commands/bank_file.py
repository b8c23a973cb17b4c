"""Write the bank file of a released batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from claims import bank
from claims.batch_commands import batch_of
from core.commands import OfficeCommand


class Command(OfficeCommand):
    help = "Write a released batch as the bank wants it (XLSX or CSV, by the file's suffix); may be repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", help="the batch's number")
        parser.add_argument("--out", type=Path, required=True)
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        kind = "csv" if out.suffix.lower() == ".csv" else "xlsx"
        _name, content = bank.bank_file(
            batch=batch_of(options["batch"]), by=options["by"], on=options["on"], kind=kind
        )
        out.touch(mode=0o600)
        out.write_bytes(content)
        self.stdout.write(str(out))
