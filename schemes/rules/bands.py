"""Marginal bands over a running total: entitlement, slices, their SQL twin.

Stated once for a total, ``entitled(total)``; a stay pays the difference that it
makes. Rounded once, on the running sum: a slice is the difference of two
roundings, so the slices add up to the payment whatever the rates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from pydantic import Field
from pydantic_core import PydanticCustomError

from schemes.rules.errors import UnknownField
from schemes.rules.model import Rule
from schemes.rules.trace import Line
from schemes.rules.units import PPM, Fen, Portion, half_up

if TYPE_CHECKING:
    from schemes.rules.document import Document


class Span(Rule):
    """The part of a total over ``over`` up to and including ``to``; without ``to`` all above."""

    over: Fen
    to: Fen | None = None


class Band(Span):
    """What is paid of a part of the total."""

    pays: Portion
    at_least: Fen = Field(default=Fen(0))


class Step(NamedTuple):
    """A band made ready for the inner loop: plain integers and ready texts."""

    over: int
    to: int | None
    ppm: int
    at_least: int
    rule: str
    article: str
    note: str


Steps = tuple[Step, ...]
Spans = TypeVar("Spans", bound=Sequence[Span])


def touching(bands: Spans) -> Spans:
    """Check that bands rise and touch: no gap, no overlap, only the last one open.

    Raises:
        PydanticCustomError: with all that is wrong, in Chinese.
    """
    problems = []
    after: list[Span | None] = [*bands[1:], None]
    for number, (band, following) in enumerate(zip(bands, after, strict=False)):
        if band.to is not None and band.to <= band.over:
            problems.append(f"第{number + 1}段的 to 必须大于 over")
        if following is not None:
            problems += _between(number + 1, band.to, following.over)
    if not bands:
        problems.append("至少写一段")
    if problems:
        raise PydanticCustomError("bands", "{problems}", {"problems": "；".join(problems)})
    return bands


def _between(number: int, to: Fen | None, over: Fen) -> list[str]:
    """What is wrong between a band and the next one."""
    if to is None:
        return [f"第{number}段没有 to，只有最后一段可以不封顶"]
    fault = "之间有空档" if to < over else "互相重叠" if to > over else ""
    words = f'第{number}段与第{number + 1}段{fault}：请把第{number + 1}段的 over 写成 "{to.text}"'
    return [words] if fault else []


def steps_of(bands: Sequence[Band], path: str) -> Steps:
    """All of the number line from 0 upwards, the unpaid ends included."""
    steps = []
    if bands[0].over:
        first = bands[0]
        steps.append(Step(0, int(first.over), 0, 0, f"{path}.below", first.article, "起付线以内"))
    for number, band in enumerate(bands):
        steps.append(
            Step(
                int(band.over), None if band.to is None else int(band.to), int(band.pays),
                int(band.at_least), f"{path}.bands[{number}]", band.article, band.note,
            )
        )  # fmt: skip
    top = bands[-1].to
    if top is not None:
        steps.append(Step(int(top), None, 0, 0, f"{path}.above", bands[-1].article, "封顶线以上"))
    return tuple(steps)


def plain_steps(pairs: Sequence[tuple[int, int]], rule: str, article: str) -> Steps:
    """Steps from announced pairs (over fen, rate ppm), the last one open."""
    tops: list[int | None] = [*(over for over, _ in pairs[1:]), None]
    ready = [] if not pairs or not pairs[0][0] else [
        Step(0, pairs[0][0], 0, 0, f"{rule}.below", article, "分段起点以内")
    ]  # fmt: skip
    for number, ((over, ppm), to) in enumerate(zip(pairs, tops, strict=False)):
        ready.append(Step(over, to, ppm, 0, f"{rule}.bands[{number}]", article, ""))
    return tuple(ready)


def entitled(steps: Steps, total: int) -> int:
    """What a running total (fen) entitles to (fen), rounded once."""
    return half_up(exact(steps, total))


def exact(steps: Steps, total: int) -> int:
    """The same before rounding, in millionths of a fen."""
    amount = 0
    for over, to, ppm, at_least, _rule, _article, _note in steps:
        if total <= over:
            break
        basis = (total if to is None or total < to else to) - over
        pays = basis * ppm
        floor = at_least * PPM
        amount += pays if pays > floor else floor
    return amount


def slices(steps: Steps, total: int) -> list[tuple[int, int]]:
    """Per step the basis and the rounded amount (fen); amounts add up to ``entitled``."""
    found = []
    running = rounded = 0
    for over, to, ppm, at_least, _rule, _article, _note in steps:
        if total <= over:
            found.append((0, 0))
            continue
        basis = (total if to is None or total < to else to) - over
        pays = basis * ppm
        floor = at_least * PPM
        running += pays if pays > floor else floor
        upto = half_up(running)
        found.append((basis, upto - rounded))
        rounded = upto
    return found


def difference(steps: Steps, before: int, after: int) -> tuple[int, list[Line]]:
    """What moving the total from ``before`` to ``after`` pays, with its lines.

    The lines' bases add up to ``after - before``, their amounts to the payment.
    """
    lines = []
    paid = 0
    was = slices(steps, before)
    for step, (basis, amount), (old_basis, old_amount) in zip(steps, slices(steps, after), was, strict=True):
        if basis == old_basis:
            continue
        pays = amount - old_amount
        paid += pays
        note = step.note
        if basis * step.ppm < step.at_least * PPM:
            note = note or f"不足{Fen(step.at_least).text}的按{Fen(step.at_least).text}"
        lines.append(Line(step.article, step.rule, basis - old_basis, step.ppm, pays, note))
    return paid, lines


def steps_sql(steps: Steps, total: str) -> str:
    """``entitled`` as an integer PostgreSQL expression over the column ``total`` (fen).

    The column must be bigint or numeric without fraction and never negative;
    PostgreSQL's integer division truncates, which is the floor there.
    """
    parts = []
    for over, to, ppm, at_least, _rule, _article, _note in steps:
        if not ppm and not at_least:
            continue
        reached = total if to is None else f"LEAST({total}, {to})"
        pays = f"({reached} - {over})::bigint * {ppm}"
        if at_least:
            pays = f"GREATEST({pays}, {at_least * PPM})"
        parts.append(f"CASE WHEN {total} > {over} THEN {pays} ELSE 0 END")
    return f"(({' + '.join(parts) or '0'} + 500000) / 1000000)"


def sql(document: Document, total_column: str) -> str:
    """The twin of a document's ``entitled``: an integer-fen PostgreSQL expression.

    ``total_column`` names a bigint column (or expression) of fen, never negative.

    Raises:
        UnknownField: the benefit has no column form (announced bands, a deductible
            that is shared with treatment out of the region).
    """
    ready = document.ready()
    if ready.steps is None or ready.deductible or ready.rule.groups:
        raise UnknownField("该制度的待遇没有整列计算的形式", "benefit")
    expression = steps_sql(ready.steps, total_column)
    return expression if ready.cap is None else f"LEAST({expression}, {ready.cap})"
