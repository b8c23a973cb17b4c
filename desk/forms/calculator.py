"""The calculator's forms."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from claims.models import Care, Column, Exclusion
from desk import calculator
from desk.forms.fields import CountField, DayField, MoneyField
from enrollment.models import PersonKind

LEVELS = [
    ("", _("not said")),
    ("community", _("community")),
    ("first", _("first level")),
    ("second", _("second level")),
    ("third", _("third level")),
]


class AskForm(forms.Form):
    """Which scheme, which person."""

    choice = forms.ChoiceField(label=_("scheme and period"))
    kind = forms.ChoiceField(label=_("kind of person"), choices=PersonKind.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["choice"]).choices = calculator.choices()


class StayForm(forms.Form):
    """One stay: the base itself, or the columns of its slip."""

    base = MoneyField(label=_("own payment that counts (base)"), required=False)
    discharged = DayField(label=_("discharged"), required=False)
    exclusion = forms.ChoiceField(
        label=_("excluded because of"), required=False, choices=[("", _("nothing")), *Exclusion.choices]
    )
    care = forms.ChoiceField(label=_("kind of care"), required=False, choices=Care.choices)
    level = forms.ChoiceField(label=_("hospital level"), required=False, choices=LEVELS)
    non_designated = forms.BooleanField(label=_("hospital is not designated"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in Column:
            self.fields[column.value] = MoneyField(label=column.label, required=False)

    def slip(self) -> list[forms.BoundField]:
        """The fields of the slip's columns."""
        return [self[name] for name in Column.values]

    def main(self) -> list[forms.BoundField]:
        """The other fields."""
        return [self[name] for name in self.fields if name not in Column.values]


StayFormSet = forms.formset_factory(StayForm, extra=1, max_num=12, absolute_max=12)


class UnitForm(forms.Form):
    """What a unit would owe and need."""

    choice = forms.ChoiceField(label=_("scheme and period"))
    insured = CountField(label=_("active staff in basic insurance"))
    joining = CountField(label=_("active staff who join"))
    continuing = CountField(label=_("people of the period before"))
    new = CountField(label=_("new people"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["choice"]).choices = calculator.choices()
