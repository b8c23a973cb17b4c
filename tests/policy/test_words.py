"""Every key that a scheme document can hold has words on the page, whatever city writes it."""

from __future__ import annotations

from typing import Any, get_args

from desk.policy_words import KEYS
from schemes.rules.document import Document

IN_THEIR_OWN_PLACES = {
    "aliases", "article", "date", "issuer", "items", "label", "note", "number", "reading", "title", "value",
}  # fmt: skip


def _keys(annotation: Any, seen: set[Any]) -> set[str]:
    found: set[str] = set()
    for inner in get_args(annotation):
        found |= _keys(inner, seen)
    fields = getattr(annotation, "model_fields", None)
    if isinstance(annotation, type) and fields and annotation not in seen:
        seen.add(annotation)
        for name, info in fields.items():
            found |= {info.alias or name} | _keys(info.annotation, seen)
    return found


def test_the_page_has_a_word_for_every_key_of_the_language() -> None:
    written = _keys(Document, set()) - set(Document.model_fields) - IN_THEIR_OWN_PLACES
    assert written - set(KEYS) == set()
