"""Putting an uploaded file to a claim: kept encrypted, then filed."""

from __future__ import annotations

from datetime import date
from typing import BinaryIO

from claims import filing
from claims.models import Claim, ClaimPaper, PaperKind
from core import files
from core.models import User
from core.write import write


@write
def attach(*, claim: Claim, kind: PaperKind, name: str, content: BinaryIO, by: User, on: date) -> ClaimPaper:
    """Keep a file and put it to a draft. Raises NotAllowed, Moved, FileRefused."""
    kept = files.keep(
        name=name, content=content, by=by, kinds=files.PAPERS, office=claim.office, unit_code=claim.unit.code
    )
    return filing.add_paper(claim=claim, kind=kind, attachment=kept, by=by, on=on)
