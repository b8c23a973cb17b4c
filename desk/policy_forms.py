"""Forms of the policy pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.models import Office
from schemes.adoption import MOST_CHARACTERS
from schemes.models import Period, Ruling, SchemeVersion


class DocumentForm(forms.Form):
    """A draft's text and its worked cases; `revision` is the one that the writer has seen."""

    text = forms.CharField(label=_("Document (TOML)"), strip=False, max_length=MOST_CHARACTERS)
    cases = forms.CharField(
        label=_("Worked cases (JSON)"), strip=False, required=False, max_length=MOST_CHARACTERS
    )
    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1)


class NewForm(forms.Form):
    """A document of a scheme that is new, or of one that is known."""

    scheme = forms.RegexField(
        r"^[a-z]+(-[a-z]+)*\Z",
        label=_("Code of the scheme"),
        max_length=60,
        help_text=_("Small letters and hyphens, such as new-city-mutual-aid; the document names it as well."),
    )
    text = forms.CharField(
        label=_("Document (TOML)"),
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "code"}),
        strip=False,
        max_length=MOST_CHARACTERS,
    )


class ReasonForm(forms.Form):
    """Why a version is withdrawn."""

    reason = forms.CharField(label=_("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}))


class FigureForm(forms.Form):
    """What a notice announces for a year."""

    name = forms.ChoiceField(label=_("Figure"))
    place = forms.ModelChoiceField(
        label=_("Place"),
        queryset=Office.objects.none(),
        to_field_name="code",
        required=False,
        empty_label=_("everywhere"),
        help_text=_("The city or county that the notice is of; it counts there and below."),
    )
    value = forms.CharField(
        label=_("Value"),
        max_length=2000,
        help_text=_("580.00 (yuan), 4.5%, a day such as 15, or bands 50000.00: 60%; 100000.00: 70%"),
    )
    notice_number = forms.CharField(label=_("Number of the notice"), max_length=80)
    notice_date = forms.DateField(
        label=_("Date of the notice"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    correction = forms.BooleanField(label=_("This corrects what is recorded"), required=False)

    def __init__(
        self, *args: Any, names: list[tuple[str, str]], offices: QuerySet[Office], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].choices = names  # type: ignore[attr-defined]
        self.fields["place"].queryset = offices  # type: ignore[attr-defined]

    def clean_place(self) -> str:
        """The code of the office; "" for everywhere."""
        office = self.cleaned_data["place"]
        return str(office.code) if office else ""


class RulingForm(forms.Form):
    """A decided reading: what was asked, what was decided, the setting that it binds."""

    number = forms.CharField(label=_("Number of the ruling"), max_length=60)
    decided_on = forms.DateField(
        label=_("Date of the decision"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    setting = forms.CharField(
        label=_("Setting"),
        max_length=120,
        help_text=_("A setting's name or a place in the document, such as benefit.bands[0].pays."),
    )
    value = forms.CharField(
        label=_("Value"), max_length=200, help_text=_("What the document says there after the decision.")
    )
    question = forms.CharField(label=_("Question"), widget=forms.Textarea(attrs={"rows": 2}))
    decision = forms.CharField(label=_("Decision"), widget=forms.Textarea(attrs={"rows": 2}))
    supersedes = forms.ModelChoiceField(
        label=_("Supersedes"), queryset=Ruling.objects.none(), required=False, empty_label=_("none")
    )

    def __init__(self, *args: Any, rulings: QuerySet[Ruling], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supersedes"].queryset = rulings  # type: ignore[attr-defined]


class RulingCaseForm(forms.Form):
    """A case that was decided under a ruling."""

    number = forms.CharField(label=_("Number of the case"), max_length=40)


class VersionChoice(forms.ModelChoiceField):
    """Versions by scheme, first day and number."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.scheme.name} {obj.effective_from} · #{obj.pk} {obj.get_state_display()}"


class PeriodChoice(forms.ModelChoiceField):
    """Periods by scheme and code."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.scheme.name} · {obj.code}"


class SimulationForm(forms.Form):
    """A version against what is in force for a period."""

    version = VersionChoice(label=_("Version"), queryset=SchemeVersion.objects.none())
    period = PeriodChoice(label=_("Over the facts of period"), queryset=Period.objects.none())

    def __init__(self, *args: Any, versions: Any, periods: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].queryset = versions  # type: ignore[attr-defined]
        self.fields["period"].queryset = periods  # type: ignore[attr-defined]


class AgainstForm(forms.Form):
    """The other side of a comparison."""

    against = VersionChoice(label=_("Compared with"), queryset=SchemeVersion.objects.none())

    def __init__(self, *args: Any, versions: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["against"].queryset = versions  # type: ignore[attr-defined]
