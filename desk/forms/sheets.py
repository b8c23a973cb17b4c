"""What each question of the rules service asks for, as fields in the reader's language.

A field is called by its path in the request, with "-" for the dot: "person-kind" is facts.person.kind. What a
scheme's document reads stands first; what it does not read is folded away and may be said all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from desk.forms.fields import (
    BandsField,
    CountField,
    DayField,
    MoneyField,
    PeriodsField,
    ShareField,
    YesNoField,
)
from enrollment.models import PersonKind
from schemes.rules import join, levy
from schemes.rules.document import Document

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise

Fields = Mapping[str, forms.Field]
LEVELS = [
    ("", _("not said")),
    ("community", _("community")),
    ("first", _("first level")),
    ("second", _("second level")),
    ("third", _("third level")),
]
REGIONS = [("", _("no")), ("approved", _("yes, approved")), ("unapproved", _("yes, without approval"))]
SEXES = [("", _("not said")), ("M", _("male")), ("F", _("female"))]
GROUPS = [
    ("sanwu", _("three-without persons")),
    ("wubao", _("five-guarantee persons")),
    ("dibao", _("minimum-living-allowance persons")),
    ("low_income_serious", _("low-income families with serious illness")),
]
OPTIONS = [("", _("not said")), ("with_account", _("with a personal account")), ("pool_only", _("pool only"))]
KINDS = [*PersonKind.choices, ("unemployed", _("people out of work"))]
WINDOWS = [
    ("pay", _("Paying fees")),
    ("claim", _("Filing claims")),
    ("enter", _("Entering rosters")),
    ("summary", _("Summary sheet")),
    ("remit", _("Remittance")),
]
CLOCKS = [("review", _("Review")), ("pay", _("Payment"))]
RATES = ("top_up_rate", "pool_ratio")
FIGURES_OF = {
    "benefit": ("deductible", "bands", "pool_ratio", "pool_room"),
    "levy": (
        "individual_levy", "unit_levy_per_head", "average_wage", "base_floor", "base_ceiling",
        "large_fee_unit", "large_fee_individual", "critical_fee_individual", "critical_fee_pool",
    ),
    "career": ("top_up_base", "top_up_rate"),
}  # fmt: skip


@dataclass(frozen=True)
class Group:
    """Fields that belong together; `folded` ones open on a click."""

    title: Words
    fields: Fields
    folded: bool = False


@dataclass(frozen=True)
class Rows:
    """What may be said several times, in order: stays, payments."""

    path: str
    title: Words
    more: Words
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Sheet:
    """All that one question asks for; `always`: what the request says even where nothing is typed."""

    groups: tuple[Group, ...] = ()
    rows: Rows | None = None
    always: Mapping[str, Any] = field(default_factory=dict)


def money(label: Words, *, needed: bool = False) -> forms.Field:
    return MoneyField(label=label, required=needed)


def day(label: Words, *, needed: bool = False) -> forms.Field:
    return DayField(label=label, required=needed)


def count(label: Words, *, needed: bool = False) -> forms.Field:
    return CountField(label=label, required=needed)


def choice(label: Words, options: Iterable[tuple[str, Any]], *, needed: bool = False) -> forms.Field:
    return forms.ChoiceField(label=label, choices=list(options), required=needed)


def yes_no(label: Words) -> forms.Field:
    return YesNoField(label=label, required=False)


def tick(label: Words) -> forms.Field:
    return forms.BooleanField(label=label, required=False)


def periods(label: Words) -> forms.Field:
    return PeriodsField(label=label, required=False)


# --- what several questions share -----------------------------------------------------------------


def person_fields() -> dict[str, forms.Field]:
    """Everything that a request may say about a person."""
    return {
        "person-kind": choice(_("kind of person"), KINDS),
        "person-sex": choice(_("sex"), SEXES),
        "person-age": count(_("age")),
        "person-groups": forms.MultipleChoiceField(
            label=_("groups of medical assistance"),
            choices=GROUPS,
            required=False,
            widget=forms.CheckboxSelectMultiple,
        ),
        "person-joined": day(_("joined on")),
        "person-option": choice(_("level chosen (flexible workers)"), OPTIONS),
        "person-wage_month": money(_("wage of the first month")),
        "person-base_month": money(_("base of the month")),
        "person-wage_last_year": money(_("wage of last year")),
        "person-new_member": tick(_("joins the association for the first time")),
    }


def unit_fields() -> dict[str, forms.Field]:
    """Everything that a request may say about a unit."""
    return {
        "unit-continuing": count(_("people of the period before")),
        "unit-new": count(_("new people")),
        "unit-active": count(_("active staff")),
        "unit-retired": count(_("retirees")),
        "unit-flexible": count(_("flexibly employed")),
        "unit-staff": count(_("staff who take the plans")),
        "unit-new_members": count(_("new members of the association")),
        "unit-payroll_last_year": money(_("payroll of last year")),
        "unit-payroll_month": money(_("payroll of the month")),
        "unit-pensions_month": money(_("pensions of the month")),
    }


def split(fields: Fields, first: Iterable[str], title: Words, rest: Words) -> tuple[Group, ...]:
    """The named fields in front, the others folded."""
    names = [name for name in first if name in fields]
    ahead = {name: fields[name] for name in names}
    behind = {name: field for name, field in fields.items() if name not in ahead}
    groups = [Group(title, ahead)] if ahead else []
    return (*groups, Group(rest, behind, folded=True)) if behind else tuple(groups)


def figure_group(documents: Sequence[Document], ask: str) -> tuple[Group, ...]:
    """The announced figures that a question reads, by the names that the documents give them."""
    fields: dict[str, forms.Field] = {}
    for document in documents:
        for item in document.figures:
            if item.name in FIGURES_OF[ask]:
                fields.setdefault(f"figures-{item.name}", _figure(item.name, item.label))
    title = _("Announced figures: only to try others than those recorded")
    return (Group(title, fields, folded=True),) if fields else ()


def _figure(name: str, label: str) -> forms.Field:
    if name == "bands":
        return BandsField(label=label, required=False)
    return ShareField(label=label, required=False) if name in RATES else money(label)


def plan_fields(document: Document) -> dict[str, forms.Field]:
    """Shares by plan, of the plans that the document charges for or limits."""
    names: dict[str, str] = {}
    for rule in document.levy:
        if isinstance(rule, levy.PlanFee):
            names.setdefault(rule.plan, rule.note or rule.plan)
    for condition in document.join:
        if isinstance(condition, join.PlanShares):
            names.update({plan: condition.names.get(plan, plan) for plan in condition.most})
    return {f"plans-{plan}": count(format_lazy("{}{}", name, _(": shares"))) for plan, name in names.items()}
