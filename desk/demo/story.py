"""The year's main job on the small province, step by step; each step calls what commands and pages call.

The demo is a run: a step and the cursor commit together, so that it can be stopped anywhere and goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from claims import filing_jobs, settlements
from contributions import allocation, levies, remittance
from contributions.models import RosterFee
from core import runs
from core.imports import Begun
from core.models import Office, Run
from core.offices import import_offices
from core.roles import system_user
from core.write import write
from desk import daily
from desk.demo import money_out, province
from desk.demo.cast import HOSPITAL_UNIT, SCHOOL_UNIT, hire, user
from enrollment import roster, roster_import
from enrollment.membership import import_membership
from enrollment.models import Roster, RosterState
from enrollment.units import import_units
from funds.books import book_for, open_book
from funds.models import Voucher
from funds.posting import Part, Posting, post
from schemes import periods
from schemes.models import Period

SCHEME = "yunnan-mutual-aid"
DRIVEN = "demo"
CARRIED_IN = Decimal("600000.00")
Lines = list[str]


def eighteen() -> Period:
    """Period 18, once it is open."""
    return periods.find(SCHEME, "18")


def _told(begun: Begun, name: str) -> str:
    done = begun.finish()
    report = done.report()
    facts = {
        "name": name,
        "rows": report["rows"],
        "applied": report["applied"],
        "issues": len(report["issues"]),
    }
    return _("%(name)s: %(rows)s rows, %(applied)s applied, %(issues)s to look at") % facts


def open_the_period() -> Lines:
    period = periods.open_period(scheme=SCHEME, code="18", by=system_user(DRIVEN), on=date(2021, 12, 18))
    told = [_("%(period)s is open: cover %(since)s to %(until)s") % _span(period)]
    following = periods.open_period(scheme=SCHEME, code="19", by=system_user(DRIVEN), on=date(2021, 12, 18))
    return [*told, _("%(period)s is provisional: rosters from %(since)s") % _begins(following)]


def _begins(period: Period) -> dict[str, object]:
    return {"period": period, "since": period.pay_from}


def _span(period: Period) -> dict[str, object]:
    return {"period": period, "since": period.cover_from, "until": period.cover_to}


def build_the_tree() -> Lines:
    by, on = system_user(DRIVEN), date(2021, 12, 18)
    first = import_offices(file=province.sample("offices.csv"), name="offices.csv", by=by, on=on)
    more = import_offices(file=province.offices_file(), name="offices-more.csv", by=by, on=on)
    told = [_told(first, "offices.csv"), _told(more, "offices-more.csv")]
    people = hire()
    return [*told, _("%(count)s log-ins with their roles") % {"count": len(people)}]


def know_the_units() -> Lines:
    by, on = system_user(DRIVEN), date(2021, 12, 18)
    files = {"units.csv": province.sample("units.csv"), "units-more.csv": province.units_file()}
    told = [_told(import_units(file=f, name=name, by=by, on=on), name) for name, f in files.items()]
    earlier = {
        "membership_17.csv": province.sample("membership_17.csv"),
        "membership_17_school.csv": province.sample("membership_17_school.csv"),
        "membership_17_more.csv": province.membership_file("17"),
        "membership_16.csv": province.membership_file("16", 0.8),
        "membership_15.csv": province.membership_file("15", 0.7),
    }
    for name, file in earlier.items():
        told.append(_told(import_membership(file=file, name=name, scheme=SCHEME, by=by, on=on), name))
    return told


def open_the_books() -> Lines:
    by, on, period = user("accountant"), date(2021, 12, 18), eighteen()
    for code in ("00", "23", "53", "90"):
        office = Office.objects.get(code=code)
        open_book(scheme=period.scheme, office=office, chart="trade-union-trust", by=by, on=on)
    centre = book_for(scheme=period.scheme, office=Office.objects.get(code="00"))
    carried = Part(CARRIED_IN, {"period": period.code})
    voucher = post(
        Posting(
            book=centre,
            on=date(2022, 1, 4),
            event="carried_in",
            key="demo:carried-in",
            source=("core.run", 1),
            checked_by=by,
            parts=[carried],
            summary=_("brought in from the other regions"),
        )
    )
    return [_("4 books on the trade-union chart; %(voucher)s brings in %(amount)s yuan") % _carried(voucher)]


def _carried(voucher: Voucher) -> dict[str, object]:
    return {"voucher": voucher, "amount": CARRIED_IN}


def read_the_rosters() -> Lines:
    period, told = eighteen(), []
    files = [("agent", "roster_clean.xlsx", province.sample("roster_clean.xlsx"), date(2022, 1, 10))]
    files.append(("agent2", "roster_messy.xlsx", province.sample("roster_messy.xlsx"), date(2022, 1, 11)))
    for username, name, file, on in files:
        begun = roster_import.start(file=file, name=name, period=period, by=user(username), on=on)
        told.append(_told(begun, name))
    added = province.added_roster_file(SCHOOL_UNIT, "示例县第一中学工会")
    begun = roster_import.start(
        file=added, name="roster_added.csv", period=period, by=user("agent2"), on=date(2022, 1, 14)
    )
    told.append(_told(begun, "roster_added.csv"))
    for unit in province.units():
        begun = roster_import.start(
            file=province.roster_file(unit), name=f"{unit.name}.csv", period=period, by=system_user(DRIVEN),
            on=date(2022, 1, 12),
        )  # fmt: skip
        told.append(_told(begun, unit.name))
    return told


def check_the_quota() -> Lines:
    told = []
    for found in Roster.objects.filter(period=eighteen()).select_related("unit__agency").order_by("pk"):
        result = roster.check_quota(found)
        facts = {"unit": found.unit, "joined": roster.counts(found)["active"], "minimum": result.minimum}
        words = _("%(unit)s: %(joined)s joined, %(minimum)s needed") % facts
        told.append(words if result.accepted else words + _(" — too few"))
        if result.accepted:
            _hand_in(found)
    return told


def _hand_in(found: Roster) -> None:
    on, agents = date(2022, 1, 20), {HOSPITAL_UNIT: "agent", SCHOOL_UNIT: "agent2"}
    by = user(agents[found.unit.code]) if found.unit.code in agents else system_user(DRIVEN)
    number = roster.denominator(found) or 0
    found = roster.type_denominator(roster=found, active=number, by=by, on=on)
    found = roster.submit(roster=found, by=by, on=on)
    clerk = user("agency") if found.unit.agency.code == "2301" else user("center")
    found = roster.confirm_denominator(roster=found, active=number, by=clerk, on=date(2022, 1, 24))
    found = roster.receive_papers(roster=found, place=_("cabinet 3"), by=clerk, on=date(2022, 1, 24))
    roster.accept(roster=found, by=clerk, on=date(2022, 1, 24))


def collect_the_fees() -> Lines:
    on, period = date(2022, 2, 8), eighteen()
    assessed = levies.assess(period=period, by=user("cashier"), on=on)
    told = [_("levies assessed: %(outcome)s") % {"outcome": _plain(assessed)}]
    for number, fee in enumerate(RosterFee.objects.filter(roster__period=period).order_by("pk"), 1):
        unit = fee.roster.unit
        amount = fee.owed - Decimal(100) if unit.name == province.PAYS_TOO_LITTLE else fee.owed
        allocation.receive_fee(
            unit=unit, period=period, amount=amount, received_on=on, reference=f"2022020800{number:04d}",
            by=user("cashier"), on=on, payer=unit.name,
        )  # fmt: skip
    paid = RosterFee.objects.filter(roster__period=period, paid_on__isnull=False)
    owed = sum((fee.owed for fee in paid), Decimal(0))
    return [
        *told,
        _("%(count)s units have paid %(owed)s yuan in full") % {"count": paid.count(), "owed": owed},
    ]


def _plain(assessed: object) -> str:
    return ", ".join(f"{name} {value}" for name, value in assessed._asdict().items())  # type: ignore[attr-defined]


def freeze_the_rosters() -> Lines:
    daily.run_day(by=system_user("daily"), on=date(2022, 2, 26))
    states = Roster.objects.filter(period=eighteen())
    frozen = states.filter(state=RosterState.FROZEN).count()
    return [
        _("%(frozen)s rosters frozen, %(open)s left out")
        % {"frozen": frozen, "open": states.count() - frozen}
    ]


def remit_to_the_centre() -> Lines:
    period, told = eighteen(), []
    for code in ("23", "53", "90"):
        office = Office.objects.get(code=code)
        cashier = user("cashier23" if code == "23" else "cashier")
        made = remittance.summary(office=office, period=period, by=cashier, on=date(2022, 2, 28))
        sent = remittance.send(office=office, period=period, by=cashier, on=date(2022, 3, 9))
        remittance.confirm(remittance=sent, by=user("accountant"), on=date(2022, 3, 10))
        told.append(_("%(office)s remitted %(amount)s yuan") % {"office": office, "amount": made.amount})
    daily.run_day(by=system_user("daily"), on=date(2022, 3, 1))
    return told


def read_the_settlements() -> Lines:
    period, by, on = eighteen(), user("center"), date(2022, 12, 5)
    told = []
    for name, file in (
        ("settlements.xlsx", province.sample("settlements.xlsx")),
        ("settlements-more.csv", province.settlements_file()),
    ):
        run, known = settlements.begin(content=file, name=name, by=by, on=on, period=period.code)
        told.append(_told(Begun(run, known), name))
    return told


def file_and_calculate() -> Lines:
    period, on = eighteen(), date(2022, 12, 6)
    filed = runs.work(filing_jobs.begin_filing(period=period, by=system_user(DRIVEN), on=on).pk)
    counted = runs.work(filing_jobs.begin_adjudication(period=period, by=system_user(DRIVEN), on=on).pk)
    facts = {"filed": filed.applied, "counted": counted.applied}
    return [_("%(filed)s claims filed, %(counted)s calculated") % facts]


STEPS: tuple[tuple[str, Callable[[], Lines]], ...] = (
    (gettext_noop("open the period from its document"), open_the_period),
    (gettext_noop("offices, agency points, log-ins"), build_the_tree),
    (gettext_noop("units and who was in earlier periods"), know_the_units),
    (gettext_noop("open the books"), open_the_books),
    (gettext_noop("read the roster files"), read_the_rosters),
    (gettext_noop("check the quota, submit, accept"), check_the_quota),
    (gettext_noop("fees of 120 or 150, receipts"), collect_the_fees),
    (gettext_noop("the window closes: freeze"), freeze_the_rosters),
    (gettext_noop("summaries and remittance"), remit_to_the_centre),
    (gettext_noop("read the settlement files"), read_the_settlements),
    (gettext_noop("file the claims, calculate"), file_and_calculate),
    (gettext_noop("review by level"), money_out.review),
    (gettext_noop("pay, and read the bank's answer"), money_out.pay),
    (gettext_noop("leave some work for today"), money_out.leave_work),
)


@runs.job("demo")
def _next_step(run: Run) -> bool:
    """One chunk: a step of the story."""
    at = run.cursor.get("at", 0)
    title, step = STEPS[at]
    run.report = {**run.report, "last": {"title": title, "lines": step()}}
    run.cursor = {"at": at + 1}
    run.done, run.total = at + 1, len(STEPS)
    return at + 1 == len(STEPS)


@write
def begin() -> Run:
    """The demo's run; there is one per database."""
    return runs.start(job="demo", key="demo:province", by=system_user(DRIVEN), on=date(2021, 12, 18))
