"""``manage.py check_scheme FILE``: everything that is wrong with a scheme document, at once."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from schemes.quotes import quote
from schemes.rules import cases
from schemes.rules.document import DocumentError, LoadedDocument, Problem, load_file
from schemes.rules.problems import provisional_paths
from schemes.rules.quote import SECTIONS, answered
from schemes.rules.waterfall import is_chain, load_chain


class Command(BaseCommand):
    help = "Check a scheme document and the worked cases beside it; exit 1 when something is wrong."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the document, a TOML file")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            if is_chain(path):
                load_chain(path)
                self.stdout.write(_("%(file)s: nothing to correct.") % {"file": path})
                return
            loaded = load_file(path)
        except OSError as error:
            raise CommandError(_("Cannot read %(file)s.") % {"file": path}) from error
        except DocumentError as error:
            self._say(path, error.problems)
            sys.exit(1)
        for provisional in provisional_paths(loaded.document):
            self.stdout.write(_("Provisional: %(path)s") % {"path": provisional})
        self._remind(path, loaded)
        red = self._red_cases(path, loaded)
        self.stdout.write("\n".join(red) if red else _("%(file)s: nothing to correct.") % {"file": path})
        if red:
            sys.exit(1)

    def _say(self, path: Path, problems: list[Problem]) -> None:
        for problem in problems:
            where = f"{path}:{problem.line}" if problem.line else str(path)
            self.stdout.write(f"{where}: {problem}")
        count = _("%(count)s to correct.") % {"count": len(problems)}
        self.stdout.write(count)

    def _remind(self, path: Path, loaded: LoadedDocument) -> None:
        """A document is right without cases, but nothing without them is adopted: say which are missing."""
        file = cases.file_of(path)
        try:
            found = cases.read(file) if file.exists() else []
        except ValueError:
            return
        missing = cases.unasked(found, answered(loaded.document))
        if missing:
            asks = "、".join(f"{SECTIONS[ask][1]}（{ask}）" for ask in missing)
            told = _("Before it can be adopted, %(file)s needs a worked case for: %(asks)s.")
            self.stdout.write(told % {"file": file.name, "asks": asks})

    def _red_cases(self, path: Path, loaded: LoadedDocument) -> list[str]:
        """The cases beside the document that it does not answer as they say."""
        file = cases.file_of(path)
        if not file.exists():
            return []
        try:
            found = cases.read(file)
        except ValueError as error:
            return [f"{file}: {error}"]
        checked = cases.check(found, lambda request: quote(request, document=loaded))
        return [f"{file}: {name}: {line}" for name, lines in checked.items() for line in lines]
