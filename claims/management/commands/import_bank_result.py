"""Confirm what the bank answered for a batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from claims import bank
from claims.batch_commands import batch_of, other_than_command
from core.commands import OfficeCommand


class Command(OfficeCommand):
    help = "Confirm a bank result file or a part: paid ones are booked, returned ones wait for a new card."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("batch", help="the batch's number")
        parser.add_argument("file", type=Path)
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"{file}: no such file", returncode=1)
        result = bank.import_result(
            batch=batch_of(options["batch"]),
            content=file.read_bytes(),
            name=file.name,
            by=other_than_command(options["by"], "bank-result"),
            on=options["on"],
        )
        facts = {"paid": result.paid_count, "returned": result.returned_count, "total": result.paid_total}
        self.stdout.write(_("%(paid)s paid (%(total)s yuan), %(returned)s returned") % facts)
