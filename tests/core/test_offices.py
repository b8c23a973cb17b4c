"""The office tree from a file."""

from datetime import date

import pytest

from core.errors import NotAllowed
from core.models import Office, Role, Run, StaffRole, User
from core.offices import import_offices
from core.roles import system_user

pytestmark = pytest.mark.django_db
ON = date(2022, 1, 1)
HEADER = "编码,名称,类别,上级编码\n"
TREE = HEADER + "00,省中心,省中心,\n23,楚雄办事处,办事处,00\n2301,示例代办点,代办点,23\n"


def read(text, by=None):
    by = by or system_user("test")
    return import_offices(file=text.encode("utf-8-sig"), name="offices.csv", by=by, on=ON).finish().report()


def codes(report):
    return [(issue["row"], issue["code"]) for issue in report["issues"]]


def test_the_tree_is_built_from_its_file():
    report = read(TREE)
    assert (report["rows"], report["applied"], report["issues"]) == (3, 3, [])
    assert Office.objects.get(code="2301").path == "00/23/2301/"


def test_the_same_file_again_changes_nothing():
    read(TREE)
    again = read(TREE)
    assert (again["rows"], again["applied"], codes(again)) == (3, 0, [(None, "file_known")])
    assert Run.objects.count() == 1


def test_another_file_renames_and_adds_and_leaves_the_rest():
    read(TREE)
    report = read(TREE.replace("示例代办点", "新名代办点") + "2302,第二代办点,代办点,23\n")
    assert (report["rows"], report["applied"]) == (4, 2)
    assert Office.objects.get(code="2301").history.count() == 2


def test_each_wrong_row_says_why():
    read(TREE)
    report = read(
        HEADER
        + ",无码,办事处,00\n24,大理,州办,00\n25,保山,办事处,99\n01,二中心,省中心,\n23,楚雄办事处,办事处,00\n"
        "23,楚雄办事处,办事处,00\n2301,示例代办点,代办点,00\n"
    )
    assert codes(report) == [
        (2, "office_code_missing"),
        (3, "office_kind_unknown"),
        (4, "office_parent_unknown"),
        (5, "office_second_center"),
        (7, "duplicate_in_file"),
        (8, "office_moved"),
    ]
    assert report["applied"] == 0


def test_only_who_may_add_offices_may_read_them():
    read(TREE)
    reviewer = User.objects.create(username="reviewer")
    StaffRole.objects.create(
        user=reviewer, office=Office.objects.get(code="23"), role=Role.REVIEWER, since=ON
    )
    with pytest.raises(NotAllowed):
        read(TREE + "x,y,z,00\n", by=reviewer)


def test_offices_of_regions_industries_and_systems_are_offices():
    rows = "".join(
        f"{60 + n},办{n},{kind},00\n" for n, kind in enumerate(("州市办事处", "产业办事处", "系统 办事处"))
    )
    report = read(TREE + rows)
    assert (report["applied"], report["issues"]) == (6, [])
    assert {office.kind for office in Office.objects.filter(code__startswith="6")} == {"office"}


def test_a_parent_is_missing_where_there_must_be_one_and_idle_at_the_centre():
    report = read(HEADER + "00,省中心,省中心,\n24,大理办事处,办事处,\n01,又,省中心,00\n")
    assert codes(report) == [(3, "office_parent_missing"), (4, "office_center_parent")]
    assert not any("-" in issue["message"] for issue in report["issues"])
