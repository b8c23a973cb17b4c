"""Units of the rules core: integer fen, integer millionths, counted things.

A document writes every figure with its unit ("800元", "30%", "3个月"); here it
becomes an ``int`` that still knows its unit. Nothing below this border is a
``Decimal`` or a ``float``.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

PPM = 1_000_000
_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?\Z")
_RATIO = re.compile(r"([0-9]{1,4})(?:\.([0-9]{1,4}))?%\Z")


def half_up(exact: int) -> int:
    """Round millionths of a fen to fen, half up; ``exact`` is never negative."""
    return (exact + 500_000) // PPM


def share(amount: int, rate: int) -> int:
    """``amount`` (fen) times ``rate`` (ppm), rounded half up to the fen."""
    return half_up(amount * rate)


def divide_half_up(amount: int, parts: int) -> int:
    """``amount`` split into ``parts``, one part rounded half up."""
    return (2 * amount + parts) // (2 * parts)


def yuan(fen: int) -> str:
    """Fen as the yuan text of requests and answers: 80000 -> "800.00"."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def percent(ppm: int) -> str:
    """Millionths as percent text: 300000 -> "30%", 500 -> "0.05%"."""
    whole, part = divmod(ppm, 10_000)
    return f"{whole}.{part:04d}".rstrip("0").rstrip(".") + "%"


def parse_yuan(text: str) -> int:
    """ "800.00" -> 80000.

    Raises:
        ValueError: not a plain, non-negative amount with at most two decimals.
    """
    found = _AMOUNT.match(text)
    if not found:
        raise ValueError(text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def parse_percent(text: str) -> int:
    """ "30%" -> 300000.

    Raises:
        ValueError: not a plain percentage with at most four decimals.
    """
    found = _RATIO.match(text)
    if not found:
        raise ValueError(text)
    return int(found[1]) * 10_000 + int((found[2] or "").ljust(4, "0"))


class Quantity(int):
    """An integer that knows the unit in which a document writes it."""

    unit: ClassVar[str] = ""
    example: ClassVar[str] = ""

    @classmethod
    def read(cls, text: object) -> Self:
        """Read the document's text with its unit.

        Raises:
            PydanticCustomError: another unit, no unit, or no text at all.
        """
        if isinstance(text, cls):
            return text
        if isinstance(text, str) and text.endswith(cls.unit):
            try:
                return cls(cls.parse(text[: -len(cls.unit)]))
            except ValueError:
                pass
        shown = f"“{text}”" if isinstance(text, str | int | float) else "这里的内容"
        raise PydanticCustomError(
            "unit",
            '{shown}不合单位：请写成带单位“{unit}”的文字，例如 "{example}"',
            {"shown": shown, "unit": cls.unit, "example": cls.example},
        )

    @classmethod
    def parse(cls, number: str) -> int:
        """The number without its unit."""
        if not re.fullmatch(r"[0-9]{1,6}", number):
            raise ValueError(number)
        return int(number)

    @property
    def text(self) -> str:
        """As a document writes it."""
        return f"{int(self)}{self.unit}"

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value.text)
        )


class Fen(Quantity):
    """An amount of money, integer fen; written "800元"."""

    unit = "元"
    example = "800元"

    @classmethod
    def parse(cls, number: str) -> int:
        """The number without its unit, in the smallest unit."""
        return parse_yuan(number)

    @property
    def text(self) -> str:
        """As a document writes it."""
        return yuan(self).removesuffix(".00") + self.unit


class Ppm(Quantity):
    """A ratio, integer millionths; written "30%"."""

    unit = "%"
    example = "30%"

    @classmethod
    def parse(cls, number: str) -> int:
        """The number without its unit, in the smallest unit."""
        return parse_percent(number + "%")

    @property
    def text(self) -> str:
        """As a document writes it."""
        return percent(self)


class Portion(Ppm):
    """A part of a whole: a ratio of at most 100%."""

    @classmethod
    def read(cls, text: object) -> Self:
        """Read the document's text with its unit.

        Raises:
            PydanticCustomError: not a ratio, or more than the whole.
        """
        found = cls(text) if isinstance(text, Ppm) else super().read(text)
        if found > PPM:
            raise PydanticCustomError("portion", "{text}超过100%，请更正", {"text": found.text})
        return found


class Months(Quantity):
    """Calendar months, clamped to the month's end; written "3个月"."""

    unit = "个月"
    example = "3个月"


class Workdays(Quantity):
    """Working days of the State Council calendar; written "5个工作日"."""

    unit = "个工作日"
    example = "5个工作日"


class Days(Quantity):
    """Calendar days; written "10天"."""

    unit = "天"
    example = "10天"


class People(Quantity):
    """A head count; written "10人"."""

    unit = "人"
    example = "10人"


class Age(Quantity):
    """Completed years of life; written "60周岁"."""

    unit = "周岁"
    example = "60周岁"


class Shares(Quantity):
    """Shares of a plan; written "3份"."""

    unit = "份"
    example = "3份"


class Times(Quantity):
    """How often; written "2次"."""

    unit = "次"
    example = "2次"


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, clamped to the month's end."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, _month_length(year, month + 1)))


def _month_length(year: int, month: int) -> int:
    nxt = date(year + month // 12, month % 12 + 1, 1)
    return (nxt - date(year, month, 1)).days


def chinese_date(day: date) -> str:
    """2022-03-01 -> "2022年3月1日"."""
    return f"{day.year}年{day.month}月{day.day}日"
