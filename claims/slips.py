"""A settlement slip as the bureau's file writes it: Chinese headings and words to the names of the rules."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from claims.models import PAYERS, Care, Column, Exclusion
from claims.models.bills import SLACK
from core import sheets, typed
from schemes.rules.pool import HospitalLevel

ZERO = Decimal("0.00")

AMOUNTS: dict[str, tuple[str, ...]] = {
    Column.TOTAL: ("总费用", "医疗总费用", "费用总额"),
    Column.SELF_FUNDED: ("全自费", "全自费金额"),
    Column.OVER_LIMIT: ("超限价自费", "超限价"),
    Column.OVER_PACKAGE: ("定额包干标准外", "超定额包干"),
    Column.NEWLY_COVERED: ("当地政策新增支付", "新增支付"),
    Column.HOSPITAL_PART: ("医院承担", "医院负担"),
    Column.CLASS_B_OWN: ("先行自付", "乙类先行自付"),
    Column.DEDUCTIBLE: ("起付线", "起付标准"),
    Column.BASIC_PAID: ("统筹支付", "统筹基金支付", "基本医疗统筹支付"),
    Column.LARGE_PAID: ("大额(大病补充)支付", "大额支付", "大病补充支付"),
    Column.CRITICAL_PAID: ("大病保险支付",),
    Column.SUPPLEMENTARY_PAID: ("补充医疗保险支付", "补充保险支付"),
    Column.CIVIL_SERVANT_PAID: ("公务员补助支付", "公务员补助"),
    Column.ASSISTANCE_PAID: ("医疗救助支付", "医疗救助"),
    Column.OTHER_PAID: ("其他补助支付", "其他补助", "其他支付"),
    Column.ACCOUNT_PAID: ("个人账户支付", "账户支付"),
    Column.FAMILY_ACCOUNT_PAID: ("家庭共济账户支付", "共济账户支付"),
    Column.CASH_PAID: ("个人现金支付", "现金支付"),
}
REQUIRED = (Column.TOTAL, Column.SELF_FUNDED, Column.BASIC_PAID, Column.ACCOUNT_PAID, Column.CASH_PAID)

COLUMNS = [
    sheets.Column("settlement_number", ("结算单号", "结算单号码", "结算编号", "结算单编号", "结算流水号")),
    sheets.Column("receipt_code", ("票据代码", "发票代码", "收据代码")),
    sheets.Column("receipt_number", ("票据号码", "票据号", "发票号码", "收据号码")),
    sheets.Column("person_name", ("姓名", "患者姓名")),
    sheets.Column("id_number", ("身份证号", "身份证号码", "公民身份号码", "证件号码", "证件号")),
    sheets.Column("hospital", ("医院名称", "医疗机构名称", "就诊医院", "医院")),
    sheets.Column("hospital_level", ("医院等级", "医院级别"), required=False),
    sheets.Column("designated", ("是否定点", "定点"), required=False),
    sheets.Column("care", ("医疗类别", "就医类别"), required=False),
    sheets.Column("admitted", ("入院日期", "入院时间")),
    sheets.Column("discharged", ("出院日期", "出院时间")),
    sheets.Column("settled", ("结算日期", "结算时间"), required=False),
    sheets.Column("diagnosis", ("疾病诊断", "诊断"), required=False),
    sheets.Column("exclusion", ("除外情形", "不予支付原因"), required=False),
    *(sheets.Column(name.value, words, required=name in REQUIRED) for name, words in AMOUNTS.items()),  # type: ignore[attr-defined]
]

LEVEL_WORDS: tuple[tuple[str, HospitalLevel], ...] = (
    ("社区", "community"), ("一", "first"), ("1", "first"), ("二", "second"), ("2", "second"),
    ("三", "third"), ("3", "third"),
)  # fmt: skip
"""How hospitals' levels begin on slips (三级甲等, 3级, 社区卫生服务中心), and the rules' names for them."""

CARE_WORDS: dict[str, str] = {
    "普通住院": Care.INPATIENT,
    "住院": Care.INPATIENT,
    "转院住院": Care.INPATIENT,
    "异地住院": Care.INPATIENT,
    "急诊住院": Care.INPATIENT,
    "急诊转住院": Care.INPATIENT,
    "生育住院": Care.INPATIENT,
    "工伤住院": Care.INPATIENT,
    "外伤住院": Care.INPATIENT,
    "单病种住院": Care.INPATIENT,
    "精神病住院": Care.INPATIENT,
    "家庭病床": Care.HOME_BED,
    "日间病房": Care.DAY_WARD,
    "日间手术": Care.DAY_WARD,
    "门诊": Care.OUTPATIENT,
    "普通门诊": Care.OUTPATIENT,
    "门诊慢性病": Care.CHRONIC_OUTPATIENT,
    "慢性病门诊": Care.CHRONIC_OUTPATIENT,
    "门诊慢病": Care.CHRONIC_OUTPATIENT,
    "门诊特殊病": Care.SPECIAL_OUTPATIENT,
    "特殊病门诊": Care.SPECIAL_OUTPATIENT,
    "门诊特病": Care.SPECIAL_OUTPATIENT,
    "特殊药品": Care.SPECIAL_DRUG,
    "特药": Care.SPECIAL_DRUG,
    "急诊": Care.EMERGENCY,
    "门诊急诊": Care.EMERGENCY,
    "急诊抢救": Care.EMERGENCY,
    "急诊留观": Care.OBSERVATION,
    "留观": Care.OBSERVATION,
    "留院观察": Care.OBSERVATION,
}
CARE_EXCLUDES: dict[str, str] = {
    Care.CHRONIC_OUTPATIENT: Exclusion.CHRONIC_OUTPATIENT,
    Care.SPECIAL_OUTPATIENT: Exclusion.SPECIAL_OUTPATIENT,
    Care.SPECIAL_DRUG: Exclusion.SPECIAL_OUTPATIENT,
    Care.EMERGENCY: Exclusion.EMERGENCY_OUTPATIENT,
    Care.OBSERVATION: Exclusion.OBSERVATION,
    Care.OUTPATIENT: Exclusion.NOT_PAYABLE_BY_BASIC,
}
WORD_EXCLUDES: dict[str, str] = {"生育住院": Exclusion.MATERNITY, "工伤住院": Exclusion.WORK_INJURY}
EXCLUSION_WORDS: dict[str, str] = {
    "工伤": Exclusion.WORK_INJURY,
    "生育": Exclusion.MATERNITY,
    "第三方责任": Exclusion.THIRD_PARTY,
    "第三方": Exclusion.THIRD_PARTY,
    "慢性病门诊": Exclusion.CHRONIC_OUTPATIENT,
    "特殊病门诊": Exclusion.SPECIAL_OUTPATIENT,
    "急诊": Exclusion.EMERGENCY_OUTPATIENT,
    "留观": Exclusion.OBSERVATION,
    "定额包干外": Exclusion.OUTSIDE_FIXED_PACKAGE,
    "当地新增支付": Exclusion.NEWLY_COVERED_LOCALLY,
    "基本医疗不予支付": Exclusion.NOT_PAYABLE_BY_BASIC,
    "非定点": Exclusion.NON_DESIGNATED,
    "重复参保": Exclusion.DUPLICATE_COVER,
    "外伤未核实": Exclusion.UNVERIFIED_INJURY,
    "未备案": Exclusion.NOT_FILED,
    "欺诈": Exclusion.FRAUD,
    "骗保": Exclusion.FRAUD,
}


@dataclass(slots=True)
class Said:
    """Something to say about a row: severity, code, the column's heading, facts without personal data."""

    severity: str
    code: str
    column: str = ""
    facts: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Slip:
    """A row that was read: the fields of a Bill, and what there is to say. `refused` rows are not kept."""

    row: int
    fields: dict[str, Any]
    hospital: str = ""
    said: list[Said] = field(default_factory=list)

    @property
    def refused(self) -> bool:
        return any(each.severity == "error" for each in self.said)


def excluded(care: str, word: str, designated: bool, stated: str = "") -> str:
    """Why a slip pays nothing: as the file states, by kind of care, by hospital; "" when it may pay."""
    reason = stated or WORD_EXCLUDES.get(word, "") or CARE_EXCLUDES.get(care, "")
    return reason or ("" if designated else Exclusion.NON_DESIGNATED.value)


def read(row: int, cells: dict[str, Any], others: dict[str, Any]) -> Slip:
    """Read one row, everything that is wrong with it at once."""
    slip = Slip(row, {"row": row})
    _names(slip, cells)
    _days(slip, cells)
    _care(slip, cells)
    _amounts(slip, cells)
    kept = {name: typed.text(value) for name, value in others.items() if typed.text(value)}
    slip.fields["other_columns"] = json.dumps(kept, ensure_ascii=False) if kept else ""
    return slip


def _names(slip: Slip, cells: dict[str, Any]) -> None:
    fields = slip.fields
    for key in ("settlement_number", "receipt_code", "receipt_number", "id_number"):
        fields[key] = typed.code(cells.get(key))
    fields["person_name"] = typed.name(cells.get("person_name"))
    fields["hospital_level"] = typed.text(cells.get("hospital_level"))[:20]
    fields["diagnosis"] = typed.text(cells.get("diagnosis"))
    slip.hospital = typed.text(cells.get("hospital"))[:120]
    if not fields["settlement_number"]:
        slip.said.append(Said("error", "settlement_number_missing"))
    if not fields["id_number"]:
        slip.said.append(Said("error", "id_missing"))
    elif typed.is_rounded(cells.get("id_number")):
        slip.said.append(Said("error", "id_numeric_cell", "身份证号"))
    if not slip.hospital:
        slip.said.append(Said("error", "hospital_missing"))
    for key, most in (
        ("settlement_number", 40),
        ("receipt_code", 20),
        ("receipt_number", 20),
        ("person_name", 60),
    ):
        if len(fields[key]) > most:
            slip.said.append(Said("error", "text_too_long", facts={"most": str(most)}))


def _days(slip: Slip, cells: dict[str, Any]) -> None:
    words = {"admitted": "入院日期", "discharged": "出院日期", "settled": "结算日期"}
    for key, word in words.items():
        try:
            slip.fields[key] = typed.day(cells.get(key))
        except typed.NotUnderstood:
            slip.fields[key] = None
            slip.said.append(Said("error", "date_unreadable", word, {"column": word}))
            continue
        if slip.fields[key] is None and key != "settled":
            slip.said.append(Said("error", "date_missing", word, {"column": word}))
    admitted: date | None = slip.fields["admitted"]
    discharged: date | None = slip.fields["discharged"]
    if admitted and discharged and discharged < admitted:
        facts = {"admitted": admitted.isoformat(), "discharged": discharged.isoformat()}
        slip.said.append(Said("error", "discharge_before_admission", "出院日期", facts))


def _care(slip: Slip, cells: dict[str, Any]) -> None:
    word = typed.text(cells.get("care")).replace(" ", "")
    care = CARE_WORDS.get(word or "住院")
    if care is None:
        slip.said.append(Said("error", "care_unknown", "医疗类别", {"word": word[:40]}))
        care = Care.INPATIENT
    try:
        designated = typed.yes_no(cells.get("designated"))
    except typed.NotUnderstood:
        slip.said.append(Said("error", "designated_unreadable", "是否定点"))
        designated = True
    designated = True if designated is None else designated
    stated = typed.text(cells.get("exclusion"))
    if stated and stated not in EXCLUSION_WORDS and stated not in Exclusion.values:
        slip.said.append(Said("error", "exclusion_unknown", "除外情形", {"word": stated[:40]}))
    reason = excluded(care, word, designated, EXCLUSION_WORDS.get(stated, stated))
    slip.fields |= {
        "care": str(care),
        "care_as_typed": word[:40],
        "designated": designated,
        "exclusion": str(reason)[:24],
    }
    if reason and not slip.refused:
        slip.said.append(Said("info", str(reason)))


def _amounts(slip: Slip, cells: dict[str, Any]) -> None:
    readable = True
    for column, words in AMOUNTS.items():
        key = str(column.value)  # type: ignore[attr-defined]
        try:
            amount = typed.money(cells.get(key)) or ZERO
        except typed.NotUnderstood:
            amount, readable = ZERO, False
            slip.said.append(Said("error", "amount_unreadable", words[0], {"column": words[0]}))
        if amount < 0:
            readable = False
            slip.said.append(Said("error", "amount_negative", words[0], {"column": words[0]}))
        slip.fields[key] = amount
    if not readable:
        return
    off = slip.fields["total"] - sum((slip.fields[column.value] for column in PAYERS), ZERO)
    if abs(off) > SLACK:
        slip.said.append(Said("error", "bill_unbalanced", "总费用", {"difference": str(abs(off))}))
    elif off:
        slip.said.append(Said("warning", "cents_off", "总费用", {"difference": str(abs(off))}))


def hospital_level(text: str) -> HospitalLevel | None:
    """The rules' name of a hospital's level as a slip writes it; None where it says none that is known."""
    return next((name for word, name in LEVEL_WORDS if text.startswith(word)), None)
