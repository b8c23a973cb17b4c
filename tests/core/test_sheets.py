"""Spreadsheets as offices send them, wrong files in words, files that no spreadsheet takes for a formula."""

import csv
import io
import zipfile
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import sheets
from core.sheets import Column, WrongFile

COLUMNS = (
    Column("name", ("姓名", "名字")),
    Column("fee", ("金额",)),
    Column("note", ("备注",), required=False),
)


def workbook(*rows, **cells) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, value in cells.items():
        book.active[place] = value
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def code_of(source, columns=None) -> str:
    with pytest.raises(WrongFile) as refused:
        list(sheets.table(source, columns).rows if columns else sheets.rows(source))
    assert str(refused.value)
    return refused.value.code


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_the_encodings_of_offices(encoding):
    source = "姓名,金额\r\n龙燕,120\r\n".encode(encoding)
    assert list(sheets.rows(source)) == [(1, ["姓名", "金额"]), (2, ["龙燕", "120"])]


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_csv_with_other_separators(mark):
    assert list(sheets.rows(f"姓名{mark}金额\n龙燕{mark}1\n".encode()))[1] == (2, ["龙燕", "1"])


def test_a_record_with_line_breaks_is_one_row_and_blank_lines_count():
    assert list(sheets.rows(b'a,"x\ny"\n\nb,c\n')) == [(1, ["a", "x\ny"]), (2, []), (3, ["b", "c"])]


def test_csv_is_read_from_pieces_whose_borders_cut_characters():
    content = ("姓名,金额\n" + "龙燕,120\n" * 50).encode()
    pieces = lambda: (content[at : at + 7] for at in range(0, len(content), 7))  # noqa: E731
    assert list(sheets.rows(pieces)) == list(sheets.rows(content))


def test_a_workbooks_cells_arrive_as_plain_values_with_their_own_row_number():
    content = workbook(B3="姓名", C3=120.1, D3=True, E3=datetime(2022, 1, 2, 8), F3=date(2022, 1, 3))
    rows = list(sheets.rows(content))
    assert rows[2] == (3, ["姓名", Decimal("120.1"), True, date(2022, 1, 2), date(2022, 1, 3)])
    assert rows[0][0] == 1 and sheets.is_blank(rows[0][1])


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1, max_size=5))
def test_no_float_leaves_the_reader(numbers):
    (_row, cells), *_ = sheets.rows(workbook(numbers))
    assert all(isinstance(cell, Decimal) for cell in cells)
    assert [float(cell) for cell in cells] == pytest.approx(numbers, rel=1e-15)  # the writer keeps 16 digits


def test_hidden_and_empty_sheets_are_passed_over():
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    book.create_sheet("empty")
    book.create_sheet("full").append(["seen"])
    out = BytesIO()
    book.save(out)
    assert list(sheets.rows(out.getvalue())) == [(1, ["seen"])]


def test_the_header_is_found_by_name_in_any_order():
    found = sheets.table("说明\n,\n备注,名 字,金额（元）,*\nx,龙燕,120\n".encode(), COLUMNS)
    assert (found.header_row, found.index) == (3, {"name": 1, "fee": 2, "note": 0})
    assert [found.picked(cells) for _row, cells in found.rows] == [
        {"name": "龙燕", "fee": "120", "note": "x"}
    ]
    assert len(found.titles) == 2


def test_a_missing_column_is_named():
    with pytest.raises(WrongFile) as refused:
        sheets.table("姓名,电话\n龙燕,1\n".encode(), COLUMNS)
    assert (
        refused.value.code == "columns_missing"
        and "金额" in str(refused.value)
        and "姓名" not in str(refused.value)
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\xef\xbb\xbf \r\n", "file_empty"),
        (b"\x89PNG\r\n\x1a\n....", "file_image"),
        (b"\xff\xd8\xff\xe0", "file_image"),
        (b"%PDF-1.7", "file_image"),
        (b"<html><table>", "file_kind"),
        (b"a\0b", "file_kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file_old_format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "file_password"),
        (b"PK\x03\x04 not a zip", "file_broken"),
        (b"\x81\x20\xff\xff,\n", "file_encoding"),
    ],
)
def test_a_wrong_file_says_what_to_do(content, code):
    assert code_of(content) == code


def archive(**members: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in members.items():
            zipped.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), content)
    return out.getvalue()


def test_a_macro_book_another_zip_and_a_broken_book_are_refused():
    assert code_of(archive(xl__workbook_xml=b"<a/>", xl__vbaProject_bin=b"x")) == "file_macros"
    assert code_of(archive(word__document_xml=b"<a/>")) == "file_kind"
    assert code_of(archive(xl__workbook_xml=b"<a/>")) == "file_broken"


def test_a_workbook_that_unpacks_without_end_is_refused_before_it_is_read():
    assert code_of(archive(xl__workbook_xml=b"<a/>", xl__sheet_xml=b"\0" * 64 * 1024 * 1024)) == "file_bomb"


def test_a_workbook_that_lies_about_its_size_is_refused():
    honest = bytearray(archive(xl__workbook_xml=b"<a/>", xl__sheet_xml=b"\0" * 64 * 1024 * 1024))
    at = honest.rindex(b"PK\x01\x02")
    honest[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert code_of(bytes(honest)) == "file_bomb"


def test_empty_rows_without_end_are_refused():
    assert code_of("姓名,金额\n".encode() + b",\n" * 300_000, COLUMNS) == "file_blank_rows"


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=2, max_size=2), max_size=5
    )
)
def test_what_is_written_as_csv_no_spreadsheet_takes_for_a_formula(lines):
    out = BytesIO()
    sheets.write_csv(out, ["a", "b"], lines)
    read = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8-sig"), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == [
        [cell.removeprefix("'") for cell in row] for row in lines
    ]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t")) for row in read for cell in row)


def test_what_is_written_as_xlsx_keeps_every_digit_and_no_formula():
    out = BytesIO()
    sheets.write_xlsx(
        out, ["号码", "备注"], [["532301195110047194", '=HYPERLINK("http://x","y")'], ["-1", Decimal("1.50")]]
    )
    rows = list(sheets.rows(out.getvalue()))
    assert rows[1] == (2, ["532301195110047194", '\'=HYPERLINK("http://x","y")'])
    assert rows[2] == (3, ["'-1", Decimal("1.5")])
    assert b"<f>" not in zipfile.ZipFile(out).read("xl/worksheets/sheet1.xml")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_but_never_an_error(content):
    try:
        list(sheets.rows(content))
    except WrongFile as refused:
        assert refused.code


def book_of(**sheets_of_rows) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets_of_rows.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_table_may_stand_behind_an_explanation_with_its_own_row_numbers():
    about = [["填表说明"], *[[f"第{line}条"] for line in range(40)]]
    book = book_of(填表说明=about, 空=[], 名册=[["某单位"], ["姓名", "金额"], ["龙燕", "1"]])
    found = sheets.table(book, COLUMNS)
    assert (found.sheet, found.header_row, found.total) == ("名册", 2, 1)
    assert (found.titles, list(found.rows)) == ([(1, ["某单位", None])], [(3, ["龙燕", "1"])])


def test_the_first_sheet_with_the_header_is_read_and_needs_no_name():
    book = book_of(一=[["姓名", "金额"], ["龙燕", "1"]], 二=[["姓名", "金额"], ["他人", "2"]])
    found = sheets.table(book, COLUMNS)
    assert (found.sheet, list(found.rows)) == ("", [(2, ["龙燕", "1"])])


def test_no_sheet_with_the_header_names_what_the_best_one_lacks():
    with pytest.raises(WrongFile) as refused:
        sheets.table(book_of(说明=[["如何填写"]], 名册=[["姓名", "电话"], ["龙燕", "1"]]), COLUMNS)
    assert refused.value.code == "columns_missing" and "姓名" not in str(refused.value)
