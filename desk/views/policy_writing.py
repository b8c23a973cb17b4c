"""Policy pages that write: drafts, checking, adoption by two people, withdrawal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.web import OfficeRequest
from desk import policy, recalculation
from desk.policy_forms import DocumentForm, NewForm, ReasonForm
from desk.views.common import attempt, needs
from desk.views.policy import about, version_or_404
from desk.views.policy_simulation import wake
from schemes import adoption, paths, rulings
from schemes.models import Period, SchemeVersion

ADD, CHANGE, ADOPT = (
    "schemes.add_schemeversion",
    "schemes.change_schemeversion",
    "schemes.adopt_schemeversion",
)
MORE_LINES, SPARE_NUMBERS = 40, 600
"""Empty lines below a text where a browser cannot let the field grow; line numbers where it can."""


@needs(ADD)
def new(request: OfficeRequest) -> HttpResponse:
    """Begin a draft from a text, of a scheme that is new or known."""
    form = NewForm(request.POST or None)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        made = attempt(request, lambda: adoption.draft(**given, by=request.user, on=clock.today()), form)
        if made is not None:
            return redirect("policy-edit", made.pk)
    return render(request, "policy/new.html", {"form": form})


@needs(ADD)
def copy(request: OfficeRequest, pk: int) -> HttpResponse:
    """Begin a draft from a version, after a page that says so."""
    found = version_or_404(request, pk)
    if request.method != "POST":
        return render(request, "policy/copy.html", about(request, found, ""))
    made = attempt(request, lambda: adoption.copy(version=found, by=request.user, on=clock.today()))
    return redirect("policy-edit", made.pk) if made else redirect("policy-version", pk)


@needs(CHANGE)
def edit(request: OfficeRequest, pk: int) -> HttpResponse:
    """The editor: the text with numbered lines, everything that is wrong beside its line; save, check."""
    found = version_or_404(request, pk)
    if found.adopted_at is not None:
        raise PermissionDenied
    given = {"text": found.document, "cases": found.cases, "revision": found.revision}
    form = DocumentForm(request.POST if request.method == "POST" else None, initial=given)
    if form.is_bound and form.is_valid():
        saved = _save(request, found, form)
        if saved is not None:
            return redirect("policy-edit", pk)
    shown = form.data if form.is_bound else given
    check = adoption.check(found)
    lines = policy.numbered(_plain(shown.get("text", "")), None if form.is_bound else check)
    context = about(request, found, "edit") | {
        "form": form,
        "text": _plain(shown.get("text", "")),
        "cases": _plain(shown.get("cases", "")),
        "revision": shown.get("revision", found.revision),
        "lines": lines,
        "spare": range(len(lines) + 1, len(lines) + SPARE_NUMBERS + 1),
        "rows": len(lines) + MORE_LINES,
        "check": None if form.is_bound else check,
    }
    return render(request, "policy/edit.html", context)


def _plain(text: object) -> str:
    return str(text).replace("\r\n", "\n").replace("\r", "\n")


def _save(request: OfficeRequest, found: SchemeVersion, form: DocumentForm) -> SchemeVersion | None:
    """Save what was typed over the revision that the writer saw; "check" also checks it."""
    given, on = form.cleaned_data, clock.today()
    seen = found
    seen.revision = given["revision"]

    def act() -> SchemeVersion:
        changed = adoption.edit(
            version=seen, text=given["text"], cases=given["cases"], by=request.user, on=on
        )
        if "check" in request.POST:
            changed, _found = adoption.record_check(version=changed, by=request.user, on=on)
        return changed

    saved: SchemeVersion | None = attempt(request, act, form)
    if saved is not None:
        told = {
            True: _("Saved and checked: nothing is wrong, every worked case is green."),
            False: _("Saved."),
        }
        messages.success(request, told[saved.checked_at is not None])
        if "check" in request.POST and saved.checked_at is None:
            messages.warning(request, _("The check found something; it stands below."))
    return saved


@require_POST
@needs(CHANGE)
def check(request: OfficeRequest, pk: int) -> HttpResponse:
    """Check a draft as it is saved; when it is clean, it is checked from now on."""
    found = version_or_404(request, pk)
    done = attempt(request, lambda: adoption.record_check(version=found, by=request.user, on=clock.today()))
    if done is not None:
        _version, result = done
        if result.clean:
            messages.success(
                request, _("Nothing is wrong and every worked case is green. It can be proposed now.")
            )
        else:
            facts = {"problems": len(result.problems), "red": len(result.red)}
            messages.warning(request, _("%(problems)s problems, %(red)s red cases.") % facts)
    return redirect("policy-version", pk)


def _preview(found: SchemeVersion) -> dict[str, Any]:
    seen = adoption.preview(found)
    said = policy.consequences(
        found,
        against=seen.against,
        periods=seen.periods,
        changes=len(seen.changes),
        provisional=seen.check.provisional,
        departures=rulings.departures(found),
    )
    old = paths.data_of(seen.against.document) if seen.against else {}
    return {"preview": seen, "said": said, "old_data": old}


def _act(
    request: OfficeRequest, found: SchemeVersion, name: str, act: Callable[[], Any], told: str
) -> HttpResponse:
    """An act with a page of its own: what will happen in words, then the act."""
    if request.method == "POST":
        touched = adoption.touched_periods(found)
        done = attempt(request, act)
        if done is not None:
            messages.success(request, told)
        in_force = done is not None and done.state == SchemeVersion.State.ADOPTED
        return _look_at_accounts(request, found, touched if in_force else [])
    context = about(request, found, "") | _preview(found) | {"act": name}
    context["may_act"] = context[f"may_{name}"]
    return render(request, "policy/act.html", context)


@needs(ADOPT)
def propose(request: OfficeRequest, pk: int) -> HttpResponse:
    """The first of two people proposes a checked version."""
    found = version_or_404(request, pk)

    def act() -> SchemeVersion:
        return adoption.propose_adoption(version=_seen(request, found), by=request.user, on=clock.today())

    return _act(request, found, "propose", act, _("Proposed. Somebody else has to adopt it."))


@needs(ADOPT)
def adopt(request: OfficeRequest, pk: int) -> HttpResponse:
    """The second person adopts."""
    found = version_or_404(request, pk)

    def act() -> SchemeVersion:
        return adoption.adopt(version=_seen(request, found), by=request.user, on=clock.today())

    return _act(request, found, "adopt", act, _("Adopted. It is in force for its days from now on."))


def _look_at_accounts(
    request: OfficeRequest, found: SchemeVersion, touched: Sequence[Period]
) -> HttpResponse:
    """What another document in force changes of running periods' accounts is shown first."""
    periods = list(Period.objects.select_related("scheme").filter(pk__in=[period.pk for period in touched]))
    begun = attempt(
        request,
        lambda: recalculation.previews_for(periods=periods, by=request.user, on=clock.today()),
    )
    for run in begun or []:
        wake(run)
    return redirect("policy-recalculation", begun[0].pk) if begun else redirect("policy-version", found.pk)


def _seen(request: OfficeRequest, found: SchemeVersion) -> SchemeVersion:
    """The version as the reader's page showed it, so that a change meanwhile is noticed."""
    revision = request.POST.get("revision", "")
    if revision.isascii() and revision.isdigit() and len(revision) < 10:
        found.revision = int(revision)
    return found


@needs(ADOPT)
def withdraw(request: OfficeRequest, pk: int) -> HttpResponse:
    """Take an adopted version out of force, with a reason."""
    found = version_or_404(request, pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        given = {"version": found, "reason": form.cleaned_data["reason"]}
        touched = adoption.touched_periods(found)
        done = attempt(request, lambda: adoption.withdraw(**given, by=request.user, on=clock.today()), form)
        if done is not None:
            messages.success(request, _("Withdrawn. What it had replaced stands again."))
            return _look_at_accounts(request, found, touched)
    said = policy.withdrawal(found, adoption.touched_periods(found))
    context = about(request, found, "") | {"form": form, "said": said}
    return render(request, "policy/withdraw.html", context)
