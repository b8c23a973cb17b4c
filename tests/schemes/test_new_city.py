"""A city nobody wrote code for: its whole insurance as documents."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import benefit
from schemes.rules.document import load
from schemes.rules.stay import Person, Stay

BASIC = '''
scheme = "new-city-basic"
name = "某市职工基本医疗保险"
effective = 2024-01-01
[instrument]
title = "某市职工医疗保险办法"
number = "某政规〔2023〕1号"
issuer = "某市人民政府"
date = 2023-11-01
[gloss]
"第十条" = """三级医院住院：第一次起付线800元，第二次400元，以后每次200元；
起付线以上到20000元个人负担12%，20000元至50000元负担8%；50000元起负担7%，
每多10000元再减1%，最低2%；退休人员的个人负担打七折即70%。"""
"第十一条" = "统筹基金一年最多支付300000元。"
[benefit]
kind = "pool"
article = "第十条"
accumulates = "discharge_year"
bands_over = "year"
[[benefit.tables]]
article = "第十条"
match = { care = ["inpatient"], levels = ["third"] }
bands = [
  { article = "第十条", over = "0元", to = "20000元", own = "12%" },
  { article = "第十条", over = "20000元", to = "50000元", own = "8%" },
]
steps = { article = "第十条", over = "50000元", width = "10000元", start = "7%", falls = "1%", least = "2%" }
factors = [{ article = "第十条", persons = ["retired"], own_times = "70%" }]
deductible = { article = "第十条", per = "stay", amounts = ["800元", "400元", "200元"] }
ceiling = { article = "第十一条", amount = "300000元" }
'''

LARGE = """
scheme = "new-city-large"
name = "某市大额医疗补助"
effective = 2024-01-01
[instrument]
title = "某市大额医疗补助办法"
number = "某政规〔2023〕2号"
issuer = "某市人民政府"
date = 2023-11-01
[gloss]
"第三条" = "统筹限额以上、300000元以内的部分，基金付80%，个人付20%。"
[benefit]
kind = "bands"
article = "第三条"
accumulates = "discharge_year"
bands = [{ article = "第三条", over = "0元", to = "300000元", pays = "80%" }]
"""

CRITICAL = """
scheme = "new-city-critical"
name = "某市大病保险"
effective = 2024-01-01
[instrument]
title = "某市大病保险办法"
number = "某政规〔2023〕3号"
issuer = "某市人民政府"
date = 2023-11-01
[gloss]
"第五条" = "一年自付超过16000元起分段：起付线以上至50000元付60%，50000元至100000元付70%，100000元以上付80%。"
[benefit]
kind = "bands"
article = "第五条"
accumulates = "settlement_year"
deductible = { article = "第五条", amount = "16000元" }
bands = [
  { article = "第五条", over = "0元", to = "50000元", pays = "60%" },
  { article = "第五条", over = "50000元", to = "100000元", pays = "70%" },
  { article = "第五条", over = "100000元", pays = "80%" },
]
"""

basic, large, critical = (load(text.encode()) for text in (BASIC, LARGE, CRITICAL))
fen = st.integers(0, 60_000_000)


def third(base: int) -> Stay:
    return Stay(base=base, level="third")


def test_pool_bands_marginal_steps_and_falling_deductibles_by_hand() -> None:
    found = benefit.assess(basic, stays=[third(2_080_000), third(5_040_000), third(20_000)])
    # 20,800: 800 off, 20,000 × 88 %. 50,400: 400 off, 30,000 × 92 %, 10,000 × 93 %, 10,000 × 94 %.
    assert [stay.amount for stay in found.stays] == [1_760_000, 2_760_000 + 930_000 + 940_000, 0]


def test_a_retiree_bears_seventy_percent_of_the_own_share() -> None:
    found = benefit.assess(basic, person=Person("retired"), stays=[third(1_080_000)])
    assert found.total == 1_000_000 * (1000 - 84) // 1000  # 12 % × 70 % = 8.4 %


def test_the_pool_pays_no_more_than_its_ceiling() -> None:
    found = benefit.assess(basic, stays=[third(40_000_000), third(1_000_000)])
    assert found.total == 30_000_000
    assert sum(line.amount for line in found.lines) == 30_000_000
    assert found.stays[1].amount == 0


@given(fen)
def test_own_share_steps_are_what_one_works_out_on_paper(cost: int) -> None:
    found = benefit.assess_one(basic, stay=third(cost))
    over = max(cost - 80_000, 0)
    own = Fraction(0)
    for low, high, rate in [(0, 2_000_000, 12), (2_000_000, 5_000_000, 8), (5_000_000, 6_000_000, 7),
                            (6_000_000, 7_000_000, 6), (7_000_000, 8_000_000, 5),
                            (8_000_000, 9_000_000, 4), (9_000_000, 10_000_000, 3),
                            (10_000_000, 10**12, 2)]:  # fmt: skip
        own += Fraction(max(min(over, high) - low, 0) * rate, 100)
    expected = min(int(over - own + Fraction(1, 2)), 30_000_000)
    assert found.amount == expected


@given(st.lists(fen, max_size=5))
def test_lines_add_up_for_every_account(bases: list[int]) -> None:
    for document in (basic, large, critical):
        found = benefit.assess(document, stays=[third(base) for base in bases])
        assert sum(line.basis for line in found.lines) == sum(bases)
        assert sum(line.amount for line in found.lines) == found.total


@given(st.lists(fen, max_size=5), st.randoms())
def test_order_does_not_change_the_sum_of_a_yearly_entitlement(bases: list[int], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(bases)
    random.shuffle(shuffled)
    for document in (large, critical):
        totals = {
            benefit.assess(document, stays=[third(b) for b in order]).total for order in (bases, shuffled)
        }
        assert len(totals) == 1


def test_large_expense_pays_eighty_of_a_hundred_up_to_its_limit() -> None:
    assert benefit.assess(large, stays=[third(10_000_000)]).total == 8_000_000
    assert benefit.assess(large, stays=[third(30_000_000), third(100)]).total == 24_000_000


def test_critical_illness_pays_by_bands_above_one_yearly_deductible() -> None:
    found = benefit.assess(critical, stays=[third(1_000_000), third(20_600_000)])
    # 216,000 − 16,000 = 200,000: 30,000 + 35,000 + 80,000.
    assert [stay.amount for stay in found.stays] == [0, 14_500_000]
