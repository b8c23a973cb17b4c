"""The documents that ship with the product become adopted versions when the database is migrated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from core import clock
from core.roles import system_user
from core.write import write
from schemes.models import Scheme, SchemeVersion
from schemes.periods import closed_under, let_periods_follow, touched_by
from schemes.rules.cases import file_of
from schemes.rules.document import LoadedDocument, load_file
from schemes.versions import in_force, meet

FOLDER = Path(__file__).parent / "documents"
SHIPPED_BY = "shipped-with-the-product"


def documents() -> list[tuple[Path, LoadedDocument]]:
    """Every shipped document, by scheme and date."""
    return [(path, load_file(path)) for path in sorted(FOLDER.glob("*/*.toml"))]


@write
def adopt_shipped() -> list[SchemeVersion]:
    """Adopt the shipped documents that the database does not hold yet; returns the new ones.

    A changed document of a new release is a new version, adopted later: it supersedes the old one. Where the
    office has adopted a version of its own for the same days, its decision stands and the new one is a draft;
    likewise where a period has been closed with the old one, or where outside training mode an open period
    would come to rest on a document that is provisional as a whole.
    """
    return [_take_in(path, loaded) for path, loaded in documents() if not _held(loaded)]


def _held(loaded: LoadedDocument) -> bool:
    return SchemeVersion.objects.filter(scheme__code=loaded.document.scheme, sha=loaded.sha).exists()


def _take_in(path: Path, loaded: LoadedDocument) -> SchemeVersion:
    document = loaded.document
    scheme, _ = Scheme.objects.get_or_create(code=document.scheme, defaults={"name": document.name})
    by = system_user(SHIPPED_BY)
    version = SchemeVersion(
        scheme=scheme,
        document=path.read_bytes().decode(),
        cases=_cases(path),
        sha=loaded.sha,
        effective_from=document.effective,
        effective_to=document.ends,
        period_codes=[loaded.period_code] if loaded.period_code else [],
        provisional=document.provisional,
        written_by=by,
    )
    decided = any(meet(version, own) for own in in_force(scheme.code) if not own.shipped)
    unripe = document.provisional and not settings.TRAINING and bool(touched_by(version))
    if decided or closed_under(version) or unripe:
        version.save()
        return version
    version.state, version.shipped = SchemeVersion.State.ADOPTED, True
    version.adopted_by, version.adopted_at = by, datetime.now(UTC)
    version.save()
    let_periods_follow(version, by=by, on=clock.today())
    return version


def _cases(path: Path) -> str:
    """The text of the case file beside a document; no cases where there is none."""
    beside = file_of(path)
    return beside.read_text(encoding="utf-8") if beside.exists() else "[]"


def after_migrate(**_future: Any) -> None:
    """Receiver of post_migrate: what the release ships is in the database once it is migrated."""
    adopt_shipped()
