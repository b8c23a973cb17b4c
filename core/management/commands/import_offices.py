"""Read the office tree from a CSV or XLSX file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from core.imports import Begun, ImportCommand
from core.models import User
from core.offices import import_offices


class Command(ImportCommand):
    help = "Read centre, offices and agency points from a file (columns 编码, 名称, 类别, 上级编码)."

    def read(self, file: Path, *, by: User, on: date, **_options: Any) -> Begun:  # type: ignore[override]
        return import_offices(file=file, name=file.name, by=by, on=on)
