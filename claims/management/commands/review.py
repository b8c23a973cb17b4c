"""Approve in bulk what lies within a level; forward the rest."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from claims import bulk_review
from claims.batch_commands import check_person
from claims.models import Level
from core.commands import OfficeCommand
from core.models import User
from core.roles import system_user


class Command(OfficeCommand):
    help = (
        "Approve open cases within one's own level and forward the others; "
        "in training without --by: every level in turn."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_act_arguments(parser)
        parser.add_argument("--no-forward", action="store_true", help="leave what is above the level")

    def act(self, *args: Any, **options: Any) -> None:
        by: User = options["by"]
        check_person(by)
        forward = not options["no_forward"]
        total = bulk_review.Outcome()
        if by.username == "system:command":
            for level in Level.values:
                actor = system_user(f"review-{level}")
                total += bulk_review.work_off(by=actor, on=options["on"], at=level, forward=forward)
        else:
            total = bulk_review.work_off(by=by, on=options["on"], forward=forward)
        facts = {"approved": total.approved, "forwarded": total.forwarded, "left": total.left}
        self.stdout.write(_("%(approved)s approved, %(forwarded)s forwarded, %(left)s left") % facts)
