"""Fields that take input as people type it."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core import typed

MOST = Decimal("99999999.99")


class MoneyField(forms.Field):
    """An amount in yuan: 1,234.50, ‘120元’, full-width digits."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "unreadable": _("Write an amount in yuan, such as 1234.50."),
        "negative": _("An amount here is not below zero."),
        "too_much": _("This amount is too large."),
    }

    def to_python(self, value: Any) -> Decimal | None:
        try:
            amount = typed.money((value or "").strip())
        except typed.NotUnderstood:
            raise ValidationError(self.error_messages["unreadable"], code="unreadable") from None
        if amount is not None and amount < 0:
            raise ValidationError(self.error_messages["negative"], code="negative")
        if amount is not None and amount > MOST:
            raise ValidationError(self.error_messages["too_much"], code="too_much")
        return amount

    def prepare_value(self, value: Any) -> Any:
        return f"{value:.2f}" if isinstance(value, Decimal) else value


class DayField(forms.Field):
    """A day: 2022-05-01, 2022/5/1, 2022年5月1日, 20220501."""

    widget = forms.TextInput(attrs={"placeholder": "2022-05-01", "autocomplete": "off", "class": "short"})
    default_error_messages = {"unreadable": _("Write a date such as 2022-05-01.")}

    def to_python(self, value: Any) -> date | None:
        try:
            return typed.day(value.strip() if isinstance(value, str) else value)
        except typed.NotUnderstood:
            raise ValidationError(self.error_messages["unreadable"], code="unreadable") from None

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class CountField(forms.IntegerField):
    """A number of people."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=10_000_000, **kwargs)


class OnceForm(forms.Form):
    """A form whose second click does nothing: it carries an idempotency key."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = uuid.uuid4().hex

    def key(self, act: str, who: Any) -> str:
        """The key of this click: what was done, by whom, with which form."""
        return f"{act}:{who.pk}:{self.cleaned_data.get('once') or uuid.uuid4().hex}"
