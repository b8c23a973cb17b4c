"""What the commands on review and payment share: their batch, and who acts."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from claims.models import PaymentBatch
from core.errors import Refused
from core.models import User
from core.roles import system_user


class NoBatch(Refused):
    """There is no batch of this number."""

    code = "batch_unknown"
    sentence = _("There is no payment batch %(number)s.")


class PersonMissing(Refused):
    """An act of a reviewer or of the second person of a payment names its person."""

    code = "person_missing"
    sentence = _("Say who acts: give --by with a user name.")


def batch_of(number: str) -> PaymentBatch:
    """A batch by its number. Raises NoBatch."""
    found = PaymentBatch.objects.select_related("office", "period__scheme").filter(number=number).first()
    if found is None:
        raise NoBatch(number=number)
    return found


def check_person(by: User) -> None:
    """Outside training no job's user decides on money in a person's place. Raises PersonMissing."""
    if not settings.TRAINING and by.username.startswith("system:"):
        raise PersonMissing()


def other_than_command(by: User, name: str) -> User:
    """A command's default user for an act that another person does: a system user of its own, in training.

    Raises PersonMissing.
    """
    check_person(by)
    return system_user(name) if by.username == "system:command" else by
