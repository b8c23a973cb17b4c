"""What a place of a scheme document is called: "benefit.bands[0].pays" is 补助 › 分段 第1项 › 支付比例."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from desk.policy_names import name_words
from desk.policy_words import SECTIONS, code_words, key_words

_STEPS = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")
NAMED_BY = ("kind", "act", "event", "group", "reason", "level", "plan", "column", "name")
"""Keys by which an entry of a list is called; a reading and a list have names of their own."""


def place_words(data: Mapping[str, Any], path: str, *, scheme: str = "") -> str:
    """The place in words, from its part down to the value; entries by what they are, else by number."""
    words = [_("the whole document")] if path in ("", "document") else _words(data, path)
    return " › ".join([scheme, *words] if scheme else words)


def _words(data: Mapping[str, Any], path: str) -> list[str]:
    here: Any = data
    above, said = "", []
    for depth, (key, places) in enumerate(_STEPS.findall(path)):
        here = here.get(key) if isinstance(here, Mapping) else None
        title = _title(key, above, depth)
        for place in re.findall(r"\d+", places):
            here = here[int(place)] if isinstance(here, list) and int(place) < len(here) else None
            title = f"{title} {_entry(key, here, int(place) + 1)}"
        said.append(title)
        above = key
    return said


def _title(key: str, above: str, depth: int) -> str:
    if depth == 0:
        return str(SECTIONS[key]) if key in SECTIONS else key_words(key)
    if above in ("gloss", "names"):
        return key
    return code_words(above, key) if above in ("plans", "contains", "most") else key_words(key)


def _entry(above: str, item: Any, number: int) -> str:
    """An entry of a list: what it is where it says so, and its number where that alone is not enough."""
    nth = _("no. %(n)s") % {"n": number}
    if not isinstance(item, Mapping):
        return nth
    if above in ("settings", "lists"):
        return f"‘{name_words(str(item['name']))}’" if "name" in item else nth
    if above == "figures" and "label" in item:
        return f"‘{item['label']}’"
    for key in NAMED_BY:
        if isinstance(item.get(key), str):
            called = code_words(key, item[key])
            return f"{nth} ({called})"
    if "over" in item:
        return _("no. %(n)s (over %(over)s)") % {"n": number, "over": item["over"]}
    return nth
