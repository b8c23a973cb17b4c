"""Who may enter the API: a person who is logged in, or a client with its token; refusals as JSON."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.security import HttpBearer, SessionAuth

from core import clients, clock
from core.models import ApiClient

TITLE = "Union insurance office"
ABOUT = (
    "Amounts are strings of yuan, ratios strings with %, dates ISO. Log in, or send a client's token as "
    "`Authorization: Bearer …`. A person's session also sends the CSRF token as `X-CSRFToken`."
)
CODES = {400: "bad_request", 401: "not_logged_in", 403: "not_allowed", 404: "not_found", 413: "too_large"}


class ClientToken(HttpBearer):
    """`Authorization: Bearer …` of a client; no session, no cookie, so no CSRF either."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiClient | None:
        """The client of a token that is in force."""
        return clients.client_of(token.strip(), on=clock.today())


class Person(SessionAuth):
    """A log-in of the site; a token that was sent and is not valid is never replaced by a session."""

    def __call__(self, request: HttpRequest) -> Any | None:
        if "Authorization" in request.headers or not request.user.is_authenticated:
            return None
        return super().__call__(request)


def require_operation(request: Any, operation: str) -> None:
    """A client does what it was given; a person what their pages do as well. Raises HttpError 403."""
    who = request.auth
    if isinstance(who, ApiClient) and operation not in who.operations:
        raise HttpError(403, _("This client's token does not allow this."))


api = NinjaAPI(
    title=TITLE,
    version="1",
    description=ABOUT,
    urls_namespace="api-v1",
    docs_decorator=login_required,
    auth=[ClientToken(), Person()],
)


def refusal(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """An answer that refuses, in the form of every refusal: {"error", "message"}."""
    body = {"error": CODES.get(status, "refused"), "message": message}
    return api.create_response(request, body, status=status)


def _not_in(request: HttpRequest, error: Any) -> HttpResponse:
    answer = refusal(request, 401, _("Log in, or send a client's token as Authorization: Bearer …"))
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _http(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(request, error.status_code, str(error))


api.add_exception_handler(AuthenticationError, _not_in)
api.add_exception_handler(HttpError, _http)
