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

from claims import slips
from claims.coverage import Answer
from claims.models import Bill, Claim
from claims.models.claims import ACCEPTED
from schemes.rules import benefit
from schemes.rules.document import Document
from schemes.rules.stay import NOBODY, NOTHING, Person, State, Stay
from schemes.rules.units import yuan

CENT = Decimal("0.01")
Facts = Mapping[str, Any]
"""A part of a question: names to texts, lists, tables."""


def fen(amount: Decimal) -> int:
    """Yuan of a table to fen of the rules."""
    return int(amount * 100)


def yuan_of(amount: int) -> Decimal:
    """Fen of the rules to yuan of a table."""
    return Decimal(amount).scaleb(-2).quantize(CENT)


@dataclass(slots=True, eq=False)
class Entry:
    """One live claim in its account.

    person: what is known of the person as a question says it (kind, sex, groups); None where the claim was
    calculated before these facts were kept.
    """

    claim: Claim
    stay: Stay
    cover: Answer
    order: int | None = None
    person: Facts | None = None

    @property
    def is_approved(self) -> bool:
        """Whether somebody has accepted the claim as it stands."""
        return self.claim.state in ACCEPTED

    def gives_way_to(self, other: Entry) -> bool:
        """Whether an entry that was filed before takes its place before this one."""
        return self.claim.pk > other.claim.pk and not self.is_approved


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
    after: State = NOTHING


def stay_of(bill: Bill) -> Stay:
    """The facts of a slip as the rules read them."""
    return Stay(
        bill={name: fen(amount) for name, amount in bill.amounts.items()},
        admitted=bill.admitted,
        discharged=bill.discharged,
        settled=bill.settled,
        care=bill.care,
        designated=bill.designated,
        level=slips.hospital_level(bill.hospital_level),
        exclusion=bill.exclusion or None,
    )


def person_of(facts: Facts | None) -> Person:
    """The person as the rules read them; what is not known stands as the rules' default."""
    known = facts or {}
    return Person(
        kind=known.get("kind") or NOBODY.kind, sex=known.get("sex"), groups=tuple(known.get("groups") or ())
    )


def facts_of(stay: Stay, person: Facts | None = None) -> dict[str, Any]:
    """The facts as an adjudication keeps them: the question of a quote.

    What is not known is left out, never written as a default. Without a person it is the older shape, that
    of calculations made before the person's facts and the hospital's level were kept.
    """
    bill: Mapping[str, int] = stay.bill or {}
    days = {"admitted": stay.admitted, "discharged": stay.discharged, "settled": stay.settled}
    facts: dict[str, Any] = {
        "stay": {
            "bill": {name: yuan(amount) for name, amount in sorted(bill.items()) if amount},
            "care": stay.care,
            "hospital": {"designated": stay.designated},
            **{name: day.isoformat() for name, day in days.items() if isinstance(day, date)},
            **({"exclusion": stay.exclusion} if stay.exclusion else {}),
        }
    }
    if person is not None:
        facts["person"] = {name: value for name, value in sorted(person.items()) if value not in (None, "")}
        if stay.level is not None:
            facts["stay"]["hospital"]["level"] = stay.level
    return facts


def sha_of(facts: dict[str, Any]) -> str:
    """SHA-256 over the facts in canonical form."""
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def entry_of(claim: Claim, cover: Answer, person: Facts | None = None) -> Entry:
    """A claim as it stands in its account now; what a live claim's calculation kept of the person stands.

    person: what is known now, for a claim that is calculated for the first time or filed again.
    """
    kept = claim.adjudication.facts.get("person") if claim.adjudication and claim.is_live else None
    known = person if kept is None else kept
    return Entry(claim, stay_of(claim.bill), cover, claim.count_order, person=known)


def settle(document: Document, entries: Iterable[Entry]) -> list[Finding]:
    """Walk an account until nothing changes: walking the result again gives the same.

    A claim that pays nothing counts only once it has been accepted (第八条, 第十条); one that is excluded,
    or not covered on the day of discharge, never does. What counts keeps its place; what does not yet stands
    at its place in the order of filing, but never before what has been approved: that is not disturbed.
    Raises RuleError for a slip that contradicts itself.
    """
    entries = list(entries)
    counted = sorted((each for each in entries if each.order is not None), key=lambda each: each.order or 0)
    findings: list[Finding] = []
    for _turn in range(2 * len(entries) + 2):
        findings = _walk(document, _in_line(document, counted, entries))
        now = [finding.entry for finding in findings if finding.counts]
        if now == counted:
            break
        counted = now
    return findings


def _in_line(document: Document, counted: list[Entry], entries: list[Entry]) -> list[Entry]:
    """Counted entries in their order; the others put in behind what was approved or filed before.

    Where discharge makes the order, all of them in that.
    """
    if benefit.by_discharge(document):
        return sorted(entries, key=lambda each: (each.stay.discharged or date.max, each.claim.pk))
    line = list(counted)
    there = {entry.claim.pk for entry in counted}
    for entry in sorted(
        (each for each in entries if each.claim.pk not in there), key=lambda each: each.claim.pk
    ):
        place = len(line)
        while place and line[place - 1].gives_way_to(entry):
            place -= 1
        line.insert(place, entry)
    return line


def _walk(document: Document, line: list[Entry]) -> list[Finding]:
    states: dict[int, State] = {}
    findings = []
    for entry in line:
        key = benefit.account_key(document, entry.stay)
        finding = find(document, entry, states.get(key, NOTHING))
        if finding.counts:
            states[key] = finding.after
        findings.append(finding)
    return findings


def find(document: Document, entry: Entry, before: State) -> Finding:
    """What one claim finds on an account that stands so far."""
    found = benefit.assess_one(document, stay=entry.stay, person=person_of(entry.person), state=before)
    total = before.inside
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
    standing = found.amount > 0 or entry.is_approved or benefit.counts_unpaid(document)
    counts = not reasons and found.base > 0 and standing
    level = found.level or ""
    return Finding(entry, total, found.base, found.amount, level, counts, lines, reasons, found.after)
