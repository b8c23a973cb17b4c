"""Clients of the API: a token is shown once, kept as a digest, bound to an office and to operations."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date

from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import Moved, Refused
from core.models import ApiClient, Office, Operation, User
from core.roles import require
from core.write import write

PREFIX = "uio_"
LONGEST = 200


class NoOperation(Refused):
    """A client without anything that it may do, or with something that does not exist."""

    code = "operation_unknown"
    sentence = _("Choose at least one of the operations that a client may have.")


@write
def issue(
    *,
    name: str,
    office: Office,
    operations: Sequence[str],
    by: User,
    on: date,
    expires_on: date | None = None,
) -> tuple[ApiClient, str]:
    """A new client and its token, which nobody can read again afterwards.

    Raises NotAllowed, NoOperation.
    """
    require(by, "core.add_apiclient", on=on, path=office.path)
    wanted = sorted(set(operations))
    if not wanted or not set(wanted) <= set(Operation.values):
        raise NoOperation()
    token = PREFIX + secrets.token_urlsafe(32)
    client = ApiClient.objects.create(
        name=name.strip()[:100],
        office=office,
        operations=wanted,
        token_sha=_sha(token),
        token_end=token[-4:],
        expires_on=expires_on,
        issued_by=by,
    )
    return client, token


@write
def revoke(*, client: ApiClient, by: User, on: date) -> ApiClient:
    """From now on the token opens nothing. Raises NotAllowed, Moved (it has been revoked already)."""
    require(by, "core.change_apiclient", on=on, path=client.office.path)
    found = ApiClient.objects.select_for_update(of=("self",)).get(pk=client.pk)
    if found.revoked_at is not None:
        raise Moved()
    found.revoked_at, found.revoked_by = clock.now(), by
    found.save(update_fields=["revoked_at", "revoked_by"])
    return found


def client_of(token: str, *, on: date) -> ApiClient | None:
    """Whose token this is, while it is in force; the day of its use is kept."""
    if not token.startswith(PREFIX) or len(token) > LONGEST or not token.isascii():
        return None
    rows = ApiClient.objects.select_related("office").filter(token_sha=_sha(token), revoked_at=None)
    client = rows.first()
    if client is None or (client.expires_on is not None and client.expires_on < on):
        return None
    if client.last_used_on != on:
        ApiClient.objects.filter(pk=client.pk).update(last_used_on=on)
    return client


def _sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
