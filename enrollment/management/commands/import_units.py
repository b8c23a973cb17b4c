"""Read work units from a CSV or XLSX file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from core.imports import Begun, ImportCommand
from core.models import User
from enrollment.units import import_units


class Command(ImportCommand):
    help = "Read work units from a file (columns 统一社会信用代码, 单位名称, 代办点编码, 办事处编码)."

    def read(self, file: Path, *, by: User, on: date, **_options: Any) -> Begun:  # type: ignore[override]
        return import_units(file=file, name=file.name, by=by, on=on)
