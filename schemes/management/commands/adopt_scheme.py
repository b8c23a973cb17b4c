"""The two signatures of an adoption: the first person proposes, the second adopts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from core.commands import OfficeCommand
from schemes import adoption
from schemes.models import SchemeVersion


class Command(OfficeCommand):
    help = "Propose a checked version; called by a second person, adopt it. --by is required: no job adopts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", type=int)
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        version = SchemeVersion.objects.select_related("scheme").filter(pk=options["version"]).first()
        if version is None:
            raise CommandError(
                _("There is no version %(number)s.") % {"number": options["version"]}, returncode=1
            )
        act = {"version": version, "by": options["by"], "on": options["on"]}
        if version.state == SchemeVersion.State.CHECKED and version.proposed_by_id is None:
            adoption.propose_adoption(**act)
            told = _("Version %(number)s is proposed; somebody else has to adopt it.")
        else:
            adoption.adopt(**act)
            told = _("Version %(number)s is adopted.")
        touched = adoption.touched_periods(SchemeVersion.objects.get(pk=version.pk))
        for period in touched:
            self.stdout.write(_("Touched: %(period)s") % {"period": period})
        self.stdout.write(told % {"number": version.pk})
        if touched and SchemeVersion.objects.filter(pk=version.pk, adopted_at__isnull=False).exists():
            hint = _("What it changes of benefits already calculated: manage.py recalculate %(number)s")
            self.stdout.write(hint % {"number": version.pk})
