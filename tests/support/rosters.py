"""A small province with an open period 18, and roster files made up row by row."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

from core.identifiers import id_check_digit
from core.models import Office, Role, StaffRole, User
from core.offices import import_offices
from core.roles import system_user
from enrollment import roster_import, units
from enrollment.membership import import_membership
from schemes.periods import open_period

DATA = Path(__file__).parent.parent / "data"
SCHEME = "yunnan-mutual-aid"
ON = date(2022, 1, 10)
HOSPITAL = "1253230093857083KB"
SCHOOL = "12532300216463146P"
HEADER = "姓名 身份证号 性别 人员类别 上期是否参互 交费金额 开户行 银行卡号 手机号".split()


def id_number(order: int, *, born: str = "19850312", region: str = "532301") -> str:
    """A sound identity number; odd orders are men."""
    first = f"{region}{born}{order % 1000:03d}"
    return first + id_check_digit(first)


def person(order: int, **changes: str) -> dict[str, str]:
    """A roster row of a made-up person."""
    born = f"{1960 + order // 1000 % 40}0{1 + order // 40000 % 9}15"
    row = {
        "姓名": "张" + "零一二三四五六七八九"[order % 10],
        "身份证号": id_number(order, born=born),
        "性别": "男" if order % 1000 % 2 else "女",
        "人员类别": "在职",
        "上期是否参互": "否",
        "交费金额": "150",
        "开户行": "农业银行",
        "银行卡号": "6228483473571432174",
        "手机号": "13800001111",
    }
    return {**row, **changes}


def roster_csv(rows: list[dict[str, str]], *, unit: str = HOSPITAL) -> bytes:
    """A roster file as CSV; people begin in row 4."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["参互人员名册"])
    writer.writerow([f"单位名称：某单位 统一社会信用代码：{unit} 代办点：某代办点"])
    writer.writerow(HEADER)
    writer.writerows([row.get(name, "") for name in HEADER] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def build_province():
    """Offices, units and the open period 18, by the same functions as the commands."""
    by = system_user("test")
    import_offices(file=DATA / "offices.csv", name="offices.csv", by=by, on=ON).finish()
    units.import_units(file=DATA / "units.csv", name="units.csv", by=by, on=ON).finish()
    return open_period(scheme=SCHEME, code="18", by=by, on=ON)


def read_roster(file, *, period, name="roster.csv", on=ON, by=None, **options):
    """Read a roster to its end and give its report."""
    by = by or system_user("test")
    return roster_import.start(file=file, name=name, period=period, by=by, on=on, **options).finish().report()


def opening_data():
    """Who was in period 17."""
    by, file = system_user("test"), DATA / "membership_17.csv"
    return import_membership(file=file, name=file.name, scheme=SCHEME, by=by, on=ON).finish().report()


def somebody(role: str, *, office: str = "2301", unit: str = "", name: str = "") -> User:
    """A user with a role at an office."""
    user = User.objects.create(username=name or f"{role}-{office}-{unit or 'all'}")
    StaffRole.objects.create(
        user=user,
        office=Office.objects.get(code=office),
        role=Role(role),
        unit_code=unit,
        since=date(2021, 1, 1),
    )
    return user


def codes(report) -> list[tuple[int, str, str]]:
    """Row, severity and code of each issue."""
    return [(issue["row"], issue["severity"], issue["code"]) for issue in report["issues"]]
