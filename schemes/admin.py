"""Schemes in the admin: drafts edited through the functions, adopted versions read, registers kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from import_export.admin import ImportMixin

from core import clock
from core.admin import ReadOnlyAdmin, ScopedAdmin
from core.errors import Refused
from core.models import User
from schemes import adoption, figures, illness, paths, rulings
from schemes.models import AnnouncedFigure, IllnessList, Period, Ruling, RulingCase, Scheme, SchemeVersion
from schemes.resources import FigureResource, IllnessResource
from schemes.versions import standing
from schemes.words import FIGURES, figure_words, list_words


def _who(request: HttpRequest) -> User:
    assert isinstance(request.user, User), "the admin asks for a log-in"
    return request.user


class ByFunction(ScopedAdmin):
    """A record that is written by a function of its app; the form only gathers what the function asks."""

    add_only = False

    def written(self, request: HttpRequest, given: dict[str, Any], obj: models.Model | None) -> models.Model:
        """Call the function with what the form gathered; `obj` is the record that is changed."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        kept = self.model._default_manager.get(pk=obj.pk) if change else None
        result = self.written(request, form.cleaned_data, kept)
        obj.__dict__.update(result.__dict__)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return not self.add_only and super().has_change_permission(request, obj)


@admin.register(Scheme)
class SchemeAdmin(ReadOnlyAdmin):
    list_display = ("code", "name")
    search_fields = ("code", "name")


class DraftForm(forms.ModelForm):
    """The text of a draft and its cases; `seen` is the revision that the editor had before them."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = SchemeVersion
        fields = ("document", "cases")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"document", "cases"} & set(self.fields):
            self.fields[name] = forms.CharField(
                label=self.fields[name].label, widget=forms.Textarea, strip=False, required=name == "document"
            )
        if self.instance.pk and "seen" in self.fields:
            self.fields["seen"].initial = self.instance.revision

    def clean_document(self) -> str:
        """The text names its scheme."""
        text = str(self.cleaned_data["document"])
        if not self.instance.pk and not isinstance(paths.data_of(text).get("scheme"), str):
            raise ValidationError(
                _('The document has to begin with its scheme, such as scheme = "new-city".')
            )
        return text


@admin.register(SchemeVersion)
class SchemeVersionAdmin(ByFunction):
    list_display = (
        "scheme",
        "effective_from",
        "effective_to",
        "period_codes",
        "stands",
        "provisional",
        "adopted_at",
    )
    list_filter = ("scheme", "state", "provisional", "shipped")
    list_select_related = ("scheme",)
    search_fields = ("scheme__code", "scheme__name", "sha")
    form = DraftForm
    draft_fields = ("document", "cases", "seen")
    about = (
        "scheme", "stands", "effective_from", "effective_to", "period_codes", "provisional", "shipped", "sha",
        "written_by", "checked_at", "checked_by", "proposed_at", "proposed_by", "adopted_at", "adopted_by",
        "second_adopter", "withdrawn_at", "withdrawn_by", "withdrawal_reason", "what_is_wrong",
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": self.draft_fields})]
        texts = self.draft_fields if self.has_change_permission(request, obj) else ("document", "cases")
        return [(None, {"fields": self.about}), (None, {"fields": texts})]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return list(self.about)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        if isinstance(obj, SchemeVersion) and obj.adopted_at is not None:
            return False
        return super().has_change_permission(request, obj)

    def written(self, request: HttpRequest, given: dict[str, Any], obj: models.Model | None) -> models.Model:
        act = {"by": _who(request), "on": clock.today(), "text": given["document"], "cases": given["cases"]}
        if obj is None:
            return adoption.draft(scheme=paths.data_of(given["document"])["scheme"], **act)
        assert isinstance(obj, SchemeVersion)
        obj.revision = given["seen"] or obj.revision
        return adoption.edit(version=obj, **act)

    @admin.display(description=_("state"))
    def stands(self, version: SchemeVersion) -> str:
        words = {**dict(SchemeVersion.State.choices), "superseded": _("superseded")}
        return str(words[standing(version)])

    @admin.display(description=_("problems and red cases"))
    def what_is_wrong(self, version: SchemeVersion) -> str | SafeString:
        found = adoption.check(version)
        lines = [(str(problem), problem.line or "—") for problem in found.problems]
        lines += [(f"{case.id}: {line}", "—") for case in found.red for line in case.differences]
        return format_html_join("", "<div>{} ({})</div>", lines) or "—"


@admin.register(Period)
class PeriodAdmin(ReadOnlyAdmin):
    list_display = ("scheme", "code", "state", "cover_from", "cover_to", "pay_to", "claim_to", "provisional")
    list_filter = ("scheme", "state", "provisional")
    list_select_related = ("scheme",)
    search_fields = ("code", "scheme__name")


class FigureForm(forms.ModelForm):
    """A figure with its notice; the unit follows from its name."""

    name = forms.ChoiceField(
        label=_("name of the figure"), choices=[(name, FIGURES[name]) for name in figures.NAMES]
    )
    value = forms.CharField(
        label=_("value"), help_text=_("Such as 580.00, 4.5%, 15, or 50000.00: 60%; 100000.00: 70%.")
    )
    correction = forms.BooleanField(label=_("corrects what is recorded"), required=False)

    class Meta:
        model = AnnouncedFigure
        fields = ("scheme", "office", "name", "year", "notice_number", "notice_date")


class CalledFilter(admin.SimpleListFilter):
    """Figures by what they are called."""

    title = _("announced figure")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = AnnouncedFigure.objects.order_by("name").values_list("name", flat=True).distinct()
        return [(name, figure_words(name)) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(name=self.value()) if self.value() else queryset


class ListedFilter(admin.SimpleListFilter):
    """Illnesses by what their list is called."""

    title = _("list")
    parameter_name = "listing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = IllnessList.objects.order_by("listing").values_list("listing", flat=True).distinct()
        return [(name, list_words(name)) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(listing=self.value()) if self.value() else queryset


@admin.register(AnnouncedFigure)
class AnnouncedFigureAdmin(ImportMixin, ByFunction):
    list_display = (
        "scheme",
        "office",
        "year",
        "called",
        "shown",
        "notice_number",
        "notice_date",
        "recorded_by",
        "checked_by",
    )
    list_filter = ("scheme", "year", CalledFilter)
    list_select_related = ("scheme", "office", "recorded_by", "checked_by")
    autocomplete_fields = ("office",)
    search_fields = ("name", "notice_number", "office__code", "office__name")
    form = FigureForm
    fields = ("scheme", "office", "name", "year", "value", "notice_number", "notice_date", "correction")
    resource_classes = [FigureResource]
    actions = ("check_chosen",)  # type: ignore[assignment]  # none elsewhere
    add_only = True

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> Any:
        return self.fields if obj is None else (*self.list_display, "supersedes", "recorded_at", "checked_at")

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return [] if obj is None else list(self.get_fields(request, obj))

    def written(self, request: HttpRequest, given: dict[str, Any], obj: models.Model | None) -> models.Model:
        rest = {key: value for key, value in given.items() if key not in ("scheme", "office")}
        rest["place"] = given["office"].code if given["office"] else ""
        return figures.record(scheme=given["scheme"].code, **rest, by=_who(request), on=clock.today())

    @admin.display(description=_("announced figure"), ordering="name")
    def called(self, figure: AnnouncedFigure) -> str:
        return figure_words(figure.name)

    @admin.display(description=_("value"))
    def shown(self, figure: AnnouncedFigure) -> str:
        return figures.shown(figure)

    @admin.action(description=_("compared with the notice: checked"), permissions=["check"])
    def check_chosen(self, request: HttpRequest, rows: QuerySet[AnnouncedFigure]) -> None:
        """Check each chosen figure; who recorded it is told that somebody else has to."""
        for figure in rows.select_related("scheme"):
            try:
                figures.check(figure=figure, by=_who(request), on=clock.today())
            except Refused as refusal:
                messages.error(request, f"{figure}: {refusal}")

    def has_check_permission(self, request: HttpRequest) -> bool:
        return self._may(request, "check")

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)


@admin.register(IllnessList)
class IllnessListAdmin(ImportMixin, ByFunction):
    list_display = ("scheme", "called", "code", "name", "valid_from", "valid_to")
    list_filter = ("scheme", ListedFilter)
    list_select_related = ("scheme",)
    search_fields = ("code", "name")
    fields = ("scheme", "listing", "code", "name", "valid_from", "valid_to")
    resource_classes = [IllnessResource]

    @admin.display(description=_("list"), ordering="listing")
    def called(self, entry: IllnessList) -> str:
        return list_words(entry.listing)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return [] if obj is None else ["scheme", "listing", "code", "valid_from"]

    def written(self, request: HttpRequest, given: dict[str, Any], obj: models.Model | None) -> models.Model:
        kept = (
            {"scheme": obj.scheme, "listing": obj.listing, "code": obj.code, "valid_from": obj.valid_from}
            if isinstance(obj, IllnessList)
            else {}
        )
        entry = {**given, **kept}
        code = entry.pop("scheme").code
        return illness.enter(scheme=code, **entry, by=_who(request), on=clock.today())

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_add_permission(request)


class RulingCaseInline(admin.TabularInline):
    model = RulingCase
    extra = 0
    can_delete = False
    fields = ("number", "decided_on")

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return request.user.has_perm("schemes.view_rulingcase")


@admin.register(Ruling)
class RulingAdmin(ByFunction):
    list_display = ("number", "scheme", "decided_on", "question", "decision")
    list_filter = ("scheme",)
    list_select_related = ("scheme",)
    search_fields = ("number", "setting", "question", "decision")
    fields = ("scheme", "number", "decided_on", "setting", "value", "question", "decision", "supersedes")
    inlines = (RulingCaseInline,)
    add_only = True

    def get_inlines(self, request: HttpRequest, obj: models.Model | None) -> Any:
        return self.inlines if obj is not None else ()

    def written(self, request: HttpRequest, given: dict[str, Any], obj: models.Model | None) -> models.Model:
        rest = {key: value for key, value in given.items() if key != "scheme"}
        return rulings.record(scheme=given["scheme"].code, **rest, by=_who(request), on=clock.today())


@admin.register(RulingCase)
class RulingCaseAdmin(ReadOnlyAdmin):
    list_display = ("number", "ruling", "decided_on")
    list_select_related = ("ruling",)
    search_fields = ("number", "ruling__number")
