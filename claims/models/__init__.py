"""Money out: bills, claims and what was found of them, their review, their payment."""

from claims.models.bills import PAYERS, Bill, BillState, Care, Column, Exclusion, Hospital
from claims.models.claims import (
    Adjudication,
    BenefitAccount,
    Claim,
    ClaimPaper,
    ClaimState,
    Level,
    PaperKind,
)
from claims.models.payments import (
    BankLayout,
    BankResult,
    BatchState,
    PaidPlace,
    Payment,
    PaymentBatch,
    PaymentState,
)
from claims.models.recoveries import Recovery, RecoveryState, SetOff
from claims.models.review import CaseState, Decision, ReviewCase, ReviewStep, Verdict

__all__ = [
    "PAYERS",
    "Adjudication",
    "BankLayout",
    "BankResult",
    "BatchState",
    "BenefitAccount",
    "Bill",
    "BillState",
    "Care",
    "CaseState",
    "Claim",
    "ClaimPaper",
    "ClaimState",
    "Column",
    "Decision",
    "Exclusion",
    "Hospital",
    "Level",
    "PaidPlace",
    "PaperKind",
    "Payment",
    "PaymentBatch",
    "PaymentState",
    "Recovery",
    "RecoveryState",
    "ReviewCase",
    "ReviewStep",
    "SetOff",
    "Verdict",
]
