"""What management commands share: the business date, the acting user, a clear sentence when refused."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from core import clock
from core.errors import Refused
from core.models import User
from core.roles import system_user


class OfficeCommand(BaseCommand):
    """A command that a person or a schedule runs: `--on` the business date, `--by` the acting user.

    Subclasses implement `act`; a refusal becomes its sentence on standard error and exit code 1.
    """

    def add_act_arguments(self, parser: CommandParser, *, report: bool = False) -> None:
        """`--on`, `--by`, and for imports `--report json`."""
        parser.add_argument("--on", type=date.fromisoformat, default=None, help="business date, YYYY-MM-DD")
        parser.add_argument("--by", default="", help="user name of who acts; default a system user")
        if report:
            parser.add_argument("--report", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        if "on" in options:
            options["on"] = options["on"] or clock.today()
        if "by" in options:
            options["by"] = self._user(options["by"])
        try:
            self.act(*args, **options)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=1) from refusal

    def act(self, *args: Any, **options: Any) -> None:
        """Translate the options and call one function."""
        raise NotImplementedError

    def _user(self, name: str) -> User:
        if not name:
            return system_user("command")
        user = User.objects.filter(username=name).first()
        if user is None:
            raise CommandError(_("There is no user %(name)s.") % {"name": name}, returncode=1)
        return user

    def tell(self, report: dict[str, Any], how: str) -> None:
        """Print an import's report; exit 1 when the file was refused whole."""
        refused = bool(report.pop("refused", False))
        if how == "json":
            self.stdout.write(json.dumps(report, ensure_ascii=False, default=str))
        else:
            for issue in report["issues"]:
                self.stdout.write(
                    f"{issue['row'] or '-'}\t{issue['severity']}\t{issue['code']}\t{issue['message']}"
                )
            counts = {"rows": report["rows"], "applied": report["applied"], "issues": len(report["issues"])}
            self.stdout.write(_("%(rows)s rows, %(applied)s applied, %(issues)s to look at") % counts)
        if refused:
            sys.exit(1)
