"""A number for every request, and what its page may load."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from core import clock
from core.errors import NotAllowed, Refused
from core.logs import Here, here

Answer = Callable[[HttpRequest], HttpResponse]
PLAUSIBLE = re.compile(r"[A-Za-z0-9-]{8,40}")
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)


class RequestIdMiddleware:
    """Name each request, for logs, error pages and the access log; a proxy may have named it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.id = given if PLAUSIBLE.fullmatch(given) else uuid.uuid4().hex[:16]  # type: ignore[attr-defined]
        here.set(Here(request.id, request.META.get("REMOTE_ADDR") or None))  # type: ignore[attr-defined]
        with clock.one_day():
            response = self.get_response(
                request
            )  # Django logs refusals afterwards: the next request sets its own
        response["X-Request-ID"] = request.id  # type: ignore[attr-defined]
        return response


class RefusalMiddleware:
    """A refusal that no view has put into words becomes a page; a NUL in an address is a bad request."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.path:
            raise BadRequest
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, NotAllowed):
            return render(request, "errors/403.html", status=403)
        if isinstance(error, Refused):
            return render(request, "errors/refused.html", {"sentence": str(error)}, status=409)
        return None


class ContentSecurityPolicyMiddleware:
    """Everything comes from this site; nothing inline runs or styles."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        return response
