"""A reviewer's verdicts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from claims.models import Verdict
from desk.forms.fields import OnceForm


class VerdictForm(OnceForm):
    """The verdict's own fields: a return its reason, a rejection its article."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    article = forms.ChoiceField()
    reason = forms.CharField(label=_("reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=500)

    def __init__(self, *args: Any, verdict: str, articles: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if verdict == Verdict.REJECT:
            self.fields["article"] = forms.ChoiceField(
                label=_("article"), choices=articles, help_text=_("Which article rejects it.")
            )
        else:
            del self.fields["article"]
        if verdict == Verdict.RETURN:
            self.fields["reason"].label = _("What is missing, in words that the unit understands")
        elif verdict != Verdict.REJECT:
            self.fields["reason"].required = False
            self.fields["reason"].label = _("remark")
