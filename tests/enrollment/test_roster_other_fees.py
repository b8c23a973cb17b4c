"""Rosters of schemes whose fee is not by history: a city's own document, no code."""

from datetime import date
from pathlib import Path

import pytest

from enrollment import roster_import
from enrollment.models import Enrollment, Roster
from schemes import shipped
from schemes.periods import open_period
from schemes.rules.document import load_file
from tests.support.rosters import SCHEME, codes, id_number, person, read_roster, roster_csv

pytestmark = pytest.mark.django_db

CITY = Path(__file__).parent.parent / "data" / "cities" / "bing-mutual-aid.toml"
ON = date(2024, 1, 15)


def a_city(folder: Path, *changes: tuple[str, str]):
    """The period of a city whose document is written with these changes."""
    text = CITY.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "2024-03-01.toml"
    path.write_text(text, encoding="utf-8")
    shipped._take_in(path, load_file(path))
    return open_period(scheme="bing-mutual-aid", code="30", by=shipped.system_user("test"), on=ON)


@pytest.fixture
def flat(period, tmp_path):
    """Everybody pays 80; no association, nothing to do with earlier periods."""
    dues = '[[levy]]\nkind = "membership"\narticle = "第四条"\namount = "5元"\n'
    return a_city(tmp_path, (dues, ""), ("每人入会费5元，", ""))


@pytest.fixture
def dues(period, tmp_path):
    """80 for everybody and 5 once on joining the association."""
    return a_city(tmp_path)


def elder(order: int) -> str:
    return id_number(order, born="19600101")


def rows(*fees: str, **changes: str) -> bytes:
    people = [person(number, 交费金额=fee, **changes) for number, fee in enumerate(fees, 30_001)]
    return roster_csv(people)


def test_one_flat_fee_is_checked_and_an_empty_cell_for_the_period_before_says_nothing(flat):
    report = read_roster(rows("80", "", "81", 上期是否参互=""), period=flat, on=ON)
    assert codes(report) == [(6, "error", "fee_mismatch")]
    assert "80.00" in report["issues"][0]["message"] and "81.00" in report["issues"][0]["message"]
    assert [one.continuing for one in Enrollment.objects.filter(period=flat)] == [False, False]


def test_a_flat_fee_is_the_same_for_who_was_in_before(flat):
    report = read_roster(rows("80", "150", 上期是否参互="是"), period=flat, on=ON)
    assert codes(report) == [(5, "error", "fee_mismatch")]


def test_who_is_new_pays_the_association_too_and_the_fee_tells_who_is(dues):
    report = read_roster(rows("80", "85", "150", 上期是否参互=""), period=dues, on=ON)
    assert codes(report) == [(6, "error", "continuing_unknown")]
    assert sorted(Enrollment.objects.values_list("continuing", flat=True)) == [False, True]
    report = read_roster(rows("80", 上期是否参互="否"), period=dues, on=ON)
    assert codes(report) == [(4, "error", "fee_mismatch")]


def test_the_period_before_counts_where_a_condition_asks_for_it(flat):
    old = [person(number, 身份证号=own, 上期是否参互=said, 交费金额="80")
           for number, own, said in ((1, elder(1), "是"), (2, elder(2), "否"))]  # fmt: skip
    report = read_roster(roster_csv(old), period=flat, on=ON)
    assert codes(report) == [(5, "error", "not_eligible")]


def test_a_kind_that_is_not_charged_pays_nothing(period, tmp_path):
    city = a_city(
        tmp_path,
        ('heads = ["active", "retired", "flexible", "new_form"]', 'heads = ["active", "retired"]'),
        ('[[levy]]\nkind = "membership"\narticle = "第四条"\namount = "5元"\n', ""),
        ("每人入会费5元，", ""),
    )
    report = read_roster(rows("80", "0", 人员类别="灵活就业"), period=city, on=ON)
    assert codes(report) == [(4, "error", "fee_mismatch")]


def test_a_fee_that_a_roster_cannot_tell_refuses_the_file_whole(period, tmp_path):
    wages = a_city(
        tmp_path,
        ('kind = "per_head"\narticle = "第四条"\npayer = "individual"\nheads', 'kind = "rate_of_person"\n'
         'article = "第四条"\npayer = "individual"\npersons'),
        ('"new_form"]\namount = "80元"', '"new_form"]\nof = ["base_month"]\nrate = "2%"'),
        ("互助金每人每期80元", "互助金为基数的2%"),
    )  # fmt: skip
    with pytest.raises(roster_import.FeeNotByRoster) as refused:
        read_roster(rows("80"), period=wages, on=ON)
    assert "base_month" in str(refused.value)
    assert not Roster.objects.filter(period=wages).exists()


def test_a_fee_by_history_stays_what_it_was(period):
    report = read_roster(roster_csv([person(1, 交费金额="80")]), period=period)
    assert codes(report) == [(4, "error", "fee_mismatch")]
    assert "150.00" in report["issues"][0]["message"]
    assert period.scheme.code == SCHEME
