"""The pages of a claim: what is typed is saved; what cannot be read is named beside its field."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from claims.filing import Problem
from claims.models import Care, Claim, Column, PaperKind
from desk.forms.fields import OnceForm

MONEY = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
DAY = {"placeholder": "2022-05-01", "autocomplete": "off", "class": "short"}
KINDS = ".pdf,.png,.jpg,.jpeg"


class PageForm(forms.Form):
    """A page's form: errors come from what saving says."""

    def show(self, problems: list[Problem]) -> None:
        """Put each problem beside its field."""
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, str(problem))


class StayPage(PageForm):
    """The stay as the slip names it."""

    settlement_number = forms.CharField(label=_("settlement number"), max_length=60, required=False)
    receipt_code = forms.CharField(label=_("receipt code"), max_length=40, required=False)
    receipt_number = forms.CharField(label=_("receipt number"), max_length=40, required=False)
    hospital = forms.CharField(label=_("hospital"), max_length=120, required=False)
    designated = forms.ChoiceField(
        label=_("designated hospital"), choices=[("1", _("yes")), ("0", _("no"))], required=False
    )
    care = forms.ChoiceField(label=_("kind of care"), choices=Care.choices, required=False)
    admitted = forms.CharField(
        label=_("admitted"), max_length=20, required=False, widget=forms.TextInput(attrs=DAY)
    )
    discharged = forms.CharField(
        label=_("discharged"), max_length=20, required=False, widget=forms.TextInput(attrs=DAY)
    )
    settled = forms.CharField(
        label=_("settled on"), max_length=20, required=False, widget=forms.TextInput(attrs=DAY)
    )
    diagnosis = forms.CharField(label=_("diagnosis"), max_length=200, required=False)


class CostsPage(PageForm):
    """The slip's amounts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for column in Column:
            self.fields[column.value] = forms.CharField(
                label=column.label,
                max_length=20,
                required=False,
                widget=forms.TextInput(attrs=dict(MONEY.attrs)),
            )


class CardPage(PageForm):
    """The member's own account."""

    holder_name = forms.CharField(label=_("account holder"), max_length=60, required=False)
    bank_name = forms.CharField(label=_("bank"), max_length=100, required=False)
    card_number = forms.CharField(
        label=_("bank card"),
        max_length=40,
        required=False,
        help_text=_("Leave empty to keep the account that is shown masked above."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=_("note"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )


class PaperForm(forms.Form):
    """One paper."""

    kind = forms.ModelChoiceField(
        label=_("kind of paper"), queryset=PaperKind.objects.none(), empty_label=None
    )
    file = forms.FileField(
        label=_("file"),
        help_text=_("PDF, PNG or JPG."),
        widget=forms.FileInput(attrs={"accept": KINDS}),
        error_messages={"empty": _("This file is empty.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["kind"]).queryset = PaperKind.objects.all()


class StartForm(OnceForm):
    """Which person's stay: an imported settlement, or somebody of the roster."""

    bill = forms.IntegerField(widget=forms.HiddenInput, required=False)
    enrollment = forms.IntegerField(widget=forms.HiddenInput, required=False)


class NewCardForm(OnceForm):
    """A new account for a payment that the bank returned."""

    holder_name = forms.CharField(label=_("account holder"), max_length=60)
    bank_name = forms.CharField(label=_("bank"), max_length=100)
    card_number = forms.CharField(
        label=_("bank card"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )


def initial_of(form: type[PageForm], claim: Claim) -> dict[str, Any]:
    """What a page shows at first: what is saved; a card number is never shown again."""
    bill = claim.bill
    if form is StayPage:
        shown = {name: getattr(bill, name) for name in StayPage.base_fields}
        days = {
            name: shown[name].isoformat() if shown[name] else ""
            for name in ("admitted", "discharged", "settled")
        }
        return {
            **shown,
            **days,
            "hospital": str(bill.hospital or ""),
            "designated": "1" if bill.designated else "0",
        }
    if form is CostsPage:
        return {name: f"{amount:.2f}" if amount else "" for name, amount in bill.amounts.items()}
    return {"holder_name": claim.holder_name, "bank_name": claim.bank_name, "note": claim.note}
