"""Which role may do what in schemes."""

from __future__ import annotations

from core.role import Role
from core.scoping import grant


def declare() -> None:
    """Tell core what each role may do."""
    for role in Role:
        grant(role, "schemes.view_scheme", "schemes.view_schemeversion", "schemes.view_period")
    grant(Role.POLICY, "schemes.add_schemeversion", "schemes.change_schemeversion", "schemes.open_period")
