"""A voucher in one call: alone it is one statement; a fault at any step leaves nothing; plans go by key."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from funds import strict
from funds.models import FiscalPeriod, Line, Voucher
from funds.posting import KeyReused, MonthNotOpen, Part, Posting, post, post_many
from funds.proof import prove
from funds.strict import NotEnough
from tests.funds.support import balances, make_office, posting

DECEMBER, JANUARY = date(2021, 12, 20), date(2022, 1, 10)


def test_a_voucher_is_one_statement_within_a_transaction_and_alone(committed):
    made = make_office()
    made.post("fee_received", "100.00", "first")
    made.post("benefit_paid", "1.00", "second")  # the book knows its first month from now on
    with CaptureQueriesContext(connection) as alone:
        made.post("benefit_paid", "1.00", "alone")
    with transaction.atomic(), CaptureQueriesContext(connection) as within:
        made.post("benefit_paid", "1.00", "within")
    assert [q["sql"].split("(")[0] for q in alone] == ["SELECT * FROM funds_post"]
    assert ["SAVEPOINT" in q["sql"] or q["sql"].split("(")[0] for q in within] == [
        True,
        "SELECT * FROM funds_post",
        True,
    ]
    assert [v.number for v in Voucher.objects.order_by("id")] == [1, 2, 3, 4]
    assert prove() == []


def test_what_is_refused_alone_leaves_no_draft(committed):
    made = make_office()
    made.post("fee_received", "100.00", "in")
    closed = made.post("fee_received", "1.00", "january", on=JANUARY)
    FiscalPeriod.objects.filter(pk=closed.period_id).update(state="closed")
    with pytest.raises(NotEnough):
        made.post("benefit_paid", "100.01", "out")
    with pytest.raises(KeyReused):
        made.post("fee_received", "99.00", "in")
    with pytest.raises(MonthNotOpen):
        made.post("fee_received", "1.00", "late", on=JANUARY)
    with pytest.raises(MonthNotOpen):
        made.post("fee_received", "1.00", "early", on=date(2021, 11, 30))
    with pytest.raises(IntegrityError):
        made.post("fee_received", "1.00", "own", made_by=made.anna)
    assert made.post("fee_received", "100.00", "in").number == 1
    assert Voucher.objects.count() == 2
    assert prove() == []


def test_a_batch_of_known_and_new_keys_and_a_new_month_posts_what_is_new(trust):
    first = trust.post("fee_received", "10.00", "known")
    asked = [
        posting(trust, "fee_received", "5.00", "z"),
        posting(trust, "fee_received", "10.00", "known"),
        posting(trust, "fee_received", "7.00", "b", JANUARY),
        posting(trust, "fee_received", "6.00", "a"),
    ]
    assert [v.number for v in post_many(asked)] == [2, 1, 1, 3]
    assert post_many(asked)[1] == first
    assert post_many([]) == []
    assert Voucher.objects.count() == 4
    assert prove() == []


STEPS = [
    ("funds_voucher", "INSERT"),
    ("funds_line", "INSERT"),
    ("funds_balance", "INSERT"),
    ("funds_balance", "UPDATE"),
    ("funds_fiscalperiod", "UPDATE"),
    ("funds_voucher", "UPDATE"),
]
BREAK = """
CREATE OR REPLACE FUNCTION broken_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'broken' USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE TRIGGER broken_step AFTER {when} ON {table} FOR EACH ROW EXECUTE FUNCTION broken_step();
"""


def test_a_fault_at_any_step_of_the_call_leaves_no_row(committed):
    made = make_office()
    made.post("fee_received", "100.00", "in", period="17")
    made.post("fee_received", "100.00", "in18")
    before = balances(made.book)
    asked = [  # the second one's balances are new rows, the first one's are updated
        posting(made, "benefit_paid", "10.00", "p1"),
        posting(made, "fee_received", "5.00", "p2", period="19"),
    ]
    for table, when in STEPS:
        with connection.cursor() as cursor:
            cursor.execute(BREAK.format(table=table, when=when))
        for together in (False, True):
            with pytest.raises(IntegrityError, match="broken"):
                if together:
                    with transaction.atomic():
                        post_many(asked)
                else:
                    post_many(asked)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER broken_step ON {table}")
        assert (Voucher.objects.count(), Line.objects.count()) == (2, 4)
        assert balances(made.book) == before
        assert prove() == []
    assert [v.number for v in post_many(asked)] == [3, 4]
    assert prove() == []


def test_batches_that_touch_the_same_places_in_opposite_orders_all_arrive(committed):
    made = make_office()
    for period in ("17", "18"):
        made.post("fee_received", "1000.00", f"in{period}", period=period)

    def clerk(name: str, periods: tuple[str, str]):
        def work() -> int:
            for n in range(10):
                post_many(
                    [posting(made, "benefit_paid", "1.00", f"{name}{n}{p}", DECEMBER, p) for p in periods]
                )
            return 10

        return work

    orders = {"a": ("17", "18"), "b": ("18", "17"), "c": ("17", "18"), "d": ("18", "17")}
    assert committed.together(*(clerk(name, order) for name, order in orders.items())) == [10] * 4
    assert balances(made.book)["10201"] == D("1920.00")
    assert prove() == []


def test_posting_never_reads_a_whole_table(trust):
    """Plans that a session makes while the tables are small are kept: they must go by key from the first."""
    trust.post("fee_received", "100.00", "in")
    trust.post("benefit_paid", "1.00", "first")  # the book knows its first month from now on

    def scans() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname, seq_scan FROM pg_stat_xact_user_tables WHERE relname IN"
                " ('funds_voucher', 'funds_line', 'funds_balance', 'funds_fiscalperiod', 'funds_account')"
            )
            return dict(cursor.fetchall())

    before = scans()
    for n in range(8):
        trust.post("benefit_paid", "1.00", f"out{n}")
    parts = [Part(D("1.00"), {"period": "18"}, subject=f"{n}") for n in range(250)]
    post(
        Posting(
            book=trust.book,
            on=DECEMBER,
            event="fee_received",
            key="many lines",
            source=("test", 1),
            checked_by=trust.anna,
            parts=parts,
        )
    )
    assert scans() == before


months = st.sampled_from([date(2022, month, 1) for month in range(1, 5)])
sums = st.integers(-50, 50)


@given(
    standing=st.dictionaries(months, sums, max_size=4),
    held=st.integers(0, 40),
    moves=st.lists(st.tuples(months, sums), max_size=6),
)
def test_dips_refuse_what_one_by_one_would_refuse(standing, held, moves):
    """A place whose standing is sound before: tested move by move, or by the lowest sum of each month."""
    calendar = [date(2022, month, 1) for month in range(1, 5)]

    def stands(at: date, moved: list[tuple[date, int]]) -> int:
        own = sum(net for month, net in standing.items() if month <= at)
        return own + sum(net for month, net in moved if month <= at)

    def sound(moved: list[tuple[date, int]], since: date) -> bool:
        ends = [stands(at, moved) for at in calendar if at >= since]
        return min(ends) >= 0 and ends[-1] >= held

    one_by_one = all(sound(moves[: place + 1], month) for place, (month, net) in enumerate(moves) if net < 0)
    by_dips = all(
        stands(at, []) + low >= (held if at == calendar[-1] else 0)
        for since, until, low in strict.lowest([(month, D(net)) for month, net in moves])
        for at in calendar
        if at >= since and (until is None or at < until)
    )
    assert by_dips == one_by_one
