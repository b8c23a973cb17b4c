"""A person's period, settled whole: what each live claim pays, in the order in which their bases count.

Pay by difference (第七条, 第八条): a claim pays entitled(after) − entitled(before), so the sum over the
account is entitled(total), whatever the order, and any recalculation is the same walk again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from claims.coverage import Answer
from claims.models import Bill, Claim
from claims.models.claims import ACCEPTED
from schemes.rules import benefit
from schemes.rules.document import Document
from schemes.rules.stay import Stay
from schemes.rules.units import yuan

CENT = Decimal("0.01")


def fen(amount: Decimal) -> int:
    """Yuan of a table to fen of the rules."""
    return int(amount * 100)


def yuan_of(amount: int) -> Decimal:
    """Fen of the rules to yuan of a table."""
    return Decimal(amount).scaleb(-2).quantize(CENT)


@dataclass(slots=True)
class Entry:
    """One live claim in its account."""

    claim: Claim
    stay: Stay
    cover: Answer
    order: int | None = None

    @property
    def place(self) -> tuple[bool, int, int]:
        """Counted claims in the order in which they began to count, then the others in order of filing."""
        return self.order is None, self.order or 0, self.claim.pk


class Finding(NamedTuple):
    """What the rules find of one claim in its account; amounts in fen."""

    entry: Entry
    before: int
    base: int
    amount: int
    level: str
    counts: bool
    lines: list[dict[str, str]]
    reasons: list[dict[str, str]]


def stay_of(bill: Bill) -> Stay:
    """The facts of a slip as the rules read them."""
    return Stay(
        bill={name: fen(amount) for name, amount in bill.amounts.items()},
        admitted=bill.admitted,
        discharged=bill.discharged,
        settled=bill.settled,
        care=bill.care,
        designated=bill.designated,
        exclusion=bill.exclusion or None,
    )


def facts_of(stay: Stay) -> dict[str, Any]:
    """The facts as an adjudication keeps them: the question of a quote."""
    bill: Mapping[str, int] = stay.bill or {}
    days = {"admitted": stay.admitted, "discharged": stay.discharged, "settled": stay.settled}
    return {
        "stay": {
            "bill": {name: yuan(amount) for name, amount in sorted(bill.items()) if amount},
            "care": stay.care,
            "hospital": {"designated": stay.designated},
            **{name: day.isoformat() for name, day in days.items() if isinstance(day, date)},
            **({"exclusion": stay.exclusion} if stay.exclusion else {}),
        }
    }


def sha_of(facts: dict[str, Any]) -> str:
    """SHA-256 over the facts in canonical form."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def entry_of(claim: Claim, cover: Answer) -> Entry:
    """A claim as it stands in its account now."""
    return Entry(claim, stay_of(claim.bill), cover, claim.count_order)


def settle(document: Document, entries: Iterable[Entry]) -> list[Finding]:
    """Walk an account once: counted claims in the order in which they began to count, then the others.

    A claim that pays nothing counts only once it has been accepted (第八条, 第十条); one that is excluded, or
    not covered on the day of discharge, never does. What no longer counts falls behind; whoever pays as
    things then stand begins to count, until nothing changes: walking the result again gives the same.
    Raises RuleError for a slip that contradicts itself.
    """
    total, counted, rest = 0, [], []
    for entry in sorted(entries, key=lambda each: each.place):
        finding = find(document, entry, total)
        if entry.order is not None and finding.counts:
            total += finding.base
            counted.append(finding)
        else:
            rest.append(entry)
    rest.sort(key=lambda each: each.claim.pk)
    while True:
        findings = [find(document, entry, total) for entry in rest]
        place = next((place for place, each in enumerate(findings) if each.counts), None)
        if place is None:
            return [*counted, *findings]
        total += findings[place].base
        counted.append(findings[place])
        del rest[place]


def find(document: Document, entry: Entry, total: int) -> Finding:
    found = benefit.assess_one(document, stay=entry.stay, cumulated=total)
    lines = [line.as_dict() for line in found.lines]
    reasons = [reason.as_dict() for reason in found.reasons]
    if not entry.cover.covered:
        reasons.append({"code": entry.cover.reason, "article": entry.cover.article, "note": ""})
        line = {
            "article": entry.cover.article,
            "rule": f"cover.{entry.cover.reason}",
            "basis": yuan(found.base),
        }
        kept = [each for each in lines if each["rule"].startswith("base.")]
        return Finding(
            entry,
            total,
            found.base,
            0,
            "",
            False,
            [*kept, line | {"rate": "0%", "amount": "0.00", "note": ""}],
            reasons,
        )
    counts = not reasons and found.base > 0 and (found.amount > 0 or entry.claim.state in ACCEPTED)
    return Finding(entry, total, found.base, found.amount, found.level or "", counts, lines, reasons)
