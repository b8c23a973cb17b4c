"""Files that become runs: a file is known by its digest, a problem by row, severity and code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import files, runs
from core.commands import OfficeCommand
from core.errors import Refused
from core.issues import say
from core.models import Office, Run, RunIssue, RunState, User
from core.sheets import Cells, Source, Table
from core.write import write

ERROR, WARNING, INFO = "error", "warning", "info"

say(
    {
        "file_known": gettext_lazy("This file has been read before; nothing was changed."),
        "sheet_read": gettext_lazy("The table was read from the sheet “%(sheet)s”."),
        "row_skipped": gettext_lazy("This row is empty and was skipped."),
        "duplicate_in_file": gettext_lazy("The same entry stands in row %(first)s of this file already."),
    }
)


@dataclass(frozen=True)
class Begun:
    """A file's run, and whether the same file was read to the end before."""

    run: Run
    known: bool

    def report(self) -> dict[str, Any]:
        """What the import says (docs/imports.md); `refused` tells whether the file was refused whole."""
        told = runs.report(self.run, known=self.known)
        if not self.known:
            told["refused"] = self.run.state in {RunState.REFUSED, RunState.FAILED}
        return told

    def finish(self) -> Begun:
        """Carry the run to its end here and now."""
        return self if self.known else Begun(runs.work(self.run.pk), False)


def sha_of(file: Path | bytes) -> str:
    """The file's SHA-256."""
    if isinstance(file, bytes):
        return hashlib.sha256(file).hexdigest()
    with open(file, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@write
def begin(
    *,
    job: str,
    file: Path | bytes,
    name: str,
    by: User,
    on: date,
    about: str = "",
    office: Office | None = None,
    unit_code: str = "",
    options: dict[str, Any] | None = None,
) -> Begun:
    """The run of a file: a new one, an unfinished one, or the one that read it before.

    `about` narrows what counts as the same file (a period, a unit). A refused or failed run lets its key go.
    """
    sha = sha_of(file)
    key = f"{job}:{about}:{sha}"
    earlier = Run.objects.filter(key=key).first()
    if earlier is not None and earlier.state in {RunState.REFUSED, RunState.FAILED}:
        runs.free_key(earlier)
        earlier = None
    if earlier is not None:
        return Begun(earlier, earlier.state == RunState.DONE)
    attachment = _kept(file, name=name, by=by, office=office, unit_code=unit_code)
    run = runs.start(
        job=job,
        key=key,
        by=by,
        on=on,
        office=office,
        unit_code=unit_code,
        options=options,
        attachment=attachment,
    )
    return Begun(run, False)


def _kept(file: Path | bytes, **about: Any) -> Any:
    if isinstance(file, bytes):
        return files.keep(content=file, kinds=files.SHEETS, **about)
    with open(file, "rb") as stream:
        return files.keep(content=stream, kinds=files.SHEETS, **about)


def content_of(run: Run) -> Source:
    """The run's file as a source for `core.sheets`, decrypted piece by piece."""
    attachment = run.file
    assert attachment is not None, "an import has a file"
    return lambda: files.plain_chunks(attachment)


def issue(
    run: Run,
    row: int | None,
    severity: str,
    code: str,
    /,
    *,
    column: str = "",
    cells: Cells | None = None,
    **facts: Any,
) -> RunIssue:
    """One thing to say about one row; its cells are kept encrypted for the download of rejected rows."""
    kept = (
        json.dumps([None if cell is None else str(cell) for cell in cells], ensure_ascii=False)
        if cells
        else None
    )
    return RunIssue(run=run, row=row, severity=severity, code=code, column=column, facts=facts, cells=kept)


def sheet_read(run: Run, found: Table) -> list[RunIssue]:
    """That the table does not stand on the workbook's first sheet, where it does not."""
    return [issue(run, None, INFO, "sheet_read", sheet=found.sheet)] if found.sheet else []


def record(issues: Iterable[RunIssue]) -> None:
    """Write issues down in one go."""
    RunIssue.objects.bulk_create(issues, batch_size=2000)


def refusal(refused: Refused) -> dict[str, Any]:
    """The report of a file that was refused before it became a run."""
    told = {"row": None, "severity": ERROR, "code": refused.code, "message": str(refused)}
    return {"rows": 0, "applied": 0, "issues": [told], "refused": True}


class ImportCommand(OfficeCommand):
    """A command that reads one file: `FILE --on --by --report json`; exit 1 when it was refused whole."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        self.add_act_arguments(parser, report=True)

    def read(self, file: Path, **options: Any) -> Begun:
        """Call the one function that reads the file."""
        raise NotImplementedError

    def act(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(_("There is no file %(name)s.") % {"name": file}, returncode=1)
        try:
            told = self.read(**options).finish().report()
        except Refused as refused:
            told = refusal(refused)
        if told.get("refused"):
            self.stderr.write(told["issues"][0]["message"])
        self.tell(told, options["report"])
