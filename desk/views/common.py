"""What views share: the reader's business date, permission at the door, refusals as messages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http.response import HttpResponseBase

from core import clock
from core.errors import NotAllowed, Refused
from core.web import OfficeRequest

R = TypeVar("R")
A = TypeVar("A", bound=HttpResponseBase)


def needs(*permissions: str) -> Callable[[Callable[..., A]], Callable[..., A]]:
    """Log-in, and one of these permissions somewhere; the row's own place is asked by `visible_to`."""

    def decorate(view: Callable[..., A]) -> Callable[..., A]:
        @login_required
        @wraps(view)
        def checked(request: OfficeRequest, *args: Any, **kwargs: Any) -> A:
            if not any(request.user.has_perm(permission) for permission in permissions):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def staff_needs(*permissions: str) -> Callable[[Callable[..., A]], Callable[..., A]]:
    """The same, for the offices' own people: an agent of a unit reads what the portal shows."""

    def decorate(view: Callable[..., A]) -> Callable[..., A]:
        @needs(*permissions)
        @wraps(view)
        def checked(request: OfficeRequest, *args: Any, **kwargs: Any) -> A:
            if not any(not role.unit_code for role in request.user.roles_on(clock.today())):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return checked

    return decorate


def reached(request: OfficeRequest, rows: Any, permission: str = "") -> QuerySet:
    """The rows of a scoped manager or query set that the reader reaches today."""
    return rows.visible_to(request.user, on=clock.today(), permission=permission)


def once(act: Callable[..., R], key: str) -> Callable[..., R]:
    """The write, done once however often this key comes."""
    return partial(act, once=key)


def attempt(request: OfficeRequest, act: Callable[[], Any], form: BaseForm | None = None) -> Any:
    """Do a write; a refusal becomes the form's error or a message, and None is returned.

    What the reader may not do at all is a 403.
    """
    try:
        return act()
    except NotAllowed as refusal:
        raise PermissionDenied from refusal
    except Refused as refusal:
        if form is not None:
            form.add_error(None, str(refusal))
        else:
            messages.error(request, str(refusal))
        return None
