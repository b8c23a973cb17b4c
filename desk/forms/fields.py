"""Fields that take input as people type it."""

from __future__ import annotations

import re
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core import typed
from schemes.rules.units import parse_percent

_MONTH = re.compile(r"([0-9]{4})[-/.年]?([0-9]{1,2})月?")
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


class ShareField(forms.Field):
    """A ratio as the rules service takes it: 5%, ‘5 ％’, 5 → "5%"."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": "5%"})
    default_error_messages = {"unreadable": _("Write a percentage such as 5%.")}

    def to_python(self, value: Any) -> str | None:
        plain = typed.text(value).replace(" ", "").removesuffix("%")
        if not plain:
            return None
        try:
            parse_percent(f"{plain}%")
        except ValueError:
            raise ValidationError(self.error_messages["unreadable"], code="unreadable") from None
        return f"{plain}%"


class MonthField(forms.Field):
    """A month: 2022-03, 2022/3, 2022年3月, 202203 → "2022-03"."""

    widget = forms.TextInput(attrs={"placeholder": "2022-03", "autocomplete": "off", "class": "short"})
    default_error_messages = {"unreadable": _("Write a month such as 2022-03.")}

    def to_python(self, value: Any) -> str | None:
        plain = typed.text(value).replace(" ", "")
        if not plain:
            return None
        found = _MONTH.fullmatch(plain)
        if found is None or not 1 <= int(found[2]) <= 12:
            raise ValidationError(self.error_messages["unreadable"], code="unreadable")
        return f"{found[1]}-{int(found[2]):02d}"


class PeriodsField(forms.Field):
    """Periods in a row: ‘16、17’, ‘第16期，第17期’ → ["16", "17"]."""

    widget = forms.TextInput(attrs={"placeholder": "16、17", "autocomplete": "off", "class": "short"})
    default_error_messages = {"unreadable": _("Write periods such as 16、17.")}

    def to_python(self, value: Any) -> list[str]:
        try:
            found = [typed.period(part) for part in re.split(r"[、，,;；\s]+", typed.text(value)) if part]
        except typed.NotUnderstood:
            raise ValidationError(self.error_messages["unreadable"], code="unreadable") from None
        periods = [period for period in found if period]
        if any(len(period) > 4 for period in periods):
            raise ValidationError(self.error_messages["unreadable"], code="unreadable")
        return periods


class BandsField(forms.Field):
    """Announced bands in a row: ‘50000.00: 60%; 100000.00: 70%’."""

    widget = forms.TextInput(attrs={"placeholder": "0.00: 53%; 50000.00: 60%", "autocomplete": "off"})
    default_error_messages = {"unreadable": _("Write bands such as 0.00: 53%; 50000.00: 60%.")}

    def to_python(self, value: Any) -> list[dict[str, str]] | None:
        parts = [part for part in re.split(r"[;；]", typed.text(value)) if part.strip()]
        return [self._band(part) for part in parts] or None

    def _band(self, part: str) -> dict[str, str]:
        over, _colon, rate = part.replace("：", ":").partition(":")
        try:
            amount = typed.money(over.strip())
            parse_percent(rate.replace(" ", ""))
        except (typed.NotUnderstood, ValueError):
            amount = None
        if amount is None or amount < 0:
            raise ValidationError(self.error_messages["unreadable"], code="unreadable")
        return {"over": f"{amount:.2f}", "rate": rate.replace(" ", "")}


class YesNoField(forms.TypedChoiceField):
    """Yes, no, or not said (None)."""

    def __init__(self, **kwargs: Any) -> None:
        options = [("", _("not said")), ("yes", _("yes")), ("no", _("no"))]
        super().__init__(choices=options, coerce=lambda value: value == "yes", empty_value=None, **kwargs)


class OnceForm(forms.Form):
    """A form whose second click does nothing: it carries an idempotency key."""

    once = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["once"].initial = uuid.uuid4().hex

    def key(self, act: str, who: Any) -> str:
        """The key of this click: what was done, by whom, with which form."""
        return f"{act}:{who.pk}:{self.cleaned_data.get('once') or uuid.uuid4().hex}"
