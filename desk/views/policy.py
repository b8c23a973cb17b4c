"""Policy pages that read: schemes, versions as people read them, their text, what differs."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from core import clock
from core.web import OfficeRequest
from desk import policy, policy_reading
from desk.policy_forms import AgainstForm
from desk.views.common import staff_needs
from schemes import adoption, paths, rulings
from schemes.diff import diff
from schemes.models import Scheme, SchemeVersion
from schemes.versions import standing, superseded_by

VIEW = "schemes.view_schemeversion"


def version_or_404(request: OfficeRequest, pk: int) -> SchemeVersion:
    """A version that the reader may see."""
    return get_object_or_404(policy.visible(request.user, on=clock.today()), pk=pk)


def about(request: OfficeRequest, version: SchemeVersion, tab: str) -> dict[str, Any]:
    """What the head of each page of a version shows."""
    user = request.user
    tone, words = policy.standing_of(version)
    draft = version.adopted_at is None
    may_write = user.has_perm("schemes.change_schemeversion")
    may_adopt = user.has_perm("schemes.adopt_schemeversion")
    return {
        "version": version,
        "data": paths.data_of(version.document),
        "tone": tone,
        "standing": words,
        "tab": tab,
        "superseded_by": superseded_by(version),
        "may_edit": draft and may_write,
        "may_copy": user.has_perm("schemes.add_schemeversion"),
        "may_propose": draft and may_adopt and version.checked_at is not None and version.proposed_at is None,
        "may_adopt": draft
        and may_adopt
        and version.proposed_at is not None
        and version.proposed_by_id != user.pk,
        "waits_for_other": draft and version.proposed_by_id == user.pk,
        "may_withdraw": version.state == SchemeVersion.State.ADOPTED and may_adopt,
        "may_simulate": user.has_perm("schemes.simulate_schemeversion"),
        "may_recalculate": version.state == SchemeVersion.State.ADOPTED and may_adopt,
    }


@staff_needs(VIEW)
def index(request: OfficeRequest) -> HttpResponse:
    """Every scheme with what is in force today."""
    on = clock.today()
    context = {
        "rows": policy.schemes_for(request.user, on=on),
        "chains": policy.chains(),
        "on": on,
        "next_year": str(on.year + 1),
        "may_add": request.user.has_perm("schemes.add_schemeversion"),
        "sees_drafts": request.user.has_perm("schemes.view_draft"),
    }
    return render(request, "policy/index.html", context)


@staff_needs(VIEW)
def scheme(request: OfficeRequest, code: str) -> HttpResponse:
    """One scheme: its versions with their states."""
    found = get_object_or_404(Scheme, code=code)
    rows = policy.history(request.user, found, on=clock.today())
    context = {
        "scheme": found,
        "rows": rows,
        "may_copy": request.user.has_perm("schemes.add_schemeversion"),
    }
    return render(request, "policy/scheme.html", context)


@staff_needs(VIEW)
def version(request: OfficeRequest, pk: int) -> HttpResponse:
    """A version as people read it, with its worked cases."""
    found = version_or_404(request, pk)
    context = about(request, found, "read") | {
        "reading": policy_reading.read(found.document),
        "check": adoption.check(found),
        "departures": _departures(request, found),
    }
    return render(request, "policy/version.html", context)


def _departures(request: OfficeRequest, found: SchemeVersion) -> list[str]:
    """The standing rulings that a draft, or a version in force, does not follow, in sentences."""
    if standing(found) in ("superseded", "withdrawn") or not request.user.has_perm("schemes.view_ruling"):
        return []
    return [policy.departs(each, found) for each in rulings.departures(found)]


@staff_needs(VIEW)
def text(request: OfficeRequest, pk: int) -> HttpResponse:
    """The document's text with numbered lines, what the checker says under the line."""
    found = version_or_404(request, pk)
    check = adoption.check(found)
    context = about(request, found, "text") | {
        "lines": policy.numbered(found.document, check),
        "check": check,
    }
    return render(request, "policy/text.html", context)


@staff_needs(VIEW)
def file(request: OfficeRequest, pk: int) -> HttpResponse:
    """The document as a file, byte for byte what its SHA-256 is of."""
    found = version_or_404(request, pk)
    answer = HttpResponse(found.document.encode(), content_type="application/toml")
    name = f"{found.scheme.code}-{found.effective_from}-{found.pk}.toml"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@staff_needs(VIEW)
def compare(request: OfficeRequest, pk: int) -> HttpResponse:
    """What differs between two versions, by path, with both values and both glosses."""
    found = version_or_404(request, pk)
    others = policy.visible(request.user, on=clock.today()).filter(scheme=found.scheme).exclude(pk=pk)
    asked = request.GET if request.GET.get("against") else None
    against = adoption.replaced_by(found)
    form = AgainstForm(asked, versions=others, initial={"against": against})
    if form.is_bound:
        against = form.cleaned_data["against"] if form.is_valid() else None
    changes = diff(against.document, found.document) if against else []
    context = about(request, found, "compare") | {
        "form": form,
        "against": against,
        "changes": changes,
        "old_data": paths.data_of(against.document) if against else {},
    }
    return render(request, "policy/compare.html", context)
