"""Take a document in as a draft, and check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.commands import OfficeCommand
from schemes import adoption, paths
from schemes.rules.cases import file_of


class Command(OfficeCommand):
    help = "Take FILE (and the case file beside it) in as a draft and check it; exit 1 when it is not clean."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        path = options["file"]
        text, beside = self._text(path), file_of(path)
        cases = self._text(beside) if beside.exists() else ""
        act = {"by": options["by"], "on": options["on"]}
        scheme = str(paths.data_of(text).get("scheme", path.parent.name))
        version = adoption.draft(scheme=scheme, text=text, cases=cases, **act)
        version, found = adoption.record_check(version=version, **act)
        for problem in found.problems:
            self.stderr.write(f"{path}:{problem.line or 1}: {problem}")
        for case in found.red:
            self.stderr.write(f"{case.id}: {'; '.join(case.differences)}")
        counts = {
            "number": version.pk,
            "problems": len(found.problems),
            "red": len(found.red),
            "cases": len(found.cases),
        }
        told = _("Version %(number)s: %(problems)s problems, %(red)s of %(cases)s cases red") % counts
        if not found.clean:
            raise CommandError(told, returncode=1)
        self.stdout.write(told)

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(_("Cannot read %(file)s.") % {"file": path}, returncode=2) from error
