"""What a document's own readings and lists are called; a name that is not known is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

NAMES: Mapping[str, Promise] = {
    "benefit_kinds": _("Kinds of benefit"),
    "change_events": _("Changes to report"),
    "claim_path": _("The way of a claim"),
    "entitlement_needed_for": _("What an entitlement is needed for"),
    "fee_sources": _("Where fees come from"),
    "filing_kinds": _("What is filed beforehand"),
    "funding_factors": _("What the funding depends on"),
    "handling_places": _("Where it is handled"),
    "hospital_settlement": _("Settlement with hospitals"),
    "insurer_entry_conditions": _("What an insurer must meet"),
    "insurer_settlement_order": _("Order of settlement with the insurer"),
    "no_direct_remittance_from": _("Who does not remit directly"),
    "on_the_spot": _("Settled on the spot"),
    "outside_these_rules": _("Outside these rules"),
    "papers_kept_at_agency": _("Papers kept at the agency point"),
    "papers_to_claim": _("Papers for a claim"),
    "papers_to_join": _("Papers for joining"),
    "payment_methods": _("Ways of payment"),
    "pilot_cities": _("Pilot cities"),
    "publicity": _("What is made public"),
    "tender_data": _("Figures for the tender"),
    "violations_lead_to": _("What violations lead to"),
    "bill_ended_before_year": _("Billing those gone before the year"),
    "book": _("Whose book"),
    "bought_insurance_deducted": _("Bought insurance deducted"),
    "cap_year_by": _("Year of the cap"),
    "claim_carried_by": _("Who carries the benefit"),
    "clock_ends_with": _("What ends the time limit"),
    "deductible_may_rise": _("Deductible may rise"),
    "deemed_months_apart": _("Deemed months shown apart"),
    "due_day_moves_to_workday": _("Due day moves to a working day"),
    "dues_book": _("Book of the dues"),
    "filed_later": _("Filed afterwards"),
    "first_joiner": _("Who joins for the first time"),
    "fraud_ends_right_for": _("How long fraud ends the right"),
    "group_valid_on": _("Day on which the group counts"),
    "headcount_month": _("Month of the head count"),
    "hold_while_levy_unpaid": _("Held while fees are unpaid"),
    "in_force_from": _("In force from"),
    "individual_part_from": _("Where the individual's part comes from"),
    "late_fee": _("Late fee"),
    "late_fee_ceiling": _("Ceiling of the late fee"),
    "leaves_with_unit": _("Leaves with the unit"),
    "major_illness_list": _("List of major illnesses"),
    "moves_inside_no_second_levy": _("No second fee for moves inside"),
    "new_form_point_per_county": _("Point per county for new forms of employment"),
    "out_of_region_deductible": _("Deductible out of the region"),
    "pays_benefit": _("Who pays the benefit"),
    "quota_denominator": _("What the quota is taken of"),
    "rerun_when_only_unit_at_fault": _("Calculated again where only the unit is at fault"),
    "retirees_by_former_channel": _("Retirees join as before"),
    "roster_frozen_after_entry": _("Roster frozen after entry"),
    "settlement_year": _("Settlement year"),
    "several_groups": _("Person in several groups"),
    "suspended_with_basic": _("Suspended with basic insurance"),
    "transfer_of_retiree_beneficiary": _("Moving a retiree's benefits"),
    "unapproved_out_of_region": _("Out of the region without approval"),
    "unit_base": _("Base of the unit's contribution"),
    "unit_short_means_nobody_covered": _("Nobody covered while the unit is short"),
    "version_by": _("Which date picks the rules"),
    "whole_year_at_once": _("The whole year at once"),
    "zero_benefit_decided_by": _("Who decides on nothing to pay"),
}
VALUES: Mapping[str, Promise] = {
    "association": _("the association"),
    "insurer": _("the insurer"),
    "own": _("own book"),
    "decision": _("the decision"),
    "nowhere_before": _("never insured before"),
    "discharge": _("the discharge date"),
    "settlement": _("the settlement date"),
    "account": _("the personal account"),
    "staff_table": _("a list kept by policy staff"),
    "active_staff_in_basic_insurance": _("active staff in basic insurance"),
    "calendar": _("the calendar year"),
    "highest": _("the best group"),
    "nothing": _("nothing paid"),
    "payroll": _("the payroll"),
}


def name_words(name: str) -> str:
    """What a reading or a list is called."""
    return str(NAMES.get(name) or name)
