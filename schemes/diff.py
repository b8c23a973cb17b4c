"""What changes between two versions of a document, by path, with both values and both glosses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    Entries of a list are known again by their name, act, reason …; an entry that only moved is no change.
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
    """Pair the entries by identity, the same identity in order; what has no partner is new or gone."""
    waiting: dict[tuple, list[int]] = {}
    for number, item in enumerate(old):
        waiting.setdefault(paths.identity(item), []).append(number)
    for number, item in enumerate(new):
        partners = waiting.get(paths.identity(item))
        if partners:
            partner = partners.pop(0)
            yield from _compare(old[partner], item, f"{old_path}[{partner}]", f"{new_path}[{number}]")
        else:
            yield from _compare(_NONE, item, "", f"{new_path}[{number}]")
    for number in sorted(number for left in waiting.values() for number in left):
        yield from _compare(old[number], _NONE, f"{old_path}[{number}]", "")


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
