"""The second half of the demo's year: review, payment, and work that is left for today."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from django.db.models import Q
from django.utils.translation import gettext as _

from claims import bank, bulk_review, filing, filing_jobs, payment, settlements
from claims import review as reviews
from claims.models import Claim, ClaimState, Level, PaymentBatch, ReviewCase, Verdict
from core import runs, sheets
from core.models import User
from core.roles import system_user
from desk.demo import province
from desk.demo.cast import HOSPITAL_UNIT, user
from enrollment.models import Member, Unit
from schemes import periods
from schemes.models import Period

Lines = list[str]
LEFT_OPEN = {"2301": 4, "": 6}  # older cases that stay on the desks of an agency point, and of the others
LAST_DAYS = {date(2022, 12, 12): 5, date(2022, 12, 14): 6, date(2022, 12, 16): 7}  # slips that came in last


def _period() -> Period:
    return periods.find("yunnan-mutual-aid", "18")


def _actors() -> list[tuple[str, User]]:
    """Who decides at each level; where the cast has nobody at a place, the job's user does."""
    return [(level, system_user(f"review-{level}")) for level in Level.values]


def review() -> Lines:
    on, told = date(2022, 12, 9), []
    left = _left_open()
    for level, actor in _actors():
        ids = ReviewCase.objects.filter(state="open").exclude(pk__in=left).values_list("pk", flat=True)
        outcome = bulk_review.work_off(by=actor, on=on, at=level, forward=True, ids=list(ids))
        facts = {"level": Level(level).label, "approved": outcome.approved, "forwarded": outcome.forwarded}
        told.append(_("%(level)s: %(approved)s approved, %(forwarded)s forwarded") % facts)
    return told


def _left_open() -> set[int]:
    """The last cases of the agency point that has a log-in, and some of the other points."""
    waiting = ReviewCase.objects.filter(state="open").order_by("-pk")
    kept: set[int] = set()
    for code, count in LEFT_OPEN.items():
        there = Q(claim__office__code=code) if code else ~Q(claim__office__code__in=LEFT_OPEN)
        cases = waiting.filter(there)
        kept.update(cases.values_list("pk", flat=True)[:count])
    return kept


def pay() -> Lines:
    """A batch by the cashier, released by the accountant; the bank pays all but one."""
    period, on = _period(), date(2022, 12, 12)
    batch = payment.build(period=period, by=user("cashier"), on=on)
    batch = payment.release(batch=batch, by=user("accountant"), on=date(2022, 12, 13))
    _name, _content = bank.bank_file(batch=batch, by=user("cashier"), on=date(2022, 12, 13))
    result = bank.import_result(
        batch=batch,
        content=bank_answer(batch),
        name="bank-result.csv",
        by=user("accountant"),
        on=date(2022, 12, 15),
    )
    batch.refresh_from_db()
    facts = {
        "number": batch.number,
        "count": batch.count,
        "total": batch.total,
        "state": batch.get_state_display(),
    }
    told = [_("batch %(number)s: %(count)s payments, %(total)s yuan, %(state)s") % facts]
    return [*told, _("voucher %(voucher)s") % {"voucher": result.voucher}]


def bank_answer(batch: PaymentBatch) -> bytes:
    """The bank's file: the last card does not exist."""
    chosen = bank.layout()
    headings = dict(chosen.columns)
    paid, returned = chosen.paid_words.split(",")[0], chosen.returned_words.split(",")[0]
    header = [headings["reference"], headings["amount"], chosen.result_heading, chosen.reason_heading]
    lines = [[each.reference, str(each.amount), paid, ""] for each in payment.pending(batch)]
    lines[-1][2:] = [returned, _("the card number does not exist")]
    out = BytesIO()
    sheets.write_csv(out, header, lines)
    return out.getvalue()


def leave_work() -> Lines:
    """What the reviewers find on their desks: some cases go up, one comes back, one is refused."""
    on = date(2022, 12, 16)
    agency = system_user("review-agency")
    _take_in_the_last_slips()
    above = ReviewCase.objects.filter(state="open").exclude(level="agency").order_by("pk")
    if high := list(above.values_list("pk", flat=True)):
        bulk_review.work_off(by=agency, on=on, at="agency", forward=True, ids=high)
    dearest = ReviewCase.objects.filter(state="open", at="office", level="center").order_by("pk")
    if up := list(dearest.values_list("pk", flat=True)[:3]):
        bulk_review.work_off(by=system_user("review-office"), on=on, at="office", forward=True, ids=up)
    verdicts = [
        (Verdict.RETURN, _("The hospital's receipt is missing."), ""),
        (Verdict.REJECT, _("A third party is liable."), "第十二条(三)"),
    ]
    for verdict, reason, article in verdicts:
        case = ReviewCase.objects.filter(state="open", at="agency").order_by("pk").first()
        if case is not None:
            reviews.decide(case=case, verdict=verdict, reason=reason, article=article, by=agency, on=on)
    _begin_a_draft(on)
    states = {state.label: Claim.objects.filter(state=state).count() for state in ClaimState}
    return [", ".join(f"{label} {count}" for label, count in states.items() if count)]


def _take_in_the_last_slips() -> None:
    """Applications of the last days, so that the inbox holds what is due soon and what has time."""
    period, by = _period(), user("center")
    rows = Member.objects.filter(enrollments__unit__code=HOSPITAL_UNIT, claims=None).order_by("-pk")
    members = list(rows[: sum(LAST_DAYS.values())])
    for on, count in LAST_DAYS.items():
        now, members = members[:count], members[count:]
        file = province.late_settlements_file(now, serial=900 + on.day * 100)
        run, _known = settlements.begin(content=file, name=f"settlements-{on}.csv", by=by, on=on, period="18")
        runs.work(run.pk)
        runs.work(filing_jobs.begin_filing(period=period, by=system_user("demo"), on=on).pk)
        runs.work(filing_jobs.begin_adjudication(period=period, by=system_user("demo"), on=on).pk)


def _begin_a_draft(on: date) -> None:
    """An agent has begun a claim from the paper slip and will go on tomorrow."""
    unit = Unit.objects.get(code=HOSPITAL_UNIT)
    member = Member.objects.filter(enrollments__unit=unit, claims=None).order_by("pk").first()
    if member is not None:
        claim = filing.start(member=member, unit=unit, period=_period(), by=user("agent"), on=on)
        typed = {"hospital": "楚雄州人民医院", "admitted": "2022-11-28", "discharged": "2022.12.5"}
        filing.save(claim=claim, values=typed, by=user("agent"), on=on)
