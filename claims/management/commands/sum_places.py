"""Make up the sums of bank results by agency point, and prove them."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils.translation import gettext as _

from claims import places
from core.commands import OfficeCommand


class Command(OfficeCommand):
    help = "Add what bank results lack of their sums by agency point, and prove all of them; exit 1 if not."

    def add_arguments(self, parser: CommandParser) -> None:
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        done = places.sum_up(by=options["by"], on=options["on"])
        self.stdout.write(_("%(n)s sums by agency point were added.") % {"n": done.added})
        for fault in done.faults:
            self.stderr.write(str(fault))
        if done.faults:
            sys.exit(1)
        self.stdout.write(_("Every sum by agency point is that of its payments."))
