"""Which role may do what in core."""

from __future__ import annotations

from core.role import Role
from core.scoping import grant

STAFF = (Role.REVIEWER, Role.CASHIER, Role.ACCOUNTANT, Role.POLICY, Role.AUDITOR, Role.OPERATOR)


def declare() -> None:
    """Tell core what each role may do."""
    for role in STAFF:
        grant(role, "core.view_office", "core.view_run", "core.view_workday")
    grant(Role.AGENT, "core.view_run", "core.view_attachment")
    for role in (Role.REVIEWER, Role.CASHIER, Role.ACCOUNTANT, Role.AUDITOR):
        grant(role, "core.view_attachment")
    for role in (Role.AUDITOR, Role.OPERATOR):
        grant(role, "core.view_user", "core.view_staffrole", "core.view_access", "core.view_businessdate")
        grant(role, "core.view_apiclient")
    grant(
        Role.OPERATOR,
        "core.add_user",
        "core.change_user",
        "core.add_staffrole",
        "core.change_staffrole",
        "core.add_office",
        "core.change_office",
        "core.add_workday",
        "core.change_workday",
        "core.change_run",
        "core.move_businessdate",
        "core.add_apiclient",
        "core.change_apiclient",
    )
