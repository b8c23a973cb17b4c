"""The files of the small province: what its units would have handed in, as CSV in the samples' columns."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from desk.demo.people import BANK, MadeUnit, Person, people, slip, slips, unit_code
from enrollment.models import Member

FILES = Path(__file__).parent / "files"
SEED = 18

OFFICES = (
    ("2302", "南华县总工会代办点", "代办点", "23"),
    ("53", "大理州总工会办事处", "办事处", "00"),
    ("5301", "洱源县总工会代办点", "代办点", "53"),
)
# name, region of the numbers, agency point, office, active on the roster, retired, active in basic insurance
UNITS = (
    ("南华县人民法院工会", "532324", "2302", "23", 34, 6, 52),
    ("南华县第一小学工会", "532324", "2302", "23", 48, 11, 75),
    ("南华县供销社工会", "532324", "2302", "23", 9, 2, 9),
    ("洱源县中医医院工会", "532930", "5301", "53", 62, 9, 96),
    ("洱源县茈碧湖镇工会", "532930", "5301", "53", 21, 4, 30),
    ("省测绘地理信息中心工会", "530102", "9001", "90", 57, 13, 88),
    ("洱源县林业局工会", "532930", "5301", "53", 18, 3, 40),
    ("南华县水务局工会", "532324", "2302", "23", 25, 5, 31),
)
SHORT_OF_QUOTA = "洱源县林业局工会"
PAYS_TOO_LITTLE = "南华县水务局工会"

ROSTER = "序号 姓名 身份证号 性别 人员类别 上期是否参互 交费金额 开户行 银行卡号 手机号 备注".split()
SLIP = (
    "结算单号 票据代码 票据号码 姓名 身份证号 医院名称 医院等级 是否定点 医疗类别 入院日期 出院日期 结算日期 "
    "总费用 全自费 超限价自费 先行自付 起付线 统筹支付 大额(大病补充)支付 公务员补助支付 医疗救助支付 "
    "其他补助支付 个人账户支付 个人现金支付 疾病诊断"
).split()


def units() -> list[MadeUnit]:
    """The units with their people; the same on every machine."""
    made = []
    for serial, (name, region, agency, office, active, retired, insured) in enumerate(UNITS, 1):
        pick = random.Random(SEED * 1000 + serial)
        who = people(pick, region, active=active, retired=retired)
        made.append(MadeUnit(unit_code(region, 880_000_000 + serial), name, agency, office, insured, who))
    return made


def sample(name: str) -> bytes:
    """A file as it came from an office."""
    return (FILES / name).read_bytes()


def offices_file() -> bytes:
    return _csv(["编码", "名称", "类别", "上级编码"], OFFICES)


def units_file() -> bytes:
    header = ["统一社会信用代码", "单位名称", "代办点编码", "办事处编码", "基本医疗保险在职人数"]
    return _csv(header, ((u.code, u.name, u.agency, u.office, u.insured_active) for u in units()))


def membership_file(period: str, share: float = 1.0) -> bytes:
    """Who was in the period before, and what it paid them."""
    pick = random.Random(SEED)
    lines = (
        (p.id_number, p.name, period, pick.choice(("0.00", "0.00", "0.00", "1260.00")))
        for unit in units()
        for p in unit.people
        if p.continuing and pick.random() < share
    )
    return _csv(["身份证号", "姓名", "期", "补助金额"], lines)


def roster_file(unit: MadeUnit) -> bytes:
    """A unit's roster as it would fill it in: title, unit line, header, people, total, signatures."""
    title = ["云南省职工医疗互助活动（第十八期）参互人员名册"]
    about = [f"单位名称：{unit.name}\u3000统一社会信用代码：{unit.code}\u3000填报日期：2022-01-12"]
    body = [_roster_line(number, person) for number, person in enumerate(unit.people, 1)]
    total = ["合计", *[""] * 5, sum(int(line[6]) for line in body)]
    return _csv(title, [about, ROSTER, *body, total, ["填表人：\u3000审核人：\u3000（盖章）"]])


def _roster_line(number: int, who: Person) -> list[str]:
    fee = "120" if who.continuing else "150"
    again = "是" if who.continuing else "否"
    return [
        str(number),
        who.name,
        who.id_number,
        who.sex,
        who.kind,
        again,
        fee,
        BANK,
        who.card,
        who.phone,
        "",
    ]


def added_roster_file(code: str, name: str) -> bytes:
    """Four colleagues whom a unit adds when its roster falls short of the quota."""
    pick = random.Random(SEED * 11)
    who = tuple(replace(one, continuing=False) for one in people(pick, "532301", active=4, retired=0))
    return roster_file(MadeUnit(code, name, "2301", "23", 0, who))


def settlements_file() -> bytes:
    """Stays of the year in the whole province, in the bureau's columns."""
    pick = random.Random(SEED * 7)
    covered = [
        p for unit in units() if unit.name not in (SHORT_OF_QUOTA, PAYS_TOO_LITTLE) for p in unit.people
    ]
    return _csv(SLIP, slips(pick, covered, 60, serial=1))


def late_settlements_file(members: Iterable[Member], *, serial: int) -> bytes:
    """What came in last week: a short stay of each of these members, some dear ones among them."""
    pick = random.Random(SEED * serial)
    lines = []
    for number, member in enumerate(members, serial):
        whose = Person(member.name, member.id_number, "", True, "", "")
        about = {0: 9_000_000, 2: 3_600_000}.get(number % 6, 0)
        lines.append(slip(pick, whose, number, date(2022, 11, 20), date(2022, 12, 1), about=about))
    return _csv(SLIP, lines)


def _csv(header: list[str], lines: Iterable[Iterable[object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows(lines)
    return ("\ufeff" + out.getvalue()).encode()
