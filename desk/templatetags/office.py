"""What templates need: chips with words and shape, money, navigation."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from claims.models import Level
from core.issues import sentence
from desk import navigation as places
from desk import words
from desk.calculation import in_words
from desk.forms.questions import QUESTIONS
from desk.policy_paths import difference_words, place_words
from schemes.models import Period

register = template.Library()

SHAPES = {"ok": "●", "warn": "▲", "bad": "■", "busy": "◐", "": "○"}


@register.simple_tag
def chip(tone: str, text: Any) -> SafeString:
    """A status in words, with a shape and a colour."""
    return format_html(
        '<span class="chip {}"><span aria-hidden="true">{}</span> {}</span>',
        tone,
        SHAPES.get(tone, "○"),
        text,
    )


@register.simple_tag
def state(thing: Any, field: str = "state") -> SafeString:
    """The chip of a record's state."""
    value = getattr(thing, field)
    return chip(words.tone_of(str(value)), getattr(thing, f"get_{field}_display")())


@register.simple_tag
def days(left: int | None) -> SafeString:
    """Working days left as a chip: green, amber, red, in words and shape."""
    return chip(*words.days_left(left))


@register.filter
def yuan(amount: Decimal | int | str | None) -> str:
    """An amount with two places and thousands separators; a text is an amount of the rules service."""
    return "—" if amount is None or amount == "" else f"{Decimal(amount):,.2f}"


@register.filter
def level(code: str | None) -> str:
    """The name of a level of review."""
    return str(Level(code).label) if code else "—"


@register.filter
def capitals(amount: Decimal) -> str:
    """An amount in words, as vouchers write it (大写金额)."""
    return words.in_capitals(amount)


@register.filter
def per_cent(ppm: int) -> str:
    """A rate of parts per million as a percentage."""
    return f"{Decimal(ppm) / 10_000:f}%"


@register.simple_tag(takes_context=True)
def navigation(context: RequestContext) -> list[places.Place]:
    """The reader's main pages."""
    return places.places_of(context["request"])


@register.filter
def reason_words(reason: dict[str, str]) -> str:
    """Why a rule refuses, in words: the document's note, else the code's sentence."""
    return reason.get("note") or sentence(reason["code"])


@register.simple_tag
def place(data: Mapping[str, Any], path: str) -> str:
    """Where something stands in a scheme document, in words."""
    return place_words(data or {}, path)


@register.filter
def told(difference: str) -> str:
    """How an answer differs from its worked case, in words."""
    return difference_words(difference)


@register.filter
def ask_words(ask: str) -> str:
    """What a question of the rules service is called."""
    return next((str(one.words) for one in QUESTIONS if one.ask == ask), ask)


@register.filter
def line_words(line: Mapping[str, str]) -> str:
    """What a line of a calculation does, in words."""
    return in_words([line], {})[0].words


@register.filter
def period_code(period: Period) -> str:
    """How an address names a period: scheme and code."""
    return f"{period.scheme.code}_{period.code}"


@register.filter
def period_name(period: Period) -> str:
    """A period as people call it (第18期)."""
    return _("period %(code)s") % {"code": period.code}


@register.filter
def dimension_words(dimension: str) -> str:
    """A voucher line's dimensions as people read them: period=18 is 第18期."""
    parts = [part.partition("=") for part in dimension.split(",") if part]
    return "、".join(
        _("period %(code)s") % {"code": value} if name == "period" else value for name, _is, value in parts
    )
