"""A bank's list of receipts, and the journey by commands."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal as D
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contributions.allocation import ElsewhereUnit, assign
from contributions.bank_receipts import import_receipts
from contributions.models import Remittance, RosterFee
from contributions.proof import prove
from core import runs
from core.errors import NotAllowed
from core.models import Run
from core.sheets import WrongFile
from enrollment.models import Cover
from funds.models import Receipt, Voucher
from funds.proof import prove as prove_books
from funds.receipts import NotYet
from tests.contributions.support import FROZEN, PAID
from tests.funds.support import balances

HEAD = "流水号,交易日期,金额,统一社会信用代码,付款单位,摘要\n"


def listed(*rows: str) -> bytes:
    return (HEAD + "\n".join(rows) + "\n").encode()


def read(province, content, **about):
    about = {"by": province.system, "on": date(2022, 3, 2), "office": province.office} | about
    begun = import_receipts(file=content, name="bank.csv", period=province.period, **about)
    return begun.finish().report()


def test_known_units_pay_their_rosters_and_other_money_waits(province):
    province.assess()
    told = read(
        province,
        listed(
            f"A1,2021/12/20,1000.00,{province.unit.code},,互助金",
            f"A2,20211221,290元,,{province.unit.name},补交",
            "A3,2021-12-22,55.00,,不认识的单位,",
            f"A4,2022-03-01,120.00,{province.unit.code},,迟了",
            "A5,2021-12-22,零,,,",
            ",2021-12-22,1.00,,,",
            "A6,昨天,1.00,,,",
            f"A1,2021/12/20,1000.00,{province.unit.code},,重复",
        ),
    )
    assert (told["rows"], told["applied"]) == (8, 4)
    assert [(issue["row"], issue["severity"], issue["code"]) for issue in told["issues"]] == [
        (4, "warning", "payer_unknown"),
        (5, "warning", "outside_window"),
        (6, "error", "receipt_amount"),
        (7, "error", "receipt_reference_missing"),
        (8, "error", "receipt_day"),
        (9, "info", "receipt_known"),
    ]
    assert "第五条" in told["issues"][1]["message"]
    assert RosterFee.objects.get().paid_on == date(2021, 12, 21)
    assert Cover.objects.count() == 10
    assert balances(province.books["23"])["215"] == D("-175.00")
    assert prove_books() + prove() == []


def test_the_same_list_twice_changes_nothing(province):
    content = listed("A1,2021-12-20,5.00,,某某,")
    read(province, content)
    told = read(province, content)
    assert (told["applied"], told["issues"][0]["code"]) == (0, "file_known")
    assert Receipt.objects.count() == 1


def test_a_list_is_read_in_chunks_that_resume(province, monkeypatch):
    monkeypatch.setattr("contributions.bank_receipts.CHUNK", 2)
    content = listed(*(f"A{n},2021-12-20,{n + 1}.00,,某某,\n" for n in range(5)))
    told = read(province, content)
    assert (told["rows"], told["applied"], Receipt.objects.count()) == (5, 5, 5)
    run = Run.objects.get(job="import_receipts")
    assert runs.work(run.pk).applied == 5
    assert Voucher.objects.count() == 5


def told(report):
    return [(issue["row"], issue["severity"], issue["code"]) for issue in report["issues"]]


def test_money_on_the_account_of_the_centre_counts_for_no_unit_of_an_office(province):
    province.assess()
    report = read(province, listed(f"Z1,2021-12-20,1290.00,{province.unit.code},,"), office=province.centre)
    assert told(report) == [(2, "warning", "money_elsewhere")]
    assert province.unit.name in report["issues"][0]["message"]
    receipt = Receipt.objects.get()
    assert (receipt.book, receipt.unit, receipt.left) == (province.books["00"], None, D("1290.00"))
    assert not Cover.objects.exists()
    with pytest.raises(ElsewhereUnit):
        assign(
            receipt=receipt,
            unit=province.unit,
            period=province.period,
            by=province.system,
            on=date(2022, 1, 4),
        )
    again = read(province, listed(f"z1,2021-12-20,1290.00,{province.unit.code},,"))
    assert told(again) == [(2, "info", "receipt_known")]
    assert prove_books() + prove() == []


def test_a_payment_of_tomorrow_is_refused_and_named(province):
    province.assess()
    report = read(
        province,
        listed(f"T1,2021-12-21,1290.00,{province.unit.code},,", "T2,2021-12-21,5.00,,某某,"),
        on=PAID,
    )
    assert told(report) == [(2, "error", "receipt_in_future"), (3, "error", "receipt_in_future")]
    assert "2021-12-21" in report["issues"][0]["message"]
    with pytest.raises(NotYet, match="2021-12-21"):
        province.pay("1290.00", paid_on=date(2021, 12, 21), on=PAID)
    assert not Receipt.objects.exists()


def test_a_known_serial_of_a_stranger_is_known_and_nothing_else(province):
    read(province, listed("A1,2021-12-20,5.00,,某某,"))
    report = read(province, listed("a1 ,2021-12-20,5.00,,某某,", "A2,2021-12-20,5.00,,某某,"))
    assert told(report) == [(2, "info", "receipt_known"), (3, "warning", "payer_unknown")]
    assert province.pay("7.00", reference=" a3").reference == "A3"


def test_who_may_read_a_list_and_what_is_no_list(province):
    with pytest.raises(NotAllowed):
        read(province, listed("A1,2021-12-20,5.00,,,"), by=province.staff("accountant"))
    with pytest.raises(WrongFile):
        read(province, b"a,b\n1,2\n")
    assert read(province, listed("A1,2021-12-20,5.00,,,"), by=province.staff("cashier"))["applied"] == 1


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_the_journey_by_commands(province, tmp_path):
    assert "1290.00" in said("assess_levies", "--period", "18", "--on", "2021-12-20")
    assert "1290.00" in said(
        "assess_levies", "--period", "18", "--unit", province.unit.code, "--on", "2021-12-20"
    )
    assert "290.00" in said(
        "receive", province.unit.code, "1000.00", "R1", "--period", "18", "--on", "2021-12-20"
    )
    bank = tmp_path / "bank.csv"
    bank.write_bytes(listed(f"R2,2022-02-25,290.00,{province.unit.code},,"))
    told = said(
        "import_receipts",
        str(bank),
        "--office",
        "23",
        "--period",
        "18",
        "--on",
        "2022-02-25",
        "--report",
        "json",
    )
    assert json.loads(told)["applied"] == 1
    said("freeze_period", "--period", "18", "--on", "2022-02-26")
    assert "1290.00" in said("office_summary", "23", "--period", "18", "--on", "2022-03-01")
    said("remit", "23", "--period", "18", "--on", "2022-03-11")
    assert balances(province.books["00"])["10201"] == D("1290.00")
    assert "4870.00" in said("verify_ledger")
    assert said("verify_ledger", "--book", "23")


def test_a_refusal_is_a_sentence_and_exit_one(province):
    for command in (
        ("receive", "nobody", "1.00", "R1", "--period", "18"),
        ("receive", province.unit.code, "1.00", "R1", "--period", "18", "--on", "2022-03-01"),
        ("open_book", "23", "--on", "2021-12-01"),
        ("open_book", "77"),
        ("office_summary", "77", "--period", "18"),
        ("office_summary", "23", "--period", "18", "--on", "2022-03-01"),
        ("remit", "77", "--period", "18"),
        ("remit", "23", "--period", "18", "--confirm"),
        ("freeze_period", "--period", "18", "--office", "77", "--on", "2022-02-26"),
        ("verify_ledger", "--book", "77"),
    ):
        with pytest.raises(CommandError) as refused:
            said(*command)
        assert refused.value.returncode == 1
        assert str(refused.value)


def test_a_remittance_may_be_on_its_way(province):
    province.assess()
    province.pay("1290.00")
    said("freeze_period", "--period", "18", "--office", "23", "--on", str(FROZEN))
    said("office_summary", "23", "--period", "18", "--on", "2022-03-01")
    said("remit", "23", "--period", "18", "--on", "2022-03-11", "--in-transit")
    assert Remittance.objects.get().received_on is None
    said("remit", "23", "--period", "18", "--on", "2022-03-14", "--confirm")
    assert Remittance.objects.get().received_on == date(2022, 3, 14)


def test_verify_ledger_names_the_first_fault(province):
    from django.db import connection, transaction

    province.assess()
    province.pay("1290.00")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE funds_line SET debit = debit + 0.01 WHERE debit > 0")
        with pytest.raises(CommandError, match=r"1290\.01"):
            said("verify_ledger", "--all")
        cursor.execute("SET session_replication_role = origin")
    transaction.set_rollback(True)
