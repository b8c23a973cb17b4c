"""The cashier's and the operator's forms."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from desk.forms.fields import DayField, MoneyField, OnceForm
from enrollment.models import Unit
from schemes.models import Period


class PeriodForm(OnceForm):
    """Which period."""

    period = forms.ModelChoiceField(label=_("period"), queryset=Period.objects.none(), empty_label=None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ModelChoiceField, self.fields["period"])
        field.queryset = Period.objects.select_related("scheme").order_by("-cover_from")


class WaiveForm(forms.Form):
    """Why a recovery is let go."""

    reason = forms.CharField(label=_("reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class ReceiptForm(PeriodForm):
    """A unit's payment as the bank statement names it."""

    unit = forms.CharField(label=_("unit's social-credit code"), max_length=18)
    amount = MoneyField(label=_("amount"))
    received_on = DayField(label=_("paid on"))
    reference = forms.CharField(label=_("bank serial"), max_length=60)
    payer = forms.CharField(label=_("payer"), max_length=120, required=False)
    note = forms.CharField(label=_("note"), max_length=200, required=False)

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.units = units

    def clean_unit(self) -> Unit:
        """The unit of a code, among those that the reader reaches."""
        found = self.units.filter(code=self.cleaned_data["unit"].strip().upper()).first()
        if found is None:
            raise forms.ValidationError(_("There is no unit with this code in your part of the tree."))
        return found


class DayForm(OnceForm):
    """A business date to move to."""

    to = DayField(label=_("move the business date to"))
