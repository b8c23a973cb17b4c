"""Sums by agency point that an older worker did not write are made up by a command, and proved."""

from __future__ import annotations

from decimal import Decimal as D
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from claims import pages, places, proof
from claims.models import PaidPlace
from core.errors import NotAllowed
from tests.claims.test_paid_before import JUNE, approve, to_the_bank
from tests.support.claims import enroll, file_claim


def as_an_old_worker_left_it(change: str) -> None:
    """The table takes rows in and lets none go: the state of before is made below its triggers."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE claims_paidplace DISABLE TRIGGER USER")
        cursor.execute(change)
        cursor.execute("ALTER TABLE claims_paidplace ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.fixture
def paid(region, book):
    for unit, by in ((region.unit, region.agent), (region.stranger, region.stranger_agent)):
        approve(file_claim(region, enroll(region, unit=unit), "5000.00", by=by))
    to_the_bank(region, "成功")


def test_missing_sums_are_added_once_and_prove(region, paid):
    before = sorted(PaidPlace.objects.values_list("result", "office", "count", "amount"))
    assert [row[2:] for row in before] == [(1, D("1260.00")), (1, D("1260.00"))]
    as_an_old_worker_left_it("DELETE FROM claims_paidplace")
    assert [fault.code for fault in proof.places()] == ["claims_places"] * 2
    assert pages.paid_out(region.accountant, region.period, on=JUNE) == D("0.00")
    out = StringIO()
    call_command("sum_places", on=JUNE, stdout=out)
    assert out.getvalue().split("\n")[:2] == ["补上了 2 笔代办点合计。", "各代办点合计与拨付明细一致。"]
    assert sorted(PaidPlace.objects.values_list("result", "office", "count", "amount")) == before
    assert pages.paid_out(region.accountant, region.period, on=JUNE) == D("2520.00")
    assert places.sum_up(by=region.accountant, on=JUNE) == places.Summed(0, [])


def test_a_sum_that_differs_is_named_and_not_written_over(region, paid):
    as_an_old_worker_left_it("UPDATE claims_paidplace SET amount = amount + 1")
    err = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("sum_places", on=JUNE, stdout=StringIO(), stderr=err)
    assert (ended.value.code, err.getvalue().count("1261.00")) == (1, 2)
    assert set(PaidPlace.objects.values_list("amount", flat=True)) == {D("1261.00")}


def test_who_looks_after_no_money_sums_nothing(region):
    with pytest.raises(NotAllowed):
        places.sum_up(by=region.clerk, on=JUNE)
