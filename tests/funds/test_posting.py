"""Money enters the books once, whole and for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction

from funds.lines import BadPosting, DimensionMissing, NoAccount
from funds.models import Balance, FiscalPeriod, Line, Voucher
from funds.posting import (
    AlreadyReversed,
    Entry,
    KeyReused,
    MonthNotOpen,
    Part,
    Posting,
    post,
    post_many,
    reverse,
)
from funds.proof import prove
from funds.strict import NotEnough
from tests.funds.support import balances, posting

JANUARY = date(2022, 1, 10)


def test_a_fee_stands_in_the_bank_and_is_held_for_the_period(trust):
    voucher = trust.post("fee_received", "1290.00", "a")
    lines = list(
        voucher.lines.order_by("id").values_list(
            "account_code", "account_name", "debit", "credit", "dimension"
        )
    )
    assert lines == [
        ("10201", "银行存款—代管", D("1290.00"), D("0.00"), ""),
        ("221", "代管经费", D("0.00"), D("1290.00"), "period=18"),
    ]
    assert (voucher.number, voucher.state, voucher.made_by.username) == (1, "posted", "system:ledger")
    assert balances(trust.book) == {"10201": D("1290.00"), "221 period=18": D("-1290.00")}
    assert prove() == []


def test_numbers_run_by_book_and_month(trust):
    numbers = [trust.post("fee_received", "1.00", f"d{n}").number for n in range(3)]
    january = trust.post("fee_received", "1.00", "j", on=JANUARY)
    assert numbers == [1, 2, 3]
    assert january.number == 1
    assert prove() == []


def test_a_batch_is_the_same_as_one_by_one(trust):
    batch = [
        posting(trust, "fee_received", "10.00", f"b{n}{on}", on)
        for n in range(3)
        for on in (date(2021, 12, 20), JANUARY)
    ]
    vouchers = post_many(batch)
    assert [v.number for v in vouchers] == [1, 1, 2, 2, 3, 3]
    assert balances(trust.book) == {"10201": D("60.00"), "221 period=18": D("-60.00")}
    assert prove() == []


def test_a_batch_of_a_thousand_people_is_one_voucher_with_two_lines(trust):
    trust.post("fee_received", "5000.00", "in")
    parts = [Part(D("3.50"), {"period": "18"})] * 1000
    paid = post(
        Posting(
            book=trust.book,
            on=JANUARY,
            event="benefit_paid",
            key="batch",
            source=("test", 2),
            checked_by=trust.anna,
            parts=parts,
        )
    )
    assert (paid.total, paid.line_count) == (D("3500.00"), 2)
    assert prove() == []


def test_large_batches_go_by_copy_and_read_the_same(trust):
    parts = [Part(D("1.00"), {"period": "18"}, subject=f"单位\t{n}\\") for n in range(300)]
    asked = Posting(
        book=trust.book,
        on=JANUARY,
        event="fee_received",
        key="big",
        source=("test", 2),
        checked_by=trust.anna,
        parts=parts,
    )
    voucher = post(asked)
    assert voucher.line_count == 600
    assert set(Line.objects.values_list("subject", flat=True)) == {part.subject for part in parts}
    assert prove() == []


def test_the_same_key_again_returns_the_first_voucher(trust):
    first = trust.post("fee_received", "120.00", "same")
    again = trust.post("fee_received", "120.00", "same")
    assert again.pk == first.pk
    assert Voucher.objects.count() == 1
    twice_in_one = post_many(
        [posting(trust, "fee_received", "5.00", "twin"), posting(trust, "fee_received", "5.00", "twin")]
    )
    assert twice_in_one[0].pk == twice_in_one[1].pk
    assert balances(trust.book)["10201"] == D("125.00")


def test_the_same_key_for_something_else_is_an_error(trust):
    trust.post("fee_received", "120.00", "same")
    with pytest.raises(KeyReused):
        trust.post("fee_received", "150.00", "same")
    with pytest.raises(KeyReused):
        post_many(
            [posting(trust, "fee_received", "5.00", "twin"), posting(trust, "fee_received", "6.00", "twin")]
        )
    assert prove() == []


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "0.001", "NaN", "Infinity", "1000000000000.00"])
def test_only_positive_whole_fen_are_posted(trust, amount):
    with pytest.raises(BadPosting):
        trust.post("fee_received", amount, "x")


def test_a_float_is_no_money(trust):
    with pytest.raises(BadPosting):
        post(
            Posting(
                book=trust.book,
                on=JANUARY,
                event="fee_received",
                key="f",
                source=("t", 1),
                checked_by=trust.anna,
                parts=[Part(1.5, {"period": "18"})],
            )
        )


def test_a_line_says_the_dimension_that_its_account_asks_for(trust):
    with pytest.raises(DimensionMissing):
        post(
            Posting(
                book=trust.book,
                on=JANUARY,
                event="fee_received",
                key="f",
                source=("t", 1),
                checked_by=trust.anna,
                parts=[Part(D("1.00"))],
            )
        )


def test_lines_said_outright_must_balance(trust):
    def said(*entries):
        return post(
            Posting(
                book=trust.book,
                on=JANUARY,
                event="fee_received",
                key="e",
                source=("t", 1),
                checked_by=trust.anna,
                entries=entries,
            )
        )

    with pytest.raises(BadPosting):
        said(Entry("10201", debit=D("2.00")), Entry("215", credit=D("1.00")))
    with pytest.raises(BadPosting):
        said(Entry("10201", debit=D("2.00"), credit=D("2.00")), Entry("215", credit=D("2.00")))
    with pytest.raises(NoAccount):
        said(Entry("102", debit=D("2.00")), Entry("215", credit=D("2.00")))
    assert said(Entry("10201", debit=D("2.00")), Entry("215", credit=D("2.00"))).total == D("2.00")


def test_a_strict_account_does_not_cross_zero(trust):
    trust.post("fee_received", "100.00", "in")
    with pytest.raises(NotEnough):
        trust.post("benefit_paid", "100.01", "out")
    trust.post("benefit_paid", "100.00", "out")
    with pytest.raises(NotEnough):
        trust.post("benefit_paid", "0.01", "more")
    assert balances(trust.book) == {}
    assert prove() == []


def test_one_period_cannot_spend_what_is_held_for_another(trust):
    trust.post("fee_received", "100.00", "in17", period="17")
    with pytest.raises(NotEnough):
        trust.post("benefit_paid", "1.00", "out", period="18")


def test_money_of_january_cannot_be_spent_in_december(trust):
    trust.post("fee_received", "100.00", "in", on=JANUARY)
    with pytest.raises(NotEnough):
        trust.post("benefit_paid", "1.00", "out", on=date(2021, 12, 31))


def test_no_month_before_the_book_opened(trust):
    with pytest.raises(MonthNotOpen):
        trust.post("fee_received", "1.00", "x", on=date(2021, 11, 30))


def test_a_closed_month_takes_nothing(trust):
    trust.post("fee_received", "1.00", "x")
    FiscalPeriod.objects.filter(book=trust.book).update(state="closed")
    with pytest.raises(MonthNotOpen):
        trust.post("fee_received", "1.00", "y")
    assert Voucher.objects.count() == 1
    with pytest.raises(IntegrityError, match="not opened again"), transaction.atomic():
        FiscalPeriod.objects.filter(book=trust.book).update(state="open")


def test_a_reversal_restores_every_balance(trust):
    trust.post("fee_received", "500.00", "in")
    before = balances(trust.book)
    paid = trust.post("benefit_paid", "200.00", "out")
    undone = reverse(voucher=paid, on=JANUARY, checked_by=trust.anna, owner="test")
    assert balances(trust.book) == before
    assert undone.reverses_id == paid.pk
    assert prove() == []


def test_a_voucher_is_reversed_once_and_a_reversal_never(trust):
    trust.post("fee_received", "500.00", "in")
    paid = trust.post("benefit_paid", "200.00", "out")
    undone = reverse(voucher=paid, on=JANUARY, checked_by=trust.anna, key="undo-1", owner="test")
    assert (
        reverse(voucher=paid, on=JANUARY, checked_by=trust.anna, key="undo-1", owner="test").pk == undone.pk
    )
    with pytest.raises(AlreadyReversed):
        reverse(voucher=paid, on=JANUARY, checked_by=trust.anna, owner="test")
    with pytest.raises(AlreadyReversed):
        reverse(voucher=undone, on=JANUARY, checked_by=trust.anna, owner="test")


def fund_post(fund, event, amount, key, on, **more):
    asked = Posting(
        book=fund.book,
        on=on,
        event=event,
        key=key,
        source=("test", 1),
        checked_by=fund.anna,
        parts=[Part(D(amount), part="pool")],
        **more,
    )
    return post(asked)


def test_a_reversal_in_a_later_year_differs_only_in_other_income_and_spending(fund):
    fund_post(fund, "fee_received", "900.00", "in", date(2021, 12, 5))
    fund_post(fund, "income_swept", "900.00", "s1", date(2021, 12, 6))
    fund_post(fund, "spending_funded", "900.00", "s2", date(2021, 12, 7))
    before = balances(fund.book)
    paid = fund_post(fund, "benefit_paid", "300.00", "out", date(2021, 12, 20))
    reverse(voucher=paid, on=date(2022, 2, 1), checked_by=fund.anna, owner="test")
    after = balances(fund.book)
    assert {k: after.get(k, 0) - before.get(k, 0) for k in after if after.get(k) != before.get(k)} == {
        "500101": D("300.00"),
        "450101": D("-300.00"),
    }
    fee = fund_post(fund, "fee_received", "50.00", "fee2", date(2021, 12, 21))
    reverse(voucher=fee, on=date(2022, 2, 1), checked_by=fund.anna, owner="test")
    assert balances(fund.book)["540101"] == D("50.00")
    assert prove() == []


def test_a_returned_benefit_of_an_earlier_year_is_other_income(fund):
    fund_post(fund, "benefit_returned", "30.00", "same", date(2022, 3, 1), undoes_on=date(2022, 1, 5))
    fund_post(fund, "benefit_returned", "70.00", "later", date(2022, 3, 1), undoes_on=date(2021, 12, 5))
    assert balances(fund.book) == {"1004": D("100.00"), "500101": D("-30.00"), "450101": D("-70.00")}


def test_accounts_in_parts_need_the_part(fund):
    with pytest.raises(NoAccount):
        fund.post("fee_received", "1.00", "x")


def test_interest_goes_where_the_book_says(trust):
    trust.post("interest", "3.21", "held")
    trust.book.settings = {"interest_to": "408"}
    trust.post("interest", "1.00", "own")
    assert balances(trust.book) == {"10201": D("4.21"), "221 period=18": D("-3.21"), "408": D("-1.00")}


def test_balances_are_what_the_lines_say(trust):
    trust.post("fee_received", "500.00", "in")
    trust.post("benefit_paid", "20.00", "out", on=JANUARY)
    rows = Balance.objects.order_by("period__month", "account__code").values_list(
        "account__code", "debit", "credit"
    )
    assert list(rows) == [
        ("10201", D("500.00"), D("0.00")),
        ("221", D("0.00"), D("500.00")),
        ("10201", D("0.00"), D("20.00")),
        ("221", D("20.00"), D("0.00")),
    ]


LINE = "voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject"
RAW = [
    "UPDATE funds_line SET debit = debit + 1, credit = credit",
    "UPDATE funds_line SET subject = 'x' WHERE id = (SELECT min(id) FROM funds_line)",
    "UPDATE funds_line SET debit = debit",
    "DELETE FROM funds_line",
    "UPDATE funds_voucher SET summary = 'x'",
    "UPDATE funds_voucher SET state = 'draft', number = NULL, posted_by_id = NULL, posted_at = NULL",
    "UPDATE funds_voucher SET number = 99",
    "DELETE FROM funds_voucher",
    f"INSERT INTO funds_line ({LINE}) SELECT {LINE} FROM funds_line",
    "UPDATE funds_fiscalperiod SET next_number = 1",
    "DELETE FROM funds_fiscalperiod",
    "UPDATE funds_account SET name = 'x'",
    "DELETE FROM funds_account",
    "DELETE FROM funds_book",
]


@pytest.mark.parametrize("statement", RAW)
def test_raw_sql_cannot_touch_what_is_posted(trust, statement):
    trust.post("fee_received", "100.00", "in")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert prove() == []


@pytest.mark.parametrize(
    "table", ["voucher", "line", "fiscalperiod", "hold", "receipt", "book", "account", "balance"]
)
def test_nothing_can_be_emptied(committed, table):
    with pytest.raises(IntegrityError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE funds_{table} CASCADE")


def draft_with(trust, sides, total="10.00", count=2, checker=True):
    month = FiscalPeriod.objects.get(book=trust.book)
    voucher = Voucher.objects.create(
        book=trust.book,
        period=month,
        date=date(2021, 12, 20),
        kind="x",
        key="raw",
        request_hash="",
        source_type="t",
        source_id=1,
        summary="s",
        total=D(total),
        line_count=count,
        made_by=trust.bo,
        checked_by=trust.anna if checker else None,
    )
    for code, debit, credit in sides:
        account = trust.book.account_by_code[code]
        Line.objects.create(
            voucher=voucher,
            account=account,
            account_code=code,
            account_name=account.name,
            debit=D(debit),
            credit=D(credit),
        )
    FiscalPeriod.objects.filter(pk=month.pk).update(next_number=2)
    return voucher


FLIP = "UPDATE funds_voucher SET state = 'posted', number = 1, posted_by_id = made_by_id, posted_at = now()"
GOOD = [("10201", "10.00", "0"), ("215", "0", "10.00")]


@pytest.mark.parametrize(
    ("sides", "more"),
    [
        ([("10201", "10.00", "0"), ("215", "0", "9.99")], {}),
        (GOOD, {"count": 3}),
        (GOOD, {"total": "11.00"}),
        (GOOD, {"checker": False}),
        ([("102", "10.00", "0"), ("215", "0", "10.00")], {}),
        ([], {}),
    ],
)
def test_the_flip_refuses_what_does_not_add_up(trust, sides, more):
    draft_with(trust, sides, **more)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FLIP)


def test_the_flip_takes_what_adds_up_and_only_a_number_that_was_given_out(trust):
    draft_with(trust, GOOD)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FLIP.replace("number = 1", "number = 2"))
    with connection.cursor() as cursor:
        cursor.execute(FLIP)


def test_nobody_checks_their_own_voucher(trust):
    with pytest.raises(IntegrityError), transaction.atomic():
        trust.post("fee_received", "1.00", "x", made_by=trust.anna)


def test_a_voucher_begins_as_a_draft(trust):
    voucher = draft_with(trust, GOOD)
    with pytest.raises(IntegrityError), transaction.atomic():
        Voucher.objects.create(
            book=trust.book,
            period=voucher.period,
            date=voucher.date,
            kind="x",
            key="born",
            request_hash="",
            source_type="t",
            source_id=1,
            summary="s",
            total=1,
            line_count=2,
            made_by=trust.bo,
            checked_by=trust.anna,
            state="posted",
            number=1,
            posted_by=trust.bo,
            posted_at=voucher.made_at,
        )


class Broken(Exception):
    pass


def fail_at(number):
    seen = iter(range(1, 10_000))

    def run(execute, sql, params, many, context):
        if next(seen) == number:
            raise Broken
        return execute(sql, params, many, context)

    return run


@pytest.mark.parametrize(("parts", "statements"), [(1, 1), (300, 3)])
def test_a_failure_at_any_statement_leaves_no_row(trust, parts, statements):
    """Few lines go in one call (its steps are broken in test_one_call), many in a call for each step."""
    trust.post("fee_received", "900.00", "in")
    trust.post("benefit_paid", "1.00", "month", JANUARY)
    asked = [
        posting(trust, "benefit_paid", "10.00", "p1"),
        replace(
            posting(trust, "fee_received", "5.00", "p2", JANUARY),
            parts=[Part(D("1.00"), {"period": "18"}, subject=f"{n}") for n in range(parts)],
        ),
    ]
    before = balances(trust.book)
    for number in range(1, 100):
        try:
            with transaction.atomic(), connection.execute_wrapper(fail_at(number)):
                post_many(asked)
            break
        except Broken:
            assert Voucher.objects.count() == 2
            assert Line.objects.count() == 4
            assert balances(trust.book) == before
            assert prove() == []
    assert number == statements + 3  # a savepoint, its release, and the round that succeeds
    assert Voucher.objects.count() == 4
    assert prove() == []
