"""What can still be said of a document that does not fit its types: glosses, touching bands.

So that one reading reports everything at once, and not the rest after the first
correction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from schemes.rules.errors import Problem
from schemes.rules.problems import NUMBER, gloss_of, stated_in
from schemes.rules.units import Fen, chinese_date

Table = Mapping[str, Any]
NOT_FIGURES = ("article", "note", "gloss", "label", "reading", "name", "items")


def beyond_types(data: Table, known: Collection[str]) -> list[Problem]:
    """Glosses without the figure and bands that do not touch, read from plain TOML data.

    ``known`` are the paths that something was said of already.
    """
    glosses = data.get("gloss")
    found = []
    if isinstance(glosses, Mapping):
        texts = {str(key): str(value) for key, value in glosses.items()}
        for path, table in _rules(data, ""):
            found += _gloss(texts, path, table)
    for path, bands in _band_lists(data, ""):
        if path not in known:
            found += _touching(path, bands)
    return found


def _rules(part: Any, path: str) -> Iterator[tuple[str, Table]]:
    if isinstance(part, Mapping):
        if isinstance(part.get("article"), str):
            yield path, part
        for key, value in part.items():
            yield from _rules(value, f"{path}.{key}".lstrip("."))
    elif isinstance(part, list | tuple):
        for number, item in enumerate(part):
            yield from _rules(item, f"{path}[{number}]")


def _figures(part: Table) -> Iterator[tuple[str, str, set[tuple[str, int]]]]:
    """Key, text and value of the figures that a table itself states."""
    for key, value in part.items():
        if key in NOT_FIGURES:
            continue
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str) and NUMBER.fullmatch(text):
                yield key, text, {pair for pair in stated_in(text) if pair[1]}
            elif isinstance(text, date):
                yield key, chinese_date(text), {("日", text.toordinal())}


def _gloss(glosses: Mapping[str, str], path: str, table: Table) -> list[Problem]:
    text = gloss_of(glosses, table["article"])
    if isinstance(text, Problem):
        return [Problem(f"{path}.article", text.message)]
    if table.get("provisional") is True:
        return []
    stated = stated_in(text)
    return [
        Problem(
            f"{path}.{key}", f"释义“{table['article']}”里没有写到{shown}；请在 [gloss] 该条中写明，或更正此数"
        )
        for key, shown, value in _figures(table)
        if not value <= stated
    ]


def _band_lists(part: Any, path: str) -> Iterator[tuple[str, list[Table]]]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            below = f"{path}.{key}".lstrip(".")
            if key == "bands" and isinstance(value, list) and all(isinstance(b, Mapping) for b in value):
                yield below, value
            else:
                yield from _band_lists(value, below)
    elif isinstance(part, list):
        for number, item in enumerate(part):
            yield from _band_lists(item, f"{path}[{number}]")


def _touching(path: str, bands: list[Table]) -> list[Problem]:
    found = []
    for number, band in enumerate(bands):
        over, to = _fen(band.get("over")), _fen(band.get("to"))
        if over is not None and to is not None and to <= over:
            found.append(Problem(f"{path}[{number}].to", "to 必须大于 over"))
    for number, (band, following) in enumerate(pairwise(bands)):
        top, begins = band.get("to"), following.get("over")
        if _fen(top) is not None and _fen(begins) is not None and _fen(top) != _fen(begins):
            words = f'与上一段不相接：请写成 "{top}"，或更正上一段的 to'
            found.append(Problem(f"{path}[{number + 1}].over", words))
    return found


def _fen(text: object) -> int | None:
    if not isinstance(text, str) or not text.endswith(Fen.unit):
        return None
    try:
        return Fen.parse(text.removesuffix(Fen.unit))
    except ValueError:
        return None
