"""The geometry of charts that templates draw as SVG: steps of bands, pairs of bars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from schemes.rules.units import parse_percent

WIDTH, HEIGHT = 400, 190
LEFT, TOP, RIGHT, BOTTOM = 44, 14, 12, 34
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True)
class Mark:
    """A text at a place of the chart."""

    x: str
    y: str
    text: str


@dataclass(frozen=True)
class StepChart:
    """A step line in a frame of 400 × 190; the bands are drawn equally wide."""

    path: str
    area: str
    below: tuple[Mark, ...]
    beside: tuple[Mark, ...]
    rates: tuple[Mark, ...]
    base: str = f"{HEIGHT - BOTTOM}"


def _ppm(text: str) -> int | None:
    try:
        return parse_percent(text)
    except ValueError:
        return None


def _short(text: str) -> str:
    """800元 → 800, 10000元 → 1万."""
    found = _NUMBER.match(text)
    if not found:
        return text
    number = Decimal(found[0])
    if number >= 10_000 and number % 1_000 == 0:
        return f"{(number / 10_000).normalize():f}万"
    return f"{number:f}"


def steps(bands: Sequence[tuple[str, str, str]]) -> StepChart | None:
    """The rate over the running total, of bands (over, to or "", rate); None where nothing steps."""
    rates = [_ppm(rate) for _over, _to, rate in bands]
    if not bands or any(rate is None for rate in rates):
        return None
    pieces = [(over, rate, words) for (over, _to, words), rate in zip(bands, rates, strict=True)]
    if _short(bands[0][0]) != "0":
        pieces.insert(0, ("0", 0, "0%"))
    if bands[-1][1]:
        pieces.append((bands[-1][1], 0, "0%"))
    if len(pieces) == 1:
        return None
    top = max(int(rate or 0) for _over, rate, _words in pieces) or 1
    wide = (WIDTH - LEFT - RIGHT) / len(pieces)
    high = HEIGHT - TOP - BOTTOM

    def y_of(rate: int | None) -> float:
        return TOP + high * (1 - (rate or 0) / top)

    line, below, words = [], [], []
    for number, (over, rate, text) in enumerate(pieces):
        x, y = LEFT + wide * number, y_of(rate)
        line.append(f"{'M' if number == 0 else 'L'}{x:.1f} {y:.1f} H{x + wide:.1f}")
        below.append(Mark(f"{x:.1f}", f"{HEIGHT - 14}", _short(over)))
        words.append(Mark(f"{x + wide / 2:.1f}", f"{y - 5 if y > TOP + 14 else y + 16:.1f}", text))
    path = " ".join(line)
    area = f"{path} V{HEIGHT - BOTTOM} H{LEFT} Z"
    beside = (
        Mark(f"{LEFT - 6}", f"{TOP + 5}", _percent(top)),
        Mark(f"{LEFT - 6}", f"{HEIGHT - BOTTOM + 4}", "0%"),
    )
    return StepChart(path, area, tuple(below), beside, tuple(words))


def _percent(ppm: int) -> str:
    return f"{(Decimal(ppm) / 10_000).normalize():f}%"


@dataclass(frozen=True)
class BarPair:
    """One group's two bars as shares (0 to 100) of the longest, and both amounts."""

    label: str
    old: str
    new: str
    old_width: str
    new_width: str


def pairs(bars: Sequence[tuple[str, Decimal, Decimal]]) -> list[BarPair]:
    """Bars of (label, before, after), as long as the largest of all is 100."""
    largest = max((max(abs(old), abs(new)) for _label, old, new in bars), default=Decimal(0)) or Decimal(1)
    return [
        BarPair(
            label,
            f"{old:,.2f}",
            f"{new:,.2f}",
            f"{max(old, Decimal(0)) / largest * 100:.1f}",
            f"{max(new, Decimal(0)) / largest * 100:.1f}",
        )
        for label, old, new in bars
    ]
