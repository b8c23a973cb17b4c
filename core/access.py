"""Who logged in, saw a secret or took something out: the access log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import signals
from django.db import models

from core.logs import here
from core.models import Access, User


def record(act: str, *, user: User | None, username: str = "", subject: str = "") -> Access:
    """Append one line to the access log; address and request number come from the request being answered."""
    now = here.get()
    return Access.objects.create(
        act=act,
        user=user,
        username=(username or (user.username if user else ""))[:150],
        subject=subject[:200],
        ip=now.ip,
        request_id=now.request_id,
    )


def subject_of(thing: models.Model, field: str = "") -> str:
    """How the log names a record: its kind and number, never its content."""
    return f"{thing._meta.label} {thing.pk}{f' {field}' if field else ''}"


def disclose(thing: models.Model, field: str, *, by: User) -> str:
    """The plain value of a person's secret, logged as a disclosure."""
    record(Access.Act.DISCLOSE, user=by, subject=subject_of(thing, field))
    return str(getattr(thing, field) or "")


def exported(what: str, *, by: User) -> None:
    """Log that a list left the house."""
    record(Access.Act.EXPORT, user=by, subject=what)


def downloaded(thing: models.Model, *, by: User) -> None:
    """Log that a paper was taken out."""
    record(Access.Act.DOWNLOAD, user=by, subject=subject_of(thing))


def _logged_in(user: User, **_: Any) -> None:
    record(Access.Act.LOGIN, user=user)


def _logged_out(user: User | None, **_: Any) -> None:
    if user is not None:
        record(Access.Act.LOGOUT, user=user)


def _login_failed(credentials: dict[str, Any], **_: Any) -> None:
    record(Access.Act.LOGIN_FAILED, user=None, username=str(credentials.get("username", "")))


def listen() -> None:
    """Connect the log to Django's log-in signals."""
    signals.user_logged_in.connect(_logged_in, dispatch_uid="access-login")
    signals.user_logged_out.connect(_logged_out, dispatch_uid="access-logout")
    signals.user_login_failed.connect(_login_failed, dispatch_uid="access-failed")
