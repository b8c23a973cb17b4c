"""Input as people type it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import typed
from core.sheets import FULL_WIDTH
from core.typed import NotUnderstood

WIDE = {narrow: wide for wide, narrow in FULL_WIDTH.items() if wide > 0xFF}


@pytest.mark.parametrize(
    "said",
    [
        "1990/1/1",
        "1990.01.01",
        "1990-1-1",
        "1990年1月1日",
        "19900101",
        "１９９０／１／１",
        " 1990-01-01 ",
        "1990年 1月 1日",
        "1990-01-01 00:00:00",
        Decimal(19900101),
        Decimal(32874),
        date(1990, 1, 1),
    ],
)
def test_dates_in_many_forms(said):
    assert typed.day(said) == date(1990, 1, 1)


@pytest.mark.parametrize("said", ["1990-13-01", "1990/2/30", "昨天", "1990", True, "90-1-1"])
def test_what_is_no_date_is_refused(said):
    with pytest.raises(NotUnderstood):
        typed.day(said)


@given(
    st.dates(date(1901, 1, 1)),
    st.sampled_from(["{y}-{m}-{d}", "{y}/{m:02}/{d:02}", "{y}.{m}.{d}", "{y}年{m}月{d}日"]),
)
def test_every_day_survives_every_form(day, form):
    written = form.format(y=f"{day.year:04}", m=day.month, d=day.day)
    assert typed.day(written) == typed.day(written.translate(WIDE)) == day


@pytest.mark.parametrize(
    ("said", "amount"),
    [
        ("120元", "120.00"),
        ("1,234.50", "1234.50"),
        ("￥120", "120.00"),
        ("１２０", "120.00"),
        (" 120 ", "120.00"),
        ("¥1，234.5元", "1234.50"),
        (Decimal("150.0"), "150.00"),
        (150, "150.00"),
        ("0", "0.00"),
        (".5", "0.50"),
        ("-3.10", "-3.10"),
        (Decimal("0.1") + Decimal("0.2"), "0.30"),
        ("120元整", "120.00"),
    ],
)
def test_amounts(said, amount):
    assert typed.money(said) == Decimal(amount)


@pytest.mark.parametrize(
    "said", ["一百二", "12,34", "1.234", "1e3", "NaN", "Infinity", True, date(2022, 1, 1), "12 元 5"]
)
def test_what_is_no_amount_is_refused(said):
    with pytest.raises(NotUnderstood):
        typed.money(said)


@given(st.integers(-(10**13), 10**13))
def test_every_fen_survives_the_thousands_separator(fen):
    amount = Decimal(fen).scaleb(-2)
    assert typed.money(f"{amount:,.2f}") == typed.money(f"{amount:.2f}元") == amount


def test_empty_is_none():
    assert [reader(None) for reader in (typed.day, typed.money, typed.yes_no, typed.count)] == [None] * 4
    assert [reader("  ") for reader in (typed.day, typed.money, typed.yes_no, typed.count)] == [None] * 4


@pytest.mark.parametrize("said", ["√", "是", "Y", "✓", "1", "有", "Ｙ", True])
def test_yes(said):
    assert typed.yes_no(said) is True


@pytest.mark.parametrize("said", ["×", "否", "N", "无", "0", "x", "X", "新参", False])
def test_no(said):
    assert typed.yes_no(said) is False


def test_neither_yes_nor_no():
    with pytest.raises(NotUnderstood):
        typed.yes_no("不详")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("马\u3000燕 ", "马燕"),
        ("阿依•拉木", "阿依·拉木"),
        ("阿依.拉木", "阿依·拉木"),
        (" 张 三 ", "张三"),
        ("John  Smith", "John Smith"),
        ("张三\t", "张三"),
        ("\ufeff李四", "李四"),
        ("王\x00五", "王五"),
        (None, ""),
        ("  ", ""),
    ],
)
def test_names(said, name):
    assert typed.name(said) == name


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("５３２３０１１９５１１００４７１９４", "532301195110047194"),
        ("532301195210061540\t", "532301195210061540"),
        ("53230119811008006x", "53230119811008006X"),
        ("'6228 4834 7357", "622848347357"),
        (Decimal("12"), "12"),
        ("123x", "123X"),
    ],
)
def test_numbers_that_are_names(said, code):
    assert typed.code(said) == code


@given(st.text())
def test_no_text_brings_a_control_character_into_the_database(said):
    for read in (typed.text, typed.name, typed.code):
        assert not any(ord(letter) < 0x20 for letter in read(said))


def test_a_number_that_lost_its_digits_is_seen():
    assert typed.is_rounded(Decimal("5.323012001060596E+17")) and typed.is_rounded("5.32301E+17")
    assert not typed.is_rounded("532301195110047194") and not typed.is_rounded(None)


@pytest.mark.parametrize(
    ("said", "number"), [("130人", 130), (Decimal("130.0"), 130), ("１３０", 130), ("1,300", 1300)]
)
def test_counts(said, number):
    assert typed.count(said) == number


@pytest.mark.parametrize("said", ["约130", "-1", "1.5"])
def test_what_is_no_count_is_refused(said):
    with pytest.raises(NotUnderstood):
        typed.count(said)


@pytest.mark.parametrize(
    ("cell", "number"), [("62.0", 62), ("62.", 62), ("62.00人", 62), (Decimal("62.0"), 62)]
)
def test_a_whole_number_with_places_is_a_count(cell, number):
    assert typed.count(cell) == number


@pytest.mark.parametrize("cell", ["62.5", "-1", "1e3", ".0", "²"])
def test_what_counts_nobody_is_said(cell):
    with pytest.raises(typed.NotUnderstood):
        typed.count(cell)
