"""From a settlement slip's columns to the base that a scheme pays on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from schemes.rules.errors import BillInconsistent
from schemes.rules.model import Column, Rule
from schemes.rules.trace import Line
from schemes.rules.units import yuan

OUT_OF_SCOPE = ("self_funded", "over_limit", "over_package", "newly_covered", "hospital_part")
"""Columns that are no part of the in-scope cost."""
INSURERS = (
    "basic_paid", "large_paid", "critical_paid", "supplementary_paid", "civil_servant_paid",
    "assistance_paid", "other_paid",
)  # fmt: skip
OWN = ("account_paid", "family_account_paid", "cash_paid")
PAYERS = (*INSURERS, *OWN)
SLACK = 5
"""Fen by which the payers of a slip may exceed its total (rounding at the hospital)."""

COLUMN_WORDS: Mapping[str, str] = {
    "total": "总费用", "self_funded": "全自费", "over_limit": "超限价",
    "over_package": "定额包干标准外", "newly_covered": "当地政策新增支付",
    "hospital_part": "医院承担", "class_b_own": "先行自付", "deductible": "起付线",
    "basic_paid": "基本医疗保险支付", "large_paid": "大额支付", "critical_paid": "大病保险支付",
    "supplementary_paid": "补充医疗保险支付", "civil_servant_paid": "公务员补助",
    "assistance_paid": "医疗救助", "other_paid": "其他补助", "account_paid": "个人账户支付",
    "family_account_paid": "家庭共济账户支付", "cash_paid": "现金支付",
}  # fmt: skip


class Deduction(Rule):
    """A column that comes off the total."""

    column: Column


class Base(Rule):
    """The base of a stay: the slip's total less the named columns; the rest stays in."""

    kind: Literal["columns"] = "columns"
    less: tuple[Deduction, ...]
    keeps: tuple[Column, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Base:
        taken = [item.column for item in self.less]
        both = sorted(set(taken) & set(self.keeps))
        twice = sorted({name for name in taken if taken.count(name) > 1})
        if both or twice or "total" in taken:
            raise PydanticCustomError(
                "columns",
                "栏目写重了：{names}；每一栏只能扣除一次，且不能同时列入 keeps，total 不能扣除",
                {"names": "、".join(both + twice) or "total"},
            )
        return self


class BaseResult(NamedTuple):
    """The base in fen, and one line per deduction (amount 0)."""

    base: int
    lines: list[Line]


def check_payers(bill: Mapping[str, int]) -> None:
    """Nobody pays more than the bill.

    Raises:
        BillInconsistent: what all payers paid exceeds the total (path "bill").
    """
    total = bill.get("total", 0)
    payers = sum(bill.get(name, 0) for name in PAYERS)
    if payers > total + SLACK:
        raise BillInconsistent(f"各方支付合计{yuan(payers)}元，超过总费用{yuan(total)}元", "bill")


def check_scope(bill: Mapping[str, int], in_scope: int) -> None:
    """An in-scope cost that a slip states, with what it says is out of scope, is part of its total.

    Raises:
        BillInconsistent: it is more (path "in_scope").
    """
    if "total" not in bill:
        return
    out = sum(bill.get(name, 0) for name in OUT_OF_SCOPE)
    if in_scope + out > bill["total"]:
        whole = yuan(bill["total"])
        words = f"政策范围内费用{yuan(in_scope)}元与范围外各栏{yuan(out)}元合计，超过总费用{whole}元"
        raise BillInconsistent(words, "in_scope")


def base_of(rule: Base, bill: Mapping[str, int], in_scope: int | None = None) -> BaseResult:
    """The base (fen) from the slip's columns (fen); columns left out count as 0.

    Where the slip states its in-scope cost, the base starts from that: what is out of scope is off already.

    Raises:
        BillInconsistent: deductions, or what all payers paid, exceed the total; an in-scope cost
            that the columns contradict.
    """
    if in_scope is None:
        check_payers(bill)
        left = whole = bill.get("total", 0)
    else:
        if "total" in bill:
            check_payers(bill)
        check_scope(bill, in_scope)
        left = whole = in_scope
    lines = []
    for number, item in enumerate(rule.less):
        amount = bill.get(item.column, 0)
        if amount and (in_scope is None or item.column not in OUT_OF_SCOPE):
            left -= amount
            words = item.note or f"扣除{COLUMN_WORDS[item.column]}"
            lines.append(Line(item.article, f"base.less[{number}]", amount, None, 0, words))
    if left < 0:
        name = "总费用" if in_scope is None else "政策范围内费用"
        raise BillInconsistent(f"应扣除的合计{yuan(whole - left)}元，超过{name}{yuan(whole)}元", "bill")
    return BaseResult(left, lines)
