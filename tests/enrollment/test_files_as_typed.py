"""Files as other programs save them and as people fill them in."""

from __future__ import annotations

import io

import openpyxl
import pytest

from core import typed
from core.models import Office
from core.offices import import_offices
from core.roles import system_user
from enrollment.membership import import_membership
from enrollment.models import OpeningMembership
from tests.support.rosters import HEADER, HOSPITAL, ON, SCHEME, codes, id_number, person

UNIT_LINE = f"单位名称：某单位 统一社会信用代码：{HOSPITAL}"


@pytest.mark.parametrize(
    ("cell", "period"),
    [("17", "17"), ("第17期", "17"), ("１７ 期", "17"), ("十七", "17"), ("第二十期", "20"), ("17.0", "17"),
     ("九期", "9"), ("", None)],
)  # fmt: skip
def test_a_period_is_read_as_people_write_it(cell: str, period: str | None) -> None:
    assert typed.period(cell) == period


@pytest.mark.parametrize("cell", ["期", "上期", "17-18", "abc", "17.5"])
def test_what_is_no_period_is_said(cell: str) -> None:
    with pytest.raises(typed.NotUnderstood):
        typed.period(cell)


@pytest.mark.django_db
def test_opening_data_of_one_period_stands_under_one_code_and_every_fault_has_whole_words(period) -> None:
    people = [id_number(order) for order in (201, 203, 205)]
    file = "身份证号,姓名,期,补助金额\n" + "".join(
        f"{number},甲,{words},{paid}\n"
        for number, words, paid in zip(people, ("第17期", "十七", "17"), ("0", "8.5元", "面议"), strict=True)
    )
    file += ",乙,上一期,0\n"
    by = system_user("test")
    report = (
        import_membership(file=file.encode(), name="m.csv", scheme=SCHEME, by=by, on=ON).finish().report()
    )
    assert report["applied"] == 2
    assert set(OpeningMembership.objects.values_list("period_code", flat=True)) == {"17"}
    assert codes(report) == [
        (4, "error", "amount_unreadable"),
        (5, "error", "id_missing"),
        (5, "error", "period_unreadable"),
    ]
    assert not any("%(" in issue["message"] for issue in report["issues"])


@pytest.mark.django_db
def test_an_office_file_may_name_the_agency_point_before_its_office() -> None:
    file = "编码,名称,类别,上级编码\n2301,点,代办点,23\n23,州,办事处,00\n00,中心,省中心,\n"
    report = import_offices(file=file.encode(), name="o.csv", by=system_user("test"), on=ON).finish().report()
    assert (report["applied"], report["issues"]) == (3, [])
    assert Office.objects.get(code="2301").parent.code == "23"


@pytest.mark.django_db
@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8"), ("\t", "utf-16"), ("\t", "gb18030")])
def test_a_roster_may_be_separated_by_semicolons_or_tabs(read, separator: str, encoding: str) -> None:
    header = [{"人员类别": "人员性质"}.get(name, name) for name in HEADER]
    cells = [["名册"], [UNIT_LINE], header, [person(17)[name] for name in HEADER]]
    report = read("\r\n".join(separator.join(row) for row in cells).encode(encoding))
    assert (report["applied"], report["issues"]) == (1, [])


@pytest.mark.django_db
def test_a_roster_behind_an_explanation_is_read_and_its_sheet_named(read) -> None:
    book = openpyxl.Workbook()
    book.active.title = "填表说明"
    book.active.append(["请在名册页填写"])
    sheet = book.create_sheet("名册")
    for row in ([UNIT_LINE], HEADER, [person(17)[name] for name in HEADER]):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    report = read(out.getvalue(), name="roster.xlsx")
    assert (report["applied"], codes(report)) == (1, [(None, "info", "sheet_read")])
    assert "名册" in report["issues"][0]["message"]
