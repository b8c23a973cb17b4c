"""A roster from CSV, checked and encrypted, to enrolments: against django-import-export and bare COPY."""

from __future__ import annotations

import csv
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import tablib
from django.db import connection, transaction
from import_export import resources

from benchmarks import Result, begin_peak, peak_of, seconds, times
from core import runs
from core.identifiers import credit_code_check, id_check_digit
from core.models import Office, OfficeKind
from core.roles import system_user
from core.typed import day
from enrollment import roster_import
from enrollment.models import Affiliation, Enrollment, Member, Unit
from schemes import periods
from schemes.models import Period

ON = date(2022, 1, 10)
CODE = "1253230093857083KB"
PART = "12532300216463146P"
MORE = tuple(f"11530000{n:09d}" + credit_code_check(f"11530000{n:09d}") for n in range(1, 5))
HEADER = "姓名 身份证号 性别 人员类别 上期是否参互 交费金额 开户行 银行卡号 手机号".split()
SURNAMES, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超霞"
TABLES = (
    Member._meta.db_table,
    Member.history.model._meta.db_table,
    Affiliation._meta.db_table,
    Enrollment._meta.db_table,
    Enrollment.history.model._meta.db_table,
)
FOREIGN_KEYS = (
    (Affiliation._meta.db_table, "member_id", Member._meta.db_table),
    (Affiliation._meta.db_table, "unit_id", Unit._meta.db_table),
    (Enrollment._meta.db_table, "member_id", Member._meta.db_table),
    (Enrollment._meta.db_table, "roster_id", "enrollment_roster"),
)
AGAINST_ROWS = 2_000  # what the other way is given: it is linear, and slow


def measure(size: int) -> list[Result]:
    """Rows per second, and the memory that the process needs for them; a part is a chunk or more."""
    period, few = place(), max(size // 10, roster_import.CHUNK)
    with tempfile.TemporaryDirectory() as folder:
        part = _imported(period, written(Path(folder) / "part.csv", few, unit=PART, seed=29))
        file = written(Path(folder) / "roster.csv", size)
        took, resident = _imported(period, file)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM enrollment_enrollment WHERE unit_id = %s", [_unit().pk])
            assert cursor.fetchone()[0] == size
        ours = size / took
        bare = size / seconds(_Bare(Path(folder)))
        other = AGAINST_ROWS / seconds(lambda: _other_way(size), runs=1)
    return [
        Result("roster import from CSV, rows", ours, "rows/s", "django-import-export", ours / other, 6),
        Result("roster import from CSV, bare", ours, "rows/s", "bare COPY", ours / bare, 0.3),
        Result("roster import from CSV, floor", ours, "rows/s", "", None, 10_000),
        Result("roster import from CSV, memory", resident, "MB", "limit of 300 MB", 300 / resident, 1),
        times("roster import, ten times the rows, time", took, part[0], most=1.1 * size / few),
        times("roster import, ten times the rows, memory", resident, part[1], most=1.2, unit="MB"),
    ]


def place() -> Period:
    center, _ = Office.objects.get_or_create(
        code="00", defaults={"name": "centre", "kind": OfficeKind.CENTER}
    )
    values = {"name": "office", "kind": OfficeKind.OFFICE, "parent": center}
    office, _ = Office.objects.get_or_create(code="23", defaults=values)
    for code in (CODE, PART, *MORE):
        Unit.objects.get_or_create(code=code, defaults={"name": f"unit {code}", "agency": office})
    return periods.open_period(scheme="yunnan-mutual-aid", code="18", by=system_user("bench"), on=ON)


def _unit() -> Unit:
    return Unit.objects.get(code=CODE)


def people(size: int, seed: int) -> Iterator[list[str]]:
    """People as a large unit would type them, each once, the same ones every time."""
    chance = random.Random(seed)
    seen: set[str] = set()
    while len(seen) < size:
        born = (date(1958, 1, 1) + timedelta(chance.randrange(16_000))).strftime("%Y%m%d")
        first = f"53{seed % 100:02d}{chance.randrange(1, 32):02d}{born}{chance.randrange(1000):03d}"
        if first in seen:
            continue
        seen.add(first)
        was_in = chance.random() < 0.6
        yield [
            chance.choice(SURNAMES) + chance.choice(GIVEN) + chance.choice(GIVEN),
            first + id_check_digit(first),
            "男" if int(first[16]) % 2 else "女",
            "在职",
            "是" if was_in else "否",
            "120" if was_in else "150",
            "中国农业银行楚雄分行",
            "6228483473571432174",
            f"13{chance.randrange(10**9):09d}",
        ]


def written(file: Path, size: int, *, unit: str = CODE, seed: int = 23) -> Path:
    with open(file, "w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow([f"单位名称：某单位 统一社会信用代码：{unit}"])
        writer.writerow(HEADER)
        writer.writerows(people(size, seed))
    return file


def _imported(period: Period, file: Path) -> tuple[float, float]:
    """Seconds, and the greatest memory meanwhile (MB)."""
    begin_peak()
    began = time.perf_counter()
    begun = roster_import.start(file=file, name=file.name, period=period, by=system_user("bench"), on=ON)
    runs.work(begun.run.pk)
    return time.perf_counter() - began, peak_of()


class _Bare:
    """The same final rows by COPY into empty tables of the same definition, without our triggers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with connection.cursor() as cursor:
            for table in TABLES:
                with open(folder / table, "wb") as out, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                    out.writelines(bytes(piece) for piece in copy)

    def __call__(self) -> None:
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"DROP TABLE IF EXISTS bench_{table} CASCADE")
                cursor.execute(f"CREATE TABLE bench_{table} (LIKE {table} INCLUDING ALL)")
            for table, column, target in FOREIGN_KEYS:
                near = f"bench_{target}" if target in TABLES else target
                cursor.execute(
                    f"ALTER TABLE bench_{table} ADD FOREIGN KEY ({column}) REFERENCES {near}"
                    " DEFERRABLE INITIALLY DEFERRED"
                )
        with transaction.atomic(), connection.cursor() as cursor:
            for table in TABLES:
                with (
                    open(self.folder / table, "rb") as rows,
                    cursor.copy(f"COPY bench_{table} FROM STDIN") as copy,
                ):
                    while piece := rows.read(256 * 1024):
                        copy.write(piece)


class _MemberResource(resources.ModelResource):
    """What a user of django-import-export would write: one table, no checks, its fast options."""

    class Meta:
        model = Member
        import_id_fields = ("id_digest",)
        fields = ("id_digest", "id_number", "name", "sex", "birth_date", "bank_name", "card_number", "phone")
        use_bulk = True
        batch_size = 1000
        skip_diff = True
        skip_html_diff = True


def _other_way(size: int) -> None:
    data = tablib.Dataset(headers=_MemberResource.Meta.fields)
    for name, number, sex, _kind, _was_in, _fee, bank, card, tel in people(AGAINST_ROWS, 24 + size):
        born = day(number[6:14])
        data.append([number.encode(), number, name, "M" if sex == "男" else "F", born, bank, card, tel])
    result = _MemberResource().import_data(data, raise_errors=True)
    assert result.total_rows == AGAINST_ROWS
