"""Illness lists: dated, without overlaps, by file and singly."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotAllowed
from core.models import Role
from schemes import illness
from schemes.models import IllnessList, Scheme
from tests.schemes_db.conftest import ON

pytestmark = pytest.mark.django_db
CHUXIONG = "chuxiong-large-expense"
KIDNEY = {"scheme": CHUXIONG, "listing": "major_illness", "code": "N18.5", "name": "尿毒症透析"}
FILE = """清单,编码,名称,起始日期,截止日期
重大疾病,N18.5,尿毒症透析,2023-01-01,
重大疾病,C34,肺癌,2023年1月1日,2023/12/31
重大疾病,C34,肺癌（扩大）,20240101,
重大疾病,C34,肺癌,2023-06-01,2023-07-01
,C35,无清单,2023-01-01,
重大疾病,,无编码,2023-01-01,
重大疾病,C36,,2023-01-01,
重大疾病,C37,日期有误,昨天,
重大疾病,C38,倒置,2023-02-01,2023-01-01

""".encode()


def on(day: date, code: str = "N18.5") -> bool:
    return illness.listed(scheme=CHUXIONG, listing="major_illness", code=code, on=day)


def test_an_illness_counts_from_its_first_to_its_last_day(li):
    entry = illness.enter(**KIDNEY, valid_from=date(2023, 1, 1), by=li, on=ON)
    illness.end(entry=entry, last_day=date(2023, 6, 30), by=li, on=ON)
    days = [date(2022, 12, 31), date(2023, 1, 1), date(2023, 6, 30), date(2023, 7, 1)]
    assert [on(day) for day in days] == [False, True, True, False]
    assert on(date(2023, 2, 1), " n18.5 ")
    changes = entry.history.order_by("history_id").values_list("valid_to", "history_user")
    assert list(changes) == [(None, li.pk), (date(2023, 6, 30), li.pk)]


def test_a_file_says_what_it_took_and_what_it_left_out(li):
    report = illness.import_file(scheme=CHUXIONG, source=FILE, by=li, on=ON)
    assert (report["rows"], report["applied"]) == (9, 3)
    assert [(issue["row"], issue["code"]) for issue in report["issues"]] == [
        (5, "illness_overlaps"),
        (6, "illness_list"),
        (7, "illness_code"),
        (8, "illness_name"),
        (9, "illness_date"),
        (10, "illness_range"),
    ]
    assert all("%(" not in issue["message"] for issue in report["issues"])
    assert illness.on_list(scheme=CHUXIONG, listing="major_illness", on=date(2024, 5, 1)).count() == 2


def test_the_same_file_again_changes_nothing(li):
    illness.import_file(scheme=CHUXIONG, source=FILE, by=li, on=ON)
    before = list(IllnessList.history.values())
    again = illness.import_file(scheme=CHUXIONG, source=FILE, by=li, on=ON)
    assert again["applied"] == 0
    assert list(IllnessList.history.values()) == before


def test_the_command_prints_the_report(tmp_path, capsys):
    path = tmp_path / "list.csv"
    path.write_bytes(FILE)
    call_command(
        "import_illness_list", str(path), "--scheme", CHUXIONG, "--on", "2023-01-02", "--report", "json"
    )
    assert '"applied": 3' in capsys.readouterr().out


@pytest.mark.parametrize("role", [role for role in Role if role != Role.POLICY])
def test_other_roles_read_the_lists_and_write_none(role, person, li):
    other = person("other", role)
    entry = illness.enter(**KIDNEY, valid_from=date(2023, 1, 1), by=li, on=ON)
    assert entry in IllnessList.objects.visible_to(other, on=ON)
    for act in (
        lambda: illness.enter(**KIDNEY, valid_from=date(2023, 1, 1), by=other, on=ON),
        lambda: illness.end(entry=entry, last_day=date(2023, 2, 1), by=other, on=ON),
        lambda: illness.import_file(scheme=CHUXIONG, source=FILE, by=other, on=ON),
    ):
        with pytest.raises(NotAllowed):
            act()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)), min_size=2, max_size=2))
def test_the_database_refuses_what_the_function_refuses(spans):
    first, second = [
        (date.fromordinal(738000 + start), date.fromordinal(738000 + start + length))
        for start, length in spans
    ]
    scheme = Scheme.objects.get(code=CHUXIONG)
    row = {"scheme": scheme, "listing": "special_drug", "code": "X", "name": "x"}
    meet = first[0] <= second[1] and second[0] <= first[1]
    with transaction.atomic():
        IllnessList.objects.create(**row, valid_from=first[0], valid_to=first[1])
        try:
            with transaction.atomic():
                IllnessList.objects.create(**row, valid_from=second[0], valid_to=second[1])
            refused = False
        except IntegrityError:
            refused = True
        transaction.set_rollback(True)
    assert refused == meet


def test_other_lists_and_schemes_do_not_meet():
    here, there = Scheme.objects.filter(code__in=[CHUXIONG, "lianyungang-basic"])
    first = {"name": "x", "valid_from": date(2023, 1, 1)}
    IllnessList.objects.create(scheme=here, listing="a", code="bc", **first)
    IllnessList.objects.create(scheme=there, listing="a", code="bc", **first)
    IllnessList.objects.create(scheme=here, listing="ab", code="c", **first)
    assert IllnessList.objects.count() == 3
