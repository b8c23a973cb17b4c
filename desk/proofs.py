"""The three proofs as one job: the books, the fees and the claims against them."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from claims import proof as of_claims
from contributions import proof as of_fees
from core import runs
from core.errors import kept_sentence
from core.errors import told as sentence_of
from core.models import Run, User
from core.roles import roles_for
from funds import proof as of_books
from funds.models import Book
from funds.proof import Fault

JOB = "prove"
MOST = 100


def prove() -> list[Fault]:
    """Everything that does not prove; [] when all is well."""
    return [*of_books.prove(), *of_fees.prove(), *of_claims.prove()]


def start(*, by: User, on: date, key: str) -> Run:
    """A proof's run, queued; the same key finds the same run."""
    roles = roles_for(by, "funds.view_book", on=on)
    office = min(
        (role.office for role in roles if not role.unit_code), key=lambda one: one.path, default=None
    )
    return runs.start(job=JOB, key=f"{JOB}:{on}:{by.pk}:{key[:60]}", by=by, on=on, office=office)


@runs.job(JOB)
def step(run: Run) -> bool:
    """The whole proof in one chunk; what does not prove stands in the report, in no language.

    A run of the centre names every fault; an office's run names those of its own books, and how many
    there are elsewhere.
    """
    everything = prove()
    own = everything if run.office is None or run.office.parent_id is None else _own(run.office.path)
    kept = [{"where": fault.where, **kept_sentence(fault.sentence, fault.facts)} for fault in own[:MOST]]
    run.report = {"faults": kept, "elsewhere": len(everything) - len(own), "rows": 0}
    run.total = run.done = 1
    return True


def _own(path: str) -> list[Fault]:
    """The faults of the books of one part of the tree."""
    books = Book.objects.filter(office__path__startswith=path).order_by("pk")
    return [fault for book in books for fault in of_books.prove(book)]


def told(run: Run) -> list[str]:
    """What a proof found, in the reader's language; a fault that is not the reader's is only counted."""
    kept = run.report.get("faults", [])
    said = [one if isinstance(one, str) else f"{one['where']}: {sentence_of(one)}" for one in kept]
    if elsewhere := run.report.get("elsewhere", 0):
        said.append(_("%(n)s more outside your books; the centre sees them.") % {"n": elsewhere})
    return said


def latest(user: User, *, on: date) -> list[Run]:
    """The latest proofs that the reader reaches."""
    return list(Run.objects.visible_to(user, on=on).filter(job=JOB).select_related("started_by")[:10])
