"""Input as people type it: full-width digits, odd spaces, dates in many forms, ‘120元’, ‘√’.

Each reader returns the plain value, None for an empty cell, and raises `NotUnderstood` otherwise.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from core.sheets import FULL_WIDTH

_INVISIBLE = {code: None for code in (*range(0x20), 0x7F, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)}
_CLEAN = FULL_WIDTH | _INVISIBLE | {9: 0x20, 10: 0x20, 13: 0x20, 0x2002: 0x20, 0x2003: 0x20, 0x2009: 0x20}
_DOTS = {ord(mark): "·" for mark in "•・‧∙⋅●."}
_SPACES = re.compile(r" +")
_LATIN = re.compile(r"[A-Za-z]")
_MONEY = re.compile(
    r"[¥￥$]?(-?\d{1,3}(?:,\d{3})+(?:\.\d+)?|-?\d+(?:\.\d+)?|-?\.\d+)(?:元整|元|圆|RMB|CNY)?", re.I
)
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}.*)?")
_DAY_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
_SERIAL_START = date(1899, 12, 30)
_YES = frozenset("√ ✓ ✔ ☑ 是 有 y yes true t 1 对 已 参加 已参加 参 续 续参 是的 v".split())
_NO = frozenset("× ✗ ✘ ☒ x 否 无 n no false f 0 错 未 不 没有 未参加 没参加 新 新参 不是 *".split())


class NotUnderstood(ValueError):
    """The cell holds something that is not of this kind."""


def text(cell: Any) -> str:
    """A text cell: half-width, no invisible characters, single inner spaces, no outer ones."""
    if cell is None:
        return ""
    if cell.__class__ is not str:
        return _number_text(cell) if isinstance(cell, Decimal) else str(cell)
    if cell.isascii() and cell.isalnum():
        return str(cell)
    cleaned = cell.translate(_CLEAN).strip()
    return _SPACES.sub(" ", cleaned) if "  " in cleaned else cleaned


def _number_text(number: Decimal) -> str:
    return str(int(number)) if number == number.to_integral_value() else str(number)


def name(cell: Any) -> str:
    """A person's name: Chinese names without spaces, the dot of minority names as ·."""
    if isinstance(cell, str) and cell.isalpha() and not cell.isascii() and cell[0] < "\uff00":
        return cell
    found = text(cell)
    if found.isalpha():
        return found
    found = found.translate(_DOTS) if not _LATIN.search(found) else found
    return found if _LATIN.search(found) else found.replace(" ", "")


def code(cell: Any) -> str:
    """A number that is a name (identity, card, social-credit code): no spaces, capitals."""
    found = text(cell)
    if not found.isalnum():
        found = re.sub(r"[\s'‘’`\-—]", "", found)
    return found if found.isdigit() else found.upper()


_PERIOD = re.compile(r"第?\s*(?:([0-9]{1,4})(?:\.0+)?|([一二三四五六七八九]?十?[一二三四五六七八九]?))\s*期?")
_WHOLE = re.compile(r"([0-9]{1,9})(?:\.0*)?")
_DIGITS = {word: number for number, word in enumerate("一二三四五六七八九", 1)}


def period(cell: Any) -> str | None:
    """A period's code: ‘17’, ‘第17期’, ‘十七期’. Raises NotUnderstood."""
    found = text(cell)
    if not found:
        return None
    match = _PERIOD.fullmatch(found)
    if match is None or not (match[1] or match[2]):
        raise NotUnderstood(found)
    if match[1]:
        return str(int(match[1]))
    tens, ten, ones = match[2].rpartition("十")
    return str((_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0))


def is_rounded(cell: Any) -> bool:
    """Whether a long number went through a numeric cell and may have lost its last digits."""
    if isinstance(cell, Decimal):
        return True
    return isinstance(cell, str) and "+" in cell and bool(_SCIENTIFIC.fullmatch(cell.strip()))


def money(cell: Any) -> Decimal | None:
    """An amount in yuan with two places: ‘120元’, ‘1,234.50’, ‘￥120’. Raises NotUnderstood."""
    if isinstance(cell, str):
        return _money_text(cell)
    if cell is None:
        return None
    if isinstance(cell, bool | date):
        raise NotUnderstood(cell)
    return _cents(cell)


@lru_cache(maxsize=4096)
def _money_text(cell: str) -> Decimal | None:
    plain = text(cell).replace(" ", "").replace("，", ",")
    if not plain:
        return None
    found = _MONEY.fullmatch(plain)
    if found is None:
        raise NotUnderstood(cell)
    return _cents(found[1].replace(",", ""))


def _cents(amount: Any) -> Decimal:
    """Two places; what would lose more than a rounding error of a spreadsheet is not understood."""
    try:
        exact = Decimal(amount)
        cents = exact.quantize(Decimal("0.01"))
    except (InvalidOperation, ValueError, TypeError) as error:
        raise NotUnderstood(amount) from error
    if abs(cents - exact) > Decimal("0.000001") or abs(cents) >= Decimal(10) ** 12:
        raise NotUnderstood(amount)
    return cents


def day(cell: Any) -> date | None:
    """A date: 1990/1/1, 1990.01.01, 1990-01-01, 1990年1月1日, 19900101, a date cell, its serial number."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool):
        raise NotUnderstood(cell)
    if isinstance(cell, Decimal) and 1 <= cell < 100_000:
        return _SERIAL_START + timedelta(days=int(cell))
    plain = text(cell)
    if not plain:
        return None
    found = _DAY.fullmatch(plain) or _DAY_DIGITS.fullmatch(plain)
    if found is None:
        raise NotUnderstood(cell)
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError as error:
        raise NotUnderstood(cell) from error


def yes_no(cell: Any) -> bool | None:
    """√/×, 是/否, Y/N, 1/0. Raises NotUnderstood."""
    if cell is None or isinstance(cell, bool):
        return cell
    plain = cell if cell in _YES or cell in _NO else text(cell).lower()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    if not plain:
        return None
    raise NotUnderstood(cell)


def count(cell: Any) -> int | None:
    """A number of people or shares: ‘130’, ‘130人’, ‘130.0’. Raises NotUnderstood."""
    if cell is None or cell == "":
        return None
    plain = text(cell).rstrip("人名份个").strip().replace(",", "")
    if not plain:
        return None
    whole = _WHOLE.fullmatch(plain)
    if whole is None:
        raise NotUnderstood(cell)
    return int(whole[1])
