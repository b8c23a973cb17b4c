"""An office remits what its summary says; the centre confirms that it arrived."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from contributions.models import Remittance
from contributions.remittance import confirm, send
from core.commands import OfficeCommand
from core.models import Office
from core.roles import system_user
from schemes.periods import find


class Command(OfficeCommand):
    help = "Send up an office's (code) fees of a period, and confirm their arrival unless --in-transit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("office")
        parser.add_argument("--period", required=True)
        parser.add_argument("--scheme", default="yunnan-mutual-aid")
        parser.add_argument("--in-transit", action="store_true", help="only send; the centre confirms later")
        parser.add_argument("--confirm", action="store_true", help="only confirm what has been sent")
        parser.add_argument(
            "--reason", default="", help="why there is a supplementary remittance, of rosters frozen since"
        )
        parser.add_argument(
            "--confirmed-by", default="", help="user name at the centre; default a system user"
        )
        self.add_act_arguments(parser)

    def act(self, *args: Any, **options: Any) -> None:
        office = Office.objects.filter(code=options["office"]).first()
        if office is None:
            raise CommandError(_("There is no office %(code)s.") % {"code": options["office"]}, returncode=1)
        period = find(options["scheme"], options["period"])
        on = options["on"]
        if options["confirm"]:
            made = Remittance.objects.filter(office=office, period=period)
            sent = made.filter(received_on=None).order_by("pk").first() or made.first()
            if sent is None:
                raise CommandError(_("%(office)s has not remitted yet.") % {"office": office}, returncode=1)
        else:
            sent = send(office=office, period=period, by=options["by"], on=on, reason=options["reason"])
            self.stdout.write(
                _("%(office)s has remitted %(amount)s") % {"office": office, "amount": sent.amount}
            )
        if not options["in_transit"]:
            name = options["confirmed_by"]
            confirm(remittance=sent, by=self._user(name) if name else system_user("centre"), on=on)
            self.stdout.write(_("received by the centre"))
