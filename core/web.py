"""A request of a page, with what our middleware put there."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from core.models import User


class OfficeRequest(HttpRequest):
    """For type checking alone: pages behind the log-in have our user and htmx's details."""

    id: str
    user: User
    htmx: HtmxDetails


def reader(request: HttpRequest) -> User:
    """Who reads: views behind the log-in know that it is our user."""
    return cast(User, request.user)
