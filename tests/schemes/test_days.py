"""Days at their edges: windows, clocks, terms, waiting and gaps, late fees."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from schemes.rules import cover, due, late_fee, terms, waiting, windows
from schemes.rules.errors import BadDate
from tests.schemes.support import document

BASIC = document("lianyungang-basic").document
PLANS = document("municipal-mutual-plans").document


def test_a_window_may_be_a_single_day() -> None:
    day = date(2022, 2, 25)
    data = {"act": "pay", "article": "一", "from": day, "to": day}
    window = windows.Window.model_validate(data)
    assert windows.check(window, day) == (True, day, day, "一", [])
    early, late = (windows.check(window, day + timedelta(days=off)).reasons for off in (-1, 1))
    assert [(reason.code, reason.note) for reason in (*early, *late)] == [
        ("too_early", "交费自2022年2月25日起办理"), ("too_late", "交费至2022年2月25日止"),
    ]  # fmt: skip


def test_a_working_day_may_be_a_year_away_and_no_farther() -> None:
    start, last = date(2023, 1, 1), date(2023, 1, 1) + timedelta(days=366)
    assert due.after_workdays(start, 1, lambda day: day == last) == last
    assert due.after_workdays(start, 2, lambda day: (day - start).days % 366 == 0) == last + timedelta(366)
    with pytest.raises(BadDate):
        due.after_workdays(start, 1, lambda day: day == last + timedelta(days=1))
    assert due.after_workdays(start, 0, lambda day: False) == start


def test_the_next_term_joins_on_when_the_fee_comes_on_the_last_day_of_the_old_one() -> None:
    rule = PLANS.terms
    assert rule is not None
    on_receipt = rule.model_copy(update={"starts": "day_of_fee"})
    last = date(2023, 3, 1)

    def first_day(received_on: date) -> date:
        found = terms.term_of(on_receipt, received_on=received_on, months=12, previous_last=last)
        assert found.last == date(found.first.year + 1, found.first.month, found.first.day - 1)
        return found.first

    assert first_day(date(2023, 2, 28)) == first_day(last) == first_day(date(2023, 3, 2)) == date(2023, 3, 2)
    assert first_day(date(2023, 3, 3)) == date(2023, 3, 3)


def test_a_first_joiner_has_no_unpaid_months() -> None:
    rule = BASIC.cover
    assert rule is not None and rule.waiting is not None
    found = waiting.first_joiner(rule.waiting, date(2022, 1, 31))
    assert found == (date(2022, 4, 30), date(2022, 1, 31), 0, "第二十四条")


def test_when_both_waits_end_on_one_day_the_gap_is_named() -> None:
    rule = BASIC.cover
    assert rule is not None
    # First paid on 2 January, so from 2 April; one month unpaid, paid again on 1 April, so from 2 April too.
    who = cover.Insured(first_paid=date(2022, 1, 2), last_month_paid=(2022, 2), resumed_on=date(2022, 4, 1))
    found = cover.start_of(rule, who)
    assert found == (date(2022, 4, 2), date(2022, 4, 1), 1, "第二十五条")
    later = cover.Insured(first_paid=date(2022, 1, 3), last_month_paid=(2022, 2), resumed_on=date(2022, 4, 1))
    assert cover.start_of(rule, later) == (date(2022, 4, 3), date(2022, 4, 1), 1, "第二十四条")


def test_cover_of_a_document_that_says_nothing_of_periods_or_refunds() -> None:
    plain = cover.Cover.model_validate({"article": "一", "tested_on": "discharged"})
    assert (plain.by_period, plain.refundable) == (False, False)


def test_a_late_fee_is_looked_at_only_where_the_document_says_from_which_day() -> None:
    rule = BASIC.late_fee
    assert rule is not None and rule.flag_after == 2000
    start = date(2010, 1, 1)

    def flagged(days: int, after: object = rule.flag_after) -> bool:
        asked = rule.model_copy(update={"flag_after": after})
        paid = [(start + timedelta(days=days), 100)]
        return late_fee.assess(asked, arrears=100, due=start, payments=paid).flagged

    assert [flagged(1999), flagged(2000), flagged(2000, None)] == [False, True, False]


def test_facts_that_a_document_has_no_rule_for_make_nobody_wait() -> None:
    rule = document("yunnan-mutual-aid").document.cover
    assert rule is not None and rule.waiting is None and rule.gap is None
    facts = cover.Insured(
        discharged=date(2022, 6, 1), first_paid=date(2022, 5, 31), last_month_paid=(2022, 1),
        resumed_on=date(2022, 5, 31),
    )  # fmt: skip
    assert cover.start_of(rule, facts) is None
    gone = cover.Insured(discharged=date(2022, 6, 1), last_month_paid=(2022, 1))
    assert cover.unmet(rule, facts) == cover.unmet(rule, gone) == []


def test_the_day_of_admission_decides_where_the_document_says_so_and_the_first_day_counts() -> None:
    rule = BASIC.cover
    assert rule is not None
    by_admission = rule.model_copy(update={"tested_on": "admitted"})
    by_discharge = rule.model_copy(update={"tested_on": "discharged"})
    first = date(2022, 4, 2)  # paid first on 2 January, three months later

    def codes(admitted: date | None, discharged: date, rule: cover.Cover = by_admission) -> list[str]:
        who = cover.Insured(admitted=admitted, discharged=discharged, first_paid=date(2022, 1, 2))
        return [reason.code for reason in cover.unmet(rule, who)]

    before = first - timedelta(days=1)
    assert (codes(first, first), codes(before, first), codes(None, first)) == ([], ["waiting"], [])
    assert codes(before, first, by_discharge) == []


def test_a_suspension_is_told_in_the_words_of_the_document_or_by_the_last_month_paid() -> None:
    def told(note: str) -> list[tuple[str, str, str]]:
        suspension = cover.Suspension(article="二", note=note)
        rule = cover.Cover(article="一", tested_on="discharged", suspension=suspension)
        who = cover.Insured(discharged=date(2023, 6, 1), last_month_paid=(2023, 3))
        return [tuple(reason) for reason in cover.unmet(rule, who)]

    assert told("欠费期间暂停") == [("suspended", "二", "欠费期间暂停")]
    assert told("") == [("suspended", "二", "缴费到2023年3月，此后未缴费")]
