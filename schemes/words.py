"""What figures and lists are called where a person reads them; a name that is not known is shown as it is."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FIGURES: Mapping[str, Promise] = {
    "individual_levy": _("contribution of a person, by the year"),
    "unit_levy_per_head": _("contribution of the unit, by head and year"),
    "average_wage": _("average wage of last year"),
    "base_floor": _("lowest base of a month"),
    "base_ceiling": _("highest base of a month"),
    "account_share": _("share that goes to the personal account"),
    "large_fee_unit": _("large-expense fee of the unit"),
    "large_fee_individual": _("large-expense fee of a person"),
    "critical_fee_individual": _("critical-illness fee of a person"),
    "critical_fee_pool": _("critical-illness fee from the pool"),
    "top_up_base": _("base of a month to be added"),
    "top_up_rate": _("rate of a month to be added"),
    "deductible": _("deductible"),
    "bands": _("rates in bands"),
    "pool_ratio": _("share that the pool pays"),
    "pool_room": _("what the pool may still pay this year"),
    "due_day": _("day on which payment is due"),
}
LISTS: Mapping[str, Promise] = {
    "major_illness": _("major illnesses"),
    "special_outpatient": _("illnesses treated as special outpatient"),
    "chronic_outpatient": _("illnesses treated as chronic outpatient"),
    "special_drug": _("special drugs"),
    "critical_plan": _("illnesses of the critical-illness plan"),
}


def figure_words(name: str) -> str:
    """What an announced figure is called."""
    return str(FIGURES.get(name) or name)


def list_words(name: str) -> str:
    """What a list of illnesses is called."""
    return str(LISTS.get(name) or name)
