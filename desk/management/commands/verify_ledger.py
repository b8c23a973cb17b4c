"""Prove the books and the records against them; the first fault is named and ends the command with 1."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

import claims.proof
import contributions.proof
import funds.proof
from core.commands import OfficeCommand
from funds.models import Book


class Command(OfficeCommand):
    help = "Prove the ledger: trial balance, lines, numbers, holds, receipts, contributions, claims."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--book", default="", help="office code, or scheme:office")
        parser.add_argument("--all", action="store_true", help="name every fault, not only the first")

    def act(self, *args: Any, **options: Any) -> None:
        book = self._book(options["book"])
        faults = list(funds.proof.faults(book))
        if book is None:
            faults += contributions.proof.prove()
            faults += claims.proof.prove()
        if faults:
            for fault in faults[1:] if options["all"] else ():
                self.stderr.write(str(fault))
            raise CommandError(str(faults[0]), returncode=1)
        counts = funds.proof.counts(book)
        said = _("proved: %(books)s books, %(vouchers)s vouchers, %(lines)s lines, %(total)s yuan")
        self.stdout.write(said % counts)

    def _book(self, name: str) -> Book | None:
        if not name:
            return None
        scheme, _colon, office = name.rpartition(":")
        books = Book.objects.filter(office__code=office)
        found = list((books.filter(scheme__code=scheme) if scheme else books)[:2])
        if len(found) != 1:
            raise CommandError(_("There is no single book %(name)s.") % {"name": name}, returncode=1)
        return found[0]
