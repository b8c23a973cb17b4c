"""Which role may do what in claims."""

from __future__ import annotations

from core.role import Role
from core.scoping import grant

CLAIM = (
    "claims.view_claim", "claims.view_bill", "claims.view_claimpaper", "claims.view_adjudication",
    "claims.view_payment", "claims.view_hospital", "claims.view_paperkind", "claims.view_benefitaccount",
)  # fmt: skip
REVIEW = ("claims.view_reviewcase", "claims.view_reviewstep", "claims.view_decision")
MONEY = ("claims.view_paymentbatch", "claims.view_bankresult", "claims.view_banklayout")
BACK = ("claims.view_recovery", "claims.view_setoff")


def declare() -> None:
    """Tell core what each role may do."""
    grant(Role.AGENT, *CLAIM, "claims.file_claim")
    grant(
        Role.REVIEWER,
        *CLAIM,
        *REVIEW,
        *BACK,
        "claims.file_claim",
        "claims.decide_reviewcase",
        "claims.import_settlements",
        "claims.adjudicate_claim",
        "claims.disclose_claim",
        "claims.disclose_bill",
        "claims.change_hospital",
        "claims.add_hospital",
        "claims.change_paperkind",
        "claims.add_paperkind",
    )
    grant(
        Role.CASHIER, *CLAIM, *MONEY, *BACK, "claims.build_paymentbatch", "claims.confirm_bankresult",
        "claims.change_banklayout", "claims.add_banklayout",
    )  # fmt: skip
    grant(
        Role.ACCOUNTANT, *CLAIM, *MONEY, *BACK, "claims.release_paymentbatch", "claims.confirm_bankresult",
        "claims.approve_recovery",
    )  # fmt: skip
    grant(Role.AUDITOR, *CLAIM, *REVIEW, *MONEY, *BACK)
    grant(Role.POLICY, "claims.view_hospital", "claims.view_paperkind")
