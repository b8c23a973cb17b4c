"""Recalculate after an adoption: preview what changes, then let a second person apply it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core import runs
from core.commands import OfficeCommand
from core.models import Run, RunState
from desk import recalculation
from schemes.models import SchemeVersion


class Command(OfficeCommand):
    help = "Preview the accounts that a version changes (its number), or apply a preview (--apply RUN)."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("version", type=int, nargs="?", help="number of the version")
        what.add_argument("--apply", type=int, help="number of the preview's run")
        self.add_act_arguments(parser, report=True)

    def act(self, *args: Any, **options: Any) -> None:
        run = runs.work(self._start(options).pk)
        if run.state != RunState.DONE:
            raise CommandError(runs.why(run) or run.get_state_display(), returncode=1)
        self.tell(runs.report(run), options["report"])

    def _start(self, options: dict[str, Any]) -> Run:
        who = {"by": options["by"], "on": options["on"]}
        if options["apply"] is not None:
            preview = Run.objects.filter(pk=options["apply"]).first()
            if preview is None:
                raise CommandError(
                    _("There is no run %(number)s.") % {"number": options["apply"]}, returncode=1
                )
            return recalculation.apply(run=preview, **who)
        version = SchemeVersion.objects.select_related("scheme").filter(pk=options["version"]).first()
        if version is None:
            raise CommandError(
                _("There is no version %(number)s.") % {"number": options["version"]}, returncode=1
            )
        return recalculation.preview(version=version, **who)
