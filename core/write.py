"""The frame of every write: one transaction, whole retries, one effect per click."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, OperationalError, connection, models, transaction

from core.models import Once

P = ParamSpec("P")
R = TypeVar("R")

RETRIES = 6
RETRY_STATES = {"40001", "40P01"}  # serialization failure, deadlock
_inside: ContextVar[bool] = ContextVar("inside_write", default=False)


def write(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function a write: the outermost opens the transaction and retries it whole.

    Inner writes join the outer one. The keyword `once` (an idempotency key of a form or request)
    makes a second call return what the first returned; such a write returns a model instance.
    """

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        once = str(kwargs.pop("once", "") or "")
        if _inside.get():
            return _once(function, once, args, kwargs)
        token = _inside.set(True)
        try:
            return _retried(function, once, args, kwargs)
        finally:
            _inside.reset(token)

    return wrapped


def _retried(function: Callable[..., R], once: str, args: tuple, kwargs: dict) -> R:
    for attempt in range(RETRIES):
        try:
            with transaction.atomic():
                return _once(function, once, args, kwargs)
        except OperationalError as error:
            state = getattr(error.__cause__, "sqlstate", None)
            if state not in RETRY_STATES or connection.in_atomic_block or attempt == RETRIES - 1:
                raise
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)
    raise AssertionError("unreachable")


def _once(function: Callable[..., R], once: str, args: tuple, kwargs: dict) -> R:
    if not once:
        return function(*args, **kwargs)
    try:
        with transaction.atomic():
            row = Once.objects.create(key=once)
    except IntegrityError:
        earlier = Once.objects.get(key=once)
        return earlier.result  # type: ignore[return-value]
    result = function(*args, **kwargs)
    if not isinstance(result, models.Model):
        raise TypeError("a write that is done once returns a model instance")
    row.content_type = ContentType.objects.get_for_model(result)
    row.object_id = result.pk
    row.save(update_fields=["content_type", "object_id"])
    return result
