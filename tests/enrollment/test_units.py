"""Units and opening data from their files."""

from decimal import Decimal

import pytest
from tablib import Dataset

from core.errors import NotAllowed
from core.models import User
from enrollment import units
from enrollment.admin import UnitResource
from enrollment.membership import import_membership
from enrollment.models import Member, OpeningMembership, Unit
from tests.support.rosters import HOSPITAL, ON, SCHEME, SCHOOL, codes, id_number

pytestmark = pytest.mark.django_db
HEADER = "统一社会信用代码,单位名称,代办点编码,办事处编码,基本医疗保险在职人数\n"
THIRD = "91350100M000100Y43"


def read(text, by):
    return units.import_units(file=text.encode(), name="units.csv", by=by, on=ON).finish().report()


def test_an_unknown_agency_point_is_a_warning_and_the_unit_hangs_at_its_office(period, by):
    report = read(HEADER + f"{THIRD},某公司工会,9999,23,40人\n", by)
    assert codes(report) == [(2, "warning", "agency_unknown")] and report["applied"] == 1
    unit = Unit.objects.get(code=THIRD)
    assert (unit.agency.code, unit.insured_active, unit.history.get().history_user) == ("23", 40, by)


def test_a_wrong_check_character_warns_a_wrong_length_is_an_error(period, by):
    report = read(HEADER + f"{THIRD[:-1]}4,甲工会,2301,23,5\n123,乙工会,2301,23,5\n,丙工会,2301,23,5\n", by)
    assert codes(report) == [
        (2, "warning", "credit_code_check"),
        (3, "error", "credit_code_length"),
        (4, "error", "unit_code_missing"),
    ]
    assert report["applied"] == 1


def test_other_faults_by_row(period, by):
    report = read(
        HEADER
        + f"{HOSPITAL},示例县人民医院工会,9001,23,许多\n{HOSPITAL},又,2301,23,1\n{THIRD},丁工会,77,88,1\n",
        by,
    )
    assert codes(report) == [
        (2, "warning", "agency_elsewhere"),
        (2, "warning", "count_unreadable"),
        (3, "error", "duplicate_in_file"),
        (4, "error", "office_unknown"),
    ]


def test_a_second_file_changes_only_what_differs_with_history(period, by):
    report = read(
        HEADER + f"{HOSPITAL},示例县人民医院工会,2301,23,131\n{SCHOOL},示例县第一中学工会,2301,23,62\n", by
    )
    assert (report["rows"], report["applied"]) == (2, 1)
    assert [r.insured_active for r in Unit.objects.get(code=HOSPITAL).history.order_by("history_id")] == [
        130,
        131,
    ]


def test_staff_add_units_of_their_own_offices_alone(period, staff):
    text = HEADER + f"{THIRD},某公司工会,9001,90,4\n"
    assert codes(read(text, staff("reviewer", office="23"))) == [(2, "error", "outside_your_offices")]
    with pytest.raises(NotAllowed):
        read(text + "\n", staff("cashier", office="23"))


def membership(text, by):
    file = ("身份证号,姓名,期,补助金额\n" + text).encode()
    return import_membership(file=file, name="m.csv", scheme=SCHEME, by=by, on=ON).finish().report()


def test_amounts_are_updated_while_the_period_is_still_paid(opening, by, period):
    assert opening["applied"] == 81
    row = OpeningMembership.objects.select_related("member").first()
    report = membership(f'{row.member.id_number},{row.member.name},17,"1,234.50"\n', by)
    row.refresh_from_db()
    assert (report["applied"], row.paid) == (1, Decimal("1234.50"))
    assert [record.paid for record in row.history.order_by("history_id")] == [Decimal(0), Decimal("1234.50")]


def test_one_person_in_several_periods_of_one_file_is_one_member(period, by):
    number = id_number(11)
    report = membership(
        f"{number},张三,15,0\n{number},张三,16,10\n{number},张三,17,20.5\n{number},张三,17,20.5\n", by
    )
    assert (report["applied"], Member.objects.count()) == (3, 1)
    assert dict(OpeningMembership.objects.values_list("period_code", "paid")) == {
        "15": Decimal(0),
        "16": Decimal(10),
        "17": Decimal("20.50"),
    }


def test_the_same_opening_data_again_is_known(opening, by, period):
    rows = membership(f"{id_number(11)},张三,17,0\n", by)
    again = membership(f"{id_number(11)},张三,17,0\n", by)
    assert (rows["applied"], again["applied"], codes(again)) == (1, 0, [(None, "info", "file_known")])


def test_wrong_rows_of_opening_data_say_why(period, by):
    report = membership(
        f"123,张三,17,0\n{id_number(11)},,17,0\n{id_number(12)},李四,,0\n{id_number(13)},王五,17,-1\n", by
    )
    assert codes(report) == [
        (2, "error", "id_length"),
        (3, "error", "name_missing"),
        (4, "error", "period_missing"),
        (5, "error", "amount_unreadable"),
    ]
    assert report["applied"] == 0


def test_an_agent_may_not_bring_opening_data(period, staff):
    with pytest.raises(NotAllowed):
        membership("1,2,3,4\n", staff("agent", unit=HOSPITAL))


def test_nobody_takes_a_unit_away_from_an_office_that_is_not_theirs(period, staff):
    text = HEADER + f"{HOSPITAL},示例县人民医院工会,9001,90,4\n"
    report = read(text, staff("reviewer", office="90"))
    assert (codes(report), report["applied"]) == ([(2, "error", "outside_your_offices")], 0)
    table = Dataset(headers=["code", "name", "kind", "agency", "insured_active"])
    table.append([HOSPITAL, "示例县人民医院工会", "employer", "9001", "4"])
    thief = User.objects.get(roles__office__code="90")
    result = UnitResource().import_data(table, user=thief)
    assert result.has_validation_errors()
    assert Unit.objects.get(code=HOSPITAL).agency.code == "2301"


def test_a_place_that_is_not_given_is_said_as_such(period, by):
    rows = [(THIRD, "", "23"), (SCHOOL, "", ""), (HOSPITAL, "77", ""), ("12532300431280321L", "", "88")]
    report = read(
        HEADER + "".join(f"{code},甲工会,{point},{office},62.0\n" for code, point, office in rows), by
    )
    assert [entry for entry in codes(report) if "credit_code" not in entry[2]] == [
        (2, "warning", "agency_missing"),
        (3, "error", "place_missing"),
        (4, "error", "agency_unknown_alone"),
        (5, "error", "office_unknown_alone"),
    ]
    assert Unit.objects.get(code=THIRD).insured_active == 62


def test_opening_data_speak_of_periods_before_the_first_one_opened_here(period, by):
    rows = [(11, 17), (12, 18), (13, 19), (14, 99), (15, 0)]
    report = membership("".join(f"{id_number(order)},张三,{code},0\n" for order, code in rows), by)
    assert codes(report) == [(row, "error", "period_not_earlier") for row in (3, 4, 5, 6)]
    assert "99" in report["issues"][2]["message"] and "18" in report["issues"][2]["message"]
    assert set(OpeningMembership.objects.values_list("period_code", flat=True)) == {"17"}


def test_before_any_period_is_opened_the_last_stated_one_is_the_limit(period, by):
    period.delete()
    report = membership(f"{id_number(11)},张三,17,0\n{id_number(12)},张三,99,0\n", by)
    assert codes(report) == [(3, "error", "period_not_earlier")]
