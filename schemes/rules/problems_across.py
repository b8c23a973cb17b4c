"""What only the document as a whole can get wrong: names that nobody states, entries written twice.

Read from TOML data, so that it is told together with what does not fit its types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeGuard

from schemes.rules.errors import Problem
from schemes.rules.problems import gloss_of, stated_in
from schemes.rules.units import chinese_date

Table = Mapping[str, Any]
KEYS = (
    ("windows", "act"),
    ("clocks", "act"),
    ("exclusions", "reason"),
    ("figures", "name"),
    ("settings", "name"),
    ("lists", "name"),
    ("routing", "level"),
)
"""Sections whose entries are known by a key."""
LISTS = ("join", "levy")
"""Sections whose entries have no key: the same twice is one too many."""
FIGURE = "figure:"
WORDS = ("label", "note", "reading", "name", "items", "gloss", "title")
"""Where text stands that refers to nothing."""


def across(data: Table) -> list[Problem]:
    """Every contradiction between parts of a document that are right by themselves."""
    return [
        *_figures_declared(data),
        *_written_twice(data),
        *_the_same_twice(data),
        *_plans(data),
        *_cover(data),
        *_guarantee(data),
        *_clocks(data),
        *_days(data),
        *_dated(data),
    ]


def _table(data: Table, name: str) -> Table:
    found = data.get(name)
    return found if isinstance(found, Mapping) else {}


def _entries(data: Table, section: str) -> Iterator[tuple[str, Table]]:
    """The entries of a list with their paths; what is no table is left out."""
    listed = data.get(section)
    for number, item in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(item, Mapping):
            yield f"{section}[{number}]", item


def _figures_declared(data: Table) -> Iterator[Problem]:
    declared = {item.get("name") for _path, item in _entries(data, "figures")}
    for path, name in _announced(data, ""):
        if name not in declared:
            yield Problem(path, f"引用了公布数 {name}，请在 [[figures]] 中声明")


def _announced(part: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(part, str) and part.startswith(FIGURE):
        yield path, part.removeprefix(FIGURE)
    elif isinstance(part, Mapping):
        for key, item in part.items():
            if key not in WORDS:
                yield from _announced(item, f"{path}.{key}".lstrip("."))
    elif isinstance(part, list):
        for number, item in enumerate(part):
            yield from _announced(item, f"{path}[{number}]")


def _written_twice(data: Table) -> Iterator[Problem]:
    for section, key in KEYS:
        seen = set()
        for path, item in _entries(data, section):
            value = item.get(key)
            if isinstance(value, str) and value in seen:
                yield Problem(f"{path}.{key}", f"“{value}”写了两次，只留一个")
            seen.add(value if isinstance(value, str) else None)


def _the_same_twice(data: Table) -> Iterator[Problem]:
    for section in LISTS:
        seen: list[tuple[str, Table]] = []
        for path, item in _entries(data, section):
            first = next((where for where, one in seen if one == item), None)
            if first is not None:
                yield Problem(path, f"与 {first} 完全一样，只留一个")
            seen.append((path, item))


def _plans(data: Table) -> Iterator[Problem]:
    """Plans that are named somewhere and sold nowhere (where any is sold)."""
    sold = [item.get("plan") for _path, item in _entries(data, "levy") if item.get("kind") == "plan"]
    if not sold or not all(isinstance(plan, str) for plan in sold):
        return
    for path, plan in _named(data):
        if plan not in sold:
            known = "、".join(map(str, sold))
            yield Problem(path, f"没有计划“{plan}”；[[levy]] 中的计划有：{known}，请改成其中之一或补写")


def _named(data: Table) -> Iterator[tuple[str, object]]:
    for path, rule in _entries(data, "join"):
        if rule.get("kind") == "plan_sex" and "plan" in rule:
            yield f"{path}.plan", rule["plan"]
        elif rule.get("kind") == "plan_shares":
            for plan in _table(rule, "most"):
                yield f"{path}.most.{plan}", plan
            for outer, inner in _table(rule, "contains").items():
                for plan in (outer, *(inner if isinstance(inner, Mapping) else ())):
                    yield f"{path}.contains.{outer}", plan
    benefit = _table(data, "benefit")
    if benefit.get("kind") == "plans":
        for plan in _table(benefit, "plans"):
            yield f"benefit.plans.{plan}", plan


def _cover(data: Table) -> Iterator[Problem]:
    if _table(data, "cover").get("by_period") is True and "period" not in data:
        yield Problem("cover.by_period", "按期核对的要写 [period] 一节；没有期的请写 by_period = false")


def _guarantee(data: Table) -> Iterator[Problem]:
    rule = _table(data, "guarantee")
    member, unpaid = rule.get("member_in"), rule.get("unpaid_in")
    if isinstance(member, list) and isinstance(unpaid, list):
        other = [code for code in unpaid if isinstance(code, str) and code not in member]
        if other:
            yield Problem("guarantee.unpaid_in", f"第{'、'.join(other)}期不在 member_in 中，请补写或删去")


def _clocks(data: Table) -> Iterator[Problem]:
    for path, clock in _entries(data, "clocks"):
        for kind, name, nothing in (("workdays", "days", "0个工作日"), ("months", "months", "0个月")):
            if clock.get("kind") == kind and clock.get(name) == nothing:
                yield Problem(f"{path}.{name}", "办结期限至少为1")


def _days(data: Table) -> Iterator[Problem]:
    """The document's own days in order, and its period inside them."""
    effective, ends = data.get("effective"), data.get("ends")
    to = _table(data, "period").get("to")
    if _day(ends) and _day(effective) and ends < effective:
        yield Problem("ends", "ends 不能早于 effective")
    if _day(ends) and _day(to) and ends < to:
        yield Problem("ends", f"ends 不能早于本期最后一天：请写成 {to}，或更正 [period] 的 to")
    if _day(effective) and _day(to) and effective > to:
        yield Problem("effective", f"effective 不能晚于本期最后一天 {to}")


def _dated(data: Table) -> Iterator[Problem]:
    """The first and the last day in the gloss of the article that names them."""
    glosses = {str(key): str(text) for key, text in _table(data, "gloss").items()}
    for name in ("effective", "ends"):
        article, day = data.get(f"{name}_article"), data.get(name)
        if not isinstance(article, str) or not article or not isinstance(day, date):
            continue
        text = gloss_of(glosses, article)
        if isinstance(text, Problem):
            yield Problem(f"{name}_article", text.message)
        elif ("日", day.toordinal()) not in stated_in(text):
            shown = f"释义“{article}”里没有写到{chinese_date(day)}；请在 [gloss] 该条中写明，或更正此数"
            yield Problem(name, shown)


def _day(value: object) -> TypeGuard[date]:
    return type(value) is date
