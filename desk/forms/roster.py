"""The roster's forms."""

from __future__ import annotations

from pathlib import Path

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.utils.translation import gettext_lazy as _

from desk.forms.fields import CountField, OnceForm


class SheetField(forms.FileField):
    """A spreadsheet; its kind is told by its content later, its size now."""

    widget = forms.FileInput(attrs={"accept": ".xlsx,.csv"})
    default_error_messages = {
        "empty": _("This file is empty."),
        "too_large": _("This file is larger than %(mb)s MB. Please split it."),
    }

    def clean(self, data: UploadedFile, initial: UploadedFile | None = None) -> UploadedFile:
        found = super().clean(data, initial)
        if found and found.size > settings.UPLOAD_MAX_BYTES:
            mb = settings.UPLOAD_MAX_BYTES // 1024**2
            raise ValidationError(self.error_messages["too_large"], code="too_large", params={"mb": mb})
        return found


def source_of(upload: UploadedFile) -> Path | bytes:
    """An upload as readers take it: its temporary path when it is large, else its content."""
    return Path(upload.temporary_file_path()) if isinstance(upload, TemporaryUploadedFile) else upload.read()


class UploadForm(forms.Form):
    """A file; strictly or as far as its rows are sound."""

    file = SheetField(label=_("file"), help_text=_("XLSX or CSV, as the template or as your own list."))
    strict = forms.BooleanField(label=_("Take nothing unless every row is free of errors"), required=False)


class FileForm(forms.Form):
    """A file alone."""

    file = SheetField(label=_("file"), help_text=_("XLSX or CSV."))


class DenominatorForm(forms.Form):
    """The number of active staff in basic insurance, from the proof of contributions."""

    active = CountField(
        label=_("active staff in basic insurance"), help_text=_("From the proof of contributions.")
    )


class ReasonForm(OnceForm):
    """A reason in words."""

    reason = forms.CharField(label=_("reason"), widget=forms.Textarea(attrs={"rows": 3}), max_length=300)
