"""Made-up people, units and hospitals; the same seed gives the same province on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from core.identifiers import credit_code_check, id_check_digit

SURNAMES = "李王张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗普沐刀段和木思雷起鲁"
GIVEN = "云芳丽明华建国秀英伟敏静强军洋艳勇涛超霞平刚桂兰志梅红文玉琴燕娜峰依阿"
BANK = "中国农业银行楚雄分行"
HOSPITALS = ("楚雄州人民医院", "楚雄市中医医院", "昆明医科大学第一附属医院", "大理大学第一附属医院")
DISEASES = ("肺炎", "冠心病", "脑梗死", "胆囊结石", "腰椎间盘突出", "2型糖尿病")


USUAL_TOTALS = (260_000, 260_000, 420_000, 420_000, 900_000, 900_000, 1_500_000, 4_500_000)  # fen


@dataclass(frozen=True)
class Person:
    """One line of a roster."""

    name: str
    id_number: str
    kind: str
    continuing: bool
    card: str
    phone: str

    @property
    def sex(self) -> str:
        return "男" if int(self.id_number[16]) % 2 else "女"


@dataclass(frozen=True)
class MadeUnit:
    """A unit with its people and the number of active staff in basic insurance."""

    code: str
    name: str
    agency: str
    office: str
    insured_active: int
    people: tuple[Person, ...]


def unit_code(region: str, serial: int) -> str:
    """A social-credit code with a right check character."""
    first = f"12{region}{serial:09d}"
    return first + credit_code_check(first)


def card_number(pick: random.Random) -> str:
    """A 19-digit card number that passes the Luhn check."""
    first = "622848" + "".join(str(pick.randrange(10)) for _ in range(12))
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(first)))
    return first + str(-total % 10)


def person(pick: random.Random, region: str, *, retired: bool) -> Person:
    """Somebody of working age, or retired, as of 2022."""
    born = date(1946, 1, 1) if retired else date(1966, 1, 1)
    born += timedelta(days=pick.randrange(14 * 365 if retired else 34 * 365))
    first = f"{region}{born:%Y%m%d}{pick.randrange(1, 1000):03d}"
    name = pick.choice(SURNAMES) + "".join(pick.choices(GIVEN, k=pick.choice((1, 2, 2))))
    kind = "退休" if retired else "在职"
    phone = f"13{pick.randrange(10**9):09d}"
    return Person(name, first + id_check_digit(first), kind, pick.random() < 0.7, card_number(pick), phone)


def people(pick: random.Random, region: str, *, active: int, retired: int) -> tuple[Person, ...]:
    """A unit's people, each identity number once."""
    found: dict[str, Person] = {}
    while len(found) < active + retired:
        made = person(pick, region, retired=len(found) >= active)
        found.setdefault(made.id_number, made)
    return tuple(found.values())


def slips(pick: random.Random, members: list[Person], count: int, *, serial: int) -> Iterator[list[str]]:
    """Settlement slips that add up, in the columns of the bureau's file."""
    for number in range(serial, serial + count):
        whose = pick.choice(members)
        admitted = date(2022, 1, 5) + timedelta(days=pick.randrange(330))
        discharged = admitted + timedelta(days=pick.randrange(2, 25))
        yield slip(pick, whose, number, admitted, discharged)


def slip(
    pick: random.Random, whose: Person, number: int, admitted: date, discharged: date, *, about: int = 0
) -> list[str]:
    """One slip: total = pool + large + civil servant + assistance + other + account + cash."""
    about = about or pick.choice(USUAL_TOTALS)
    total = Decimal(about + pick.randrange(about // 5)) / 100
    own_funded = (total * pick.randrange(2, 14) / 100).quantize(Decimal("0.01"))
    pool = ((total - own_funded) * pick.randrange(55, 80) / 100).quantize(Decimal("0.01"))
    large = (pool / 5).quantize(Decimal("0.01")) if total > 60_000 else Decimal(0)
    account = min(Decimal(pick.choice((0, 0, 500, 1200))), total - pool - large)
    cash = total - pool - large - account
    money: list[Decimal | int] = [
        total,
        own_funded,
        0,
        own_funded / 2,
        880,
        pool,
        large,
        0,
        0,
        0,
        account,
        cash,
    ]
    amounts = [f"{Decimal(value):.2f}" for value in money]
    place = [pick.choice(HOSPITALS), "三级", "是", "普通住院"]
    days = [f"{admitted}", f"{discharged}", f"{discharged}"]
    head = [f"DEMO2022{number:08d}", "53010199", f"{7_000_000_000 + number}", whose.name, whose.id_number]
    return [*head, *place, *days, *amounts, pick.choice(DISEASES)]
