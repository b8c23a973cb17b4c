"""The search box of admin lists: posted, so that no identity number stands in an address."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core import numbers


class NumberSearch(admin.ModelAdmin):
    """Looks a whole number up by its digest, in the column that `search_digest` names."""

    search_digest = ""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What the search form posts becomes an address; an identity number becomes its digest."""
        if self.search_fields and (to := numbers.asked(request)) is not None:
            return to
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: HttpRequest, rows: QuerySet, term: str) -> tuple[QuerySet, bool]:
        """Rows of a person's number (none where the list knows no persons), else Django's own search."""
        found = numbers.sought(term)
        if found is not None and self.search_digest:
            return rows.filter(**{self.search_digest: found}), False
        if numbers.is_hidden(term):
            return rows.none(), False
        return super().get_search_results(request, rows, term)
