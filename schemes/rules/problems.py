"""What is wrong with a document, all at once, in words that say what to write instead."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from schemes.rules.errors import Problem
from schemes.rules.model import Rule
from schemes.rules.units import Quantity, chinese_date

if TYPE_CHECKING:
    from schemes.rules.document import Document

_WORDS = {
    "string_type": "请写成带引号的文字",
    "bool_type": "请写 true 或 false",
    "int_type": "请写整数",
    "date_type": "请写成日期，例如 2022-01-01（不加引号）",
    "tuple_type": '请写成列表，例如 ["…", "…"]',
    "model_type": "请写成一节（表）",
    "model_attributes_type": "请写成一节（表）",
    "mapping_type": "请写成一节（表）",
    "dict_type": "请写成一节（表）",
    "too_short": "至少写一项",
}
_WANTS = "请写"


_LISTED = ("bands", "less", "rates", "tables", "credits", "totals", "parts")
_PATTERNS = {
    r"^[a-z]+(-[a-z]+)*$": "只能用小写字母和连字符，例如 yunnan-mutual-aid",
    r"^[a-z][a-z_]*$": "只能用小写字母和下划线，例如 papers_to_claim",
    r"^[0-9]{1,4}$": '要写期数的数字，例如 "18"',
}


def build(model: type[BaseModel], data: Mapping[str, Any]) -> tuple[BaseModel | None, list[Problem]]:
    """The model, or everything that does not fit its types."""
    try:
        return model.model_validate(_frozen(data)), []
    except ValidationError as error:
        found = _one_each([_worded(model, item, data) for item in error.errors()])
        return None, [problem for problem in found if not _follows(problem, found)]


def _one_each(found: list[Problem]) -> list[Problem]:
    """Where several types are allowed, what each would want stands in one line."""
    told: dict[str, Problem] = {}
    for number, problem in enumerate(found):
        wants = problem.message.startswith(_WANTS)
        key = problem.path if wants else f"{problem.path} {number}"
        first = told.setdefault(key, problem)
        if first is not problem:
            first.message += f"，或{problem.message.removeprefix('请')}"
    return list(told.values())


def _follows(problem: Problem, found: list[Problem]) -> bool:
    """Whether a list is called too short only because something in it is wrong."""
    inside = f"{problem.path}["
    return problem.message == _WORDS["too_short"] and any(one.path.startswith(inside) for one in found)


def _frozen(value: Any) -> Any:
    """Lists as tuples, all the way down: strict types take nothing else."""
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return value


def _worded(model: type[BaseModel], item: Any, data: Mapping[str, Any]) -> Problem:
    kind = item["type"]
    path = _path(item["loc"], data, missing=kind == "missing")
    context = item.get("ctx", {})
    name = str(item["loc"][-1]) if item["loc"] else ""
    if kind == "extra_forbidden":
        known = _fields_at(model, item["loc"][:-1])
        near = difflib.get_close_matches(name, known)
        hint = f"是不是“{near[0]}”？" if near else ""
        return Problem(path, f"没有这一项。{hint}这里可以写：{'、'.join(known) or '（无）'}")
    if kind == "missing":
        if name == "gloss" or _fields_at(model, item["loc"]):
            return Problem(path, _section_to_write(path, name))
        return Problem(path, f"缺少这一项，请补写 {name} = …")
    if kind in ("literal_error", "enum"):
        return Problem(path, _choices(f"不能写“{item['input']}”，只能写：", context["expected"]))
    if kind == "union_tag_invalid":
        words = _choices(f"没有“{context['tag']}”这种规则，kind 只能写：", context["expected_tags"])
        return Problem(f"{path}.kind".lstrip("."), words)
    if kind == "union_tag_not_found":
        return Problem(path, "缺少 kind，请写明是哪一种规则")
    if kind == "string_pattern_mismatch":
        words = _PATTERNS.get(context["pattern"], f"不合格式 {context['pattern']}")
        return Problem(path, f"“{item['input']}”{words}")
    if kind == "string_too_short":
        least = context["min_length"]
        return Problem(path, f"至少写{least}个字" if item["input"] else "不能为空")
    if kind in ("date_from_datetime_parsing", "date_parsing", "date_from_datetime_inexact"):
        return Problem(path, _WORDS["date_type"])
    return Problem(path, _WORDS.get(kind, item["msg"]))


def _section_to_write(path: str, name: str) -> str:
    """How a table that is missing is written: inline, or as a section of its own."""
    several = name in _LISTED
    inline = f"{name} = [{{ … }}]" if several else f"{name} = {{ … }}"
    if "[" in path:
        return f"缺少这一项，请补写 {inline}"
    return f"缺少这一节，请补写 {f'[[{path}]]' if several else f'[{path}]'} …"


def _choices(words: str, expected: str) -> str:
    return words + expected.replace("'", '"').replace(" or ", "、").replace(", ", "、")


def _path(loc: tuple[Any, ...], data: Any, *, missing: bool) -> str:
    """The path as people count it; tags of unions, which no file contains, left out."""
    shown = ""
    here: Any = data
    entered = False
    for number, part in enumerate(loc):
        if isinstance(part, int):
            shown += f"[{part}]"
            here = here[part]
            entered = True
        elif isinstance(here, Mapping) and entered and here.get("kind") == part:
            entered = False
        elif isinstance(here, Mapping) and (part in here or (missing and number == len(loc) - 1)):
            shown += f".{part}"
            here = here.get(part)
            entered = True
    return shown.lstrip(".")


def _fields_at(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The keys that may stand where ``loc`` points."""
    here: list[Any] = [model]
    for part in loc:
        if isinstance(part, int):
            continue
        models = _models(here)
        tagged = [cls for cls in models if _tag(cls) == part] if len(models) > 1 else []
        following = [
            found
            for cls in models
            for name, info in cls.model_fields.items()
            if part in (name, info.alias)
            for found in _inside(info.annotation)
        ]
        here = tagged or following or here
    return sorted({info.alias or name for cls in _models(here) for name, info in cls.model_fields.items()})


def _models(found: list[Any]) -> list[type[BaseModel]]:
    return [cls for cls in found if isinstance(cls, type) and issubclass(cls, BaseModel)]


def _tag(cls: type[BaseModel]) -> object:
    info = cls.model_fields.get("kind")
    return get_args(info.annotation)[0] if info is not None else None


def _inside(annotation: Any) -> list[Any]:
    """All classes anywhere in a type."""
    inner = get_args(annotation)
    if not inner:
        return [annotation]
    return [cls for part in inner for cls in _inside(part)]


def rules_of(part: Any, path: str = "") -> Iterator[tuple[str, Rule]]:
    """Every rule entry of a document with its path."""
    if isinstance(part, Rule):
        yield path, part
    if isinstance(part, BaseModel):
        for name, info in type(part).model_fields.items():
            yield from rules_of(getattr(part, name), f"{path}.{info.alias or name}".lstrip("."))
    elif isinstance(part, tuple):
        for number, item in enumerate(part):
            yield from rules_of(item, f"{path}[{number}]")
    elif isinstance(part, Mapping):
        for key, item in part.items():
            yield from rules_of(item, f"{path}.{key}")


def figures_of(rule: Rule) -> Iterator[tuple[str, Quantity | date]]:
    """The figures and dates that an entry itself states (not those of entries inside)."""
    for name, info in type(rule).model_fields.items():
        yield from _figures(getattr(rule, name), info.alias or name)


def _figures(value: Any, name: str) -> Iterator[tuple[str, Quantity | date]]:
    if (isinstance(value, Quantity) and value) or isinstance(value, date):
        yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _figures(item, f"{name}.{key}")
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _figures(item, f"{name}[{number}]")
    elif isinstance(value, BaseModel) and not isinstance(value, Rule):
        for key in type(value).model_fields:
            yield from _figures(getattr(value, key), f"{name}.{key}")


def beyond_types(document: Document) -> list[Problem]:
    """Glosses without the figure that an entry states."""
    found = []
    for path, rule in rules_of(document):
        found += _gloss(document.gloss, path, rule)
    return found


def gloss_of(glosses: Mapping[str, str], article: str) -> str | Problem:
    """The glosses of all articles that an entry names, or what to write in their place."""
    texts = []
    for one in re.split(r"[、;；]", article):
        root = re.split(r"[（(]", one)[0].strip()
        text = glosses.get(one, glosses.get(root))
        if text is None:
            key = one.replace('"', "")
            return Problem("", f'[gloss] 里没有“{one}”的释义，请补写 "{key}" = "…"')
        texts.append(text)
    return "；".join(texts)


def _gloss(glosses: Mapping[str, str], path: str, rule: Rule) -> list[Problem]:
    text = gloss_of(glosses, rule.article)
    if isinstance(text, Problem):
        return [Problem(f"{path}.article", text.message)]
    if rule.provisional:
        return []
    stated = stated_in(text)
    return [
        Problem(
            f"{path}.{name}",
            f"释义“{rule.article}”里没有写到{_shown(figure)}；请在 [gloss] 该条中写明，或更正此数",
        )
        for name, figure in figures_of(rule)
        if _key(figure) not in stated
    ]


def _shown(figure: Quantity | date) -> str:
    return figure.text if isinstance(figure, Quantity) else chinese_date(figure)


def _key(figure: Quantity | date) -> tuple[str, int]:
    if isinstance(figure, Quantity):
        return figure.unit, int(figure)
    return "日", figure.toordinal()


NUMBER = re.compile(
    r"(\d+(?:\.\d+)?)(万)?(元|%|个月|个工作日|天|人|周岁|份|次)"
    r"|(\d{4})年(\d{1,2})月(\d{1,2})日"
)
_CLASSES: Mapping[str, type[Quantity]] = {cls.unit: cls for cls in Quantity.__subclasses__()}


def stated_in(text: str) -> set[tuple[str, int]]:
    """The figures that a gloss contains: (unit, value), dates as ordinals.

    What no document can state (half a day, a thirteenth month) is no figure.
    """
    plain = re.sub(r"(?<=\d)[ ,，](?=\d{3})", "", unicodedata.normalize("NFKC", text))
    found = set()
    for number, wan, unit, year, month, day in NUMBER.findall(plain):
        with suppress(ValueError):
            if year:
                found.add(("日", date(int(year), int(month), int(day)).toordinal()))
            else:
                found.add((unit, _CLASSES[unit].parse(_ten_thousands(number) if wan else number)))
    return found


def _ten_thousands(number: str) -> str:
    """ "1.5" -> "15000", "1.60005" -> "16000.5"."""
    whole, _, part = number.partition(".")
    shifted = whole + part[:4].ljust(4, "0")
    return (shifted.lstrip("0") or "0") + (f".{part[4:]}" if part[4:] else "")


def provisional_paths(document: Document) -> list[str]:
    """Every provisional entry of a document, "document" first where all of it is."""
    found = [path for path, rule in rules_of(document) if rule.provisional]
    return (["document"] if document.provisional else []) + found
