"""The late fee on arrears: by the day, each part payment running to its own date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal, NamedTuple

from schemes.rules.errors import BillInconsistent
from schemes.rules.model import Rule
from schemes.rules.trace import Line
from schemes.rules.units import Days, Ppm, half_up, yuan


class LateFee(Rule):
    """``per_day`` of what was unpaid, from the day after the due day to the day of payment.

    ``ceiling`` arrears: never more than what was owed. ``flag_after``: from so many
    days on a person has to look at it.
    """

    per_day: Ppm
    ceiling: Literal["none", "arrears"] = "none"
    flag_after: Days | None = None


class LateFeeResult(NamedTuple):
    """Days to the last payment, the fee (fen), whether it wants a look, its lines."""

    days: int
    fee: int
    flagged: bool
    lines: list[Line]


def assess(rule: LateFee, *, arrears: int, due: date, payments: Sequence[tuple[date, int]]) -> LateFeeResult:
    """The fee on what has been paid so far, rounded once per bill.

    Raises:
        BillInconsistent: more was paid than owed.
    """
    if sum(amount for _, amount in payments) > arrears:
        raise BillInconsistent(f"缴款合计超过欠缴的{yuan(arrears)}元", "facts.payments")
    exact = rounded = days = 0
    lines = []
    for number, (on, amount) in enumerate(sorted(payments)):
        late = max((on - due).days, 0)
        days = max(days, late)
        exact += amount * late * int(rule.per_day)
        step = half_up(exact) - rounded
        rounded += step
        note = f"滞纳{late}天"
        lines.append(Line(rule.article, f"late_fee[{number}]", amount, int(rule.per_day), step, note))
    if rule.ceiling == "arrears" and rounded > arrears:
        lines.append(Line(rule.article, "late_fee.ceiling", 0, None, arrears - rounded, "以欠缴额为限"))
        rounded = arrears
    flagged = rule.flag_after is not None and days >= rule.flag_after
    return LateFeeResult(days, rounded, flagged, lines)
