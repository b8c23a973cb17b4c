"""How amounts, deadlines and logs are said."""

from __future__ import annotations

import json
import logging
from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from core.logs import JsonFormatter, redacted
from desk import words

VALUE = {digit: place for place, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNIT = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0.00", "零元整"),
        ("0.05", "伍分"),
        ("1260.00", "壹仟贰佰陆拾元整"),
        ("1234.50", "壹仟贰佰叁拾肆元伍角整"),
        ("10000.05", "壹万元零伍分"),
        ("100500.00", "壹拾万零伍佰元整"),
        ("10203040.56", "壹仟零贰拾万叁仟零肆拾元伍角陆分"),
        ("-3.00", "负叁元整"),
        ("100000001.00", "壹亿零壹元整"),
    ],
)
def test_amounts_in_words_read_as_on_a_voucher(amount: str, said: str) -> None:
    assert words.in_capitals(Decimal(amount)) == said


def read_back(text: str) -> Decimal:
    """The amount that capitals say."""
    total, group, digit = 0, 0, 0
    fen = 0
    for sign in text:
        if sign in VALUE:
            digit = VALUE[sign]
        elif sign in UNIT:
            group, digit = group + digit * UNIT[sign], 0
        elif sign in "万亿":
            group += digit
            total, group, digit = (total + group) * (10_000 if sign == "万" else 1), 0, 0
            if sign == "亿":
                total *= 100_000_000
        elif sign == "元":
            total, group, digit = total + group + digit, 0, 0
        elif sign == "角":
            fen, digit = fen + digit * 10, 0
        elif sign == "分":
            fen, digit = fen + digit, 0
    return Decimal(total) + Decimal(fen) / 100


@given(st.integers(min_value=0, max_value=99_999_999_99))
def test_what_is_said_is_the_amount(fen: int) -> None:
    amount = Decimal(fen) / 100
    assert read_back(words.in_capitals(amount)) == amount


@pytest.mark.parametrize(
    ("left", "tone"), [(5, "ok"), (3, "ok"), (2, "warn"), (1, "warn"), (0, "bad"), (-1, "bad"), (None, "")]
)
def test_a_deadline_has_its_tone_and_its_words(left: int | None, tone: str) -> None:
    with override("zh-hans"):
        found, said = words.days_left(left)
    assert found == tone and said


@given(st.from_regex(r"[0-9]{11,19}[0-9X]?", fullmatch=True), st.text(max_size=20))
def test_no_long_number_reaches_the_log(number: str, text: str) -> None:
    assert number not in redacted(f"{text} {number} {text}")


def test_a_logged_error_names_its_place_and_never_its_message() -> None:
    try:
        raise ValueError("Key (id_number)=(532301199604196171) already exists")
    except ValueError as error:
        record = logging.LogRecord(
            "x",
            logging.ERROR,
            "f",
            1,
            "boom %s",
            ("6228483473571432174",),
            (type(error), error, error.__traceback__),
        )
    line = json.loads(JsonFormatter().format(record))
    assert line["error"] == "ValueError" and line["where"]
    assert "5323" not in json.dumps(line) and "6228" not in json.dumps(line)
