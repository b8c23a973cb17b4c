"""Which role may do what in schemes."""

from __future__ import annotations

from core.role import Role
from core.scoping import grant

REFERENCE = (
    "schemes.view_scheme",
    "schemes.view_schemeversion",
    "schemes.view_period",
    "schemes.view_announcedfigure",
    "schemes.view_illnesslist",
)
RULINGS = ("schemes.view_ruling", "schemes.view_rulingcase")


def declare() -> None:
    """Tell core what each role may do: everyone reads what is in force, policy staff write it."""
    for role in Role:
        grant(role, *REFERENCE)
    for role in (Role.POLICY, Role.REVIEWER, Role.ACCOUNTANT, Role.AUDITOR):
        grant(role, *RULINGS)
    for role in (Role.POLICY, Role.AUDITOR):
        grant(role, "schemes.view_draft", "schemes.view_simulation")
    grant(
        Role.POLICY,
        "schemes.add_schemeversion",
        "schemes.change_schemeversion",
        "schemes.adopt_schemeversion",
        "schemes.simulate_schemeversion",
        "schemes.open_period",
        "schemes.add_announcedfigure",
        "schemes.check_announcedfigure",
        "schemes.add_illnesslist",
        "schemes.change_illnesslist",
        "schemes.add_ruling",
    )
    grant(Role.REVIEWER, "schemes.add_rulingcase")
