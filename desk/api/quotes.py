"""POST /api/v1/quotes: the rules service for other systems, the same function as `manage.py quote`."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import HttpError

from core.models import Operation
from desk.api.door import api, require_operation
from schemes import quotes
from schemes.rules.quote import ASKS

MOST_REQUESTS = 1_000
DEEPEST = 32

router = Router(tags=["quotes"])

REQUEST = {
    "type": "object",
    "additionalProperties": False,
    "required": ["scheme", "ask"],
    "properties": {
        "scheme": {"type": "string", "description": "A scheme's code, or a chain's name for a waterfall."},
        "period": {"type": "string", "description": "A period's code; not together with `on`."},
        "on": {"type": "string", "format": "date"},
        "place": {"type": "string", "description": "An office's code, where figures are announced by place."},
        "ask": {"type": "string", "enum": [*ASKS, "waterfall"]},
        "facts": {"type": "object"},
    },
}
ANSWER = {
    "type": "object",
    "required": ["scheme", "ask", "answer", "lines"],
    "properties": {
        "scheme": {
            "type": "object",
            "properties": {name: {"type": ["string", "null"]} for name in ("code", "period", "sha")},
        },
        "ask": {"type": ["string", "null"]},
        "answer": {
            "type": "object",
            "description": 'The answer, or {"error", "message", "path"} where there is none.',
        },
        "lines": {"type": "array", "items": {"type": "object"}},
        "provisional": {"type": "array", "items": {"type": "string"}},
    },
}
REFUSAL = {"type": "object", "properties": {"error": {"type": "string"}, "message": {"type": "string"}}}
EXAMPLE = {
    "scheme": "yunnan-mutual-aid",
    "period": "18",
    "ask": "benefit",
    "facts": {"stays": [{"base": "5000.00", "discharged": "2022-03-10"}]},
}


def _one_or_many(schema: dict[str, Any]) -> dict[str, Any]:
    many = {"type": "array", "items": schema, "maxItems": MOST_REQUESTS}
    return {"schema": {"oneOf": [schema, many]}}


DESCRIPTION = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {**_one_or_many(REQUEST), "example": EXAMPLE}},
    },
    "responses": {
        200: {"description": "Answered.", "content": {"application/json": _one_or_many(ANSWER)}},
        **{
            status: {"description": words, "content": {"application/json": {"schema": REFUSAL}}}
            for status, words in (
                (400, "The body is no JSON."),
                (401, "No log-in and no valid token."),
                (403, "The token does not allow this, or the CSRF token is missing."),
                (413, "Too many requests in one list, or the body is too large."),
            )
        },
    },
}


@router.post("/quotes", summary="Answer one question, or a list of them", openapi_extra=DESCRIPTION)
def answer(request: HttpRequest) -> HttpResponse:
    """The answer has the shape of the request: one answer, or a list in order."""
    require_operation(request, Operation.QUOTES)
    asked = body_of(request)
    if isinstance(asked, list) and len(asked) > MOST_REQUESTS:
        raise HttpError(
            413, _("At most %(n)s requests in one list; send the rest separately.") % {"n": MOST_REQUESTS}
        )
    return api.create_response(request, quotes.quote(asked), status=200)


def body_of(request: HttpRequest) -> Any:
    """The JSON of a request's body. Raises HttpError 400 (no JSON, or nested too deeply), 413 (too large)."""
    try:
        body = request.body
    except RequestDataTooBig as error:
        raise HttpError(413, _("The body is too large; send fewer requests at once.")) from error
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise HttpError(400, _("The body is no JSON.")) from error
    if _deeper_than(found, DEEPEST):
        raise HttpError(400, _("The JSON is nested too deeply."))
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _deeper_than(found: Any, most: int) -> bool:
    level = [found]
    for _depth in range(most):
        level = [
            inner
            for item in level
            if isinstance(item, dict | list)
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return any(isinstance(item, dict | list) for item in level)
