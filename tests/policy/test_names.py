"""Every reading and list of the shipped documents has a name in words, in both languages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.utils import translation

from desk.policy_names import NAMES, name_words
from desk.policy_reading import _reading_value

DOCUMENTS = sorted(Path("schemes/documents").glob("*/*.toml"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_reading_and_no_list_shows_as_a_code(path: Path) -> None:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for item in (*document.get("settings", []), *document.get("lists", [])):
        assert item["name"] in NAMES
        for language in ("zh-hans", "en"):
            with translation.override(language):
                assert name_words(item["name"]) != item["name"]
                assert "_" not in _reading_value(item.get("value", ""))


def test_a_name_that_is_not_known_is_shown_as_it_is() -> None:
    assert name_words("something_new") == "something_new"
    assert _reading_value(["a", "b"]) == "a、b"
