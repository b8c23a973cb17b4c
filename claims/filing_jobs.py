"""Filing and calculating many claims: runs that resume where they stopped."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from claims import adjudication, filing, settlements
from claims.models import Bill, Claim, ClaimState
from core import clock, runs
from core.models import Office, Run, User
from core.roles import require
from core.write import write
from enrollment.models import Enrollment
from schemes.models import Period
from schemes.rules import windows
from schemes.versions import document_of

FILE_JOB = "file_claims"
ADJUDICATE_JOB = "adjudicate"
CHUNK = 500


def next_run(*, job: str, period: Period, by: User, on: date, options: dict[str, Any] | None = None) -> Run:
    """The open run of this job, period and day, or the next: what is over does not run again by itself."""
    stem = f"{job}:{period.pk}:{on}"
    earlier = Run.objects.filter(key__startswith=f"{stem}:").order_by("-id").first()
    if earlier is not None and not earlier.is_over:
        return earlier
    place = int(earlier.key.rsplit(":", 1)[1].split("#")[0]) + 1 if earlier else 1
    return runs.start(
        job=job, key=f"{stem}:{place}", by=by, on=on, options={"period": period.pk, **(options or {})}
    )


@write
def begin_filing(*, period: Period, by: User, on: date) -> Run:
    """Queue the filing of a period's imported settlements that nobody has filed for. Raises NotAllowed."""
    require(by, filing.FILE, on=on, path=Office.objects.get(parent=None).path)
    return next_run(job=FILE_JOB, period=period, by=by, on=on)


@write
def begin_adjudication(*, period: Period, by: User, on: date) -> Run:
    """Queue the calculation of every filed claim of a period. Raises NotAllowed."""
    require(by, "claims.adjudicate_claim", on=on, path=Office.objects.get(parent=None).path)
    return next_run(job=ADJUDICATE_JOB, period=period, by=by, on=on)


@runs.job(FILE_JOB)
def file_step(run: Run) -> bool:
    """File for the next slips, in order of discharge; outside the claim window nothing is filed."""
    period = Period.objects.select_related("scheme").get(pk=run.options["period"])
    if not run.cursor:
        settlements.take_up(by=run.started_by, on=run.business_date)
    window = document_of(period).document.window("claim")
    if window is not None and not windows.check(window, run.business_date).accepted:
        return True
    bills = list(_next_bills(period, run))
    if bills:
        _file(run, period, bills)
        run.cursor = {"discharged": str(bills[-1].discharged), "id": bills[-1].pk}
        run.done += len(bills)
        run.applied += len(bills)
    run.report = {"rows": run.done}
    run.total = run.done
    return len(bills) < CHUNK


def _next_bills(period: Period, run: Run) -> QuerySet[Bill]:
    listed = Enrollment.objects.filter(member=OuterRef("member"), period=period, unit=OuterRef("unit"))
    rows = filing.unclaimed(period=period).filter(discharged__lte=run.business_date)
    rows = rows.filter(Exists(listed))
    if run.cursor:
        day = date.fromisoformat(run.cursor["discharged"])
        rows = rows.filter(Q(discharged__gt=day) | Q(discharged=day, pk__gt=run.cursor["id"]))
    return rows.select_related("member").order_by("discharged", "pk")[:CHUNK]


def _file(run: Run, period: Period, bills: list[Bill]) -> None:
    moment = clock.now()
    people = {bill.pk: bill.member for bill in bills if bill.member is not None}
    Claim.objects.bulk_create(
        [
            Claim(
                pk=pk,
                number=number,
                member=people[bill.pk],
                period=period,
                unit_id=bill.unit_id,  # type: ignore[misc]
                office_id=bill.office_id,
                bill=bill,
                state=ClaimState.FILED,
                holder_name=people[bill.pk].name,
                bank_name=people[bill.pk].bank_name,
                card_number=people[bill.pk].card_number,
                on_paper=True,
                started_by=run.started_by,
                filed_by=run.started_by,
                filed_on=run.business_date,
                filed_at=moment,
            )
            for bill, (number, pk) in zip(bills, filing.numbers(period, len(bills)), strict=True)
        ]
    )


@runs.job(ADJUDICATE_JOB)
def adjudicate_step(run: Run) -> bool:
    """Calculate the next filed claims; those held for want of cover are tried again by the next run.

    Where the document rests on provisional figures the run is refused outside training mode and names them;
    the claims stay filed for the next run. Raises NoDocument, Provisional.
    """
    period = Period.objects.select_related("scheme").get(pk=run.options["period"])
    claims = adjudication.pending(period=period, after=int(run.cursor.get("id", 0)), size=CHUNK)
    done = adjudication.adjudicate(claims=claims, by=run.started_by, on=run.business_date)
    run.done += len(claims)
    run.applied += sum(claim.state != ClaimState.FILED for claim in done)
    run.total = run.done
    held = run.report.get("held", 0) + sum(claim.state == ClaimState.FILED for claim in done)
    run.report = {"rows": run.done, "held": held}
    if claims:
        run.cursor = {"id": claims[-1].pk}
    return len(claims) < CHUNK
