"""What changes between two versions of a document, by path, with both values and both glosses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemes import paths


@dataclass(frozen=True)
class Change:
    """One value that differs. `before` or `after` is None where the path is new or gone.

    The articles and glosses are those over the path in the old and in the new document.
    """

    path: str
    before: str | None
    after: str | None
    article_before: str = ""
    article_after: str = ""
    gloss_before: str = ""
    gloss_after: str = ""

    @property
    def kind(self) -> str:
        """added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"


def diff(old: str, new: str) -> list[Change]:
    """The changes from one document's text to another's, in the order of the new one.

    Entries of a list are known again by their name, act, reason …, bands by where they begin; an entry that
    only moved is no change, one put in between is one new entry.
    A path points into the new document, that of something removed into the old one.
    """
    before, after = paths.data_of(old), paths.data_of(new)
    return [_change(before, after, *found) for found in _compare(before, after, "", "")]


Found = tuple[str, str, Any, Any]
_NONE = object()


def _compare(old: Any, new: Any, old_path: str, new_path: str) -> Iterator[Found]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*new, *(key for key in old if key not in new)]:
            below = (f"{old_path}.{key}".lstrip("."), f"{new_path}.{key}".lstrip("."))
            yield from _compare(old.get(key, _NONE), new.get(key, _NONE), *below)
    elif _tables(old) and _tables(new):
        yield from _entries(old, new, old_path, new_path)
    elif old is _NONE:
        yield from (("", path, _NONE, value) for path, value in paths.leaves(new, new_path))
    elif new is _NONE:
        yield from ((path, "", value, _NONE) for path, value in paths.leaves(old, old_path))
    elif old != new or type(old) is not type(new):
        yield old_path, new_path, old, new


def _tables(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, Mapping) for item in value)


def _entries(old: list[Any], new: list[Any], old_path: str, new_path: str) -> Iterator[Found]:
    """The entries with their partners, in the new order; what has no partner is new or gone."""
    partner_of = _partners(old, new)
    for number, item in enumerate(new):
        partner = partner_of.get(number)
        if partner is None:
            yield from _compare(_NONE, item, "", f"{new_path}[{number}]")
        else:
            yield from _compare(old[partner], item, f"{old_path}[{partner}]", f"{new_path}[{number}]")
    for number in sorted(set(range(len(old))) - set(partner_of.values())):
        yield from _compare(old[number], _NONE, f"{old_path}[{number}]", "")


_LOOKS: tuple[Callable[[Any], Any], ...] = (
    repr,
    lambda item: (paths.identity(item), item.get("over")) if "over" in item else None,
    lambda item: (
        (paths.identity(item), item["article"]) if "article" in item and "over" not in item else None
    ),
)
"""By what an entry is found again, the strictest first: every word; where a band begins; name and article."""


def _partners(old: list[Any], new: list[Any]) -> dict[int, int]:
    """New entry → old entry, by number. What no key finds again is paired in its gap, in order.

    So a band put in between is one new band, and a band whose edge moved is one changed band.
    """
    found: dict[int, int] = {}
    for look in _LOOKS:
        waiting: dict[Any, list[int]] = {}
        for number, item in enumerate(old):
            if number not in found.values() and _seen(look, item) is not None:
                waiting.setdefault(_seen(look, item), []).append(number)
        for number, item in enumerate(new):
            partners = waiting.get(_seen(look, item)) if number not in found else None
            if partners:
                found[number] = partners.pop(0)
    return found | _in_gaps(old, new, found)


def _seen(look: Callable[[Any], Any], item: Any) -> Any:
    return look(item) if isinstance(item, Mapping) else None


def _in_gaps(old: list[Any], new: list[Any], found: Mapping[int, int]) -> dict[int, int]:
    """Pairs of the same identity behind the same neighbour; entries with a name of their own, anywhere."""
    waiting: dict[Any, list[int]] = {}
    before = -1
    for number, item in enumerate(old):
        if number in found.values():
            before = number
        else:
            waiting.setdefault(_gap(item, before), []).append(number)
    pairs: dict[int, int] = {}
    before = -1
    for number, item in enumerate(new):
        before = found.get(number, before)
        partners = waiting.get(_gap(item, before)) if number not in found else None
        if partners:
            pairs[number] = partners.pop(0)
    return pairs


def _gap(item: Any, before: int) -> tuple[Any, int]:
    identity = paths.identity(item)
    return identity, -1 if identity else before


def _change(
    before: Mapping[str, Any], after: Mapping[str, Any], old_path: str, new_path: str, old: Any, new: Any
) -> Change:
    article_before = paths.article_at(before, old_path or new_path)
    article_after = paths.article_at(after, new_path or old_path)
    return Change(
        path=new_path or old_path,
        before=None if old is _NONE else shown(old),
        after=None if new is _NONE else shown(new),
        article_before=article_before if old is not _NONE else "",
        article_after=article_after if new is not _NONE else "",
        gloss_before=paths.gloss_of(before, article_before or article_after),
        gloss_after=paths.gloss_of(after, article_after or article_before),
    )


def shown(value: Any) -> str:
    """A value as the document's text would show it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "、".join(shown(item) for item in value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
