"""Finding claims, members, units: by number, by name, by whole identity number (its digest)."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q, QuerySet

from claims.models import Claim, ClaimState
from core import numbers, typed


def claims(rows: QuerySet[Claim], asked: Mapping[str, str]) -> QuerySet[Claim]:
    """Claims narrowed by state, period code, and one word."""
    if (state := asked.get("state", "")) in ClaimState.values:
        rows = rows.filter(state=state)
    if period := asked.get("period", "").strip()[:20]:
        rows = rows.filter(period__code=period)
    asked_for = asked.get("q", "")
    word = typed.code(asked_for)[:40]
    if not word:
        return rows
    if (found := numbers.sought(asked_for)) is not None:
        return rows.filter(member__id_digest=found)
    text = typed.text(asked.get("q", ""))[:40]
    return rows.filter(Q(number=word) | Q(member__name=text) | Q(unit__name__contains=text))
