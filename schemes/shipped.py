"""The documents that ship with the product become adopted versions when the database is migrated."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.roles import system_user
from core.write import write
from schemes.models import Scheme, SchemeVersion
from schemes.rules.document import LoadedDocument, load_file

FOLDER = Path(__file__).parent / "documents"
SHIPPED_BY = "shipped-with-the-product"


def documents() -> list[tuple[Path, LoadedDocument]]:
    """Every shipped document, by scheme and date."""
    return [(path, load_file(path)) for path in sorted(FOLDER.glob("*/*.toml"))]


@write
def adopt_shipped() -> list[SchemeVersion]:
    """Adopt the shipped documents that the database does not hold yet; returns the new ones.

    A changed document of a new release is a new version, adopted later: it supersedes the old one.
    """
    return [_adopt(path, loaded) for path, loaded in documents() if not _held(loaded)]


def _held(loaded: LoadedDocument) -> bool:
    return SchemeVersion.objects.filter(scheme__code=loaded.document.scheme, sha=loaded.sha).exists()


def _adopt(path: Path, loaded: LoadedDocument) -> SchemeVersion:
    document = loaded.document
    scheme, _ = Scheme.objects.get_or_create(code=document.scheme, defaults={"name": document.name})
    by = system_user(SHIPPED_BY)
    return SchemeVersion.objects.create(
        scheme=scheme,
        document=path.read_text(encoding="utf-8"),
        sha=loaded.sha,
        effective_from=document.effective,
        effective_to=document.ends,
        period_codes=[loaded.period_code] if loaded.period_code else [],
        provisional=document.provisional,
        state=SchemeVersion.State.ADOPTED,
        shipped=True,
        written_by=by,
        adopted_by=by,
        adopted_at=datetime.now(UTC),
    )


def after_migrate(**_future: Any) -> None:
    """Receiver of post_migrate: what the release ships is in the database once it is migrated."""
    adopt_shipped()
