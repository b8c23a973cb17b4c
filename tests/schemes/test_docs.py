"""Every example of the policy officer's guide is a document that loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from schemes.rules import problems, source_text
from schemes.rules.document import Document, load
from schemes.rules.waterfall import Chain

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "scheme-documents.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml(?: (\w+))?\n(.*?)```", GUIDE, re.S)
HEAD = next(text for kind, text in BLOCKS if kind == "head")
EXAMPLES = [text for kind, text in BLOCKS if not kind]


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.splitlines()[-1])
def test_an_example_after_the_head_is_a_document(text: str) -> None:
    assert load((HEAD + "\n" + text).encode()).scheme == "example-scheme"


def test_the_example_of_a_chain_loads() -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "chain"]
    chain, found = problems.build(Chain, source_text.parse(text.encode()))
    assert found == [] and isinstance(chain, Chain)


def test_every_mechanism_and_every_kind_has_an_example() -> None:
    read = [load((HEAD + "\n" + text).encode()) for text in EXAMPLES]
    shown = {name for document in read for name in document.model_fields_set}
    assert set(Document.model_fields) - shown <= {"ends", "before", "provisional", "related", "repeals"}
    kinds = {kind for document in read for kind in _kinds(document)}
    assert kinds == _all_kinds(Document, set())


def _kinds(part: Any) -> set[str]:
    found = set()
    if hasattr(part, "model_fields_set"):
        found = {part.kind} if isinstance(getattr(part, "kind", None), str) else set()
        for name in type(part).model_fields:
            found |= _kinds(getattr(part, name))
    elif isinstance(part, tuple):
        found = set().union(*map(_kinds, part)) if part else set()
    elif isinstance(part, dict):
        found = set().union(*map(_kinds, part.values())) if part else set()
    return found


def _all_kinds(annotation: Any, seen: set[Any]) -> set[str]:
    """Every value of ``kind`` anywhere in the language."""
    found: set[str] = set()
    for inner in get_args(annotation):
        found |= _all_kinds(inner, seen)
    fields = getattr(annotation, "model_fields", None)
    if isinstance(annotation, type) and fields and annotation not in seen:
        seen.add(annotation)
        for name, info in fields.items():
            if name == "kind":
                found |= set(get_args(info.annotation))
            else:
                found |= _all_kinds(info.annotation, seen)
    return found
