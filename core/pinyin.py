"""Sort keys: the database collates by code point, so names sort by a stored pinyin key."""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin


@lru_cache(maxsize=8192)
def _syllable(character: str) -> str:
    return lazy_pinyin(character, style=Style.TONE3, errors="default")[0].lower() if character else ""


def sort_key(name: str, *, longest: int = 200) -> str:
    """The pinyin of each character with its tone, separated by spaces, cut to `longest`."""
    return " ".join(map(_syllable, name))[:longest]
