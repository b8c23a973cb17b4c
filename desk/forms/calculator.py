"""The calculator's forms: which scheme, and the facts of one question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from desk import calculator
from desk.forms.fields import DayField
from desk.forms.sheets import Group, Rows, Sheet

if TYPE_CHECKING:
    from desk.forms.sheets import Words

MOST_ROWS = 20


class SubjectForm(forms.Form):
    """Which scheme or chain, and by the rules of which day where no period is named."""

    choice = forms.ChoiceField(label=_("scheme and period"))
    on = DayField(label=_("by the rules and figures of"), required=False)
    place = forms.ChoiceField(label=_("by the figures of"), required=False)

    def __init__(
        self, *args: Any, dated: bool, places: Sequence[tuple[str, str]] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["choice"]).choices = calculator.choices()
        if not dated:
            del self.fields["on"]
        cast(forms.ChoiceField, self.fields["place"]).choices = [("", _("everywhere")), *places]
        if not places:
            del self.fields["place"]


class FactsForm(forms.Form):
    """The fields of some groups; `facts` hands them back as the rules service reads them."""

    use_required_attribute = False

    def __init__(self, *args: Any, groups: tuple[Group, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        for group in groups:
            self.fields.update(group.fields)

    def shown(self) -> Iterator[tuple[Words, list[BoundField], bool, bool]]:
        """Title, fields, whether they can be folded, whether they stand open."""
        for group in self.groups:
            fields = [self[name] for name in group.fields]
            said = any(field.errors or self._is_said(field) for field in fields)
            yield group.title, fields, group.folded, said

    def _is_said(self, field: BoundField) -> bool:
        """Whether something else was typed than what an untouched form sends."""
        options = getattr(field.field, "choices", None)
        several = getattr(field.field.widget, "allow_multiple_selected", False)
        untouched = options[0][0] if options and not several else ""
        return self.is_bound and field.data not in (None, "", False, [], untouched)

    def facts(self) -> dict[str, Any]:
        """What was said, nested as the request nests it; what was left out is not in it."""
        found: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if value is None or value in ("", [], {}) or (value is False and self._is_tick(name)):
                continue
            here = found
            *above, last = name.split("-")
            for key in above:
                here = here.setdefault(key, {})
            here[last] = calculator.as_fact(value)
        return found

    def says(self) -> bool:
        """Whether anything was typed or chosen."""
        return any(self._is_said(self[name]) for name in self.fields)

    def _is_tick(self, name: str) -> bool:
        return isinstance(self.fields[name], forms.BooleanField)

    def place(self, path: str) -> str | None:
        """The field that a path of the request names, or the first one below or above it."""
        name = path.replace(".", "-")
        if name in self.fields:
            return name
        below = [field for field in self.fields if field.startswith(f"{name}-")]
        beside = [
            field for field in self.fields if "-" in name and field.startswith(name.split("-")[0] + "-")
        ]
        return next(iter([*below, *beside]), None)


class SheetForm:
    """A question's fields, and its rows where something may be said several times."""

    def __init__(self, sheet: Sheet, data: Mapping[str, Any] | None) -> None:
        self.sheet = sheet
        self.rows_of: Rows | None = sheet.rows
        self.main = FactsForm(data, groups=sheet.groups)
        self.rows: list[FactsForm] = []
        if sheet.rows is not None:
            self.rows = [
                FactsForm(data, groups=sheet.rows.groups, prefix=f"{sheet.rows.path}-{number}")
                for number in range(self._count(data, sheet.rows.path))
            ]
        self.is_bound = data is not None

    @staticmethod
    def _count(data: Mapping[str, Any] | None, path: str) -> int:
        asked = "" if data is None else str(data.get(f"{path}-count", ""))
        known = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1
        return max(1, min(known + (data is not None and "more" in data), MOST_ROWS))

    @property
    def forms(self) -> list[FactsForm]:
        """Every form, the main one first."""
        return [self.main, *self.rows]

    def is_valid(self) -> bool:
        """Whether everything that was typed can be understood."""
        return all([form.is_valid() for form in self.forms])

    @property
    def said(self) -> list[FactsForm]:
        """The rows in which something stands, in order: they alone are asked."""
        return [row for row in self.rows if row.says()]

    def facts(self) -> dict[str, Any]:
        """The request's facts."""
        found = {**self.sheet.always, **self.main.facts()}
        if self.rows_of is not None and self.said:
            found[self.rows_of.path] = [row.facts() for row in self.said]
        return found

    def refuse(self, path: str, words: str) -> None:
        """Put what the rules service says of a path beside the field that it means."""
        form, rest = self.main, path.removeprefix("facts").lstrip(".")
        if self.rows_of is not None and rest.startswith(self.rows_of.path):
            number, _bracket, inner = rest.removeprefix(self.rows_of.path).lstrip("[").partition("]")
            rows = self.said or self.rows
            form = rows[int(number)] if number.isdigit() and int(number) < len(rows) else rows[0]
            rest = inner.lstrip(".")
            if not rest:
                rest = next(iter(form.fields))
        form.add_error(form.place(rest) if rest else None, words)

    def errors(self) -> list[tuple[str, str, str]]:
        """Every error: the field's id, its label (with its row), the words."""
        found = []
        for number, form in enumerate(self.forms):
            row = f"{self.rows_of.title} {number} · " if self.rows_of is not None and number else ""
            found += [("", "", str(error)) for error in form.non_field_errors()]
            for name in form.fields:
                field = form[name]
                found += [
                    (field.id_for_label or field.auto_id, f"{row}{field.label}", str(error))
                    for error in field.errors
                ]
        return found
