"""Sentences of the stable codes that imports and jobs report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

SENTENCES: dict[str, Promise] = {}


def say(sentences: Mapping[str, Promise]) -> None:
    """Register lazy sentences by code; they may hold %(name)s for the issue's facts."""
    SENTENCES.update(sentences)


def sentence(code: str, facts: Mapping[str, Any] | None = None) -> str:
    """The sentence of a code in the reader's language."""
    text = (
        str(SENTENCES[code])
        if code in SENTENCES
        else _("Something is wrong here (%(code)s).") % {"code": code}
    )
    return text % facts if facts and "%(" in text else text
