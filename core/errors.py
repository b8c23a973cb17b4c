"""Errors that a person may read: each has a stable code and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Refused(Exception):
    """A write that the rules do not allow; shown to the reader, never a 500.

    Subclasses set `code` (stable, snake case) and `sentence` (lazy, may hold %(name)s).
    """

    code = "refused"
    sentence: str | Promise = _("This cannot be done.")

    def __init__(self, *, code: str = "", sentence: str | Promise = "", **facts: Any) -> None:
        super().__init__()
        self.facts = facts
        if code:
            self.code = code
        if sentence:
            self.sentence = sentence

    def __str__(self) -> str:
        text = str(self.sentence)
        return text % self.facts if self.facts else text

    def kept(self) -> dict[str, Any]:
        """What is stored of a refusal, in no language: its code, its sentence as written here, its facts."""
        return {"code": self.code, **kept_sentence(self.sentence, self.facts)}


def kept_sentence(sentence: str | Promise, facts: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence and its facts as JSON in no language; `told` says it in the reader's."""
    with translation.override(None):
        return {"sentence": str(sentence), "facts": {name: _plain(fact) for name, fact in facts.items()}}


def _plain(fact: Any) -> Any:
    """Numbers stay numbers, words that are translated are marked, everything else is its text."""
    if isinstance(fact, Promise):
        return {"say": str(fact)}
    return fact if fact is None or isinstance(fact, (int, str)) else str(fact)


def told(kept: Mapping[str, Any]) -> str:
    """A stored sentence in the reader's language."""
    facts = {
        name: gettext(fact["say"]) if isinstance(fact, dict) else fact
        for name, fact in kept.get("facts", {}).items()
    }
    text = gettext(kept["sentence"]) if kept.get("sentence") else ""
    return text % facts if facts else text


class NotAllowed(Refused):
    """The reader's roles do not include this act, or not at this place."""

    code = "not_allowed"
    sentence = _("Your role does not allow this.")


class Moved(Refused):
    """Somebody else has changed the record meanwhile."""

    code = "moved"
    sentence = _("Somebody else has changed this meanwhile. Please look at it again.")
