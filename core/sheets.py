"""Spreadsheets as offices send them: one reader for CSV and XLSX, wrong files refused in words, safe writers.

A reader yields `(row, cells)`: the spreadsheet's own row number and its cells as str, Decimal, date, bool or
None. A numeric cell arrives as a float and becomes a Decimal by `repr` here, and nowhere else.
"""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, cast

import openpyxl
import python_calamine
from django.utils.translation import gettext_lazy as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from core.errors import Refused

Cell = str | Decimal | date | bool | None
Cells = list[Any]
Source = bytes | Path | Callable[[], Iterable[bytes]]

PIECE = 1024 * 1024
PLAIN_LIMIT = 1024 * 1024 * 1024  # bytes of an unpacked workbook
BOMB_RATIO = 300
BLANK_LIMIT = 10_000  # empty rows in a row
HEADER_WITHIN = 30
DELIMITER_WITHIN = 10  # lines of a text file that tell what stands between its cells
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class WrongFile(Refused):
    """The file cannot be read as a table; the sentence says what to do."""

    code = "file_kind"
    sentence = _("This is not a spreadsheet. Please upload the roster as an XLSX workbook or a CSV file.")


WRONG = {
    "file_kind": _(
        "This is not a spreadsheet. Save the table as an XLSX workbook or a CSV file and upload that."
    ),
    "file_image": _("This is a picture or a scan. Please upload the table itself, as XLSX or CSV."),
    "file_password": _(
        "This workbook has a password. Open it, remove the password, save it, and upload it again."
    ),
    "file_old_format": _(
        "This is an old XLS workbook. Open it, choose “Save as”, XLSX, and upload the new file."
    ),
    "file_macros": _(
        "This workbook contains macros. Choose “Save as”, XLSX workbook without macros, and upload that."
    ),
    "file_broken": _("This file is damaged. Open it, save it again, and upload the new file."),
    "file_bomb": _(
        "Unpacked, this workbook is far too large. Copy the table into a new workbook and upload that."
    ),
    "file_too_large": _("This file is too large. Please split it into several files."),
    "file_encoding": _(
        "The characters of this file cannot be read. Save it as XLSX, or as CSV in UTF-8 or GB18030."
    ),
    "file_empty": _("This file holds no rows. Fill in the template and upload it again."),
    "file_blank_rows": _(
        "This sheet has more than %(limit)s empty rows in a row. Delete the empty rows and upload it again."
    ),
    "columns_missing": _(
        "These columns are missing: %(columns)s. "
        "Use the template, or give the header row exactly these names."
    ),
}


def wrong(code: str, **facts: Any) -> WrongFile:
    """The refusal of a file with its stable code."""
    return WrongFile(code=code, sentence=WRONG[code], **facts)


# --- reading ---------------------------------------------------------------------------------------------


def rows(source: Source) -> Iterator[tuple[int, Cells]]:
    """Every row of the first sheet that holds something, with its own number, empty ones included.

    source: the content, a path, or a function that gives the content piece by piece (called anew each time).
    Raises WrongFile at once when the file is no table; `file_blank_rows` on the way.
    """
    return _bounded(next(_opened(source)).rows)


@dataclass
class _Sheet:
    """A sheet that holds something: its name unless it is the file's first, its rows, about how many."""

    name: str
    rows: Iterator[tuple[int, Cells]]
    total: int


def _opened(source: Source) -> Iterator[_Sheet]:
    """The file's sheets in order, each loaded when it is asked for; a text file is one sheet."""
    kind = kind_of(_head(source))
    if kind == "zip":
        return _workbook_sheets(_whole(source))
    if kind == "text":
        total = sum(piece.count(b"\n") for piece in _pieces(source))
        return iter([_Sheet("", _text_rows(source), total)])
    if kind == "ole":
        raise wrong("file_password" if _is_encrypted(_whole(source)) else "file_old_format")
    if kind == "empty":
        raise wrong("file_empty")
    raise wrong("file_image" if kind == "image" else "file_kind")


def kind_of(head: bytes) -> str:
    """The kind by content: zip, ole, image, other, text, empty."""
    if not head.strip(b"\xef\xbb\xbf \r\n\t"):
        return "empty"
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "ole"
    if head.startswith((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"%PDF")):
        return "image"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    lowered = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if b"\0" in head or lowered.startswith(
        (b"<html", b"<!doctype", b"<?xml", b"{\\rtf", b"rar!", b"7z\xbc\xaf")
    ):
        return "other"
    return "text"


def _pieces(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield from (source[at : at + PIECE] for at in range(0, len(source), PIECE))
    elif isinstance(source, Path):
        with open(source, "rb") as stream:
            while piece := stream.read(PIECE):
                yield piece
    else:
        yield from source()


def _head(source: Source) -> bytes:
    return next(iter(_pieces(source)), b"")[:4096]


def _whole(source: Source) -> bytes:
    return source if isinstance(source, bytes) else b"".join(_pieces(source))


def _bounded(found: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """Refuse endless empty rows; the first row is read at once, so that a wrong file fails here."""
    first = next(found, None)
    if first is None:
        raise wrong("file_empty")
    return _watched(first, found)


def _watched(first: tuple[int, Cells], found: Iterator[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    yield first
    blank = 0
    for row in found:
        if any(row[1]):
            blank = 0
        else:
            blank += 1
            if blank > BLANK_LIMIT:
                raise wrong("file_blank_rows", limit=BLANK_LIMIT)
        yield row


# --- text ------------------------------------------------------------------------------------------------


def _encoding(source: Source) -> str:
    """The first encoding that reads the whole file."""
    head = _head(source)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for name in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(name)()
        try:
            for piece in _pieces(source):
                decoder.decode(piece)
            decoder.decode(b"", True)
        except UnicodeDecodeError:
            continue
        return name
    raise wrong("file_encoding")


class _Stream(io.RawIOBase):
    """Pieces of bytes as a raw stream, so that a text wrapper can read lines from it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _text_rows(source: Source) -> Iterator[tuple[int, Cells]]:
    encoding = _encoding(source)
    buffered = io.BufferedReader(_Stream(_pieces(source)), 256 * 1024)
    lines = io.TextIOWrapper(buffered, encoding=encoding, newline="")
    return _parsed(lines)


def _parsed(lines: io.TextIOWrapper) -> Iterator[tuple[int, Cells]]:
    """Records, numbered as a spreadsheet would number them (a record with line breaks is one row)."""
    with lines:
        first = list(islice(lines, DELIMITER_WITHIN))
        delimiter = max(",\t;", key="".join(first).count)
        try:
            yield from enumerate(csv.reader(chain(first, lines), delimiter=delimiter), 1)
        except csv.Error as error:
            raise wrong("file_broken") from error


# --- workbooks -------------------------------------------------------------------------------------------


def _is_encrypted(content: bytes) -> bool:
    return "EncryptedPackage".encode("utf-16-le") in content


def _workbook_sheets(content: bytes) -> Iterator[_Sheet]:
    _check_workbook(content)
    held = 0
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        for place, sheet in enumerate(_visible_sheets(book)):
            if sheet.end is not None:
                held += 1
                yield _Sheet(sheet.name if place else "", _sheet_rows(sheet), sheet.end[0] + 1)
    except python_calamine.PasswordError as error:
        raise wrong("file_password") from error
    except (python_calamine.CalamineError, ValueError) as error:
        raise wrong("file_broken") from error
    if not held:
        raise wrong("file_empty")


def _visible_sheets(book: python_calamine.CalamineWorkbook) -> Iterator[python_calamine.CalamineSheet]:
    for place, about in enumerate(book.sheets_metadata):
        is_table = about.typ == python_calamine.SheetTypeEnum.WorkSheet
        if is_table and about.visible == python_calamine.SheetVisibleEnum.Visible:
            yield book.get_sheet_by_index(place)


def _sheet_rows(sheet: python_calamine.CalamineSheet) -> Iterator[tuple[int, Cells]]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        yield number, [_cell(value) for value in cells]


def _cell(value: Any) -> Cell:
    kind = value.__class__
    if kind is str:
        return cast(str, value) or None
    if kind is float:
        return Decimal(repr(value))
    if kind is int:
        return Decimal(value)
    if kind is datetime:
        return cast(date, value.date())
    if kind is bool or kind is date:
        return cast(Cell, value)
    if isinstance(value, time | timedelta):
        return str(value)
    return None


def _check_workbook(content: bytes) -> None:
    """Refuse macros, other zip files, and workbooks that unpack without end, whatever they declare."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile as error:
        raise wrong("file_broken") from error
    with archive:
        names = {info.filename for info in archive.infolist()}
        if any(name.endswith("vbaProject.bin") for name in names):
            raise wrong("file_macros")
        if "xl/workbook.xml" not in names:
            raise wrong("file_kind")
        allowed = min(PLAIN_LIMIT, max(len(content) * BOMB_RATIO, 32 * PIECE))
        for info in archive.infolist():
            allowed -= _unpacked_size(content, info, allowed)


def _unpacked_size(content: bytes, info: zipfile.ZipInfo, allowed: int) -> int:
    """The true size of a member, by unpacking it piece by piece."""
    if info.file_size > allowed:
        raise wrong("file_bomb")
    if info.compress_type == zipfile.ZIP_STORED:
        return info.compress_size
    if info.compress_type != zipfile.ZIP_DEFLATED:
        raise wrong("file_kind")
    head = content[info.header_offset : info.header_offset + 30]
    start = (
        info.header_offset
        + 30
        + int.from_bytes(head[26:28], "little")
        + int.from_bytes(head[28:30], "little")
    )
    unpack, size = zlib.decompressobj(-15), 0
    data: bytes = content[start : start + info.compress_size]
    try:
        while data and not unpack.eof:
            size += len(unpack.decompress(data, PIECE))
            data = unpack.unconsumed_tail
            if size > allowed:
                raise wrong("file_bomb")
    except zlib.error as error:
        raise wrong("file_broken") from error
    return size


# --- tables with a header ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column by its key and the names that people give it; the first name is the template's."""

    key: str
    names: tuple[str, ...]
    required: bool = True


@dataclass
class Table:
    """A table below its header: where each known column stands, the rows above, the rows below.

    sheet: the name of the sheet it stands on, "" for the first.
    """

    header_row: int
    titles: list[tuple[int, Cells]]
    index: dict[str, int]
    header: Cells
    rows: Iterator[tuple[int, Cells]]
    total: int
    sheet: str = ""

    def picked(self, cells: Cells) -> dict[str, Cell]:
        """The cells of a row by column key."""
        return {key: cells[at] if at < len(cells) else None for key, at in self.index.items()}


FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}
_NO_SPACE = {ord(mark): None for mark in " \t\r\n*:"}


def header_name(cell: Cell) -> str:
    """A header cell as it is compared: half-width, without spaces, stars and what stands in brackets."""
    if not isinstance(cell, str):
        return ""
    return cell.translate(FULL_WIDTH).split("(")[0].translate(_NO_SPACE).lower()


def table(source: Source, columns: Iterable[Column]) -> Table:
    """Find the header by name, in any order, within the first rows of the first sheet that has it.

    Raises WrongFile `columns_missing`, naming the columns that the best candidate lacks, or why the file is
    no table.
    """
    columns = list(columns)
    best: dict[str, int] = {}
    for sheet in _opened(source):
        found = _below_header(sheet, columns)
        if isinstance(found, Table):
            return found
        best = max(best, found, key=len)
    missing = [column.names[0] for column in columns if column.required and column.key not in best]
    raise wrong("columns_missing", columns="、".join(missing))


def _below_header(sheet: _Sheet, columns: list[Column]) -> Table | dict[str, int]:
    """The table of a sheet, or the columns that its best candidate for a header has."""
    rows = _bounded(sheet.rows)
    titles: list[tuple[int, Cells]] = []
    best: dict[str, int] = {}
    for number, cells in islice(rows, HEADER_WITHIN):
        index = _matched(cells, columns)
        if len(index) > 1 and all(column.key in index for column in columns if column.required):
            return Table(number, titles, index, cells, rows, max(sheet.total - number, 0), sheet.name)
        best = max(best, index, key=len)
        titles.append((number, cells))
    return best


def _matched(cells: Cells, columns: list[Column]) -> dict[str, int]:
    names = [header_name(cell) for cell in cells]
    index: dict[str, int] = {}
    for column in columns:
        for name in column.names:
            if header_name(name) in names:
                index[column.key] = names.index(header_name(name))
                break
    return index


def is_blank(cells: Cells) -> bool:
    """Whether a row holds nothing but spaces."""
    return not any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in cells)


# --- writing -----------------------------------------------------------------------------------------------


def safe(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula (= + - @ tab)."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return "'" + value
    return value


def write_csv(out: BinaryIO, header: Iterable[str], lines: Iterable[Iterable[Any]]) -> None:
    """Write a CSV that Excel opens in the right characters (UTF-8 with its mark)."""
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow([safe(name) for name in header])
    for line in lines:
        writer.writerow([safe(_plain(value)) for value in line])
    text.flush()
    text.detach()


def write_xlsx(
    out: BinaryIO, header: Iterable[str], lines: Iterable[Iterable[Any]], *, title: str = "Sheet"
) -> None:
    """Write a workbook row by row; texts stay texts (identity and card numbers keep every digit)."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    names = list(header)
    for place, name in enumerate(names, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(12, min(40, 2 * len(name) + 4))
    sheet.append([_styled(sheet, name, bold=True) for name in names])
    for line in lines:
        sheet.append([_styled(sheet, value) if isinstance(value, str) else _plain(value) for value in line])
    book.save(out)


def _styled(sheet: Any, value: str, *, bold: bool = False) -> Any:
    cell = WriteOnlyCell(sheet, value=safe(openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)))
    cell.data_type = "s"
    cell.number_format = "@"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _plain(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
