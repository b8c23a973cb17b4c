"""The calculator (补助试算): what an agent asks before filing, as requests of the rules service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from claims.models import Column
from desk.calculation import Step, in_words
from schemes import quotes
from schemes.models import SchemeVersion
from schemes.versions import document_for


def choices() -> list[tuple[str, str]]:
    """What can be asked: every adopted scheme and period, the latest first."""
    found = SchemeVersion.objects.select_related("scheme").filter(state=SchemeVersion.State.ADOPTED)
    shown = []
    for version in found.order_by("scheme__name", "-effective_from"):
        mark = f" · {_('provisional')}" if version.provisional else ""
        for code in version.period_codes:
            name = _("%(scheme)s, period %(code)s") % {"scheme": version.scheme.name, "code": code}
            shown.append((f"{version.scheme.code}/{code}", name + mark))
        if not version.period_codes:
            name = f"{version.scheme.name} {version.effective_from}"
            shown.append((f"{version.scheme.code}@{version.effective_from}", name + mark))
    return shown


def _asked(choice: str) -> dict[str, str]:
    if "@" in choice:
        scheme, _at, day = choice.partition("@")
        return {"scheme": scheme, "on": day}
    scheme, _slash, period = choice.partition("/")
    return {"scheme": scheme, "period": period}


def stay_facts(cleaned: Mapping[str, Any]) -> dict[str, Any] | None:
    """One stay of the form as facts; None where nothing was typed."""
    columns = {name: f"{cleaned[name]:.2f}" for name in Column.values if cleaned.get(name)}
    base = cleaned.get("base")
    if base is None and not columns:
        return None
    facts: dict[str, Any] = {"base": f"{base:.2f}"} if base is not None else {"bill": columns}
    for name in ("admitted", "discharged"):
        if cleaned.get(name):
            facts[name] = cleaned[name].isoformat()
    for name in ("exclusion", "care"):
        if cleaned.get(name):
            facts[name] = cleaned[name]
    hospital: dict[str, Any] = {"designated": False} if cleaned.get("non_designated") else {}
    if cleaned.get("level"):
        hospital["level"] = cleaned["level"]
    return {**facts, "hospital": hospital} if hospital else facts


def benefit(choice: str, *, kind: str, stays: list[dict[str, Any]]) -> dict[str, Any]:
    """What the stays pay, in order of filing: the quote's answer with its lines in words."""
    asked = _asked(choice)
    request = {**asked, "ask": "benefit", "facts": {"person": {"kind": kind}, "stays": stays}}
    answer = quotes.quote(request)
    steps: list[Step] = []
    if "error" not in answer["answer"]:
        steps = in_words(answer["lines"], _gloss(asked))
    return {**answer, "steps": steps}


def _gloss(asked: Mapping[str, str]) -> Mapping[str, str]:
    day = asked.get("on")
    on = date.fromisoformat(day) if day else None
    return document_for(asked["scheme"], period=asked.get("period"), on=on).document.gloss


def fee_and_quota(choice: str, *, insured: int, joining: int, continuing: int, new: int) -> dict[str, Any]:
    """What a unit needs to join and what it owes: the two answers side by side."""
    asked = _asked(choice)
    quota = quotes.quote(
        {**asked, "ask": "quota", "facts": {"active_insured": insured, "active_joining": joining}}
    )
    levy = quotes.quote({**asked, "ask": "levy", "facts": {"unit": {"continuing": continuing, "new": new}}})
    return {"quota": quota["answer"], "levy": levy["answer"], "lines": quota["lines"] + levy["lines"]}
