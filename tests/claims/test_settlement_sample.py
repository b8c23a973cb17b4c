"""The bureau's sample file says exactly what the answers say, and is kept to the last column."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from claims import settlements
from claims.models import Bill, BillState
from core import runs, sheets
from core.encryption import digest
from core.models import User
from core.roles import system_user
from enrollment.models import Enrollment, Member, Roster
from tests.support.claims import Region, cover

DATA = Path(__file__).parent.parent / "data"
ON = date(2022, 12, 19)
SEVERITY = {"excluded": "info", "error": "error", "warning": "warning"}


@pytest.fixture
def everyone(region: Region) -> Region:
    """Everybody of the sample stands in the roster, except the one who is not enrolled."""
    roster = Roster.objects.create(unit=region.unit, period=region.period)
    seen = set()
    for _row, cells in list(sheets.rows(DATA / "settlements.xlsx"))[1:]:
        name, number = cells[3], cells[4]
        if name == "王某" or number in seen:
            continue
        seen.add(number)
        member = Member.objects.create(
            id_number=number, id_digest=digest(number), name=name, sex="M", birth_date=date(1970, 1, 1),
            card_number="6222020200112233441",
        )  # fmt: skip
        enrollment = Enrollment.objects.create(
            member=member,
            roster=roster,
            period=region.period,
            unit=region.unit,
            kind="active",
            continuing=True,
        )
        cover(enrollment)
    return region


def read_sample(by: User | None = None, name: str = "settlements.xlsx") -> tuple[dict, bool]:
    by = by or system_user("test")
    run, known = settlements.begin(content=(DATA / name).read_bytes(), name=name, by=by, on=ON)
    run = runs.work(run.pk)
    return runs.report(run, known=known), known


def test_the_sample_says_what_the_answers_say(everyone):
    report, known = read_sample()
    answers = json.loads((DATA / "answers.json").read_text())["settlements.xlsx"]
    expected = {
        (each["excel_row"], SEVERITY[each["severity"]], each["case"])
        for each in answers
        if each["severity"] != "ok"
    }
    assert not known
    assert {(each["row"], each["severity"], each["code"]) for each in report["issues"]} == expected
    assert report["rows"] == 60
    assert report["applied"] == 56
    assert all(each["message"] for each in report["issues"])


def test_the_same_file_again_changes_nothing(everyone):
    read_sample()
    before = Bill.objects.count()
    report, known = read_sample()
    assert known
    assert report["applied"] == 0
    assert [each["code"] for each in report["issues"]] == ["file_known"]
    assert Bill.objects.count() == before


def test_every_column_is_kept_as_typed(everyone):
    read_sample()
    bill = Bill.objects.select_related("hospital").get(settlement_number="YN202204000004")
    assert bill.amounts == {name: Decimal("0.00") for name in bill.amounts} | {
        "total": Decimal("13217.66"),
        "self_funded": Decimal("828.57"),
        "over_limit": Decimal("132.18"),
        "class_b_own": Decimal("316.18"),
        "deductible": Decimal("200.00"),
        "basic_paid": Decimal("9979.62"),
        "civil_servant_paid": Decimal("683.19"),
        "account_paid": Decimal("500.00"),
        "cash_paid": Decimal("2054.85"),
    }
    assert (bill.hospital.name, bill.hospital_level, bill.care, bill.diagnosis) == (
        "楚雄州人民医院", "二级", "inpatient", "肺炎",
    )  # fmt: skip
    assert (bill.admitted, bill.discharged, bill.settled) == (
        date(2022, 1, 6),
        date(2022, 2, 3),
        date(2022, 2, 3),
    )
    odd_dates = Bill.objects.get(settlement_number="YN202204000007")
    assert (odd_dates.admitted, odd_dates.discharged) == (date(2022, 7, 1), date(2022, 7, 5))
    assert Bill.objects.get(settlement_number="YN202204000015").total == Decimal("4690.74")


def test_a_person_without_roster_is_held_aside_and_taken_up_when_they_appear(everyone):
    read_sample()
    held = Bill.objects.get(state=BillState.HELD)
    assert (held.person_name, held.held_because, held.member) == ("王某", "not_enrolled", None)
    assert settlements.take_up(by=system_user("test"), on=ON) == 0
    member = Member.objects.create(
        id_number=held.id_number,
        id_digest=digest(held.id_number),
        name="王某",
        sex="M",
        birth_date=date(1963, 1, 22),
    )
    roster = Roster.objects.get(unit=everyone.unit)
    Enrollment.objects.create(
        member=member,
        roster=roster,
        period=everyone.period,
        unit=everyone.unit,
        kind="active",
        continuing=False,
    )
    assert settlements.take_up(by=system_user("test"), on=ON) == 1
    held.refresh_from_db()
    assert (held.state, held.member, held.unit, held.office) == (
        BillState.ACCEPTED, member, everyone.unit, everyone.agency,
    )  # fmt: skip


def test_chunks_of_any_size_give_the_same(everyone, monkeypatch):
    monkeypatch.setattr(settlements, "CHUNK", 7)
    report, _known = read_sample()
    assert (report["rows"], report["applied"], len(report["issues"])) == (60, 56, 7)
