"""Tables that policy staff import: each row goes through the function that writes one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from import_export import fields, resources

from core import clock, typed
from core.errors import Refused
from schemes import figures, illness
from schemes.models import AnnouncedFigure, IllnessList


class ByRow(resources.ModelResource):
    """Read a row's cells as people type them and call one function; a refusal is the row's error."""

    write: ClassVar[Callable[..., models.Model]]

    def get_or_init_instance(self, instance_loader: Any, row: Mapping[str, Any]) -> tuple[models.Model, bool]:
        return self._meta.model(), True

    def import_instance(self, instance: models.Model, row: Mapping[str, Any], **kwargs: Any) -> None:
        """The function reads the row; nothing is set here."""

    def validate_instance(self, instance: models.Model, *args: Any, **kwargs: Any) -> None:
        """The function validates."""

    def save_instance(
        self, instance: models.Model, is_create: bool, row: Mapping[str, Any], **kwargs: Any
    ) -> None:
        try:
            given = self.given(row)
            result = type(self).write(**given, by=kwargs["user"], on=clock.today())
        except typed.NotUnderstood as error:
            raise ValidationError(_("“%(value)s” cannot be read.") % {"value": error.args[0]}) from error
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        instance.__dict__.update(result.__dict__)

    def given(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What the function asks, from the row's cells."""
        raise NotImplementedError

    def _text(self, row: Mapping[str, Any], name: str) -> str:
        return typed.text(row.get(name))

    def _day(self, row: Mapping[str, Any], name: str) -> Any:
        cell = row.get(name)
        return typed.day(cell.date() if isinstance(cell, datetime) else cell)


class FigureResource(ByRow):
    """scheme, place (an office; empty: everywhere), name, year, value, notice number and date, correction."""

    write = figures.record
    place = fields.Field(column_name="place")
    value = fields.Field(column_name="value")
    correction = fields.Field(column_name="correction")

    class Meta:
        model = AnnouncedFigure
        fields = ("scheme", "place", "name", "year", "notice_number", "notice_date", "value", "correction")
        import_id_fields = ()
        skip_diff = True

    def given(self, row: Mapping[str, Any]) -> dict[str, Any]:
        day = self._day(row, "notice_date")
        if day is None:
            raise typed.NotUnderstood(row.get("notice_date"))
        return {
            "scheme": self._text(row, "scheme"),
            "place": typed.code(row.get("place")),
            "name": self._text(row, "name"),
            "year": typed.count(row.get("year")) or 0,
            "value": self._text(row, "value"),
            "notice_number": self._text(row, "notice_number"),
            "notice_date": day,
            "correction": bool(typed.yes_no(row.get("correction"))),
        }


class IllnessResource(ByRow):
    """scheme, listing, code, name, valid_from, valid_to."""

    write = illness.enter

    class Meta:
        model = IllnessList
        fields = ("scheme", "listing", "code", "name", "valid_from", "valid_to")
        import_id_fields = ()
        skip_diff = True

    def given(self, row: Mapping[str, Any]) -> dict[str, Any]:
        first = self._day(row, "valid_from")
        if first is None:
            raise typed.NotUnderstood(row.get("valid_from"))
        return {
            "scheme": self._text(row, "scheme"),
            "listing": self._text(row, "listing"),
            "code": self._text(row, "code"),
            "name": self._text(row, "name"),
            "valid_from": first,
            "valid_to": self._day(row, "valid_to"),
        }
