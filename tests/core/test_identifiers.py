"""Numbers that check themselves."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import identifiers as ids

ON = date(2022, 1, 10)
days = st.dates(date(1900, 1, 1), ON)
DIGITS = "0123456789"


@st.composite
def numbers(draw):
    region = draw(st.sampled_from(sorted(ids.PROVINCES))) + draw(st.text(DIGITS, min_size=4, max_size=4))
    first = region + draw(days).strftime("%Y%m%d") + draw(st.text(DIGITS, min_size=3, max_size=3))
    return first + ids.id_check_digit(first)


@given(numbers())
def test_a_sound_number_has_no_fault_and_tells_birth_and_sex(number):
    assert ids.id_fault(number, on=ON) == "" and ids.id_region_known(number)
    assert ids.id_birth_date(number).strftime("%Y%m%d") == number[6:14]
    assert ids.id_sex(number) == ("M" if number[16] in "13579" else "F")


@given(numbers(), st.integers(0, 16), st.integers(1, 9))
def test_one_mistyped_digit_never_passes(number, place, by):
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert ids.id_fault(wrong, on=ON)


@given(numbers(), st.integers(0, 15))
def test_two_neighbours_swapped_never_pass(number, place):
    a, b = number[place], number[place + 1]
    swapped = number[:place] + b + a + number[place + 2 :]
    assert a == b or ids.id_fault(swapped, on=ON)


@given(numbers())
def test_the_standards_own_formula_agrees(number):
    total = sum(int(digit) * pow(2, 17 - place) for place, digit in enumerate(number[:17]))
    assert (total + (10 if number[17] == "X" else int(number[17]))) % 11 == 1


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("", "id_length"),
        ("532301810203482", "id_length"),
        ("53230119791331825X", "id_birth_date"),
        ("532301202302290011", "id_birth_date"),
        ("53230118001231001X", "id_birth_date"),
        ("5323011986100236９4", "id_characters"),
        ("X32301198610023694", "id_characters"),
    ],
)
def test_each_fault_by_its_name(number, fault):
    assert ids.id_fault(number, on=ON) == fault


def test_nobody_is_born_after_the_business_date():
    first = "53230120220111001"
    number = first + ids.id_check_digit(first)
    assert ids.id_fault(number, on=ON) == "id_birth_date"
    assert ids.id_fault(number, on=date(2022, 1, 11)) == ""


@given(st.text())
def test_any_text_gets_an_answer_and_no_error(text):
    (
        ids.id_fault(text, on=ON),
        ids.credit_code_fault(text),
        ids.luhn_ok(text),
        ids.card_fault(text),
        ids.phone(text),
    )


@pytest.mark.parametrize("code", ["1253230093857083KB", "12532300216463146P", "91350100M000100Y43"])
def test_known_credit_codes_pass(code):
    assert ids.credit_code_fault(code) == ""


@given(
    st.text(ids.CREDIT_ALPHABET, min_size=17, max_size=17),
    st.integers(0, 16),
    st.sampled_from(ids.CREDIT_ALPHABET),
)
def test_one_mistyped_letter_of_a_credit_code_never_passes(first, place, letter):
    code = first + ids.credit_code_check(first)
    assert ids.credit_code_fault(code) == ""
    wrong = code[:place] + letter + code[place + 1 :]
    assert wrong == code or ids.credit_code_fault(wrong) == "credit_code_check"


@given(st.text(DIGITS, min_size=15, max_size=18))
def test_exactly_one_last_digit_satisfies_luhn(first):
    assert sum(ids.luhn_ok(first + digit) for digit in DIGITS) == 1


def test_luhn_agrees_with_the_schoolbook():
    def schoolbook(number):
        total = 0
        for place, digit in enumerate(reversed(number)):
            value = int(digit) * (1 + place % 2)
            total += value - 9 * (value > 9)
        return total % 10 == 0

    for number in range(10_000, 20_000, 7):
        assert ids.luhn_ok(str(number)) == schoolbook(str(number))


@pytest.mark.parametrize(
    ("said", "number", "well_formed"),
    [
        ("13800001111", "13800001111", True),
        ("+86 138-0000-1111", "13800001111", True),
        ("0878-3123456", "0878-3123456", True),
        ("3123456", "3123456", True),
        ("手机：13683892202", "13683892202", False),
        ("13683892202/13683892203", "13683892202/13683892203", False),
        ("12345", "12345", False),
        ("23800001111", "23800001111", False),
    ],
)
def test_telephones(said, number, well_formed):
    assert ids.phone(said) == (number, well_formed)


@pytest.mark.parametrize(("on", "age"), [(date(2022, 3, 11), 36), (date(2022, 3, 12), 37)])
def test_age_turns_on_the_birthday(on, age):
    assert ids.age_on(date(1985, 3, 12), on) == age
