"""The three proofs as one job: the books, the fees and the claims against them."""

from __future__ import annotations

from datetime import date

from claims import proof as of_claims
from contributions import proof as of_fees
from core import runs
from core.models import Run, User
from funds import proof as of_books
from funds.proof import Fault

JOB = "prove"


def prove() -> list[Fault]:
    """Everything that does not prove; [] when all is well."""
    return [*of_books.prove(), *of_fees.prove(), *of_claims.prove()]


def start(*, by: User, on: date, key: str) -> Run:
    """A proof's run, queued; the same key finds the same run."""
    office = next((role.office for role in by.roles_on(on) if not role.unit_code), None)
    return runs.start(job=JOB, key=f"{JOB}:{on}:{by.pk}:{key[:60]}", by=by, on=on, office=office)


@runs.job(JOB)
def step(run: Run) -> bool:
    """The whole proof in one chunk; what does not prove stands in the report."""
    faults = prove()
    run.report = {"faults": [str(fault) for fault in faults[:100]], "rows": 0}
    run.total = run.done = 1
    return True


def latest(user: User, *, on: date) -> list[Run]:
    """The latest proofs that the reader reaches."""
    return list(Run.objects.visible_to(user, on=on).filter(job=JOB).select_related("started_by")[:10])
