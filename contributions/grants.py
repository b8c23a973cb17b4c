"""Which role may do what in contributions."""

from __future__ import annotations

from core.role import Role
from core.scoping import grant

READ = (
    "contributions.view_rosterfee",
    "contributions.view_levy",
    "contributions.view_allocation",
    "contributions.view_officesummary",
    "contributions.view_summaryline",
    "contributions.view_remittance",
)


def declare() -> None:
    """Tell core what each role may do. Agents see what their unit owes; they remit nothing."""
    for role in (Role.REVIEWER, Role.CASHIER, Role.ACCOUNTANT, Role.AUDITOR):
        grant(role, *READ)
    grant(
        Role.AGENT, "contributions.view_rosterfee", "contributions.view_levy", "contributions.view_allocation"
    )
    grant(Role.REVIEWER, "contributions.add_levy", "contributions.freeze_period")
    grant(
        Role.CASHIER,
        "contributions.add_levy",
        "contributions.add_allocation",
        "contributions.import_receipts",
        "contributions.add_officesummary",
        "contributions.add_remittance",
    )
    grant(Role.ACCOUNTANT, "contributions.add_officesummary", "contributions.confirm_remittance")
