"""``manage.py quote FILE``: answer the requests of a JSON file."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from schemes.quotes import quote, understood
from schemes.rules.document import LoadedDocument, load_file
from schemes.rules.errors import DocumentError


class Command(BaseCommand):
    help = "Answer quotes: what a scheme pays, charges, allows. FILE holds one request or a list."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help='JSON file, "-" reads standard input')
        parser.add_argument("--document", type=Path, help="use this scheme document, adopted or not")

    def handle(self, *args: Any, **options: Any) -> None:
        document = self._document(options["document"])
        request = self._request(options["file"])
        response = quote(request, document=document)
        text = json.dumps(response, ensure_ascii=False, indent=1)
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
        sys.stdout.buffer.flush()
        if not understood(response):
            sys.exit(2)

    def _document(self, path: Path | None) -> LoadedDocument | None:
        if path is None:
            return None
        try:
            return load_file(path)
        except OSError as error:
            raise CommandError(_("Cannot read %(file)s.") % {"file": path}, returncode=2) from error
        except DocumentError as error:
            raise CommandError(str(error), returncode=2) from error

    def _request(self, name: str) -> object:
        try:
            raw = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise CommandError(_("Cannot read %(file)s.") % {"file": name}, returncode=2) from error
        try:
            return json.loads(raw.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise CommandError(_("%(file)s is no JSON in UTF-8.") % {"file": name}, returncode=2) from error
