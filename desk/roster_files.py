"""The roster's spreadsheets: the template to fill in, and the rows of a file that were not taken."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import openpyxl
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from core import sheets
from core.imports import content_of
from core.issues import sentence
from core.models import Run
from enrollment.models import Enrollment, Member, OpeningMembership, Unit
from enrollment.previous import previous_of
from enrollment.roster_rows import COLUMNS, KIND_WORDS
from schemes.models import Period

VERSION = "名册模板 2"
HEADINGS = ("序号", *(column.names[0] for column in COLUMNS), "备注")
WIDTHS = {"姓名": 12, "身份证号": 22, "开户行": 24, "银行卡号": 24, "手机号": 14, "备注": 20}
EMPTY_ROWS = 200
SEXES = {"M": "男", "F": "女"}
KINDS: dict[str, str] = {kind.value: word for word, kind in reversed(list(KIND_WORDS.items()))}


def template(*, unit: Unit, period: Period) -> bytes:
    """The roster to fill in (XLSX): text columns, drop-downs, a version cell, the people of last period."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("名册")
    for place, name in enumerate(HEADINGS, 1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDTHS.get(name, 12)
    sheet.freeze_panes = "A4"
    _drop_downs(sheet)
    title = f"{period.scheme.name}（第{period.code}期）参互人员名册"
    head = f"单位名称：{unit.name}　统一社会信用代码：{unit.code}　代办点：{unit.agency}　{VERSION}"
    sheet.append([_text(sheet, title, bold=True)])
    sheet.append([_text(sheet, head)])
    sheet.append([_text(sheet, name, bold=True, fill=True) for name in HEADINGS])
    number = 0
    for number, row in enumerate(_known(unit, period), 1):
        sheet.append([_text(sheet, str(value)) for value in (number, *row, "")])
    for _row in range(EMPTY_ROWS):
        number += 1
        sheet.append([_text(sheet, str(number)), *(_text(sheet, "") for _ in HEADINGS[1:])])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _text(sheet: Any, value: str, *, bold: bool = False, fill: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=sheets.safe(value))
    cell.data_type, cell.number_format = "s", "@"
    if bold:
        cell.font = Font(bold=True)
    if fill:
        cell.fill = PatternFill("solid", fgColor="E3EEF5")
        cell.alignment = Alignment(horizontal="center")
    return cell


def _drop_downs(sheet: Any) -> None:
    choices = {"性别": "男,女", "人员类别": "在职,退休,灵活就业,新就业形态", "上期是否参互": "是,否"}
    for name, words in choices.items():
        letter = get_column_letter(HEADINGS.index(name) + 1)
        rule = DataValidation(type="list", formula1=f'"{words}"', allow_blank=True, showErrorMessage=True)
        rule.add(f"{letter}4:{letter}20000")
        sheet.data_validations.append(rule)


def _known(unit: Unit, period: Period) -> Iterator[tuple[str, ...]]:
    """The unit's people of the period before, for renewal, in the order of the template's columns."""
    previous = previous_of(period)
    earlier = Enrollment.objects.filter(unit=unit, period__in=previous.period_ids)
    kinds = dict(earlier.values_list("member", "kind"))
    opened = OpeningMembership.objects.filter(
        scheme=period.scheme_id, period_code__in=previous.codes, member__affiliations__unit=unit
    ).values_list("member", "member__affiliations__kind")
    kinds = {**dict(opened), **kinds}
    members: QuerySet[Member] = Member.objects.filter(pk__in=kinds, died_on=None).order_by(
        "name_pinyin", "pk"
    )
    for member in members.iterator(chunk_size=2000):
        kind = KINDS.get(kinds[member.pk], "在职")
        yield (
            member.name,
            member.id_number,
            SEXES[member.sex],
            kind,
            "是",
            "",
            member.bank_name,
            member.card_number,
            member.phone,
        )


def rejected(run: Run) -> bytes:
    """The rows of a run's file that were not taken, as they were typed, with a reason column (XLSX)."""
    header = [str(cell or "") for cell in sheets.table(content_of(run), COLUMNS).header]
    out = io.BytesIO()
    sheets.write_xlsx(
        out, [*header, _("row in the file"), _("reason")], _rejected(run, len(header)), title="需更正"
    )
    return out.getvalue()


def _rejected(run: Run, width: int) -> Iterator[list[str]]:
    """Each rejected row once, with all its reasons."""
    reasons: dict[int, list[str]] = {}
    cells: dict[int, list[str]] = {}
    for issue in run.issues.filter(severity="error", row__isnull=False).order_by("row", "id").iterator():
        reasons.setdefault(issue.row or 0, []).append(sentence(issue.code, issue.facts))
        if issue.cells:
            cells[issue.row or 0] = [str(cell or "") for cell in json.loads(issue.cells)]
    for row in sorted(reasons):
        typed = (cells.get(row, []) + [""] * width)[:width]
        yield [*typed, str(row), " ".join(reasons[row])]
