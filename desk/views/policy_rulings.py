"""The register of rulings: question, decision, the setting it binds, the cases decided under it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core import clock
from core.web import OfficeRequest
from desk import policy
from desk.policy_forms import RulingCaseForm, RulingForm
from desk.policy_names import name_words
from desk.views.common import attempt, needs, reached
from schemes import rulings
from schemes.models import Ruling, RulingCase, Scheme
from schemes.versions import in_force

VIEW, ADD, DECIDED = "schemes.view_ruling", "schemes.add_ruling", "schemes.add_rulingcase"
CASES = 50


@needs(VIEW)
def register(request: OfficeRequest, code: str) -> HttpResponse:
    """One scheme's rulings, the latest first; policy staff enter one here."""
    scheme = get_object_or_404(Scheme, code=code)
    form = RulingForm(
        request.POST if request.method == "POST" else None,
        rulings=Ruling.objects.filter(scheme=scheme, successor=None),
        initial={"decided_on": clock.today()},
    )
    if form.is_bound and request.user.has_perm(ADD) and form.is_valid():
        given = form.cleaned_data
        act = {"scheme": code, "by": request.user, "on": clock.today(), **given}
        if attempt(request, lambda: rulings.record(**act), form) is not None:
            messages.success(request, _("Entered. It takes effect by a version that says so."))
            return redirect("policy-rulings", code)
    context = {
        "scheme": scheme,
        "rows": _rows(request, scheme),
        "form": form,
        "may_add": request.user.has_perm(ADD),
        "may_note": request.user.has_perm(DECIDED),
        "settings": _settings(code),
    }
    return render(request, "policy/rulings.html", context)


def _rows(request: OfficeRequest, scheme: Scheme) -> list[dict[str, Any]]:
    cases = Prefetch("decided_cases", RulingCase.objects.order_by("-id"))
    found = reached(request, Ruling.objects, VIEW).filter(scheme=scheme).prefetch_related(cases)
    latest = next(iter(in_force(scheme.code)), None)
    waiting = {ruling.pk for ruling in rulings.waiting(scheme.code)}
    return [
        {
            "ruling": ruling,
            "setting": policy.setting_words(ruling.setting, latest),
            "waiting": ruling.pk in waiting,
            "successor": getattr(ruling, "successor", None),
            "cases": list(ruling.decided_cases.all())[:CASES],
        }
        for ruling in found.select_related("recorded_by", "successor", "supersedes")
    ]


def _settings(code: str) -> list[tuple[str, str, str]]:
    """The settings of the documents in force: name, in words, what it says."""
    found: dict[str, tuple[str, str, str]] = {}
    for version in in_force(code):
        for name in rulings.settings_of(version):
            found.setdefault(name, (name, name_words(name), rulings.setting_in(version, name) or ""))
    return list(found.values())


@require_POST
@needs(DECIDED)
def decided(request: OfficeRequest, pk: int) -> HttpResponse:
    """Note a case that was decided under a ruling."""
    ruling = get_object_or_404(reached(request, Ruling.objects.select_related("scheme"), VIEW), pk=pk)
    form = RulingCaseForm(request.POST)
    if form.is_valid():
        number = form.cleaned_data["number"]
        act = {"ruling": ruling, "number": number, "by": request.user, "on": clock.today()}
        if attempt(request, lambda: rulings.decided_under(**act)) is not None:
            messages.success(request, _("Case %(number)s stands under the ruling.") % {"number": number})
    return redirect("policy-rulings", ruling.scheme.code)
