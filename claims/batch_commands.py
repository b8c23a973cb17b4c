"""What the commands on payment batches share."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from claims.models import PaymentBatch
from core.errors import Refused
from core.models import User
from core.roles import system_user


class NoBatch(Refused):
    """There is no batch of this number."""

    code = "batch_unknown"
    sentence = _("There is no payment batch %(number)s.")


def batch_of(number: str) -> PaymentBatch:
    """A batch by its number. Raises NoBatch."""
    found = PaymentBatch.objects.select_related("office", "period__scheme").filter(number=number).first()
    if found is None:
        raise NoBatch(number=number)
    return found


def other_than_command(by: User, name: str) -> User:
    """A command's default user for an act that another person does: a system user of its own."""
    return system_user(name) if by.username == "system:command" else by
