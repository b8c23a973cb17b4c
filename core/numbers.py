"""Searching for a person by number without the number ever standing in an address or a server's log.

A search form posts what was typed; an identity number is answered with an address that names its keyed
digest (`?q=digest:<hex>`), every other word with itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from core import typed
from core.encryption import digest
from core.identifiers import credit_code_fault, id_fault

PREFIX = "digest:"
HIDDEN = re.compile(r"digest:[0-9a-f]{32}")
SHAPE = re.compile(r"[0-9]{14,18}[0-9X]")
FORM_ONLY = ("csrfmiddlewaretoken", "search", "kept")


def is_number(word: str) -> bool:
    """Whether a word is, or may be, a person's number: 15 to 19 digits, the last may be X.

    A claim's number (one hyphen) and a unit's social-credit code without letters are none.
    """
    number = typed.code(word)
    if not SHAPE.fullmatch(number) or typed.text(word).count("-") == 1:
        return False
    return not id_fault(number, on=date.max) or bool(credit_code_fault(number))


def hide(word: str) -> str:
    """What stands in an address for a word: a number's digest, any other word itself."""
    return f"{PREFIX}{digest(typed.code(word)).hex()}" if is_number(word) else word


def is_hidden(word: str) -> bool:
    """Whether a word of an address stands for a number."""
    return HIDDEN.fullmatch(word) is not None


def sought(word: str) -> bytes | None:
    """The digest that a word of an address names, None for names and claim numbers."""
    if is_hidden(word):
        return bytes.fromhex(word.removeprefix(PREFIX))
    return digest(typed.code(word)) if is_number(word) else None


def asked(request: HttpRequest, name: str = "q") -> HttpResponse | None:
    """The way from a posted search form to the address of its answer; None where nothing is to be hidden.

    `kept` is the digest that was asked before: it stays when the box is left empty.
    """
    if request.method == "POST" and "search" in request.POST:
        typed_in = request.POST
        word = typed_in.get(name, "").strip().replace("\0", "")[:200]
        kept = typed_in.get("kept", "")
        return _to(request, typed_in, name, hide(word) or (kept if is_hidden(kept) else ""))
    if request.method == "GET" and is_number(request.GET.get(name, "")):
        return _to(request, request.GET, name, hide(request.GET[name]))
    return None


def _to(request: HttpRequest, fields: QueryDict, name: str, word: str) -> HttpResponse:
    query = QueryDict(mutable=True)
    for key in _other(fields, name):
        query.setlist(key, [value.replace("\0", "")[:200] for value in fields.getlist(key) if value])
    if word:
        query[name] = word
    return redirect(f"{request.path}?{query.urlencode()}" if query else request.path)


def _other(fields: QueryDict, name: str) -> Iterable[str]:
    return (key for key in fields if key != name and key not in FORM_ONLY)
