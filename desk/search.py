"""Finding claims, members, units: by number, by name, by whole identity number (its digest)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from claims.models import Claim, ClaimState
from core import typed
from core.encryption import digest


def is_identity(word: str) -> bool:
    """Whether a word is a whole identity number."""
    return len(word) in {15, 18} and word[:-1].isdigit()


def claims(rows: QuerySet[Claim], asked: Mapping[str, str]) -> QuerySet[Claim]:
    """Claims narrowed by state, period code, and one word."""
    if (state := asked.get("state", "")) in ClaimState.values:
        rows = rows.filter(state=state)
    if period := asked.get("period", "").strip()[:20]:
        rows = rows.filter(period__code=period)
    word = typed.code(asked.get("q", ""))[:40]
    if not word:
        return rows
    if is_identity(word):
        return rows.filter(member__id_digest=digest(word))
    text = typed.text(asked.get("q", ""))[:40]
    return rows.filter(Q(number=word) | Q(member__name=text) | Q(unit__name__contains=text))
