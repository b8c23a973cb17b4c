"""A document's text as plain data: its values by path, and the article and gloss that stand over each."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

IDENTITIES = tuple("name act reason level column code plan event group number kind payer".split())
_PARTS = re.compile(r"[^.\[\]]+|\[\d+\]")


def data_of(text: str) -> dict[str, Any]:
    """The document as plain data; nothing where the text is no TOML yet."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}


def leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path ("benefit.bands[0].over"); an empty list or table is a value itself."""
    if isinstance(data, Mapping) and data:
        for key, item in data.items():
            yield from leaves(item, f"{path}.{key}".lstrip("."))
    elif isinstance(data, list) and any(isinstance(item, Mapping) for item in data):
        for number, item in enumerate(data):
            yield from leaves(item, f"{path}[{number}]")
    else:
        yield path, data


def walk(data: Any, path: str) -> Iterator[Any]:
    """The tables from the document down to what the path names, itself last; short when there is none."""
    here = data
    yield here
    for part in _PARTS.findall(path):
        if part.startswith("["):
            number = int(part[1:-1])
            if not isinstance(here, list) or number >= len(here):
                return
            here = here[number]
        elif isinstance(here, Mapping) and part in here:
            here = here[part]
        else:
            return
        yield here


def holds(data: Mapping[str, Any], path: str) -> bool:
    """Whether the document has something at this path."""
    return bool(path) and len(list(walk(data, path))) == len(_PARTS.findall(path)) + 1


def value_at(data: Mapping[str, Any], path: str) -> Any:
    """What stands at a path that the document holds."""
    return list(walk(data, path))[-1]


def article_at(data: Mapping[str, Any], path: str) -> str:
    """The article of the innermost rule over a path; of a gloss, its own key."""
    if path.startswith("gloss."):
        return path.removeprefix("gloss.")
    named = [here["article"] for here in walk(data, path) if isinstance(here, Mapping) and "article" in here]
    return str(named[-1]) if named else ""


def gloss_of(data: Mapping[str, Any], article: str) -> str:
    """What the document says of an article in our own words; a sub-item reads its article's gloss."""
    glosses = data.get("gloss", {})
    if not isinstance(glosses, Mapping):
        return ""
    texts = []
    for one in re.split(r"[、;；]", article):
        text = glosses.get(one, glosses.get(re.split(r"[（(]", one)[0].strip()))
        if text is not None and text not in texts:
            texts.append(str(text))
    return "\n".join(texts)


def identity(item: Any) -> tuple[tuple[str, str], ...]:
    """By what an entry of a list is known again in another version: its name, act, reason …"""
    if not isinstance(item, Mapping):
        return ()
    return tuple((key, str(item[key])) for key in IDENTITIES if isinstance(item.get(key), str))
