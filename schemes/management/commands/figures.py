"""Which announced figures a year has, which it lacks, and what stops without them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.commands import OfficeCommand
from schemes import figures
from schemes.models import AnnouncedFigure, Scheme
from schemes.versions import NoDocument


class Command(OfficeCommand):
    help = "List the announced figures of a year: recorded, missing, and what stops without them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", type=int, help="default the year of the business date")
        parser.add_argument("--scheme", default="", help="default every scheme that has figures in that year")
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        year = options["year"] or options["on"].year
        asked = options["scheme"]
        for code in [asked] if asked else Scheme.objects.values_list("code", flat=True):
            try:
                found = figures.missing(code, year)
            except NoDocument:
                if asked:
                    raise
                continue
            self._show(code, year, found)

    def _show(self, code: str, year: int, missing: list[figures.Missing]) -> None:
        rows = AnnouncedFigure.objects.filter(scheme__code=code, year=year, successor=None)
        if not rows and not missing:
            return
        self.stdout.write(f"{code} {year}")
        for row in rows:
            mark = _("checked") if row.checked_at else _("not checked yet")
            self.stdout.write(f"  {row.name} {figures.shown(row)} {row.notice_number} {mark}")
        for item in missing:
            mark = _("recorded, not checked yet") if item.waiting else _("missing")
            self.stdout.write(f"  {item.name} {item.label}: {mark}")
            for path, article in item.stops:
                self.stdout.write(_("    stops: %(path)s (%(article)s)") % {"path": path, "article": article})
            for path, article in item.limits:
                self.stdout.write(
                    _("    no limit: %(path)s (%(article)s)") % {"path": path, "article": article}
                )
