"""Which role may do what in funds."""

from __future__ import annotations

from core.role import Role
from core.scoping import grant

READ = (
    "funds.view_chartversion",
    "funds.view_book",
    "funds.view_account",
    "funds.view_fiscalperiod",
    "funds.view_voucher",
    "funds.view_line",
    "funds.view_balance",
    "funds.view_hold",
    "funds.view_receipt",
    "funds.view_receiptreturn",
)


def declare() -> None:
    """Tell core what each role may do."""
    for role in (Role.CASHIER, Role.ACCOUNTANT, Role.AUDITOR):
        grant(role, *READ)
    grant(Role.AGENT, "funds.view_receipt", "funds.view_receiptreturn")
    grant(Role.REVIEWER, "funds.view_receipt", "funds.view_receiptreturn", "funds.view_book")
    grant(Role.CASHIER, "funds.add_receipt", "funds.return_receipt", "funds.draft_voucher")
    grant(
        Role.ACCOUNTANT,
        "funds.add_book",
        "funds.draft_voucher",
        "funds.check_voucher",
        "funds.reverse_voucher",
    )
