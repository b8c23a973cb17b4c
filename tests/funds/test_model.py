"""The books against a model of plain integers: alone, and with several connections at once."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal as D

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, multiple, rule

from core.errors import Refused
from funds.holds import hold, release
from funds.models import FiscalPeriod, Hold, Voucher
from funds.posting import AlreadyReversed, post_many, reverse
from funds.proof import prove
from funds.strict import NotEnough
from tests.funds.support import balances, make_office, posting

DAYS = [date(2021, 12, 20), date(2022, 1, 10), date(2022, 2, 3)]
EVENTS = {  # event: what it does to bank, unmatched, held (all on their normal side)
    "fee_received": (1, 0, 1),
    "receipt_unmatched": (1, 1, 0),
    "receipt_matched": (0, -1, 1),
    "unmatched_returned": (-1, -1, 0),
    "benefit_paid": (-1, 0, -1),
    "benefit_returned": (1, 0, 1),
}
PERIODS = ["17", "18"]


def fen(amount: int) -> str:
    return str(D(amount).scaleb(-2))


class Model:
    """Balances by month in integers; a move is refused when a month-end from then on would be below zero."""

    def __init__(self) -> None:
        self.months: dict[tuple[str, int], int] = Counter()
        self.held: dict[str, int] = Counter()

    def moves(self, event: str, period: str, amount: int) -> dict[str, int]:
        bank, unmatched, fees = EVENTS[event]
        named = {"bank": bank, "unmatched": unmatched, f"fees {period}": fees}
        return {name: sign * amount for name, sign in named.items() if sign}

    def sum_until(self, name: str, month: int) -> int:
        return sum(amount for (other, at), amount in self.months.items() if other == name and at <= month)

    def accepts(self, moves: dict[str, int], month: int) -> bool:
        for name, amount in moves.items():
            if amount > 0:
                continue
            ends = [self.sum_until(name, later) + amount for later in range(month, len(DAYS))]
            if min(ends) < 0 or ends[-1] < self.held[name]:
                return False
        return True

    def move(self, moves: dict[str, int], month: int) -> None:
        for name, amount in moves.items():
            self.months[name, month] += amount

    def balances(self) -> dict[str, D]:
        sums: dict[str, int] = Counter()
        for (name, _month), amount in self.months.items():
            sums[name] += amount
        said = {
            "bank": ("10201", 1),
            "unmatched": ("215", -1),
            "fees 17": ("221 period=17", -1),
            "fees 18": ("221 period=18", -1),
        }
        return {
            said[name][0]: D(said[name][1] * amount).scaleb(-2) for name, amount in sums.items() if amount
        }


amounts = st.integers(1, 50_000)
months = st.integers(0, len(DAYS) - 1)


class Books(RuleBasedStateMachine):
    """Any order of postings, batches, replays, reversals and holds."""

    vouchers = Bundle("vouchers")
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.count = 0
        self.model = Model()
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.made = make_office()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.savepoint.__exit__(None, None, None)

    def key(self) -> str:
        self.count += 1
        return f"k{self.count}"

    def agrees(self) -> None:
        assert balances(self.made.book) == self.model.balances()
        numbers = FiscalPeriod.objects.filter(book=self.made.book).values_list("next_number", flat=True)
        assert sum(n - 1 for n in numbers) == Voucher.objects.count()
        assert [str(fault) for fault in prove()] == []

    @initialize()
    def start(self) -> None:
        self.agrees()

    @rule(
        target=vouchers,
        batch=st.lists(
            st.tuples(st.sampled_from(sorted(EVENTS)), st.sampled_from(PERIODS), amounts, months),
            min_size=1,
            max_size=4,
        ),
    )
    def post(self, batch):
        asked = [posting(self.made, e, fen(a), self.key(), DAYS[m], p) for e, p, a, m in batch]
        before = dict(self.model.months)
        fits = True
        for event, period, amount, month in batch:
            moves = self.model.moves(event, period, amount)
            fits = fits and self.model.accepts(moves, month)
            self.model.move(moves, month)
        try:
            with transaction.atomic():
                posted = post_many(asked)
        except NotEnough:
            assert not fits
            self.model.months = Counter(before)
            self.agrees()
            return multiple()
        assert fits
        self.agrees()
        again = post_many(asked)
        assert [v.pk for v in again] == [v.pk for v in posted]
        self.agrees()
        return multiple(*((v.pk, *what) for v, what in zip(posted, batch, strict=True)))

    @rule(which=consumes(vouchers), later=months)
    def undo(self, which, later):
        pk, event, period, amount, _month = which
        moves = {name: -change for name, change in self.model.moves(event, period, amount).items()}
        voucher = Voucher.objects.get(pk=pk)
        try:
            with transaction.atomic():
                reverse(voucher=voucher, on=DAYS[later], checked_by=self.made.anna, owner="test")
        except NotEnough:
            assert not self.model.accepts(moves, later)
            return
        assert self.model.accepts(moves, later)
        self.model.move(moves, later)
        with pytest.raises(AlreadyReversed), transaction.atomic():
            reverse(voucher=voucher, on=DAYS[later], checked_by=self.made.anna, owner="test")
        self.agrees()

    @rule(target=holds, period=st.sampled_from(PERIODS), amount=amounts)
    def reserve(self, period, amount):
        last = len(DAYS) - 1
        moves = self.model.moves("benefit_paid", period, amount)
        try:
            with transaction.atomic():
                made = hold(
                    book=self.made.book,
                    event="benefit_paid",
                    amount=D(fen(amount)),
                    source=("t", 1),
                    key=self.key(),
                    by=self.made.anna,
                    on=DAYS[last],
                    dims={"period": period},
                )
        except NotEnough:
            free = all(self.model.sum_until(n, last) - self.model.held[n] + a >= 0 for n, a in moves.items())
            assert not free
            return multiple()
        for name, change in moves.items():
            self.model.held[name] -= change
            assert self.model.sum_until(name, last) >= self.model.held[name]
        self.agrees()
        return (made.pk, period, amount)

    @rule(which=consumes(holds), paid=st.floats(0, 1))
    def pay_and_release(self, which, paid):
        pk, period, amount = which
        part = int(amount * paid)
        last = len(DAYS) - 1
        held = Hold.objects.get(pk=pk)
        for name, change in self.model.moves("benefit_paid", period, amount).items():
            self.model.held[name] += change
        if part:
            post_many(
                [posting(self.made, "benefit_paid", fen(part), self.key(), DAYS[last], period, hold=held)]
            )
            self.model.move(self.model.moves("benefit_paid", period, part), last)
        if part < amount:
            release(hold=held, by=self.made.anna, on=DAYS[last])
        held.refresh_from_db()
        assert held.state == ("settled" if part else "released")
        self.agrees()


@pytest.mark.django_db
def test_the_books_agree_with_plain_integers():
    machine = settings(
        max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    Books.TestCase.settings = machine
    Books.TestCase().runTest()


def test_many_connections_at_once_give_every_fen_once(committed):
    made = make_office()
    made.post("fee_received", "1000.00", "start")

    def clerk(name: str):
        def work() -> int:
            done = 0
            for n in range(12):
                event = "benefit_paid" if n % 3 else "fee_received"
                try:
                    post_many([posting(made, event, "37.00", f"{name}{n}", DAYS[n % 2])])
                    done += -1 if n % 3 else 1
                except Refused:
                    pass
            return done

        return work

    results = committed.together(*(clerk(name) for name in "abcd"))
    assert all(isinstance(done, int) for done in results), results
    assert balances(made.book)["10201"] == D("1000.00") + 37 * sum(results)
    assert prove() == []


def test_four_spenders_of_the_last_hundred_and_one_success(committed):
    made = make_office()
    made.post("fee_received", "100.00", "start")
    results = committed.together(
        *(lambda n=n: made.post("benefit_paid", "100.00", f"spend{n}") for n in range(4))
    )
    assert sum(isinstance(result, Voucher) for result in results) == 1
    assert sum(isinstance(result, NotEnough) for result in results) == 3
    assert prove() == []


def test_the_same_key_from_four_connections_is_one_voucher(committed):
    made = make_office()
    results = committed.together(*(lambda: made.post("fee_received", "5.00", "same") for _ in range(4)))
    assert len({result.pk for result in results}) == 1
    assert Voucher.objects.count() == 1
    assert prove() == []


def test_of_four_reversals_at_once_one_succeeds(committed):
    made = make_office()
    made.post("fee_received", "100.00", "start")
    paid = made.post("benefit_paid", "60.00", "out")
    results = committed.together(
        *(lambda: reverse(voucher=paid, on=DAYS[0], checked_by=made.anna, owner="test") for _ in range(4))
    )
    assert sum(isinstance(result, Voucher) for result in results) == 1
    assert sum(isinstance(result, AlreadyReversed) for result in results) == 3
    assert balances(made.book)["10201"] == D("100.00")
    assert prove() == []


def test_a_new_month_opened_by_four_at_once_is_one_month(committed):
    made = make_office()
    results = committed.together(
        *(lambda n=n: made.post("fee_received", "1.00", f"m{n}", on=DAYS[2]) for n in range(4))
    )
    assert sorted(result.number for result in results) == [1, 2, 3, 4]
    assert FiscalPeriod.objects.filter(book=made.book).count() == 2
    assert prove() == []
