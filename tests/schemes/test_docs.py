"""Every example of the policy officer's guide is a document that loads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from schemes.rules import account, problems, source_text
from schemes.rules.cases import differences
from schemes.rules.document import Document, LoadedDocument, load
from schemes.rules.quote import ASKS
from schemes.rules.waterfall import Chain
from tests.schemes.support import ask

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "scheme-documents.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml(?: (\w+))?\n(.*?)```", GUIDE, re.S)
HEAD = next(text for kind, text in BLOCKS if kind == "head")
EXAMPLES = [text for kind, text in BLOCKS if not kind]


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.splitlines()[-1])
def test_an_example_after_the_head_is_a_document(text: str) -> None:
    assert load((HEAD + "\n" + text).encode()).scheme == "example-scheme"


WORKED = [
    (text, json.loads(line))
    for text, lines in re.findall(r"```toml\n([^`]*)```\n\n```case\n([^`]*)```", GUIDE)
    for line in lines.splitlines()
]


@pytest.mark.parametrize(
    ("text", "case"), WORKED, ids=lambda value: value["ask"] if isinstance(value, dict) else ""
)
def test_an_example_answers_as_the_guide_works_it_out(text: str, case: dict[str, Any]) -> None:
    example = LoadedDocument(load((HEAD + "\n" + text).encode()), "", None)
    found = ask(example, {"scheme": "example-scheme", **case})
    assert differences(case["answer"], found["answer"]) == []


def test_every_question_is_worked_out_in_the_guide() -> None:
    assert {case["ask"] for _text, case in WORKED} == set(ASKS)
    assert len({text for text, _case in WORKED}) == GUIDE.count("```case")


def test_the_example_of_a_chain_loads() -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "chain"]
    chain, found = problems.build(Chain, source_text.parse(text.encode()))
    assert found == [] and isinstance(chain, Chain)


def test_every_mechanism_and_every_kind_has_an_example() -> None:
    read = [load((HEAD + "\n" + text).encode()) for text in EXAMPLES]
    shown = {name for document in read for name in document.model_fields_set}
    told = {"ends", "effective_article", "ends_article", "before", "provisional", "related", "repeals"}
    assert set(Document.model_fields) - shown <= told
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


def test_the_guides_personal_account_is_credited_and_never_overdrawn() -> None:
    (text,) = [text for text in EXAMPLES if "[account]" in text]
    document = load((HEAD + "\n" + text).encode())
    given = {"account_share": 30_000}  # 3 %
    active = account.credit(document, kind="active", base=500_000, own_levy=10_000, figures=given)
    assert (active.amount, active.own, active.article) == (15_000, 10_000, "第二十条")
    assert account.credit(document, kind="retired", base=400_000, figures=given).amount == 12_000
    assert account.charge(15_000, 20_000) == (15_000, 5_000)


def test_the_guides_provisional_figures_are_named() -> None:
    (text,) = [text for text in EXAMPLES if "provisional = true" in text]
    example = LoadedDocument(load((HEAD + "\n" + text).encode()), "", None)
    facts = {"stays": [{"base": "1.00"}]}
    found = ask(example, {"scheme": "example-scheme", "ask": "benefit", "facts": facts})
    assert found["provisional"] == ["benefit.bands[0]"]
