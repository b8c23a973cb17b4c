"""Which announced figures a year has, which it lacks, and what stops without them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from core.commands import OfficeCommand
from core.models import Office
from schemes import figures
from schemes.models import AnnouncedFigure, Scheme
from schemes.versions import NoDocument

Lacks = list[tuple[Office | None, list[figures.Missing]]]


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
                found = figures.missing_by_place(code, year)
            except NoDocument:
                if asked:
                    raise
                continue
            self._show(code, year, found)

    def _show(self, code: str, year: int, missing: Lacks) -> None:
        rows = AnnouncedFigure.objects.filter(scheme__code=code, year=year, successor=None)
        if not rows and not missing:
            return
        self.stdout.write(f"{code} {year}")
        for row in rows.select_related("office"):
            mark = _("checked") if row.checked_at else _("not checked yet")
            place = f"[{row.office.code} {row.office.name}] " if row.office else ""
            self.stdout.write(f"  {place}{row.name} {figures.shown(row)} {row.notice_number} {mark}")
        for office, lacks in missing:
            for item in lacks:
                self._lack(f"[{office.code} {office.name}] " if office else "", item)

    def _lack(self, place: str, item: figures.Missing) -> None:
        mark = _("recorded, not checked yet") if item.waiting else _("missing")
        self.stdout.write(f"  {place}{item.name} {item.label}: {mark}")
        for path, article in item.stops:
            self.stdout.write(_("    stops: %(path)s (%(article)s)") % {"path": path, "article": article})
        for path, article in item.limits:
            self.stdout.write(_("    no limit: %(path)s (%(article)s)") % {"path": path, "article": article})
        for path, article in item.goes_on:
            self.stdout.write(
                _("    goes on without it: %(path)s (%(article)s)") % {"path": path, "article": article}
            )
        if not (item.stops or item.limits or item.goes_on):
            self.stdout.write(_("    no rule of the document reads it"))
