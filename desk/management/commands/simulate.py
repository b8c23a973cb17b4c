"""Simulate a draft over a period's facts: cost, winners and losers, the fund, the largest changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core import runs
from core.commands import OfficeCommand
from core.models import Run, RunState
from desk import simulation
from desk.simulation import report
from schemes import periods
from schemes.models import SchemeVersion


class Command(OfficeCommand):
    help = "Compare a draft (its number or a file) with the document in force over a period's facts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("scheme")
        parser.add_argument("period")
        draft = parser.add_mutually_exclusive_group(required=True)
        draft.add_argument("--draft", type=int, help="number of the version")
        draft.add_argument("--document", type=Path, help="file of the document")
        parser.add_argument("--xlsx", type=Path, help="write the tables to this workbook")
        parser.add_argument("--changes", type=Path, help="write the largest changes to this workbook")
        self.add_act_arguments(parser, report=True)

    def act(self, *args: Any, **options: Any) -> None:
        period = periods.find(options["scheme"], options["period"])
        run = simulation.start(period=period, by=options["by"], on=options["on"], **self._draft(options))
        run = runs.work(run.pk)
        if run.state != RunState.DONE:
            raise CommandError(runs.why(run) or run.get_state_display(), returncode=1)
        for path, write in ((options["xlsx"], report.export), (options["changes"], report.export_changes)):
            if path is not None:
                with path.open("wb") as out:
                    write(run, out)
        if options["report"] == "json":
            self.stdout.write(json.dumps({"run": run.pk, **run.report}, ensure_ascii=False))
        else:
            self._say(run)

    def _draft(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["document"] is not None:
            return {"text": options["document"].read_text(encoding="utf-8")}
        version = SchemeVersion.objects.select_related("scheme").filter(pk=options["draft"]).first()
        if version is None:
            raise CommandError(
                _("There is no version %(number)s.") % {"number": options["draft"]}, returncode=1
            )
        return {"version": version}

    def _say(self, run: Run) -> None:
        rows = [("", report.total(run))]
        rows += [(table.title, row) for table in report.tables(run) for row in table.rows]
        for title, row in rows:
            self.stdout.write(
                f"{title}\t{row.label}\t{row.persons}\t+{row.winners}\t-{row.losers}\t"
                f"{row.old}\t{row.new}\t{row.difference:+}"
            )
        for bar in report.balances(run):
            self.stdout.write(f"\t{bar.label}\t{bar.old}\t{bar.new}")
