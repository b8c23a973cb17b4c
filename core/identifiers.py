"""Numbers that check themselves: identity number, social-credit code, bank card, telephone.

Each check answers with a stable code, or "" when nothing is wrong.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

# --- identity numbers (GB 11643) ---------------------------------------------------------------------------

WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
CHECKS = "10X98765432"
PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54"
    " 61 62 63 64 65 71 81 82 83".split()
)
_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
OLDEST = 1880


def _weighted(digits: str, first: int) -> int:
    return sum(int(digit) * WEIGHTS[first + place] for place, digit in enumerate(digits))


@lru_cache(maxsize=4096)
def _region_sum(region: str) -> int:
    return _weighted(region, 0)


@lru_cache(maxsize=65536)
def _birth(digits: str) -> tuple[date | None, int]:
    """The date that eight digits name (None when there is none), and their weighted sum."""
    total = _weighted(digits, 6)
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None, total
    return (born if born.year >= OLDEST else None), total


_ORDER_SUMS = {f"{order:03d}": _weighted(f"{order:03d}", 14) for order in range(1000)}


def id_fault(number: str, *, on: date) -> str:
    """What is wrong with a number (capital X): id_length, id_characters, id_birth_date, id_check_digit."""
    if len(number) != 18:
        return "id_length"
    if not _SHAPE.fullmatch(number):
        return "id_characters"
    born, birth_sum = _birth(number[6:14])
    if born is None or born > on:
        return "id_birth_date"
    total = _region_sum(number[:6]) + birth_sum + _ORDER_SUMS[number[14:17]]
    return "" if CHECKS[total % 11] == number[17] else "id_check_digit"


def id_check_digit(first17: str) -> str:
    """The last character that belongs to seventeen digits."""
    return CHECKS[_weighted(first17, 0) % 11]


def id_birth_date(number: str) -> date:
    """The date of birth in a sound identity number. Raises ValueError."""
    born, _ = _birth(number[6:14])
    if born is None:
        raise ValueError("no date of birth")
    return born


def id_sex(number: str) -> str:
    """M or F, by the seventeenth digit."""
    return "M" if int(number[16]) % 2 else "F"


def id_region_known(number: str) -> bool:
    """Whether the number begins with a province of GB/T 2260 (81 to 83: residence permits)."""
    return number[:2] in PROVINCES


def age_on(born: date, on: date) -> int:
    """Full years of age on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


# --- social-credit codes (GB 32100) ------------------------------------------------------------------------

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_PLACE = {letter: place for place, letter in enumerate(CREDIT_ALPHABET)}
_CREDIT_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


def credit_code_check(first17: str) -> str:
    """The check character of a social-credit code. Raises KeyError for a letter that it cannot hold."""
    total = sum(
        _CREDIT_PLACE[letter] * weight for letter, weight in zip(first17, _CREDIT_WEIGHTS, strict=True)
    )
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def credit_code_fault(code: str) -> str:
    """What is wrong with a social-credit code: credit_code_length, credit_code_check."""
    if len(code) != 18:
        return "credit_code_length"
    if any(letter not in _CREDIT_PLACE for letter in code) or credit_code_check(code[:17]) != code[17]:
        return "credit_code_check"
    return ""


# --- bank cards --------------------------------------------------------------------------------------------

_DOUBLED = bytes(
    (48 + (2 * d - 9 if d > 4 else 2 * d)) if 0 <= (d := place - 48) <= 9 else 0 for place in range(256)
)


def luhn_ok(number: str) -> bool:
    """Whether a card number's last digit is right (ISO/IEC 7812)."""
    if not (number.isascii() and number.isdigit()):
        return False
    digits = number.encode()
    total = sum(digits[-1::-2]) + sum(digits[-2::-2].translate(_DOUBLED)) - 48 * len(digits)
    return total % 10 == 0


def card_fault(number: str) -> str:
    """What is wrong with a bank card or account number: card_format, card_luhn."""
    if not (number.isascii() and number.isdigit() and 8 <= len(number) <= 30):
        return "card_format"
    return "" if luhn_ok(number) else "card_luhn"


# --- telephones --------------------------------------------------------------------------------------------

_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(0\d{2,3})?[2-9]\d{6,7}(?:[-转]\d{1,6})?")
_INSIDE = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")


def phone(text: str) -> tuple[str, bool]:
    """A telephone number and whether it has the right form.

    What only contains one mobile number among other words gives that number, not well formed.
    """
    if len(text) == 11 and text.isascii() and text.isdigit() and text[0] == "1" and text[1] > "2":
        return text, True
    compact = text.replace(" ", "").replace("-", "")
    if found := _MOBILE.fullmatch(compact):
        return found[1], True
    if _LANDLINE.fullmatch(compact):
        return text, True
    inside = _INSIDE.findall(compact)
    return (inside[0] if len(inside) == 1 else text), False
