"""Rows of a roster file, as units fill them in: what each says, and everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import typed
from core.identifiers import age_on, card_fault, id_birth_date, id_fault, id_region_known, id_sex, phone
from core.imports import ERROR, INFO, WARNING
from core.issues import say
from core.sheets import Cells, Column, Table, header_name, is_blank
from enrollment import people
from enrollment.models import PersonKind

COLUMNS = (
    Column("name", ("姓名", "职工姓名", "参互人姓名", "name")),
    Column(
        "id", ("身份证号", "身份证号码", "公民身份号码", "居民身份证号", "证件号码", "证件号", "身份证", "id")
    ),
    Column("sex", ("性别", "sex"), required=False),
    Column(
        "kind",
        (
            "人员类别",
            "人员类型",
            "人员性质",
            "职工类别",
            "职工性质",
            "人员身份",
            "类别",
            "在职退休",
            "在职或退休",
            "kind",
        ),
    ),
    Column(
        "continuing",
        ("上期是否参互", "上期参互", "上期是否参加", "是否参加上期", "是否续参", "续参", "continuing"),
        required=False,
    ),
    Column(
        "fee", ("交费金额", "缴费金额", "交纳金额", "互助金", "金额", "交费", "缴费", "fee"), required=False
    ),
    Column("bank", ("开户行", "开户银行", "银行", "银行名称", "bank"), required=False),
    Column("card", ("银行卡号", "银行账号", "银行帐号", "卡号", "账号", "card"), required=False),
    Column("phone", ("手机号", "手机号码", "手机", "联系电话", "电话", "phone"), required=False),
)

KIND_WORDS = {
    **dict.fromkeys("在职 在职职工 在职人员 在岗 在岗职工 职工 在编 active".split(), PersonKind.ACTIVE),
    **dict.fromkeys("退休 退休人员 退休职工 离休 离退休 离退休人员 退 retired".split(), PersonKind.RETIRED),
    **dict.fromkeys("灵活就业 灵活就业人员 flexible".split(), PersonKind.FLEXIBLE),
    **dict.fromkeys(
        "新就业形态 新就业形态劳动者 新业态 新业态劳动者 新就业形态人员 new_form".split(), PersonKind.NEW_FORM
    ),
}
SEX_WORDS = {"男": "M", "男性": "M", "m": "M", "1": "M", "女": "F", "女性": "F", "f": "F", "2": "F"}
TOTAL_WORDS = ("合计", "总计", "小计", "共计", "本页合计")
FOOT_WORDS = (
    "填表人",
    "制表",
    "审核",
    "负责人",
    "经办人",
    "单位盖章",
    "(盖章)",
    "备注:",
    "说明",
    "注:",
    "联系人",
)

CREDIT_CODE = re.compile(r"(?:统一)?社会信用代码[:\s]*([0-9A-Za-z]{15,18})")
UNIT_NAME = re.compile(r"单位(?:名称)?:\s*(\S+)")

say(
    {
        "id_missing": _("The identity number is missing."),
        "id_numeric_cell": _(
            "The identity number stands in a numeric cell and has lost its last digits. "
            "Format the column as text, type the number again, and upload the file again."
        ),
        "id_length": _("An identity number has 18 characters, this one has %(length)s."),
        "id_characters": _("An identity number has 17 digits and ends with a digit or X."),
        "id_birth_date": _("The date of birth in the identity number does not exist."),
        "id_check_digit": _("The identity number's check digit is wrong; one of its digits is mistyped."),
        "id_region_unknown": _(
            "The identity number begins with a region that does not exist. Please check it."
        ),
        "name_missing": _("The name is missing."),
        "name_too_long": _("The name has more than 60 characters."),
        "name_differs": _(
            "This identity number is known under another name, which was kept. Please check it."
        ),
        "sex_unknown": _("The sex cannot be read; it was taken from the identity number."),
        "sex_mismatch": _("The sex does not agree with the identity number; the number's was taken."),
        "kind_unknown": _("The kind of person cannot be read; write 在职 or 退休."),
        "continuing_unknown": _(
            "Whether the person was in the period before cannot be read; write 是 or 否."
        ),
        "continuing_mismatch": _("By the membership of the period before, this column must say %(truth)s."),
        "fee_unreadable": _("The fee cannot be read."),
        "fee_mismatch": _("The fee must be %(expected)s yuan, the roster says %(stated)s."),
        "phone_format": _("The telephone number has an unusual form. Please check it."),
        "card_format": _("The bank card number has an unusual form. Please check it."),
        "card_luhn": _("The bank card's check digit is wrong. Please check it."),
        "already_enrolled": _("This person is already enrolled for this period by another unit."),
        "not_eligible": _("This person may not join: %(note)s (%(article)s)."),
        "new_form_unit": _("New-form workers join through a street or community union."),
    }
)


@dataclass
class Facts:
    """What a roster's rows are checked against, read once per run.

    `fees` by (kind, continuing); `eligible` answers (kind, continuing, age) with the reasons against
    joining as (note, article); `decided` tells whether opening data decide who was in the period before.
    """

    on: date
    fees: Callable[[str, bool], Decimal]
    eligible: Callable[[str, bool, int], tuple[tuple[str, str], ...]]
    decided: bool
    community: bool


@dataclass
class RowIssue:
    """One thing to say about one row, before it becomes a `RunIssue`."""

    row: int
    severity: str
    code: str
    column: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def unit_line(titles: list[tuple[int, Cells]]) -> tuple[str, str]:
    """The unit's social-credit code and name in the rows above the header, "" where they are not given."""
    words = " ".join(typed.text(cell) for _row, cells in titles for cell in cells if cell is not None)
    code, name = CREDIT_CODE.search(words), UNIT_NAME.search(words)
    return (code[1].upper() if code else "", name[1] if name else "")


@dataclass
class Batch:
    """What some rows gave: people whose identity number is sound, issues, cells, and how far they reach."""

    people: list[people.Staged] = field(default_factory=list)
    issues: list[RowIssue] = field(default_factory=list)
    cells: dict[int, Cells] = field(default_factory=dict)
    held: int = 0
    rejected: int = 0
    at: int = 0
    ended: bool = False


class RosterRows:
    """Reads people from the rows below a roster's header, a batch at a time; needs no database."""

    def __init__(self, table: Table, facts: Facts, *, after: int = 0) -> None:
        self.facts = facts
        self.table = table
        self.at = after or table.header_row
        self.issues: list[RowIssue] = []
        self._places = [table.index.get(column.key, -1) for column in COLUMNS]
        self._width = max(self._places) + 1
        self._header = [header_name(cell) for cell in table.header]
        self._blank: list[int] = []
        self._fees: dict[tuple[str, bool], Decimal] = {}
        self._banks: dict[Any, str] = {}
        self._skip_to(after)

    def _skip_to(self, row: int) -> None:
        while self.table.header_row < row and next(self.table.rows, (row,))[0] < row:
            pass

    def read(self, most: int) -> Batch:
        """The next rows, up to `most` that hold something."""
        batch = Batch(at=self.at)
        self.issues = batch.issues
        for number, cells in self.table.rows:
            batch.at = self.at = number
            if len(cells) < self._width:
                cells = [*cells, *[None] * (self._width - len(cells))]
            if not self._is_person(cells, number):
                continue
            batch.held += 1
            batch.cells[number] = cells
            self._person(batch, number, [cells[at] if at >= 0 else None for at in self._places])
            if batch.held >= most:
                return batch
        batch.ended = True
        return batch

    # --- which rows are people

    def _is_person(self, cells: Cells, number: int) -> bool:
        name, own = cells[self._places[0]], cells[self._places[1]]
        if own and name:
            is_header = not str(own)[:1].isdigit() and header_name(own) == self._header[self._places[1]]
            if not is_header:
                self._tell_blank()
            return not is_header
        if self._is_empty(cells):
            self._blank.append(number)
            return False
        if not typed.text(own):
            words = next((text for cell in cells if (text := typed.text(cell).replace(" ", ""))), "")
            if words.startswith(FOOT_WORDS):
                self._blank.clear()
                return False
            self._tell_blank()
            return not words.startswith(TOTAL_WORDS)
        self._tell_blank()
        return True

    def _is_empty(self, cells: Cells) -> bool:
        """Nothing at all, or only the number that a template has printed in the first column."""
        if is_blank(cells):
            return True
        return self._places[0] > 0 and typed.text(cells[0]).isdigit() and is_blank(cells[1:])

    def _tell_blank(self) -> None:
        """Empty rows are named once something follows them; those at the end of the sheet are nothing."""
        if self._blank:
            self.issues += [RowIssue(row, INFO, "row_skipped") for row in self._blank]
            self._blank.clear()

    # --- one person

    def _person(self, batch: Batch, row: int, cells: Cells) -> None:
        name_cell, own, sex, kind_cell, was_in, fee, bank, card, tel = cells
        before = len(self.issues)
        number = self._id(row, own)
        name = self._name(row, name_cell)
        kind = self._kind(row, kind_cell)
        continuing = self._continuing(row, kind, was_in, fee)
        card = self._card(row, card) if card else ""
        tel = self._phone(row, tel) if tel else ""
        if number:
            self._sex(row, sex, number)
            if kind is not None and continuing is not None:
                self._eligible(row, kind, continuing, number)
        ok = len(self.issues) == before or all(issue.severity != ERROR for issue in self.issues[before:])
        batch.rejected += not ok
        if number:
            batch.people.append(
                people.staged(
                    row=row,
                    id_number=number,
                    name=name,
                    phone=tel,
                    bank=self._bank(bank) if bank else "",
                    card=card,
                    kind=kind,
                    continuing=continuing,
                    ok=ok,
                )
            )

    def _bank(self, cell: Any) -> str:
        """A bank's name; a roster names few, so each is cleaned once."""
        found = self._banks.get(cell)
        if found is None:
            found = self._banks[cell] = typed.text(cell)[:100]
            if len(self._banks) > 5000:
                self._banks.clear()
        return found

    def _say(self, row: int, severity: str, code: str, column: str, **facts: Any) -> None:
        self.issues.append(RowIssue(row, severity, code, column, facts))

    def _id(self, row: int, cell: Any) -> str:
        if typed.is_rounded(cell):
            self._say(row, ERROR, "id_numeric_cell", "id")
            return ""
        number = typed.code(cell)
        if not number:
            self._say(row, ERROR, "id_missing", "id")
            return ""
        fault = id_fault(number, on=self.facts.on)
        if fault:
            self._say(row, ERROR, fault, "id", length=len(number))
            return ""
        if not id_region_known(number):
            self._say(row, WARNING, "id_region_unknown", "id")
        return number

    def _name(self, row: int, cell: Any) -> str:
        name = typed.name(cell)
        if not name:
            self._say(row, ERROR, "name_missing", "name")
        elif len(name) > 60:
            self._say(row, ERROR, "name_too_long", "name")
        return name[:60]

    def _sex(self, row: int, cell: Any, number: str) -> None:
        if not cell:
            return
        said = SEX_WORDS.get(cell) or SEX_WORDS.get(typed.text(cell).lower())
        if said is None:
            if typed.text(cell):
                self._say(row, WARNING, "sex_unknown", "sex")
        elif said != id_sex(number):
            self._say(row, WARNING, "sex_mismatch", "sex")

    def _kind(self, row: int, cell: Any) -> str | None:
        kind = KIND_WORDS.get(cell) if isinstance(cell, str) else None
        if kind is None:
            kind = KIND_WORDS.get(typed.text(cell).replace(" ", "").lower())
        if kind is None:
            self._say(row, ERROR, "kind_unknown", "kind")
            return None
        if kind == PersonKind.NEW_FORM and not self.facts.community:
            self._say(row, ERROR, "new_form_unit", "kind")
        return kind.value

    def _continuing(self, row: int, kind: str | None, cell: Any, fee_cell: Any) -> bool | None:
        """Whether the roster says that the person was in the period before; its fee must agree."""
        try:
            said = typed.yes_no(cell)
        except typed.NotUnderstood:
            self._say(row, ERROR, "continuing_unknown", "continuing")
            return None
        try:
            fee = typed.money(fee_cell)
        except typed.NotUnderstood:
            self._say(row, ERROR, "fee_unreadable", "fee")
            return said
        if kind is None:
            return said
        if said is None:
            said = self._by_fee(kind, fee)
            return self._unsaid(row, kind, fee) if said is None else said
        self._agrees(row, fee, self._fee(kind, said))
        return said

    def _agrees(self, row: int, fee: Decimal | None, expected: Decimal) -> None:
        if fee is not None and fee != expected:
            self._say(row, ERROR, "fee_mismatch", "fee", expected=f"{expected:f}", stated=f"{fee:f}")

    def _unsaid(self, row: int, kind: str, fee: Decimal | None) -> bool | None:
        """What an empty cell means where the fee does not tell: nothing where everybody pays the same."""
        flat = self._fee(kind, False)
        if self._fee(kind, True) == flat:
            self._agrees(row, fee, flat)
            return None if self.facts.decided else False
        if not self.facts.decided:
            self._say(row, ERROR, "continuing_unknown", "continuing")
        return None

    def _by_fee(self, kind: str, fee: Decimal | None) -> bool | None:
        """What an empty cell means, by the fee beside it."""
        if fee is None:
            return None
        found = [said for said in (True, False) if self._fee(kind, said) == fee]
        return found[0] if len(found) == 1 else None

    def _fee(self, kind: str, continuing: bool) -> Decimal:
        key = (kind, continuing)
        if key not in self._fees:
            self._fees[key] = self.facts.fees(kind, continuing)
        return self._fees[key]

    def _eligible(self, row: int, kind: str, continuing: bool, number: str) -> None:
        age = age_on(id_birth_date(number), self.facts.on)
        for note, article in self.facts.eligible(kind, continuing, age):
            self._say(row, ERROR, "not_eligible", "kind", note=note, article=article)

    def _card(self, row: int, cell: Any) -> str:
        number = typed.code(cell)
        if typed.is_rounded(cell):
            self._say(row, WARNING, "card_format", "card")
            return ""
        fault = card_fault(number) if number else ""
        if fault:
            self._say(row, WARNING, fault, "card")
        return number[:30]

    def _phone(self, row: int, cell: Any) -> str:
        said = typed.text(cell)
        number, well_formed = phone(said) if said else ("", True)
        if not well_formed:
            self._say(row, WARNING, "phone_format", "phone")
        return number[:40]
