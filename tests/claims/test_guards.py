"""The database itself keeps what was accepted, filed, decided and recorded; also against raw SQL."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import DatabaseError, connection, transaction

from claims import filing, payment, review
from claims.models import Bill, Claim, PaymentBatch, ReviewCase
from tests.support.claims import MAY, enroll, file_claim, slip

pytestmark = pytest.mark.django_db
KEPT = ["bill", "claim", "benefitaccount", "paymentbatch", "reviewcase", "reviewstep"]
HISTORIES = ["banklayout", "bill", "claim", "hospital", "paperkind", "paymentbatch"]


@pytest.fixture
def paying(region, book):
    """A claim on its way to the bank: every table has a row."""
    claim = file_claim(region, enroll(region), "5000.00")
    review.decide(case=ReviewCase.objects.get(claim=claim), verdict="approve", by=region.clerk, on=MAY)
    payment.build(period=region.period, by=region.cashier, on=MAY)
    claim.refresh_from_db()
    claim.save()  # writes history
    PaymentBatch.objects.get().save()
    claim.bill.save()
    return claim


def run(statement: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
        return cursor.rowcount


@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("act", ["DELETE FROM claims_{}", "TRUNCATE claims_{} CASCADE"])
def test_what_was_filed_decided_and_paid_is_not_deleted(paying, table, act):
    with pytest.raises(DatabaseError, match="append-only"):
        run(act.format(table))


@pytest.mark.parametrize("table", HISTORIES)
@pytest.mark.parametrize(
    "act",
    [
        "UPDATE claims_historical{} SET history_type = '-'",
        "DELETE FROM claims_historical{}",
        "TRUNCATE claims_historical{}",
    ],
)
def test_history_is_append_only(paying, table, act):
    if not act.startswith("TRUNCATE") and not run(f"SELECT 1 FROM claims_historical{table}"):
        run(copy_of(table))
    with pytest.raises(DatabaseError, match="append-only"):
        run(act.format(table))


def copy_of(table: str) -> str:
    """A history row of a table nobody has changed yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s", [f"claims_{table}"]
        )
        names = ", ".join(f'"{name}"' for (name,) in cursor.fetchall())
    return (
        f"INSERT INTO claims_historical{table} ({names}, history_date, history_type) "
        f"SELECT {names}, now(), '+' FROM claims_{table}"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"exclusion": "fraud"},
        {"designated": False},
        {"care": "home_bed"},
        {"settled": date(2022, 4, 21)},
        {"admitted": date(2022, 4, 2)},
        {"receipt_number": "R-other"},
        {"total": "6000.01"},
    ],
)
def test_no_fact_that_decides_the_benefit_changes_with_an_accepted_slip(region, change):
    bill = slip(region, enroll(region), "5000.00")
    with pytest.raises(DatabaseError, match="accepted slip"), transaction.atomic():
        Bill.objects.filter(pk=bill.pk).update(**change)


def test_an_accepted_slip_stays_with_its_person(region):
    bill, other = slip(region, enroll(region), "5000.00"), enroll(region)
    with pytest.raises(DatabaseError, match="accepted slip"), transaction.atomic():
        Bill.objects.filter(pk=bill.pk).update(member=other)


def test_a_draft_that_nobody_filed_may_go(region):
    draft = filing.start(
        member=enroll(region), unit=region.unit, period=region.period, by=region.agent, on=MAY
    )
    assert run(f"DELETE FROM claims_claim WHERE id = {draft.pk}") == 1
    assert run(f"DELETE FROM claims_bill WHERE id = {draft.bill_id}") == 1
    assert not Claim.objects.exists()
