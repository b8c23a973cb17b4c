"""Who may move what to where: one table per actor; a move is a compare-and-set."""

from __future__ import annotations

from claims.models import BatchState, CaseState, ClaimState, Verdict

AGENT: dict[tuple[str, str], str] = {
    ("file", ClaimState.DRAFT): ClaimState.FILED,
    ("file", ClaimState.RETURNED): ClaimState.FILED,
    ("withdraw", ClaimState.DRAFT): ClaimState.WITHDRAWN,
    ("withdraw", ClaimState.RETURNED): ClaimState.WITHDRAWN,
    ("restart", ClaimState.WITHDRAWN): ClaimState.DRAFT,
    ("new_card", ClaimState.CARD): ClaimState.APPROVED,
}
"""What the unit's agent does to a claim."""

REVIEWER: dict[tuple[str, str], tuple[str, str]] = {
    (Verdict.APPROVE, CaseState.OPEN): (CaseState.APPROVED, ClaimState.APPROVED),
    (Verdict.RETURN, CaseState.OPEN): (CaseState.RETURNED, ClaimState.RETURNED),
    (Verdict.REJECT, CaseState.OPEN): (CaseState.REJECTED, ClaimState.REJECTED),
    (Verdict.FORWARD, CaseState.OPEN): (CaseState.OPEN, ClaimState.REVIEW),
}
"""What a verdict makes of a case and of its claim."""

CASHIER: dict[tuple[str, str], str] = {
    ("cancel", BatchState.BUILT): BatchState.CANCELLED,
    ("send", BatchState.RELEASED): BatchState.SENT,
    ("send", BatchState.SENT): BatchState.SENT,
    ("confirm", BatchState.SENT): BatchState.SENT,
    ("finish", BatchState.SENT): BatchState.DONE,
}
"""What the cashier does to a batch."""

RELEASER: dict[tuple[str, str], str] = {("release", BatchState.BUILT): BatchState.RELEASED}
"""What the other person does to a batch."""

BANK: dict[tuple[str, str], str] = {
    ("paid", ClaimState.PAYING): ClaimState.PAID,
    ("returned", ClaimState.PAYING): ClaimState.CARD,
}
"""What the bank's answer makes of a claim."""


def allowed(table: dict[tuple[str, str], str], state: str) -> list[str]:
    """The acts that a table allows in a state."""
    return [act for act, start in table if start == state]
