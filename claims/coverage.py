"""Cover on the day of discharge, for many claims with one query (第三条, 第十四条)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from claims.models import Claim
from enrollment.models import Cover
from schemes.rules.document import Document


class Answer(NamedTuple):
    """covered; else the reason's code and article, `waits` when cover may still begin (the fee is open)."""

    covered: bool
    waits: bool = False
    reason: str = ""
    article: str = ""


NO_COVER = Answer(False, waits=True, reason="not_covered")


def answers(claims: Iterable[Claim], document: Document) -> dict[int, Answer]:
    """By claim: whether its member was covered by the claim's scheme on the day of discharge."""
    claims = list(claims)
    rows = Cover.objects.filter(
        member__in={claim.member_id for claim in claims},
        scheme__in={claim.period.scheme_id for claim in claims},
    ).values_list("member_id", "scheme_id", "valid_from", "valid_to", "ended", "ended_on")
    known: dict[tuple[int, int], list[tuple]] = {}
    for member, scheme, *span in rows:
        known.setdefault((member, scheme), []).append(tuple(span))
    return {
        claim.pk: _on_day(
            known.get((claim.member_id, claim.period.scheme_id), []), claim.bill.discharged, document
        )
        for claim in claims
    }


def _on_day(spans: list[tuple], day: date | None, document: Document) -> Answer:
    if day is None:
        return NO_COVER
    if any(first <= day <= last for first, last, _ended, _on in spans):
        return Answer(True)
    begun = [span for span in spans if span[0] <= day]
    _first, _last, code, ended_on = max(begun, key=lambda span: span[0], default=(None, None, "", None))
    if not code or day < ended_on:
        return NO_COVER
    ends = document.cover.ends if document.cover else ()
    article = next(
        (end.article for end in ends if end.event == code), document.cover.article if document.cover else ""
    )
    return Answer(False, reason=code, article=article)
