"""Open the book of a scheme at an office that holds money."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.commands import OfficeCommand
from core.models import Office
from funds.books import open_book
from schemes.models import Scheme


class Command(OfficeCommand):
    help = "Open the book of a scheme at an office (code) with a chart of accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("office")
        parser.add_argument("--scheme", default="yunnan-mutual-aid")
        parser.add_argument("--chart", default="trade-union-trust")
        parser.add_argument("--details", default="")
        parser.add_argument(
            "--pays", action="store_true", default=None, help="benefits are paid from this book"
        )
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first()
        scheme = Scheme.objects.filter(code=options["scheme"]).first()
        if office is None or scheme is None:
            raise CommandError(_("There is no office or scheme of this code."), returncode=1)
        book = open_book(
            scheme=scheme,
            office=office,
            chart=options["chart"],
            details=options["details"],
            pays=options["pays"],
            by=options["by"],
            on=options["on"],
        )
        self.stdout.write(f"{office} · {scheme} · {book.chart} · {_('opened')}")
