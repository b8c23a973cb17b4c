"""People, units and money of a small region, for stories about claims."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from itertools import count
from typing import Any

from claims import adjudication, filing
from claims.models import Bill, BillState, Claim, Hospital, Payment
from core import identifiers, sheets
from core.encryption import digest
from core.models import Office, Role, StaffRole, User
from core.roles import system_user
from enrollment.models import Cover, Enrollment, Member, Roster, Unit
from funds import books
from funds.posting import Part, Posting, post
from schemes import periods
from schemes.models import Period

MAY = date(2022, 5, 20)
SINCE = date(2021, 1, 1)
_serial = count(1)


@dataclass
class Region:
    """Centre 00, office 23, agency point 2301 with a unit; office 90 with a unit of its own."""

    center: Office
    office: Office
    agency: Office
    other: Office
    unit: Unit
    stranger: Unit
    period: Period
    people: dict[str, User]

    def __getattr__(self, name: str) -> User:
        if name not in self.__dict__.get("people", {}):
            raise AttributeError(name)
        return self.people[name]


def person(username: str, office: Office, role: str, unit_code: str = "") -> User:
    user = User.objects.create(username=username, display_name=username)
    StaffRole.objects.create(user=user, office=office, role=role, unit_code=unit_code, since=SINCE)
    return user


def build_region() -> Region:
    center = Office.objects.create(code="00", name="省中心", kind="center")
    office = Office.objects.create(code="23", name="示例州办事处", kind="office", parent=center)
    agency = Office.objects.create(code="2301", name="示例县代办点", kind="agency", parent=office)
    other = Office.objects.create(code="90", name="产业办事处", kind="office", parent=center)
    unit = Unit.objects.create(code="1253230093857083KB", name="示例县人民医院工会", agency=agency)
    stranger = Unit.objects.create(code="12532300216463146P", name="示例县第一中学工会", agency=other)
    period = periods.open_period(
        scheme="yunnan-mutual-aid", code="18", by=system_user("test"), on=date(2021, 12, 20)
    )
    people = {
        "agent": person("agent", agency, Role.AGENT, unit.code),
        "stranger_agent": person("stranger_agent", other, Role.AGENT, stranger.code),
        "clerk": person("clerk", agency, Role.REVIEWER),
        "second_clerk": person("second_clerk", agency, Role.REVIEWER),
        "officer": person("officer", office, Role.REVIEWER),
        "chief": person("chief", center, Role.REVIEWER),
        "other_officer": person("other_officer", other, Role.REVIEWER),
        "cashier": person("cashier", center, Role.CASHIER),
        "accountant": person("accountant", center, Role.ACCOUNTANT),
        "auditor": person("auditor", center, Role.AUDITOR),
    }
    return Region(center, office, agency, other, unit, stranger, period, people)


def id_number(place: int) -> str:
    first = f"5323011970{1 + place // 280 % 12:02d}{1 + place // 10 % 28:02d}{place % 1000:03d}"
    return first + identifiers.id_check_digit(first)


def enroll(
    region: Region, *, unit: Unit | None = None, covered: bool = True, card: str = "6222020200112233441"
) -> Member:
    """A member on the unit's roster, with cover for the whole period unless their fee is still open."""
    unit, place = unit or region.unit, next(_serial)
    number = id_number(place)
    member = Member.objects.create(
        id_number=number, id_digest=digest(number), name=f"职工{place}", sex=identifiers.id_sex(number),
        birth_date=identifiers.id_birth_date(number), bank_name="示例银行", card_number=card,
    )  # fmt: skip
    roster, _ = Roster.objects.get_or_create(unit=unit, period=region.period)
    enrollment = Enrollment.objects.create(
        member=member, roster=roster, period=region.period, unit=unit, kind="active", continuing=True
    )
    if covered:
        cover(enrollment)
    return member


def cover(enrollment: Enrollment, **more: Any) -> Cover:
    """The cover that a paid fee begins."""
    period = enrollment.period
    span = {"valid_from": period.cover_from, "valid_to": period.cover_to} | more
    return Cover.objects.create(
        member=enrollment.member, scheme=period.scheme, enrollment=enrollment, began=Cover.Began.PAID, **span
    )


def slip(region: Region, member: Member, base: str | Decimal, **more: Any) -> Bill:
    """An imported slip that leaves the member `base`: the total is that much above what the pool paid."""
    place, base = next(_serial), Decimal(base)
    enrollment = Enrollment.objects.get(member=member, period=region.period)
    facts: dict[str, Any] = {
        "settlement_number": f"T{place:08d}",
        "receipt_code": "53010122",
        "receipt_number": f"R{place:08d}",
        "person_name": member.name,
        "id_number": member.id_number,
        "id_digest": member.id_digest,
        "member": member,
        "unit": enrollment.unit,
        "office": enrollment.unit.agency,
        "state": BillState.ACCEPTED,
        "hospital": Hospital.objects.get_or_create(name="示例州人民医院")[0],
        "admitted": date(2022, 4, 1),
        "discharged": date(2022, 4, 20),
        "settled": date(2022, 4, 20),
        "total": base + 1000,
        "basic_paid": Decimal(1000),
        "cash_paid": base,
        "added_by": system_user("test"),
        "row": place,
    }
    return Bill.objects.create(**(facts | more))


def file_claim(
    region: Region,
    member: Member,
    base: str | Decimal,
    *,
    on: date = MAY,
    by: User | None = None,
    **more: Any,
) -> Claim:
    """File and calculate a claim for one stay, papers at the counter."""
    bill = slip(region, member, base, **more)
    by = by or region.agent
    draft = filing.start(member=member, unit=bill.unit, period=region.period, bill=bill, by=by, on=on)
    return filing.submit(claim=draft, by=by, on=on, on_paper=True)


def file_without_calculation(region: Region, member: Member, base: str, on: date = MAY) -> Claim:
    """A claim that waits for its calculation, as bulk filing leaves it."""
    claim = filing.start(
        member=member,
        unit=region.unit,
        period=region.period,
        bill=slip(region, member, base),
        by=region.agent,
        on=on,
    )
    Claim.objects.filter(pk=claim.pk).update(
        state="filed", filed_on=on, filed_at="2022-05-20T09:00+08:00", filed_by=region.agent, on_paper=True
    )
    return Claim.objects.select_related("period__scheme").get(pk=claim.pk)


def calculate(region: Region, *claims: Claim, on: date = MAY) -> None:
    adjudication.adjudicate(claims=claims, by=system_user("test"), on=on)


def open_with_money(region: Region) -> Any:
    """The centre's book with a million of fees sent up."""
    opened = books.open_book(
        scheme=region.period.scheme,
        office=region.center,
        chart="trade-union-trust",
        by=system_user("test"),
        on=SINCE,
    )
    post(
        Posting(
            book=opened,
            on=date(2022, 3, 11),
            event="received_from_below",
            key="test:money",
            source=("test", 1),
            checked_by=region.accountant,
            parts=[Part(Decimal("1000000.00"), {"period": "18"})],
        )
    )
    return opened


def answer(*rows: tuple[Payment, str, str], header: list[str] | None = None) -> bytes:
    """A bank's result file: payments with the word for what became of them, and why."""
    out = BytesIO()
    lines = [(each.reference, each.amount, word, reason) for each, word, reason in rows]
    sheets.write_csv(out, header or ["业务参考号", "金额", "处理结果", "退票原因"], lines)
    return out.getvalue()
