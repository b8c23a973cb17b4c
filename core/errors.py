"""Errors that a person may read: each has a stable code and a sentence."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
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


class NotAllowed(Refused):
    """The reader's roles do not include this act, or not at this place."""

    code = "not_allowed"
    sentence = _("Your role does not allow this.")


class Moved(Refused):
    """Somebody else has changed the record meanwhile."""

    code = "moved"
    sentence = _("Somebody else has changed this meanwhile. Please look at it again.")
