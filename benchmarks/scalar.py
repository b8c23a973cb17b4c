"""One benefit with its full trace by the scalar core, call by call."""

from __future__ import annotations

from benchmarks import Result, seconds
from schemes.rules import benefit
from schemes.rules.stay import Stay
from schemes.versions import document_for

LEAST = 20_000


def measure(size: int) -> list[Result]:
    """Benefits per second: base from a slip's columns, bands by difference, lines with articles."""
    document = document_for("yunnan-mutual-aid", period="18").document
    calls = [_call(number) for number in range(max(size // 5, LEAST))]

    def work() -> None:
        for stay, cumulated in calls:
            benefit.assess_one(document, stay=stay, cumulated=cumulated)

    return [
        Result(
            "one benefit with trace, scalar", len(calls) / seconds(work, runs=3), "benefits/s", reach=50_000
        )
    ]


def _call(number: int) -> tuple[Stay, int]:
    """A slip whose base lies anywhere from below the first band to above the last."""
    base, pool, own = number * 7_919 % 12_000_000, number * 104_729 % 900_000, number * 31 % 5_000
    bill = {"total": base + pool + own, "self_funded": own, "basic_paid": pool, "cash_paid": base + own}
    return Stay(bill=bill, care="inpatient", designated=True), number * 1_299_709 % 2_000_000
