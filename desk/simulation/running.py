"""The simulation as a run: chunks of members, sums in the cursor, small tables in the report."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import population
from claims.models import Adjudication
from core import runs
from core.errors import NotAllowed, Refused
from core.models import Office, Run, User
from core.roles import require, roles_for
from core.write import write
from desk.simulation import comparison, findings
from desk.simulation.comparison import Pair
from schemes.models import Period, SchemeVersion
from schemes.rules.document import load
from schemes.rules.errors import DocumentError
from schemes.versions import document_of, parsed

JOB = "simulate"
PERMISSION = "schemes.simulate_schemeversion"
VIEW = "schemes.view_simulation"


class NotSimulable(Refused):
    """The draft's text is no document yet, or not one of the period's scheme."""

    code = "document_not_clean"
    sentence = _("This document cannot be calculated with yet: %(problems)s.")


@write
def start(
    *,
    period: Period,
    by: User,
    on: date,
    version: SchemeVersion | None = None,
    text: str = "",
    office: Office | None = None,
) -> Run:
    """The run that compares a version's (or a file's) text with the document in force for a period.

    The same text over the same calculations is the run that was made before. office: whose claims are
    summed up; by default all that the reader's role reaches.
    Raises NotAllowed, NotSimulable, NoDocument.
    """
    office = office or _highest(by, on)
    require(by, PERMISSION, on=on, path=office.path)
    text = version.document if version is not None else text
    _readable(text, period)
    against, sha = document_of(period), hashlib.sha256(text.encode()).hexdigest()
    latest = Adjudication.objects.aggregate(latest=Max("id"))["latest"] or 0
    return runs.start(
        job=JOB,
        key=f"{JOB}:{period.pk}:{sha[:24]}:{against.sha[:24]}:{office.pk}:{latest}",
        by=by,
        on=on,
        office=office,
        options={
            "period": period.pk,
            "version": version and version.pk,
            "against": against.version.pk,
            "sha": sha,
            "text": text,
        },
    )


def _highest(by: User, on: date) -> Office:
    """The top of what the reader's role reaches; for jobs the centre. Raises NotAllowed."""
    if by.username.startswith("system:"):
        return Office.objects.get(parent=None)
    offices = sorted(
        (role.office for role in roles_for(by, PERMISSION, on=on)), key=lambda office: len(office.path)
    )
    if not offices:
        raise NotAllowed()
    return offices[0]


def _readable(text: str, period: Period) -> None:
    try:
        document = load(text.encode())
    except DocumentError as error:
        raise NotSimulable(problems="；".join(str(each) for each in error.problems[:5])) from error
    if document.scheme != period.scheme.code:
        raise NotSimulable(problems=f"scheme = {document.scheme}")


def visible_runs(user: User, *, on: date) -> QuerySet[Run]:
    """The simulations that a reader may see: policy staff and auditors those of their part of the tree."""
    return Run.objects.visible_to(user, on=on, permission=VIEW).filter(job=JOB)


@runs.job(JOB)
def step(run: Run) -> bool:
    """The next members; when nobody is left, the report."""
    period = Period.objects.select_related("scheme").get(pk=run.options["period"])
    made, pair = population.stored(period), pair_of(run, period)
    tally = {**comparison.empty(), **run.cursor}
    if not run.cursor:
        run.total = made.size()
    walked = comparison.chunk(made, pair, tally, size=comparison.PEOPLE)
    run.cursor, run.done, run.applied = tally, run.done + walked, run.applied + walked
    if walked:
        return False
    run.report = findings.report(
        made, pair, tally, period=period, whole=pair.agencies is None, on=run.business_date
    )
    run.done, run.cursor = run.total, {}
    return True


def pair_of(run: Run, period: Period) -> Pair:
    """Both documents of a run, and the agency points whose claims it sums up."""
    against = SchemeVersion.objects.get(pk=run.options["against"])
    return Pair(
        old=parsed(against.sha, against.document),
        new=parsed(run.options["sha"], run.options["text"]),
        opens=period.cover_from,
        agencies=_agencies(run.office),
    )


def _agencies(office: Any) -> tuple[int, ...] | None:
    if office is None or office.parent_id is None:
        return None
    return tuple(
        Office.objects.filter(path__startswith=office.path).order_by("id").values_list("id", flat=True)
    )
