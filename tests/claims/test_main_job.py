"""The money-out half of the main job on the samples, by commands, as separate processes."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal as D
from pathlib import Path

from claims import proof
from claims.models import Bill, Claim, Payment, PaymentBatch
from core.models import Office, Role
from core.roles import system_user
from enrollment import cover
from enrollment.models import Enrollment, Roster
from funds import books
from funds.posting import Part, Posting, post
from funds.proof import prove as books_prove
from schemes.rules import benefit
from schemes.rules.stay import Stay
from schemes.versions import document_of
from tests.support.claims import answer
from tests.support.rosters import DATA, build_province, read_roster, somebody

ON = "2023-02-01"
FILE = DATA / "settlements.xlsx"


def test_settlements_become_claims_payments_and_vouchers(committed, tmp_path):
    period = build_province()
    read_roster(DATA / "roster_clean.xlsx", period=period, name="roster_clean.xlsx")
    by = system_user("test")
    for roster in Roster.objects.all():
        cover.begin(roster=roster, by=by, on=date(2022, 1, 10))
    money(period)
    cashier, accountant = somebody(Role.CASHIER, office="00"), somebody(Role.ACCOUNTANT, office="00")

    report = json.loads(run(committed, "import_settlements", str(FILE), "--report", "json", "--on", ON))
    assert (report["rows"], report["applied"], len(report["issues"])) == (60, 56, 7)
    again = json.loads(run(committed, "import_settlements", str(FILE), "--report", "json", "--on", ON))
    assert (again["applied"], [issue["code"] for issue in again["issues"]]) == (0, ["file_known"])

    run(committed, "file_claims", "--period", "18", "--on", ON)
    run(committed, "adjudicate", "--period", "18", "--on", ON)
    run(committed, "review", "--on", ON)
    amounts_are_what_the_rules_say(period)
    assert set(Claim.objects.values_list("state", flat=True)) == {"approved"}

    run(committed, "payment_batch", "--period", "18", "--on", ON, "--by", cashier.username)
    batch = PaymentBatch.objects.get()
    assert batch.total == sum(Claim.objects.values_list("amount", flat=True))
    refused = committed.manage("release_batch", batch.number, "--on", ON, "--by", cashier.username)
    assert refused.returncode == 1
    assert refused.stderr.strip()
    run(committed, "release_batch", batch.number, "--on", ON, "--by", accountant.username)
    out = tmp_path / "bank.xlsx"
    run(committed, "bank_file", batch.number, "--out", str(out), "--on", ON, "--by", cashier.username)
    assert out.stat().st_mode & 0o077 == 0
    confirm(committed, batch, tmp_path / "result.csv", accountant.username)
    assert set(Claim.objects.exclude(amount=0).values_list("state", flat=True)) == {"paid"}
    assert proof.prove() == []
    assert books_prove() == []


def run(committed, *arguments: str) -> str:
    done = committed.manage(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def money(period) -> None:
    center = Office.objects.get(code="00")
    book = books.open_book(
        scheme=period.scheme,
        office=center,
        chart="trade-union-trust",
        by=system_user("test"),
        on=date(2021, 12, 1),
    )
    post(
        Posting(
            book=book,
            on=date(2022, 3, 11),
            event="received_from_below",
            key="test:money",
            source=("test", 1),
            checked_by=system_user("other"),
            parts=[Part(D("1000000.00"), {"period": "18"})],
        )
    )


def amounts_are_what_the_rules_say(period) -> None:
    """Each claim pays what a quote over the person's slips in order of filing pays."""
    document = document_of(period).document
    inside = Bill.objects.filter(state="accepted", discharged__range=(period.cover_from, period.cover_to))
    assert Claim.objects.count() == inside.count() > 40
    for member in inside.values_list("member", flat=True).distinct():
        total = 0
        for bill in inside.filter(member=member).order_by("discharged", "pk"):
            stay = Stay(
                bill={name: int(amount * 100) for name, amount in bill.amounts.items()},
                discharged=bill.discharged,
                care=bill.care,
                designated=bill.designated,
                exclusion=bill.exclusion or None,
            )
            found = benefit.assess_one(document, stay=stay, cumulated=total)
            total = found.after.inside
            assert bill.claim.amount * 100 == found.amount
    assert Enrollment.objects.filter(period=period).exists()


def confirm(committed, batch: PaymentBatch, file: Path, by: str) -> None:
    payments = Payment.objects.filter(batch=batch).order_by("pk")
    file.write_bytes(answer(*((each, "成功", "") for each in payments)))
    run(committed, "import_bank_result", batch.number, str(file), "--on", ON, "--by", by)
