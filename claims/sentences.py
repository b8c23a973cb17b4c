"""What the codes of settlement files and held claims say to people."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.issues import say


def declare() -> None:
    """Register the sentences of this app's codes."""
    say(
        {
            "settlement_number_missing": _("The settlement number is missing."),
            "id_missing": _("The identity number is missing."),
            "hospital_missing": _("The hospital's name is missing."),
            "text_too_long": _("A text in this row is longer than %(most)s characters."),
            "date_unreadable": _("The date in column %(column)s cannot be read. Write it as 2022-05-01."),
            "date_missing": _("The date in column %(column)s is missing."),
            "discharge_before_admission": _(
                "The discharge %(discharged)s lies before the admission %(admitted)s."
            ),
            "care_unknown": _("The kind of care “%(word)s” is not known."),
            "designated_unreadable": _("Whether the hospital is designated cannot be read. Write 是 or 否."),
            "exclusion_unknown": _("The exclusion “%(word)s” is not known."),
            "amount_unreadable": _("The amount in column %(column)s cannot be read."),
            "amount_negative": _("The amount in column %(column)s is below zero."),
            "bill_unbalanced": _(
                "What was paid does not add up to the total: difference %(difference)s yuan."
            ),
            "cents_off": _("What was paid differs from the total by %(difference)s yuan; accepted."),
            "duplicate_settlement": _("This settlement number is in the system already."),
            "duplicate_receipt": _("This receipt is in the system already."),
            "not_enrolled": _("This person stands in no roster of the period; the slip is held aside."),
            "name_mismatch": _("The name differs from the roster's for this identity number."),
            "work_injury": _("Work injury: the slip is kept and pays nothing."),
            "maternity": _("Maternity: the slip is kept and pays nothing."),
            "third_party": _("A third party is liable: the slip is kept and pays nothing."),
            "chronic_outpatient": _("Settled as chronic outpatient: the slip is kept and pays nothing."),
            "special_outpatient": _("Settled as special outpatient: the slip is kept and pays nothing."),
            "emergency_outpatient": _("Settled as emergency outpatient: the slip is kept and pays nothing."),
            "observation": _("Settled as observation: the slip is kept and pays nothing."),
            "outside_fixed_package": _("Outside the fixed package: the slip is kept and pays nothing."),
            "newly_covered_locally": _("Newly covered by local policy: the slip is kept and pays nothing."),
            "not_payable_by_basic": _("Not payable by basic insurance: the slip is kept and pays nothing."),
            "non_designated": _("The hospital is not designated: the slip is kept and pays nothing."),
            "duplicate_cover": _("Double cover: the slip is kept and pays nothing."),
            "unverified_injury": _("The injury is not verified: the slip is kept and pays nothing."),
            "not_filed": _("Care away from home was not filed: the slip is kept and pays nothing."),
            "fraud": _("Fraud: the slip is kept and pays nothing."),
            "bill_inconsistent": _("The deductions of this slip exceed its total."),
            "provisional": _(
                "The rules of this period are still provisional; "
                "the claim is calculated once they are settled."
            ),
            "not_covered": _(
                "There is no cover on the day of discharge yet: the unit's fee has not been paid in full."
            ),
        }
    )
