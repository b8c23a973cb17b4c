"""Settings decide: each is a field of the document, a reading that is built, or a matter for people.

``decides`` names the field by its path; field and setting say the same. Without it the
name must be one that the product follows, with the one value that is built. What nobody
but people follow says so: ``decides = "people"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from schemes.paths import holds, value_at
from schemes.rules.errors import Problem

Table = Mapping[str, Any]
PEOPLE = "people"
BUILT: Mapping[str, str] = {
    "base_of_month": "last_year_by_twelve",
    "bases_until_declared": "last_years_marked",
    "bill_ended_before_year": "false",
    "book": "own",
    "bought_insurance_deducted": "false",
    "claim_carried_by": "insurer",
    "claims_together_flagged": "true",
    "clock_ends_with": "decision",
    "collection": "tax_office",
    "cover_from": "start_of_basic",
    "critical_illness_list": "staff_table",
    "deductible_may_rise": "false",
    "deemed_months_apart": "true",
    "designated_on": "admission",
    "due_day_moves_to_workday": "true",
    "dues_book": "association",
    "filed_later": "false",
    "first_joiner": "nowhere_before",
    "fraud_ends_right_for": "period",
    "group_valid_on": "discharge",
    "guarantee_tested_again": "true",
    "headcount_month": "12",
    "hold_while_levy_unpaid": "true",
    "individual_part_from": "account",
    "late_fee": "none",
    "late_fee_owed_by": "unit",
    "leaves_with_unit": "true",
    "major_illness_list": "staff_table",
    "moves_inside_no_second_levy": "true",
    "new_form_point_per_county": "true",
    "no_refund_on_leaving": "true",
    "one_office_per_unit": "true",
    "out_of_region_deductible": "out_of_region_first",
    "overpaid_is_mistaken_receipt": "true",
    "renewal_joins_on": "true",
    "rerun_when_only_unit_at_fault": "false",
    "retirees_by_former_channel": "true",
    "roster_frozen_after_entry": "true",
    "sent_up": "county_month",
    "settlement_year": "calendar",
    "several_groups": "highest",
    "slip_proves_cover": "true",
    "special_illness_list": "staff_table",
    "statutory_age": "dated_table",
    "supplementary_agreement": "true",
    "suspended_with_basic": "true",
    "transfer_of_retiree_beneficiary": "false",
    "unit_base": "payroll",
    "unit_short_means_nobody_covered": "true",
    "whole_year_at_once": "true",
    "women_illness_list": "staff_table",
    "yearly_certificate": "true",
    "zero_benefit_decided_by": "agency",
}
"""The readings that the product follows without a field in the document, and the value that is built."""
FIELDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "cap_year_by": (
        "benefit.accumulates",
        {"settlement": "settlement_year", "discharge": "discharge_year"},
    ),
    "in_force_from": ("effective", {}),
    "late_fee_ceiling": ("late_fee.ceiling", {}),
    "quota_denominator": ("quota.counts", {"active_staff_in_basic_insurance": "insured_active"}),
    "term_starts": ("terms.starts", {}),
    "unapproved_out_of_region": ("benefit.out_of_region.unapproved", {"nothing": "0%"}),
    "version_by": ("version_by", {}),
}
"""Names whose field is known where ``decides`` is not written, with the field's words for their values."""
LEFT_TO_PEOPLE = ("pays_benefit",)
"""Names that documents of earlier releases left to people without saying so."""


def unsettled(data: Table) -> list[Problem]:
    """Every setting that says other than what decides, or that decides nothing; read from TOML data."""
    listed = data.get("settings")
    found: list[Problem] = []
    for number, item in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(item, Mapping) and _readable(item):
            found += _fault(data, f"settings[{number}]", item)
    return found


def _readable(item: Table) -> bool:
    decides = item.get("decides", "")
    return (
        isinstance(item.get("name"), str)
        and isinstance(item.get("value"), str | int)
        and isinstance(decides, str)
    )


def _fault(data: Table, path: str, item: Table) -> Iterator[Problem]:
    name, value, decides = item["name"], told(item["value"]), item.get("decides")
    if decides is None and name in LEFT_TO_PEOPLE:
        return
    if decides is None and name in FIELDS:
        decides, words = FIELDS[name]
        value = words.get(value, value)
    if decides is None or (decides == PEOPLE and name in BUILT):
        yield from _not_built(path, name, item["value"], follows=decides is None)
    elif decides.startswith("settings") or (decides != PEOPLE and not holds(data, decides)):
        words_ = f"文件里没有写 {decides}；请写由这项设定决定的那一项，例如 version_by、benefit.accumulates"
        yield Problem(f"{path}.decides", words_)
    elif decides != PEOPLE and (says := told(value_at(data, decides))) != value:
        yield Problem(f"{path}.value", f"设定 {name} 写的是 {value}，{decides} 写的是 {says}；两处要一致")


def _not_built(path: str, name: str, value: object, *, follows: bool) -> Iterator[Problem]:
    built = BUILT.get(name)
    if built is None:
        words = (
            f'系统里没有“{name}”这种读法：由文件中某一项决定的，写 decides = "那一项的位置"；'
            f'由人掌握、系统不照办的，写 decides = "{PEOPLE}"'
        )
        yield Problem(f"{path}.name", words)
    elif not follows:
        yield Problem(f"{path}.decides", f"“{name}”由系统照办，不是由人掌握的，请删去 decides")
    elif told(value) != built:
        shown = built if built in ("true", "false") or built.isdigit() else f'"{built}"'
        words = f"“{name}”的这种读法还没有做出来，写了也不起作用；现在只能写 value = {shown}"
        yield Problem(f"{path}.value", words)


def told(value: object) -> str:
    """A value as a setting writes it; of a list its entries, joined."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "、".join(told(item) for item in value)
    return value.isoformat() if isinstance(value, date) else str(value)


def decided(data: Table, name: str) -> str | None:
    """What a document truly says on a reading: its field where the setting names one; None without it."""
    listed = data.get("settings")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, Mapping) and item.get("name") == name and "value" in item:
            decides = item.get("decides")
            held = isinstance(decides, str) and holds(data, decides)
            return told(value_at(data, decides) if held and isinstance(decides, str) else item["value"])
    return None
