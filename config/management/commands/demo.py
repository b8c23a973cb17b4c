"""The demo: a small province's year on the product, then the site."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection
from django.utils.translation import gettext as _

from config import supervise
from core import runs
from core.models import Office, Run, RunState
from desk import proofs
from desk.demo import cast, story


class Command(BaseCommand):
    help = "Run the year's main job on a small made-up province, prove the books, and serve the site."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="only the main job and the proof")
        parser.add_argument("--port", type=int, default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        self._refuse_foreign()
        call_command("migrate", verbosity=0, interactive=False)
        if not options["no_serve"]:
            try:
                supervise.refuse_second()
            except supervise.AlreadyRunning as running:
                words = _("The demo of this folder is running already: %(address)s")
                raise CommandError(words % {"address": running.address}) from running
        self._tell_the_year()
        self._prove()
        if not options["no_serve"]:
            try:
                self._serve(options["port"])
            except (supervise.ChildDied, supervise.PortTaken) as error:
                raise CommandError(str(error)) from error

    def _refuse_foreign(self) -> None:
        """The demo writes only into a database that is its own, in training mode."""
        if not settings.TRAINING:
            raise CommandError(_("The demo runs in training mode only (TRAINING=true)."))
        tables = set(connection.introspection.table_names())
        if tables and Run._meta.db_table not in tables:
            raise CommandError(_("This database holds other data; the demo only fills an empty one."))
        if tables and not Run.objects.filter(job="demo").exists() and Office.objects.exists():
            raise CommandError(_("This database holds other data; the demo only fills an empty one."))

    def _tell_the_year(self) -> None:
        run = story.begin()
        if run.state == RunState.DONE:
            self.stdout.write(_("The main job has run in this database before."))
            return
        run = runs.work(runs.again(run).pk, after=self._show)
        if run.state != RunState.DONE:
            raise CommandError(_("The main job stopped: %(error)s") % {"error": runs.why(run) or run.state})

    def _show(self, run: Run) -> None:
        last = run.report.get("last")
        if not last or (run.is_over and run.state != RunState.DONE):
            return
        self.stdout.write(self.style.MIGRATE_HEADING(f"{run.done:>2}/{run.total} {_(last['title'])}"))
        for line in last["lines"]:
            self.stdout.write(f"      {line}")

    def _prove(self) -> None:
        faults = proofs.prove()
        for fault in faults:
            self.stdout.write(self.style.ERROR(str(fault)))
        if faults:
            raise CommandError(_("The books are not proved."))
        self.stdout.write(
            self.style.SUCCESS(_("Proved: books, members' records and payments agree to the fen."))
        )

    def _serve(self, port: int | None) -> None:
        with supervise.serve(port=port) as site:
            self.stdout.write("\n" + self.style.SUCCESS(site.address))
            self.stdout.write(_("Password of every log-in: %(password)s") % {"password": cast.PASSWORD})
            for name in cast.SHOWN:
                held = cast.user(name)
                roles = ", ".join(str(role.get_role_display()) for role in held.all_roles)
                self.stdout.write(f"  {name:<12}{held.display_name}  {roles}")
            self.stdout.write(_("Ctrl-C ends everything that was started."))
            self.stdout.flush()
            site.wait()
