"""A scheme document as people read it: parts, entries in words with their articles, bands with a chart.

It reads the text alone, so that a draft that is still wrong can be looked at as far as it can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from desk.policy_charts import StepChart, steps
from desk.policy_names import VALUES, name_words
from desk.policy_words import SECTIONS, code_words, key_words, value_words
from schemes import paths

BESIDE = frozenset(
    {"article", "note", "provisional", "kind", "bands", "act", "name", "label", "reading", "items"}
)
"""Keys that an entry shows in a place of their own."""
TITLES = ("kind", "act", "event", "group", "reason", "plan", "column")


@dataclass(frozen=True)
class Bands:
    """Bands as a table (from, to, rate, least) and a step chart."""

    rows: tuple[tuple[str, str, str, str, str, bool], ...]
    own: bool
    chart: StepChart | None


@dataclass(frozen=True)
class Entry:
    """One rule in words: what it is, its values, its article and that article's gloss."""

    path: str
    title: str
    article: str
    facts: tuple[tuple[str, str], ...]
    note: str = ""
    provisional: bool = False
    bands: Bands | None = None
    inner: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Section:
    """One part of the page. kind: rules, table (rows with heads), glosses."""

    key: str
    title: str
    entries: tuple[Entry, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[tuple[str, str], ...], str, bool], ...] = ()
    sentence: str = ""
    glosses: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Reading:
    """The whole page of a document."""

    name: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    provisional: tuple[str, ...] = field(default=())


def read(text: str) -> Reading:
    """A document's text as a page, as far as it can be read."""
    data = paths.data_of(text)
    figures = _figure_names(data)
    sections = [found for key in SECTIONS if (found := _section(key, data, figures))]
    return Reading(
        name=str(data.get("name", "")),
        facts=tuple(_head(data)),
        sections=tuple(sections),
        provisional=tuple(_provisional(data)),
    )


def _figure_names(data: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(item["name"]): str(item.get("label", item["name"]))
        for item in _tables(data.get("figures"))
        if "name" in item
    }


def _tables(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _head(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    instrument = data.get("instrument")
    if isinstance(instrument, Mapping):
        parts = [str(instrument.get(name, "")) for name in ("title", "number", "issuer", "date")]
        yield _("instrument"), " · ".join(part for part in parts if part)
    for key, label in (("related", _("related")), ("repeals", _("repeals"))):
        for other in _tables(data.get(key)):
            yield label, f"{other.get('title', '')} {other.get('number', '')}".strip()
    ends = data.get("ends")
    yield _("in force"), f"{data.get('effective', '—')} – {ends or _('without end')}"
    by = {"settlement": _("the day of settlement"), "discharge": _("the day of discharge")}
    yield _("chosen by"), by.get(str(data.get("version_by", "discharge")), "—")
    period = data.get("period")
    if isinstance(period, Mapping):
        article = period.get("article", "")
        yield (
            _("period"),
            f"{period.get('name', '')} {period.get('from', '')} – {period.get('to', '')} {article}",
        )


def _provisional(data: Mapping[str, Any]) -> Iterator[str]:
    """The outermost entries that the source leaves open."""
    if data.get("provisional") is True:
        yield "document"
    above = ""
    for entry in sorted(
        path.removesuffix(".provisional")
        for path, value in paths.leaves(data)
        if path.endswith(".provisional") and value is True
    ):
        if not above or not entry.startswith((f"{above}.", f"{above}[")):
            above = entry
            yield entry


# --- parts -----------------------------------------------------------------------------------------------


def _section(key: str, data: Mapping[str, Any], figures: Mapping[str, str]) -> Section | None:
    value = data.get(key)
    if not value:
        return None
    title = str(SECTIONS[key])
    if key == "gloss" and isinstance(value, Mapping):
        return Section(key, title, glosses=tuple((str(name), str(text)) for name, text in value.items()))
    if key in TABLES and _tables(value):
        labels, row = TABLES[key]
        heads = [str(head) for head in labels()]
        rows = tuple(
            (
                tuple(zip(heads, row(item, number, value), strict=True)),
                str(item.get("article", "")),
                item.get("provisional") is True,
            )
            for number, item in enumerate(_tables(value))
        )
        return Section(key, title, heads=tuple(heads), rows=rows)
    items = [(key, value)] if isinstance(value, Mapping) else [
        (f"{key}[{number}]", item) for number, item in enumerate(_tables(value))
    ]  # fmt: skip
    entries = tuple(_entry(path, item, figures) for path, item in items)
    sentence = _quota_words(value) if key == "quota" and isinstance(value, Mapping) else ""
    return Section(key, title, entries=entries, sentence=sentence) if entries else None


def _entry(path: str, item: Mapping[str, Any], figures: Mapping[str, str], name: str = "") -> Entry:
    facts, inner = [], []
    for key, value in item.items():
        if key in BESIDE and not (key == "bands" and not _tables(value)):
            continue
        if key == "names" and isinstance(value, Mapping):
            facts.append((key_words("plans"), "、".join(str(name) for name in value.values())))
        elif isinstance(value, Mapping):
            inner += _below(f"{path}.{key}", key, value, figures)
        elif _tables(value) and all(_is_plain(one) for one in _tables(value)):
            facts.append((key_words(key), _in_a_row(_tables(value), figures)))
        elif _tables(value):
            inner += [
                _entry(f"{path}.{key}[{number}]", one, figures, key_words(key))
                for number, one in enumerate(_tables(value))
            ]
        else:
            facts.append((key_words(key), value_words(key, value, figures)))
    return Entry(
        path=path,
        title=name or _title(item),
        article=str(item.get("article", "")),
        facts=tuple(facts),
        note=str(item.get("note", "")),
        provisional=item.get("provisional") is True,
        bands=_bands(item.get("bands"), str(item.get("article", ""))),
        inner=tuple(inner),
    )


def _is_plain(item: Mapping[str, Any]) -> bool:
    """Whether an entry says one thing alone, such as a column or a group with its rate."""
    said = [key for key in item if key not in ("article", "provisional")]
    return len(said) == 1 and isinstance(item[said[0]], str) and item.get("provisional") is not True


def _in_a_row(items: list[Mapping[str, Any]], figures: Mapping[str, str]) -> str:
    """Plain entries in a row, each article named once behind what it says."""
    said: dict[str, list[str]] = {}
    for item in items:
        key = next(key for key in item if key not in ("article", "provisional"))
        said.setdefault(str(item.get("article", "")), []).append(value_words(key, item[key], figures))
    return "；".join(
        "、".join(words) + (f"〔{article}〕" if article else "") for article, words in said.items()
    )


def _below(path: str, key: str, value: Mapping[str, Any], figures: Mapping[str, str]) -> list[Entry]:
    """A table below an entry; a table of tables (plans by name) is shown entry by entry."""
    if value and all(isinstance(one, Mapping) for one in value.values()):
        return [
            _entry(f"{path}.{name}", one, figures, code_words(key, str(name))) for name, one in value.items()
        ]
    return [_entry(path, value, figures, key_words(key))]


def _title(item: Mapping[str, Any]) -> str:
    for key in TITLES:
        if isinstance(item.get(key), str):
            return code_words(key, item[key])
    return ""


def _bands(value: Any, article: str) -> Bands | None:
    bands = _tables(value)
    if not bands or not all("over" in band for band in bands):
        return None
    own = all("own" in band for band in bands)
    rate = "own" if own else "pays"
    rows = tuple(
        (
            str(band["over"]),
            str(band.get("to", "")),
            str(band.get(rate, "")),
            str(band.get("at_least", "")),
            str(band.get("article", article)),
            band.get("provisional") is True,
        )
        for band in bands
    )
    return Bands(rows, own, steps([(over, to, share) for over, to, share, *_rest in rows]))


# --- rows of parts that are tables -------------------------------------------------------------------------


def _window_row(item: Mapping[str, Any], number: int, items: Any) -> list[str]:
    act = code_words("act", str(item.get("act", "")))
    return [act, str(item.get("from", "—")), str(item.get("to", "—")), str(item.get("completion", "—"))]


def _route_row(item: Mapping[str, Any], number: int, items: Any) -> list[str]:
    level = code_words("level", str(item.get("level", "")))
    before = _tables(items)[number - 1].get("to", "") if number else ""
    if "to" not in item:
        return [level, _("over %(over)s") % {"over": before} if before else _("every amount")]
    if before:
        return [level, _("over %(over)s, up to and including %(to)s") % {"over": before, "to": item["to"]}]
    return [level, _("up to and including %(to)s") % {"to": item["to"]}]


def _exclusion_row(item: Mapping[str, Any], number: int, items: Any) -> list[str]:
    reason = str(item.get("reason", ""))
    return [code_words("reason", reason), str(item.get("note", ""))]


def _figure_row(item: Mapping[str, Any], number: int, items: Any) -> list[str]:
    default = item.get("default", item.get("default_rate", ""))
    return [str(item.get("label", "")), str(default) or "—"]


def _setting_row(item: Mapping[str, Any], number: int, items: Any) -> list[str]:
    return [
        str(item.get("reading", "")),
        name_words(str(item.get("name", ""))),
        _reading_value(item.get("value", "")),
    ]


def _list_row(item: Mapping[str, Any], number: int, items: Any) -> list[str]:
    return [name_words(str(item.get("name", ""))), value_words("", item.get("items", []), {})]


def _reading_value(value: Any) -> str:
    known = VALUES.get(value) if isinstance(value, str) else None
    return str(known) if known else value_words("", value, {})


TABLES: Mapping[str, tuple[Any, Any]] = {
    "windows": (
        lambda: (_("Act"), _("First day"), _("Last day"), _("Completion after a return")),
        _window_row,
    ),
    "routing": (lambda: (_("Level"), _("Amount of one application")), _route_row),
    "exclusions": (lambda: (_("Reason"), _("In words")), _exclusion_row),
    "figures": (lambda: (_("Figure"), _("Default")), _figure_row),
    "settings": (lambda: (_("Reading"), _("Name"), _("Value")), _setting_row),
    "lists": (lambda: (_("Name"), _("Holds")), _list_row),
}


def _quota_words(quota: Mapping[str, Any]) -> str:
    counts = code_words("counts", str(quota.get("counts", "")))
    facts = {"ratio": quota.get("ratio", "—"), "counts": counts}
    words = _("At least %(ratio)s of the unit's %(counts)s must join.") % facts
    if "all_up_to" in quota:
        words += " " + _("In units of up to %(n)s everybody joins.") % {"n": quota["all_up_to"]}
    if "all_below" in quota:
        words += " " + _("In units of fewer than %(n)s everybody joins.") % {"n": quota["all_below"]}
    return words
