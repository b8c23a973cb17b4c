"""Model fields for persons' secrets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

from core.encryption import decrypt, encrypt


class EncryptedTextField(models.Field):
    """Text that the database holds only encrypted (bytea); empty text is stored as empty bytes.

    Not searchable: keep a digest beside it.
    """

    empty_strings_allowed = True

    def get_internal_type(self) -> str:
        return "BinaryField"

    def from_db_value(self, value: bytes | memoryview | None, *_: Any) -> str | None:
        if value is None:
            return None
        return decrypt(bytes(value)).decode() if len(value) else ""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if value is None or isinstance(value, bytes | memoryview):
            return value
        return connection.Database.Binary(encrypt(str(value).encode()) if value else b"")

    def to_python(self, value: Any) -> Any:
        return value

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": forms.CharField, **kwargs})


def masked(secret: str, *, head: int = 4, tail: int = 4) -> str:
    """What a screen shows of a secret: its ends."""
    if len(secret) <= head + tail:
        return "*" * len(secret)
    return f"{secret[:head]}{'*' * (len(secret) - head - tail)}{secret[-tail:]}"
