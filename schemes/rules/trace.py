"""Trace lines: which article turned which basis into which amount."""

from __future__ import annotations

from typing import NamedTuple

from schemes.rules.units import percent, yuan


class Line(NamedTuple):
    """One step of a calculation; ``basis`` and ``amount`` in fen, ``rate`` in ppm or None."""

    article: str
    rule: str
    basis: int
    rate: int | None
    amount: int
    note: str = ""

    def as_dict(self) -> dict[str, str]:
        """As a quote answers it and an adjudication keeps it: texts only."""
        return {
            "article": self.article,
            "rule": self.rule,
            "basis": yuan(self.basis),
            "rate": "" if self.rate is None else percent(self.rate),
            "amount": yuan(self.amount),
            "note": self.note,
        }
