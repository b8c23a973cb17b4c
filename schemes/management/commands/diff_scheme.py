"""What changes between two documents: two files, or two versions by number, in any mixture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.commands import OfficeCommand
from schemes.diff import Change, diff
from schemes.models import SchemeVersion


class Command(OfficeCommand):
    help = "Show the changes from document A to document B: a file, or the number of a version."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("a", help="file or number of a version")
        parser.add_argument("b", help="file or number of a version")

    def act(self, *args: Any, **options: Any) -> None:
        changes = diff(self._text(options["a"]), self._text(options["b"]))
        for change in changes:
            self._show(change)
        self.stdout.write(_("%(count)s changes") % {"count": len(changes)})

    def _text(self, name: str) -> str:
        if name.isdigit():
            found = SchemeVersion.objects.filter(pk=int(name)).values_list("document", flat=True).first()
            if found is None:
                raise CommandError(_("There is no version %(number)s.") % {"number": name}, returncode=2)
            return found
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(_("Cannot read %(file)s.") % {"file": name}, returncode=2) from error

    def _show(self, change: Change) -> None:
        before = "—" if change.before is None else change.before
        after = "—" if change.after is None else change.after
        self.stdout.write(f"{change.path}: {before} → {after}")
        if change.path.startswith("gloss."):
            return
        for mark, article, gloss in (
            ("-", change.article_before, change.gloss_before),
            ("+", change.article_after, change.gloss_after),
        ):
            if article and gloss:
                self.stdout.write(f"  {mark} {article}: {gloss}")
