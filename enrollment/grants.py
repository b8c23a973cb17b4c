"""Which role may do what in enrollment."""

from __future__ import annotations

from core.role import Role
from core.scoping import grant

MODELS = (
    "unit",
    "member",
    "affiliation",
    "roster",
    "enrollment",
    "cover",
    "openingmembership",
    "leftout",
    "rosterimport",
)


def declare() -> None:
    """Tell core what each role may do."""
    views = [f"enrollment.view_{model}" for model in MODELS]
    for role in (Role.REVIEWER, Role.CASHIER, Role.ACCOUNTANT, Role.AUDITOR, Role.OPERATOR):
        grant(role, *views)
    grant(
        Role.AGENT,
        *views,
        "enrollment.import_roster",
        "enrollment.submit_roster",
        "enrollment.change_enrollment",
        "enrollment.undo_rosterimport",
    )
    grant(
        Role.REVIEWER,
        "enrollment.import_roster",
        "enrollment.submit_roster",
        "enrollment.accept_roster",
        "enrollment.freeze_roster",
        "enrollment.change_enrollment",
        "enrollment.undo_rosterimport",
        "enrollment.correct_member",
        "enrollment.disclose_member",
        "enrollment.add_unit",
        "enrollment.change_unit",
        "enrollment.end_cover",
    )
    grant(Role.OPERATOR, "enrollment.add_unit", "enrollment.change_unit", "enrollment.import_membership")
    grant(Role.POLICY, "enrollment.view_unit")
