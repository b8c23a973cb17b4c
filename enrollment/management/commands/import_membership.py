"""Read who was in an earlier period, and what it paid them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from core.imports import Begun, ImportCommand
from core.models import User
from enrollment.membership import import_membership
from enrollment.roster import DEFAULT_SCHEME


class Command(ImportCommand):
    help = "Read the members of an earlier period (columns 身份证号, 姓名, 期, 补助金额)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--scheme", default=DEFAULT_SCHEME)

    def read(self, file: Path, *, scheme: str, by: User, on: date, **_options: Any) -> Begun:  # type: ignore[override]
        return import_membership(file=file, name=file.name, scheme=scheme, by=by, on=on)
