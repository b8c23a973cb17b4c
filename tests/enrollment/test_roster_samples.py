"""The sample rosters say exactly what answers.json says."""

import json

import pytest

from enrollment.models import Enrollment, Member, OpeningMembership
from tests.support.rosters import DATA, codes

pytestmark = pytest.mark.django_db
ANSWERS = json.loads((DATA / "answers.json").read_text(encoding="utf-8"))


def expected(name):
    """(row, severity, code) of an answer; a skipped row is an info, another ok row says nothing."""
    return [
        (a["excel_row"], "info" if a["severity"] == "ok" else a["severity"], a["code"])
        for a in ANSWERS[name]
        if a["code"]
    ]


def test_the_messy_roster_says_what_the_answers_say(read):
    report = read(DATA / "roster_messy.xlsx", name="roster_messy.xlsx")
    assert codes(report) == expected("roster_messy.xlsx")
    errors = sum(severity == "error" for _row, severity, _code in expected("roster_messy.xlsx"))
    assert (report["rows"], report["applied"]) == (59, 59 - errors)
    assert Enrollment.objects.count() == 59 - errors


def test_the_clean_roster_gives_none(read):
    report = read(DATA / "roster_clean.xlsx", name="roster_clean.xlsx")
    assert (report["rows"], report["applied"], report["issues"]) == (120, 120, [])
    assert report["notes"][0]["code"] == "previous_not_loaded"


def test_the_clean_roster_after_opening_data_gives_three_rows(opening, read):
    assert (opening["rows"], opening["applied"], opening["issues"]) == (81, 81, [])
    report = read(DATA / "roster_clean.xlsx", name="roster_clean.xlsx")
    assert codes(report) == expected("roster_clean.xlsx after membership_17.csv")
    assert (report["rows"], report["applied"]) == (120, 117)
    assert OpeningMembership.objects.count() == 81
    assert Member.objects.count() == 81 + 117 - len(
        set(OpeningMembership.objects.values_list("member", flat=True))
        & set(Enrollment.objects.values_list("member", flat=True))
    )


def test_names_and_numbers_are_kept_as_they_should_be_read(read):
    read(DATA / "roster_messy.xlsx", name="roster_messy.xlsx")
    names = set(Member.objects.values_list("name", flat=True))
    assert {"阿依·拉木", "马燕"} <= names
    assert Member.objects.by_id_number("53230119811008006X").exists()
    assert Member.objects.by_id_number("532301195110047194").get().sex == "M"
    assert Member.objects.by_id_number("532301199904226301").get().phone == "13683892202"
