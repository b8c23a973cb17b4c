"""The text of a scheme document: its TOML, what is wrong with it in Chinese, the lines of its paths."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any, NamedTuple

from schemes.rules.errors import DocumentError, Problem

MOST_BYTES = 1_000_000
"""A document is a page of rules; what is larger is another file."""
MOST_TOLD = 200
DEEPEST = 30
_TOML = (
    ("Unterminated string", "引号没有成对"),
    ("Illegal character", "文字里有不能写的字符，或引号没有在本行成对"),
    ("Cannot declare", "这一节写了两次；可以有多条的写成 [[…]]"),
    ("Cannot mutate", "这一节在前面已经用另一种写法写过"),
    ("Cannot overwrite", "同一项写了两次，只留一个"),
    ("Cannot redefine", "同一项写了两次，只留一个"),
    ("Duplicate inline", "花括号里同一项写了两次，只留一个"),
    ("Expected '=' after", "名称后面要有等号；中文名称要加引号"),
    ("Expected ']", "节名的方括号没有成对"),
    ("Expected newline", "一行只写一项，值后面有多余的内容；文字和带单位的数要加引号"),
    ("Found invalid character", "有不能写的字符，可能是全角标点"),
    ("Invalid date", "没有这一天，日期写成 2022-01-01"),
    ("Invalid hex", "反斜杠后面的写法不对，请去掉反斜杠"),
    ("Unescaped", "反斜杠要去掉或写成两个"),
    ("Escaped character", "反斜杠后面的写法不对，请去掉反斜杠"),
    ("Invalid initial character", "名称要用字母；中文名称要加引号"),
    ("Invalid statement", "这一行不是“名称 = 值”的写法；中文名称要加引号，标点用半角"),
    ("Invalid value", "等号后面的值写法不对：文字和带单位的数加引号，日期写 2022-01-01"),
    ("Unclosed array", "方括号没有成对"),
    ("Unclosed inline", "花括号没有成对，或写成了两行"),
)
"""What the TOML reader finds, and what to do about it."""


def parse(text: bytes) -> dict[str, Any]:
    """The TOML data.

    Raises:
        DocumentError: too large, not UTF-8, or not TOML; the message names line and cure.
    """
    if len(text) > MOST_BYTES:
        raise DocumentError([Problem("", "文件超过1 MB，不像是制度文件，请核对是不是选错了文件")])
    try:
        data = tomllib.loads(plain(text))
    except UnicodeDecodeError:
        raise DocumentError([Problem("", "文件不是 UTF-8 编码，请另存为 UTF-8")]) from None
    except RecursionError:
        raise DocumentError([Problem("", "括号或带点的名称套得太深，请检查方括号和花括号是否成对")]) from None
    except ValueError as error:
        where = re.search(r"line (\d+)", str(error))
        line = int(where[1]) if where else None
        shown = f"第{line}行" if line else "文件末尾"
        raise DocumentError([Problem("", f"{shown}不合 TOML 格式：{_cure(str(error))}", line)]) from None
    if _deep(data):
        raise DocumentError([Problem("", "括号或带点的名称套得太深，请检查方括号和花括号是否成对")])
    return data


def _deep(data: dict[str, Any]) -> bool:
    """Whether tables and lists stand in each other deeper than any document needs."""
    level: list[Any] = [data]
    for _ in range(DEEPEST):
        inner = [item.values() if isinstance(item, dict) else item for item in level]
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def plain(text: bytes) -> str:
    """The text without a byte order mark.

    Raises:
        UnicodeDecodeError: not UTF-8.
    """
    return text.decode("utf-8-sig")


def _cure(found: str) -> str:
    known = (cure for start, cure in _TOML if found.startswith(start))
    return next(known, "请检查引号、方括号和等号是否成对")


class _Place(NamedTuple):
    """What a line of the file states: the table it stands in, with the key of the line."""

    number: int
    table: list[str]
    key: str | None


def with_lines(found: list[Problem], text: bytes) -> list[Problem]:
    """The same problems with the line of the file that each path points at.

    Of very many the first, and how many more there are.
    """
    places = list(_places(plain(text).splitlines()))
    told = found[:MOST_TOLD]
    for problem in told:
        if problem.line is None:
            problem.line = _line_of(problem.path, places)
    more = len(found) - len(told)
    return told if not more else [*told, Problem("", f"还有{more}处，改正以上各处后再检查")]


def _places(lines: list[str]) -> Iterator[_Place]:
    counts: dict[str, int] = {}
    header: list[str] = []
    for number, line in enumerate(lines, 1):
        head = re.match(r"\s*\[\[([^\]]+)\]\]|\s*\[([^\]]+)\]", line)
        if head:
            name = (head[1] or head[2]).strip()
            if head[1]:
                counts[name] = counts.get(name, -1) + 1
                for deeper in [key for key in counts if key.startswith(name + ".")]:
                    del counts[deeper]
            header = _numbered(name, counts)
        key = None if head else re.match(r"\s*\"?([^\"=\s]+)\"?\s*=", line)
        yield _Place(number, header, key[1] if key else None)


def _numbered(header: str, counts: dict[str, int]) -> list[str]:
    """The parts of a table's name, with the number of each entry of a list."""
    here = []
    name = ""
    for word in header.split("."):
        name = f"{name}.{word}".lstrip(".")
        here.append(word)
        if name in counts:
            here.append(f"[{counts[name]}]")
    return here


def _line_of(path: str, places: list[_Place]) -> int | None:
    """The first line of the longest part of ``path`` that can be found."""
    parts = re.findall(r"[^.\[\]]+|\[\d+\]", path)
    most, line = 0, None
    for place in places:
        matched = _matched(parts, place)
        if matched > most:
            most, line = matched, place.number
    return line


def _matched(parts: list[str], place: _Place) -> int:
    """How many parts of a path a line's table and key make up."""
    here = place.table
    if here[: len(parts)] == parts:
        return len(parts)
    if parts[: len(here)] != here:
        return 0
    return len(here) + (place.key is not None and parts[len(here)] == place.key)
