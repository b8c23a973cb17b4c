"""A roster's file: what is taken, what is refused, what happens the second time."""

from datetime import date
from io import BytesIO

import openpyxl
import pytest

from core.errors import NotAllowed
from core.models import Run, RunIssue
from core.sheets import WrongFile, write_xlsx
from enrollment import roster as rosters
from enrollment import roster_import
from enrollment.models import (
    Affiliation,
    Enrollment,
    Member,
    OpeningMembership,
    Roster,
    RosterImport,
    SeenRow,
    Unit,
)
from enrollment.roster import RosterClosed
from enrollment.roster_undo import NotUndone, undo
from tests.support.rosters import DATA, HEADER, HOSPITAL, ON, SCHOOL, codes, id_number, person, roster_csv

pytestmark = pytest.mark.django_db


def test_a_person_becomes_member_affiliation_and_enrolment_each_with_its_history(read, by):
    report = read(roster_csv([person(1)]))
    assert (report["rows"], report["applied"], report["issues"]) == (1, 1, [])
    member = Member.objects.get()
    assert (member.name, member.sex, member.phone, member.card_number) == (
        "张一",
        "M",
        "13800001111",
        "6228483473571432174",
    )
    assert member.name_pinyin.startswith("zhang1")
    enrollment = member.enrollments.get()
    assert (enrollment.kind, enrollment.continuing, enrollment.roster.unit.code) == (
        "active",
        False,
        HOSPITAL,
    )
    assert Affiliation.objects.get().since == ON
    for record in (member.history.get(), enrollment.history.get()):
        assert (record.history_type, record.history_user, record.history_change_reason) == (
            "+",
            by,
            f"run:{report['run']}",
        )
    assert not SeenRow.objects.exists()


def test_the_same_file_again_is_known_and_changes_nothing(read):
    file = roster_csv([person(1), person(2)])
    read(file)
    again = read(file)
    assert (again["rows"], again["applied"]) == (2, 0)
    assert codes(again) == [(None, "info", "file_known")]
    assert Run.objects.filter(job="import_roster").count() == 1


def test_a_corrected_file_adds_the_missing_and_leaves_the_rest(read):
    read(roster_csv([person(1), person(2, 交费金额="100")]))
    report = read(roster_csv([person(1), person(2)]))
    assert (report["applied"], report["added"], report["unchanged"]) == (1, 1, 1)
    assert Member.objects.count() == 2


def test_a_new_bank_card_updates_the_person_with_history(read):
    read(roster_csv([person(1)]))
    report = read(roster_csv([person(1, 银行卡号="6228480001464226842")]))
    assert (report["applied"], report["changed"], report["added"]) == (1, 1, 0)
    member = Member.objects.get()
    assert member.card_number == "6228480001464226842"
    assert [record.card_number for record in member.history.order_by("history_id")] == [
        "6228483473571432174",
        "6228480001464226842",
    ]


def test_an_empty_card_cell_does_not_wipe_the_card(read):
    read(roster_csv([person(1)]))
    report = read(roster_csv([person(1, 银行卡号="", 手机号="")]))
    assert (report["unchanged"], Member.objects.get().card_number) == (1, "6228483473571432174")


def test_somebody_who_retired_meanwhile_changes_kind_in_enrolment_and_affiliation(read):
    read(roster_csv([person(1)]))
    read(roster_csv([person(1, 人员类别="退休")]))
    assert Enrollment.objects.get().kind == "retired"
    assert list(Affiliation.objects.order_by("pk").values_list("kind", "until")) == [
        ("active", ON),
        ("retired", None),
    ]


def test_another_units_person_is_refused_and_named(read):
    read(roster_csv([person(1)]))
    report = read(roster_csv([person(1), person(2)], unit=SCHOOL))
    assert codes(report) == [(4, "error", "already_enrolled")]
    assert Enrollment.objects.filter(unit__code=SCHOOL).count() == 1


def test_twice_in_a_file_is_found_across_chunks_whatever_the_first_row_was(read, monkeypatch):
    monkeypatch.setattr(roster_import, "CHUNK", 2)
    rows = [person(1), person(2, 交费金额="1"), person(3), person(2), person(1), person(4)]
    report = read(roster_csv(rows))
    assert codes(report) == [
        (5, "error", "fee_mismatch"),
        (7, "error", "duplicate_in_file"),
        (8, "error", "duplicate_in_file"),
    ]
    assert (report["rows"], report["applied"], report["rejected"]) == (6, 3, 3)
    assert RunIssue.objects.get(row=8).facts == {"first": 4}


def test_dry_run_tells_everything_and_writes_nothing(read):
    file = roster_csv([person(1), person(2, 姓名="")])
    report = read(file, dry_run=True)
    assert codes(report) == [(5, "error", "name_missing")]
    assert (report["rows"], report["applied"], Member.objects.count()) == (2, 0, 0)
    assert read(file)["applied"] == 1, "what was only tried is not known"


def test_strict_applies_nothing_while_one_row_is_wrong(read):
    bad = roster_csv([person(1), person(2, 交费金额="120")])
    report = read(bad, strict=True)
    assert (report["applied"], Enrollment.objects.count(), codes(report)) == (
        0,
        0,
        [(5, "error", "fee_mismatch")],
    )
    assert read(roster_csv([person(1), person(2)]), strict=True)["applied"] == 2
    assert read(bad)["issues"][0]["code"] == "fee_mismatch", (
        "held back, so not known: it may come without --strict"
    )


def test_strict_reads_in_chunks_twice_and_names_each_problem_once(read, monkeypatch):
    monkeypatch.setattr(roster_import, "CHUNK", 2)
    rows = [person(n, 手机号="手机：13683892202") for n in range(1, 6)]
    report = read(roster_csv(rows), strict=True)
    assert (report["rows"], report["applied"], len(report["issues"])) == (5, 5, 5)


def test_opening_data_decide_who_is_continuing(opening, read):
    member = OpeningMembership.objects.first().member
    rows = [
        person(1, 姓名=member.name, 身份证号=member.id_number, 性别="", 上期是否参互="是", 交费金额="120"),
        person(2, 上期是否参互="是", 交费金额="120"),
        person(3, 上期是否参互="", 交费金额=""),
    ]
    report = read(roster_csv(rows))
    assert codes(report) == [(5, "error", "continuing_mismatch")]
    assert set(Enrollment.objects.values_list("member__name", "continuing")) == {
        (member.name, True),
        ("张三", False),
    }


def test_without_opening_data_the_rosters_word_counts_and_a_note_says_so(read):
    report = read(
        roster_csv([person(1, 上期是否参互="是", 交费金额="120"), person(2, 上期是否参互="", 交费金额="120")])
    )
    assert report["issues"] == [] and report["notes"][0]["code"] == "previous_not_loaded"
    assert set(Enrollment.objects.values_list("continuing", flat=True)) == {True}


@pytest.mark.parametrize(
    ("changes", "severity", "code"),
    [
        ({"身份证号": ""}, "error", "id_missing"),
        ({"身份证号": "5.32301E+17"}, "error", "id_numeric_cell"),
        ({"身份证号": "53230119850312A011"}, "error", "id_characters"),
        ({"身份证号": "532301198503120"}, "error", "id_length"),
        ({"人员类别": "临时"}, "error", "kind_unknown"),
        ({"上期是否参互": "不详"}, "error", "continuing_unknown"),
        ({"上期是否参互": "", "交费金额": ""}, "error", "continuing_unknown"),
        ({"交费金额": "一百二"}, "error", "fee_unreadable"),
        ({"人员类别": "新就业形态劳动者"}, "error", "new_form_unit"),
        ({"性别": "不明"}, "warning", "sex_unknown"),
        ({"银行卡号": "62284x"}, "warning", "card_format"),
        ({"姓名": "张" * 61}, "error", "name_too_long"),
    ],
)
def test_every_problem_has_its_code(read, changes, severity, code):
    report = read(roster_csv([person(1, **changes)]))
    assert (4, severity, code) in codes(report)
    assert report["applied"] == (severity == "warning")


def test_columns_stand_in_any_order_under_names_that_people_use(read):
    out = BytesIO()
    row = person(1)
    header = ["电话", "身份证号码", "职工姓名", "续参", "人员类型"]
    write_xlsx(out, header, [[row["手机号"], row["身份证号"], row["姓名"], "×", "在岗职工"]])
    report = read(out.getvalue(), name="x.xlsx", unit_code=HOSPITAL)
    assert (report["applied"], report["issues"]) == (1, [])


def test_pages_with_subtotals_and_repeated_headers_lose_nobody(read):
    lines = roster_csv([person(1)]).decode("utf-8-sig").splitlines()
    more = roster_csv([person(2)]).decode("utf-8-sig").splitlines()
    text = "\n".join([*lines, "小计,,,,,150", *more[2:], "合计,,,,,300", "填表人：某某,,,,", ",,,,"])
    report = read(text.encode())
    assert (report["rows"], report["applied"], report["issues"]) == (2, 2, [])


def test_a_name_that_differs_from_a_known_one_is_kept_and_told(opening, read):
    member = OpeningMembership.objects.first().member
    report = read(
        roster_csv(
            [person(1, 姓名="别名", 身份证号=member.id_number, 性别="", 上期是否参互="是", 交费金额="120")]
        )
    )
    assert codes(report) == [(4, "warning", "name_differs")]
    member.refresh_from_db()
    assert member.name != "别名"


def test_a_file_of_an_unknown_unit_is_refused_whole(read):
    with pytest.raises(roster_import.UnitUnknown) as refused:
        read(roster_csv([person(1)], unit="91110000600037341L"))
    assert refused.value.code == "unit_unknown" and not Run.objects.filter(job="import_roster").exists()


def test_a_file_of_another_unit_or_of_none_is_refused(read):
    with pytest.raises(roster_import.UnitDiffers):
        read(roster_csv([person(1)]), unit_code=SCHOOL)
    with pytest.raises(roster_import.UnitMissing):
        read(roster_csv([person(1)], unit=""))


@pytest.mark.parametrize("day", [date(2021, 12, 19), date(2022, 2, 26)])
def test_outside_the_window_the_file_is_refused_whole(read, day):
    with pytest.raises(roster_import.WindowClosed):
        read(roster_csv([person(1)]), on=day)
    assert not Member.objects.exists()


def test_the_windows_edges_belong_to_it(read):
    assert read(roster_csv([person(1)]), on=date(2021, 12, 20))["applied"] == 1
    assert read(roster_csv([person(2)]), on=date(2022, 2, 25))["applied"] == 1


def test_an_agent_reads_the_own_units_roster_alone(read, staff):
    agent = staff("agent", unit=HOSPITAL)
    assert read(roster_csv([person(1)]), by=agent)["applied"] == 1
    with pytest.raises(NotAllowed):
        read(roster_csv([person(2)], unit=SCHOOL), by=agent)
    with pytest.raises(NotAllowed):
        read(roster_csv([person(2)]), by=staff("reviewer", office="90"))


def test_a_roster_that_was_handed_in_takes_no_file(read, hospital, by):
    read(DATA / "roster_clean.xlsx", name="roster_clean.xlsx")
    rosters.submit(roster=Roster.objects.get(), by=by, on=ON)
    with pytest.raises(RosterClosed):
        read(roster_csv([person(1)]))


@pytest.mark.parametrize("rows", [[], [{}], [{}, {}]])
def test_a_file_without_people_says_what_to_do(read, rows):
    with pytest.raises(WrongFile) as refused:
        read(roster_csv(rows))
    assert refused.value.code == "file_empty"


def test_ten_thousand_empty_rows_are_refused(read):
    with pytest.raises(WrongFile) as refused:
        read(roster_csv([person(1)]) + b",,,,\r\n" * 10_001)
        read(roster_csv([]) + b",,,,\r\n" * 10_001)
    assert refused.value.code == "file_blank_rows"


def test_rejected_rows_keep_their_cells_encrypted(read):
    read(roster_csv([person(1, 姓名="")]))
    issue = RunIssue.objects.get()
    assert person(1)["身份证号"] in issue.cells and person(1)["身份证号"] not in str(issue.facts)


def test_an_upload_is_undone_to_the_last_row_and_may_come_again(read, by):
    read(roster_csv([person(1), person(2)]))
    file = roster_csv([person(1, 银行卡号="6228480001464226842"), person(2), person(3)])
    run = Run.objects.get(pk=read(file)["run"])
    undo(run=run, by=by, on=ON)
    assert set(Member.objects.values_list("name", flat=True)) == {"张一", "张二"}
    assert Member.objects.get(name="张一").card_number == "6228483473571432174"
    assert Enrollment.objects.count() == Affiliation.objects.count() == 2
    assert RosterImport.objects.get(run=run).undone_by == by
    with pytest.raises(NotUndone):
        undo(run=run, by=by, on=ON)
    assert read(file)["applied"] == 2


def test_many_changes_are_undone_by_a_few_statements(read, by, django_assert_max_num_queries):
    read(roster_csv([person(n) for n in range(1, 31)]))
    cards = set(Member.objects.values_list("card_digest", flat=True))
    file = roster_csv([person(n, 银行卡号="6228480001464226842") for n in range(1, 31)])
    run = Run.objects.get(pk=read(file)["run"])
    assert set(Member.objects.values_list("card_digest", flat=True)) != cards
    with django_assert_max_num_queries(40):
        undo(run=run, by=by, on=ON)
    assert set(Member.objects.values_list("card_digest", flat=True)) == cards


def test_an_xlsx_with_a_number_in_the_identity_column_is_told_to_make_it_text(read):
    book = openpyxl.Workbook()
    book.active.append(HEADER)
    row = person(1)
    book.active.append([row["姓名"], int(id_number(1)[:17]) * 10, "男", "在职", "否", 150, "", "", ""])
    out = BytesIO()
    book.save(out)
    report = read(out.getvalue(), name="x.xlsx", unit_code=HOSPITAL)
    assert codes(report) == [(2, "error", "id_numeric_cell")]


def test_units_know_where_they_hang(period):
    assert set(Unit.objects.values_list("code", "agency__code", "insured_active")) == {
        (HOSPITAL, "2301", 130),
        (SCHOOL, "2301", 62),
    }
