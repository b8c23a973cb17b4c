"""What a place of a scheme document is called: "benefit.bands[0].pays" is 补助 › 分段 第1项 › 支付比例."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from desk.policy_names import name_words
from desk.policy_words import SECTIONS, code_words, key_words, value_words

_STEPS = re.compile(r"([^.\[\]]+)((?:\[\d+\])*)")
BESIDE_RULES: Mapping[str, Promise] = {
    "cases": _l("Worked cases"),
    "scheme": _l("code of the scheme"),
    "name": _l("name"),
    "effective": _l("first day in force"),
    "ends": _l("last day in force"),
    "version_by": _l("chosen by"),
    "before": _l("rules before"),
    "instrument": _l("instrument"),
    "related": _l("related instruments"),
    "repeals": _l("repealed instruments"),
    "period": _l("period"),
    "provisional": _l("provisional"),
    "title": _l("title"),
    "issuer": _l("issuer"),
    "number": _l("number of the instrument"),
    "date": _l("date"),
    "article": _l("article"),
    "note": _l("note"),
    "label": _l("label"),
    "value": _l("value"),
    "reading": _l("reading"),
    "items": _l("entries"),
}
"""Keys that are no rules of their own: what a document, an instrument or any entry says beside them."""
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
    if depth == 0 and key in SECTIONS:
        return str(SECTIONS[key])
    if key in BESIDE_RULES:
        return str(BESIDE_RULES[key])
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
    if isinstance(item.get("match"), Mapping) and item["match"]:
        matched = "；".join(value_words(key, value, {}) for key, value in item["match"].items())
        return f"{nth} ({matched})"
    if "over" in item:
        return _("no. %(n)s (over %(over)s)") % {"n": number, "over": item["over"]}
    return nth


ANSWERS: Mapping[str, Promise] = {
    "answer": _l("answer"),
    "total": _l("total"),
    "stays": _l("stay"),
    "amount": _l("pays"),
    "base": _l("base"),
    "level": _l("decided by"),
    "accepted": _l("accepted"),
    "covered": _l("Covered"),
    "guaranteed": _l("Guarantee given"),
    "reasons": _l("Why"),
    "minimum": _l("people at least"),
    "individual": _l("paid by the individual"),
    "unit": _l("paid by the unit"),
    "due": _l("Done by when"),
    "days": _l("days"),
    "late_fee": _l("Late fee"),
    "months_to_add": _l("months to add"),
    "retiree_benefit": _l("Draws retiree benefits without paying on"),
    "cost": _l("Cost of missing months"),
    "balance": _l("Insurer's balance"),
    "pool_from": _l("benefits of the pool from"),
    "account_from": _l("personal account from"),
    "unpaid_months": _l("months unpaid"),
    "ends": _l("cover ends with"),
    "refund": _l("refund"),
    "own": _l("is left to pay oneself"),
    "steps": _l("What each scheme pays"),
    "error": _l("error"),
}
"""What the keys of an answer are called."""


def difference_words(difference: str) -> str:
    """How an answer differs from a worked case: its key in words, then what it should be and what it is."""
    path, colon, rest = difference.partition("：")
    words = []
    for key, places in _STEPS.findall(path.removeprefix("answer.")):
        nth = "".join(f" {int(place) + 1}" for place in re.findall(r"\d+", places))
        words.append(f"{ANSWERS.get(key) or key_words(key)}{nth}")
    return f"{' › '.join(words)}{colon}{rest}" if colon else difference
