"""What of a document is provisional, where, and in words: what claims and levies refuse to rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from schemes import paths
from schemes.rules.document import Document
from schemes.rules.problems import rules_of
from schemes.words import figure_words

SECTIONS: Mapping[str, Promise] = {
    "benefit": _l("Benefit"),
    "base": _l("What counts: the base"),
    "accepts": _l("Kinds of care"),
    "exclusions": _l("Not paid"),
    "levy": _l("Fees and contributions"),
    "routing": _l("Who decides"),
    "cover": _l("Cover"),
    "late_fee": _l("Late fee"),
    "figures": _l("Announced figures"),
}
OF_BENEFITS = frozenset({"deductible", "bands", "pool_ratio", "pool_room"})
"""Figures that a benefit may read by their name, where no rule refers to them."""
REFERENCE = "figure:"
NAMED = 3
"""So many places of an article are named; the others are counted."""


def parts(document: Document, text: str, sections: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """(path, article) of the provisional entries that these sections rest on.

    A provisional default of an announced figure belongs to the sections that refer to it.
    """
    found = [
        (path, rule.article)
        for path, rule in rules_of(document)
        if rule.provisional and _section(path) in sections
    ]
    return (*found, *_defaults(document, text, sections))


def _section(path: str) -> str:
    return path.split("[")[0].split(".")[0]


def _defaults(document: Document, text: str, sections: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    read: dict[str, set[str]] = {}
    for path, value in paths.leaves(paths.data_of(text)):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, str) and each.startswith(REFERENCE):
                read.setdefault(each.removeprefix(REFERENCE), set()).add(_section(path))
    for number, item in enumerate(document.figures):
        by = read.get(item.name) or {"benefit" if item.name in OF_BENEFITS else "levy"}
        if item.provisional and item.name in document.defaults and by.intersection(sections):
            yield f"figures[{number}]", item.article


def in_words(document: Document, found: tuple[tuple[str, str], ...]) -> str:
    """The places by part and article, with the first few of their paths; of a figure, what it is called."""
    by_article: dict[tuple[str, str], list[str]] = {}
    for path, article in found:
        by_article.setdefault((_section(path), article), []).append(path)
    said = []
    for (section, article), places in by_article.items():
        shown = [_named(document, path) for path in places[:NAMED]]
        rest = _(" and %(n)s more") % {"n": len(places) - NAMED} if len(places) > NAMED else ""
        facts = {
            "part": SECTIONS.get(section, section),
            "article": article,
            "places": "、".join(shown) + rest,
        }
        said.append(_("%(part)s, %(article)s (%(places)s)") % facts)
    return "；".join(said)


def _named(document: Document, path: str) -> str:
    if not path.startswith("figures["):
        return path
    return figure_words(document.figures[int(path[len("figures[") : -1])].name)
