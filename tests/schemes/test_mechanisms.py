"""Each further mechanism, worked by hand from its article, and its properties."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import (
    account,
    bands,
    benefit,
    career,
    corridor,
    cover,
    due,
    guarantee,
    join,
    late_fee,
    levy,
    quota,
    routing,
    target,
    terms,
    waiting,
    windows,
)
from schemes.rules.errors import BadDate, BillInconsistent, FigureMissing, UnknownField
from schemes.rules.stay import Person, State, Stay
from schemes.rules.units import add_months, half_up, parse_percent, parse_yuan, percent, yuan
from tests.schemes.support import document, seed_calendar

YUNNAN = document("yunnan-mutual-aid").document
CHUXIONG = document("chuxiong-large-expense").document
BASIC = document("lianyungang-basic").document
PLANS = document("municipal-mutual-plans").document
GUANGXI = document("guangxi-critical-illness").document
ASSISTANCE = document("guangxi-medical-assistance").document
fen = st.integers(0, 10**10)
days = st.dates(date(2015, 1, 1), date(2026, 12, 31))


@given(fen)
def test_amounts_survive_their_text(amount: int) -> None:
    assert parse_yuan(yuan(amount)) == amount


@given(st.integers(0, 2_000_000))
def test_ratios_survive_their_text(ppm: int) -> None:
    assert parse_percent(percent(ppm)) == ppm


def test_texts_that_are_no_amounts_are_refused() -> None:
    for text in ("", "1.234", "-1", "1,000", "１", "1e3", " 1", "1.", ".5", "1" * 13):
        with pytest.raises(ValueError):
            parse_yuan(text)
    assert yuan(-5) == "-0.05"


@given(days, st.integers(0, 60))
def test_months_later_is_the_same_day_or_the_months_end(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


@given(days, st.integers(1, 30))
def test_a_due_day_is_a_working_day_with_that_many_working_days_up_to_it(day: date, count: int) -> None:
    found = due.after_workdays(day, count, seed_calendar)
    assert seed_calendar(found)
    between = [day + timedelta(days=n) for n in range(1, (found - day).days + 1)]
    assert sum(seed_calendar(each) for each in between) == count


def test_a_calendar_without_working_days_is_an_error_and_no_endless_search() -> None:
    with pytest.raises(BadDate):
        due.after_workdays(date(2022, 1, 1), 1, lambda day: False)


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_the_quota_is_the_least_number_that_is_not_below_the_ratio(insured: int, joining: int) -> None:
    found = quota.check(YUNNAN, active_insured=insured, active_joining=joining)
    needed = insured * 100 if insured <= 10 else insured * 60
    assert found.accepted == (joining * 100 >= needed)
    assert found.minimum * 100 >= needed > (found.minimum - 1) * 100


@given(fen, fen)
def test_a_larger_amount_never_goes_to_a_lower_level(one: int, other: int) -> None:
    order = [None, "agency", "office", "center"]
    low, high = sorted((one, other))
    assert order.index(routing.level(YUNNAN, low)) <= order.index(routing.level(YUNNAN, high))


@given(days)
def test_a_window_is_open_from_its_first_to_its_last_day(day: date) -> None:
    found = windows.within(YUNNAN, "claim", day)
    assert found.accepted == (date(2022, 3, 1) <= day <= date(2023, 6, 30))
    assert found.accepted == (not found.reasons)


@given(st.lists(st.tuples(days, st.integers(0, 10**8)), max_size=5), days, st.randoms())
def test_late_fees_do_not_depend_on_the_order_and_are_rounded_once(payments, due_day, random) -> None:  # type: ignore[no-untyped-def]
    rule = BASIC.late_fee
    assert rule is not None
    arrears = sum(amount for _, amount in payments)
    shuffled = list(payments)
    random.shuffle(shuffled)
    found = late_fee.assess(rule, arrears=arrears, due=due_day, payments=payments)
    again = late_fee.assess(rule, arrears=arrears, due=due_day, payments=shuffled)
    assert found == again
    exact = sum(amount * max((on - due_day).days, 0) * 500 for on, amount in payments)
    assert found.fee == half_up(exact) == sum(line.amount for line in found.lines)


def test_a_late_fee_may_be_limited_to_the_arrears() -> None:
    rule = BASIC.late_fee
    assert rule is not None
    limited = rule.model_copy(update={"ceiling": "arrears"})
    found = late_fee.assess(limited, arrears=100, due=date(2010, 1, 1), payments=[(date(2022, 1, 1), 100)])
    assert found.fee == 100 == sum(line.amount for line in found.lines)
    assert found.flagged


@given(st.sampled_from("MF"), st.integers(0, 600), st.integers(0, 600))
def test_the_months_to_add_are_just_enough(sex: str, deemed: int, actual: int) -> None:
    total = actual + deemed
    rule = BASIC.career
    assert rule is not None
    found = career.assess(rule, sex=sex, total_months=total, actual_months=actual, continuous=True)
    add = found.months_to_add
    assert found.retiree_benefit == (add == 0)
    after = career.assess(
        rule, sex=sex, total_months=total + add, actual_months=actual + add, continuous=True
    )
    assert after.retiree_benefit
    if add:
        before = career.assess(
            rule, sex=sex, total_months=total + add - 1, actual_months=actual + add - 1, continuous=True
        )
        assert not before.retiree_benefit


money = st.integers(0, 10**12)


@given(money, money, money, st.integers(0, 50_000), st.one_of(st.none(), money))
def test_a_corridor_shares_every_fen(premium, claims, admin, goal, in_scope) -> None:  # type: ignore[no-untyped-def]
    rule = GUANGXI.corridor
    assert rule is not None
    funds = {"resident": premium // 3, "rural": premium - premium // 3}
    if in_scope is not None:
        in_scope = min(in_scope, max(claims + admin - premium, 0))
    found = corridor.settle(
        rule, premium=premium, claims=claims, admin=admin, target=goal, loss_in_scope=in_scope,
        premium_by_fund=funds,
    )  # fmt: skip
    assert found.balance == premium - claims - admin
    gain = found.insurer_keeps + found.returned_to_fund
    loss = found.fund_bears + found.insurer_bears
    assert found.balance == gain - loss
    assert min(gain, loss) == 0
    assert min(found[1:5]) >= 0
    if premium:
        assert sum(found.bears_by.values()) == found.fund_bears
        assert sum(found.returned_by.values()) == found.returned_to_fund
        assert min(*found.bears_by.values(), *found.returned_by.values()) >= 0


@given(st.integers(0, 1000), st.lists(st.integers(0, 50), min_size=1, max_size=6))
def test_a_split_gives_everything_and_nothing_below_zero(amount: int, weights: list[int]) -> None:
    named = {str(n): weight for n, weight in enumerate(weights)}
    found = corridor.split(amount, named)
    assert not sum(weights) or sum(found.values()) == amount
    assert all(part >= 0 for part in found.values())


@given(st.lists(st.tuples(st.integers(0, 10**8), st.booleans()), max_size=5), st.randoms())
def test_out_of_region_and_local_cost_do_not_depend_on_the_order(stays, random) -> None:  # type: ignore[no-untyped-def]
    figures = {"deductible": 1_500_000, "bands": ((0, 530_000), (2_000_000, 600_000))}
    facts = [Stay(base=base, out_of_region="approved" if out else None) for base, out in stays]
    shuffled = list(facts)
    random.shuffle(shuffled)
    one = benefit.assess(GUANGXI, stays=facts, figures=figures)
    other = benefit.assess(GUANGXI, stays=shuffled, figures=figures)
    assert one.total == other.total
    for found in (one, other):
        assert sum(line.amount for line in found.lines) == found.total
        assert sum(line.basis for line in found.lines) == sum(base for base, _ in stays)
        for line in found.lines:
            assert line.basis >= 0
            assert line.rate is None or abs(line.amount * 10**6 - line.basis * line.rate) <= 2 * 10**6
        own = sum(line.basis for line in found.lines if line.rule == "benefit.deductible")
        assert own >= min(sum(base for base, _ in stays), 1_500_000)


@given(st.lists(st.tuples(fen, st.booleans()), max_size=6), st.randoms())
def test_the_cap_of_a_year_holds_in_any_order_and_major_illness_does_not_use_it(stays, random) -> None:  # type: ignore[no-untyped-def]
    facts = [Stay(base=base, major_illness=major) for base, major in stays]
    shuffled = list(facts)
    random.shuffle(shuffled)
    found = benefit.assess(CHUXIONG, stays=facts)
    assert found.total == benefit.assess(CHUXIONG, stays=shuffled).total
    major = sum(base for base, is_major in stays if is_major)
    other = sum(base for base, is_major in stays if not is_major)
    assert found.total == half_up(major * 900_000) + min(half_up(other * 900_000), 35_000_000)
    assert sum(line.amount for line in found.lines) == found.total
    assert sum(line.basis for line in found.lines) == major + other


def test_assistance_takes_the_highest_rate_and_gives_nothing_to_others() -> None:
    poor = Person(groups=("low_income_serious", "wubao"))
    assert benefit.assess(ASSISTANCE, person=poor, stays=[Stay(base=999)]).total == 999
    nobody = benefit.assess(ASSISTANCE, stays=[Stay(base=999)])
    assert nobody.total == 0
    assert nobody.stays[0].reasons[0].code == "not_in_group"


def test_the_account_is_credited_by_the_announced_share() -> None:
    share = {"account_share": 40_000}
    credit = account.credit(BASIC, kind="active", base=800_000, own_levy=16_000, figures=share)
    assert (credit.amount, credit.own, credit.article) == (32_000, 16_000, "第二十条")
    retired = account.credit(BASIC, kind="retired", base=300_000, figures=share)
    assert (retired.amount, retired.own) == (12_000, 0)
    none = account.credit(BASIC, kind="flexible", option="pool_only", base=449_400, figures=share)
    assert none.amount == 0
    with pytest.raises(FigureMissing):
        account.credit(BASIC, kind="active", base=800_000)
    with pytest.raises(UnknownField):
        account.credit(YUNNAN, kind="active", base=1)


@given(st.integers(-100, 10**8), st.integers(0, 10**8))
def test_an_account_never_falls_below_zero(balance: int, wanted: int) -> None:
    paid, cash = account.charge(balance, wanted)
    assert paid + cash == wanted
    assert 0 <= paid <= max(balance, 0)


def test_a_term_starts_the_day_after_the_fee_and_renewals_join_on() -> None:
    rule = PLANS.terms
    assert rule is not None
    first = terms.term_of(rule, received_on=date(2022, 3, 1), months=12)
    assert first == (date(2022, 3, 2), date(2023, 3, 1))
    renewed = terms.term_of(rule, received_on=date(2023, 2, 10), months=24, previous_last=first.last)
    assert renewed == (date(2023, 3, 2), date(2025, 3, 1))
    late = terms.term_of(rule, received_on=date(2023, 4, 1), months=12, previous_last=first.last)
    assert late.first == date(2023, 4, 2)


def test_the_watched_ratio_is_tested_for_each_fund_and_both_together() -> None:
    rule = GUANGXI.paid_ratio
    assert rule is not None
    found = target.check(rule, {"resident": (53, 100), "rural": (5299, 10_000)})
    assert found["resident"].reached and not found["rural"].reached
    assert found["all"].ratio == 5352 * 10**6 // 10_100 and not found["all"].reached
    assert target.check(rule, {"resident": (0, 0)})["resident"] == (None, True)


def test_joining_gives_all_reasons_at_once() -> None:
    who = join.Applicant(kind="new_form", age=None, insured=(), already_enrolled=True)
    codes = [reason.code for reason in join.check(YUNNAN, who)]
    assert codes == ["not_in_basic", "not_in_large", "age_unknown", "already_enrolled"]


def test_later_periods_of_yunnan_are_sayable_without_code() -> None:
    rule = join.PreviousPeriod.model_validate(
        {"kind": "previous_period", "article": "第一条", "from_period": "20", "age_from": "55周岁"}
    )

    def reasons(age: int, periods: tuple[str, ...]) -> list[str]:
        who = join.Applicant(kind="active", age=age, periods=periods, for_period="20")
        return [reason.code for reason in join.unmet([rule], who)]

    assert reasons(54, ()) == []
    assert reasons(55, ()) == ["not_in_previous_period"]
    assert reasons(55, ("19",)) == []


def test_the_fee_of_a_person_is_by_history() -> None:
    assert levy.person_fee(YUNNAN, kind="active", continuing=True) == (12_000, "第四条")
    assert levy.person_fee(YUNNAN, kind="retired", continuing=False) == (15_000, "第四条")
    assert levy.is_continuing(YUNNAN.levy, ["16", "17"])
    with pytest.raises(FigureMissing):
        levy.person_fee(CHUXIONG, kind="active", continuing=True)


def test_cover_ends_before_the_day_of_leaving_and_on_the_day_of_death() -> None:
    def reasons(**facts: date) -> list[str]:
        who = cover.Insured(discharged=date(2022, 6, 1), periods=("18",), **facts)
        return [reason.code for reason in cover.check(YUNNAN, who)]

    assert reasons() == []
    assert reasons(withdrawn=date(2022, 6, 1)) == ["withdrawn"]
    assert reasons(withdrawn=date(2022, 6, 2)) == []
    assert reasons(died=date(2022, 6, 1)) == []
    assert reasons(died=date(2022, 5, 31)) == ["died"]


@given(st.integers(0, 40), days)
def test_a_gap_is_counted_in_whole_months(months: int, resumed: date) -> None:
    rule = BASIC.cover.gap if BASIC.cover else None
    assert rule is not None
    index = resumed.year * 12 + resumed.month - 1 - months - 1
    found = waiting.resumed(rule, (index // 12, index % 12 + 1), resumed)
    assert found.unpaid_months == months
    following = resumed + timedelta(days=1)
    assert found.pool_from == (following if months <= 3 else add_months(following, 3))


def test_what_a_document_does_not_know_is_said() -> None:
    with pytest.raises(UnknownField):
        quota.check(CHUXIONG, active_insured=1, active_joining=1)
    with pytest.raises(UnknownField):
        windows.within(CHUXIONG, "pay", date(2023, 1, 1))
    with pytest.raises(UnknownField):
        due.review_due(CHUXIONG, date(2023, 1, 1), seed_calendar)
    with pytest.raises(UnknownField):
        guarantee.check(CHUXIONG, periods=(), paid_in=())
    with pytest.raises(UnknownField):
        cover.check(ASSISTANCE, cover.Insured())
    with pytest.raises(UnknownField):
        benefit.base_of(PLANS, {"total": 1})


def test_both_a_base_and_a_bill_contradict_each_other() -> None:
    with pytest.raises(BillInconsistent):
        benefit.assess(YUNNAN, stays=[Stay(base=1, bill={"total": 1})])
    with pytest.raises(FigureMissing) as error:
        benefit.assess(YUNNAN, stays=[Stay(base=1), Stay()])
    assert error.value.path == "facts.stays[1].base"


def test_an_account_goes_on_where_it_stood() -> None:
    found = benefit.assess(YUNNAN, stays=[Stay(base=300_000)], before={0: State(600_000)})
    assert found.total == 246_000 - 156_000


def test_bands_in_sql_have_a_cap_where_the_document_has_one() -> None:
    assert bands.sql(CHUXIONG, "total").startswith("LEAST(")
    with pytest.raises(TypeError):
        bands.sql(PLANS, "total")


def test_deductibles_fall_in_the_order_of_discharge_and_answers_stay_in_that_of_filing() -> None:
    def stay(day: int) -> Stay:
        return Stay(base=1_000_000, level="third", discharged=date(2022, 5, day))

    late_bill = benefit.assess(BASIC, stays=[stay(20), stay(2)])
    in_order = benefit.assess(BASIC, stays=[stay(2), stay(20)])
    assert [found.amount for found in late_bill.stays] == [found.amount for found in in_order.stays][::-1]


def test_a_deductible_above_the_usual_limit_is_paid_by_and_warned_of() -> None:
    assert benefit.warnings(GUANGXI, {"deductible": 1_500_000}) == []
    assert [reason.code for reason in benefit.warnings(GUANGXI, {"deductible": 1_500_001})] == [
        "deductible_high"
    ]
    assert benefit.warnings(GUANGXI, {}) == benefit.warnings(YUNNAN, {}) == []
