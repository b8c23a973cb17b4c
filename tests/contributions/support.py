"""A centre, an office, an agency point, units with rosters, and short ways to pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from itertools import count

from django.utils import timezone

from contributions.allocation import receive_fee
from contributions.freeze import freeze_period
from contributions.levies import assess
from contributions.proof import prove
from core.models import Office, OfficeKind, StaffRole, User
from core.roles import system_user
from enrollment.models import Enrollment, Member, Roster, RosterState, Unit
from funds.books import open_book
from funds.proof import prove as prove_books
from schemes.models import Scheme
from schemes.periods import open_period

OPENED = date(2021, 12, 1)
PAID = date(2021, 12, 20)
LAST = date(2022, 2, 25)
FROZEN = date(2022, 2, 26)


class Province:
    """What every story starts from."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.system = system_user("command")
        self.centre = Office.objects.create(code="00", name="省中心", kind=OfficeKind.CENTER)
        self.office = Office.objects.create(
            code="23", name="办事处", kind=OfficeKind.OFFICE, parent=self.centre
        )
        self.agency = Office.objects.create(
            code="2301", name="代办点", kind=OfficeKind.AGENCY, parent=self.office
        )
        self.scheme = Scheme.objects.get(code="yunnan-mutual-aid")
        self.period = open_period(scheme="yunnan-mutual-aid", code="18", by=self.system, on=OPENED)
        self.books = {
            office.code: open_book(
                scheme=self.scheme, office=office, chart="trade-union-trust", by=self.system, on=OPENED
            )
            for office in (self.centre, self.office)
        }
        self.unit = self.make_unit()
        self.roster = self.make_roster(self.unit, continuing=7, new=3)

    def make_unit(self, name: str = "") -> Unit:
        number = next(self.numbers)
        return Unit.objects.create(code=f"{number:018}", name=name or f"单位{number}", agency=self.agency)

    def make_roster(
        self, unit: Unit, *, continuing: int, new: int, state: str = RosterState.ACCEPTED
    ) -> Roster:
        made = Roster.objects.create(
            unit=unit, period=self.period, state=state, accepted_at=timezone.now(), accepted_by=self.system
        )
        self.enrol(made, continuing, again=True)
        self.enrol(made, new, again=False)
        return made

    def enrol(self, roster: Roster, people: int, *, again: bool) -> list[Enrollment]:
        members = Member.objects.bulk_create(
            Member(
                id_number="x",
                id_digest=f"{next(self.numbers):016}".encode(),
                name="甲",
                sex="M",
                birth_date=date(1980, 1, 1),
            )
            for _ in range(people)
        )
        return Enrollment.objects.bulk_create(
            Enrollment(
                member=member,
                roster=roster,
                period=self.period,
                unit=roster.unit,
                kind="active",
                continuing=again,
            )
            for member in members
        )

    def assess(self, **about):
        return assess(**(about or {"period": self.period}), by=self.system, on=PAID)

    def pay(
        self,
        amount: str,
        *,
        unit: Unit | None = None,
        paid_on: date = PAID,
        reference: str = "",
        on: date = PAID,
    ):
        return receive_fee(
            unit=unit or self.unit,
            period=self.period,
            amount=D(amount),
            received_on=paid_on,
            reference=reference or f"ref{next(self.numbers)}",
            by=self.system,
            on=on,
        )

    def staff(self, role: str, office: Office | None = None, unit: str = "") -> User:
        user = User.objects.create(username=f"{role}{next(self.numbers)}")
        StaffRole.objects.create(
            user=user, office=office or self.office, role=role, unit_code=unit, since=date(2020, 1, 1)
        )
        return user


def proved() -> bool:
    return [str(fault) for fault in (*prove_books(), *prove())] == []


def frozen(province, **about):
    return freeze_period(period=province.period, by=province.system, on=FROZEN, **about)
