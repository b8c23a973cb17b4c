"""The calculator's page (补助试算): a scheme, a question, its facts, the answer; nothing is saved."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from core import clock
from core.web import OfficeRequest
from desk import calculator, calculator_words
from desk.forms.calculator import SheetForm, SubjectForm
from desk.forms.questions import QUESTIONS, Question
from schemes import quotes


@login_required
def show(request: OfficeRequest) -> HttpResponse:
    """The address names scheme and question; the facts come with the form. No person's record is touched."""
    chosen = _Chosen(request)
    context: dict[str, Any] = {"chooser": chosen.form}
    if chosen.subject is not None:
        context |= _asked(request, chosen, chosen.subject)
    return render(request, "desk/_answer.html" if request.htmx else "desk/calculator.html", context)


class _Chosen:
    """What the address chooses: a scheme or a chain (else the first of the day), a day if it names one."""

    def __init__(self, request: OfficeRequest) -> None:
        on = clock.today()
        given = SubjectForm(request.GET, dated=True)
        given.is_valid()
        self.day: date | None = given.cleaned_data.get("on")
        key = given.cleaned_data.get("choice")
        keys = [key] if key else calculator.keys(on)
        found = (calculator.subject(one, on=on, day=self.day) for one in keys)
        self.subject = next((one for one in found if one is not None), None)
        dated = self.subject is not None and self.subject.day is not None
        places = calculator.places(self.subject) if self.subject else []
        asked = request.GET.get("place", "")
        self.place = asked if asked in dict(places) else ""
        said = (
            {"choice": self.subject.key, "on": self.subject.day, "place": self.place} if self.subject else {}
        )
        wrong = given.errors.get("on") or (key and self.subject is None)
        self.form = given if wrong else SubjectForm(dated=dated, places=places, initial=said)
        if key and self.subject is None and not given.errors:
            given.add_error("on", _("No document of this scheme governs this day."))


def _asked(request: OfficeRequest, chosen: _Chosen, subject: calculator.Subject) -> dict[str, Any]:
    offered = [question for question in QUESTIONS if _answers(subject, question)]
    asked = next((one for one in offered if one.key == request.GET.get("ask")), offered[0])
    form = SheetForm(asked.sheet(subject.documents), request.POST if request.method == "POST" else None)
    found = None
    if form.is_bound and "more" not in request.POST:
        found = _found(subject, asked, form, chosen)
    return {
        "subject": subject,
        "tabs": [(one, _query(chosen, subject, one)) for one in offered],
        "asked": asked,
        "query": _query(chosen, subject, asked),
        "form": form,
        "found": found,
    }


def _answers(subject: calculator.Subject, question: Question) -> bool:
    if subject.is_chain:
        return question.ask == "waterfall"
    return question.answered_by(subject.documents[0])


def _query(chosen: _Chosen, subject: calculator.Subject, question: Question) -> str:
    named = {"choice": subject.key, "ask": question.key}
    if chosen.day is not None:
        named["on"] = chosen.day.isoformat()
    if chosen.place:
        named["place"] = chosen.place
    return urlencode(named)


def _found(
    subject: calculator.Subject, asked: Question, form: SheetForm, chosen: _Chosen
) -> calculator_words.Shown | None:
    """The answer in words; None where the facts do not yet say enough, and the fields say why."""
    if not form.is_valid():
        return None
    request = calculator.request(subject, asked.ask, form.facts(), day=chosen.day, place=chosen.place)
    answer = quotes.quote(request)
    values = answer["answer"]
    if "error" in values:
        form.refuse(values["path"], calculator_words.error_words(values))
        return None
    return calculator_words.shown(subject, request, answer)
