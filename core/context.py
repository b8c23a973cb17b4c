"""What every page knows: the business date, training mode, the reader's roles."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core import clock


def office_context(request: HttpRequest) -> dict[str, Any]:
    """The header's facts. Roles are read once per request, and only where a page asks."""
    user = getattr(request, "user", None)

    def roles() -> list[Any]:
        return user.roles_on(clock.today()) if user is not None and user.is_authenticated else []

    return {
        "business_date": SimpleLazyObject(clock.today),
        "training": settings.TRAINING,
        "my_roles": SimpleLazyObject(roles),
        "request_id": getattr(request, "id", ""),
    }
