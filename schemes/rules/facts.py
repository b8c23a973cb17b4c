"""What a quote's request may say: strict about names, amounts, dates.

Amounts are strings of yuan, ratios strings with "%", dates ISO; an unknown field
is an error that names its path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from schemes.rules.errors import (
    BadAmount,
    BadDate,
    FigureMissing,
    RuleError,
    UnknownField,
)  # fmt: skip
from schemes.rules.model import Care, ExclusionCode, Group, PersonKind
from schemes.rules.units import PPM, parse_percent, parse_yuan

FIRST_YEAR, LAST_YEAR = 1900, 2199
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\Z")


def iso_date(value: object) -> date | None:
    """An ISO date of the years that schemes speak of; None for anything else."""
    if not isinstance(value, str) or not _ISO.match(value):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        return None
    return found if FIRST_YEAR <= found.year <= LAST_YEAR else None


def _amount(value: object) -> int:
    if isinstance(value, str):
        try:
            return parse_yuan(value)
        except ValueError:
            pass
    raise PydanticCustomError("bad_amount", '金额要写成文字，单位元，最多两位小数，如 "800.00"')


def _ratio(value: object) -> int:
    if isinstance(value, str):
        try:
            return parse_percent(value)
        except ValueError:
            pass
    raise PydanticCustomError("bad_amount", '比例要写成带百分号的文字，如 "5%"')


def _part(value: object) -> int:
    found = _ratio(value)
    if found > PPM:
        raise PydanticCustomError("bad_amount", "比例不能超过100%")
    return found


def _day(value: object) -> date:
    found = iso_date(value)
    if found is None:
        raise PydanticCustomError("bad_date", "日期要写成 2022-03-01 的样子")
    return found


def _month(value: object) -> tuple[int, int]:
    found = _MONTH.match(value) if isinstance(value, str) else None
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise PydanticCustomError("bad_date", "月份要写成 2022-03 的样子")
    return int(found[1]), int(found[2])


def _bands(value: object) -> object:
    if isinstance(value, list) and value:
        return value
    raise PydanticCustomError("bad_amount", "bands 要写成列表，至少写一段")


Amount = Annotated[int, BeforeValidator(_amount)]
Rate = Annotated[int, BeforeValidator(_ratio)]
PartRate = Annotated[int, BeforeValidator(_part)]
"""A ratio of at most 100%."""
Day = Annotated[date, BeforeValidator(_day)]
Month = Annotated[tuple[int, int], BeforeValidator(_month)]
Count = Annotated[int, Field(ge=0, le=100_000_000)]
Code = Annotated[str, Field(max_length=40)]
PeriodCode = Annotated[str, Field(pattern=r"^[0-9]{1,4}$")]
Sex = Literal["M", "F"]


class Facts(BaseModel):
    """A strict table of facts."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Bill(Facts):
    """The columns of a settlement slip; what is left out counts as 0."""

    total: Amount = 0
    self_funded: Amount = 0
    over_limit: Amount = 0
    over_package: Amount = 0
    newly_covered: Amount = 0
    hospital_part: Amount = 0
    class_b_own: Amount = 0
    deductible: Amount = 0
    basic_paid: Amount = 0
    large_paid: Amount = 0
    critical_paid: Amount = 0
    supplementary_paid: Amount = 0
    civil_servant_paid: Amount = 0
    assistance_paid: Amount = 0
    other_paid: Amount = 0
    account_paid: Amount = 0
    family_account_paid: Amount = 0
    cash_paid: Amount = 0


class AnnouncedBand(Facts):
    """One announced band."""

    over: Amount
    rate: PartRate


class FigureFacts(Facts):
    """Announced figures given with the request."""

    individual_levy: Amount | None = None
    unit_levy_per_head: Amount | None = None
    average_wage: Amount | None = None
    base_floor: Amount | None = None
    base_ceiling: Amount | None = None
    account_share: PartRate | None = None
    large_fee_unit: Amount | None = None
    large_fee_individual: Amount | None = None
    critical_fee_individual: Amount | None = None
    critical_fee_pool: Amount | None = None
    top_up_base: Amount | None = None
    top_up_rate: PartRate | None = None
    deductible: Amount | None = None
    bands: Annotated[list[AnnouncedBand], BeforeValidator(_bands)] | None = None
    pool_ratio: PartRate | None = None
    pool_room: Amount | None = None
    due_day: Annotated[int, Field(ge=1, le=31)] | None = None


class Hospital(Facts):
    """The hospital of a stay."""

    designated: bool | None = None
    level: Literal["community", "first", "second", "third"] | None = None


class PersonFacts(Facts):
    """Everything a request may say about a person."""

    kind: PersonKind = "active"
    sex: Sex | None = None
    age: Annotated[int, Field(ge=0, le=150)] | None = None
    groups: list[Group] = []
    joined: Day | None = None
    wage_month: Amount | None = None
    wage_last_year: Amount | None = None
    base_month: Amount | None = None
    option: Literal["with_account", "pool_only"] | None = None
    new_member: bool = False


class UnitFacts(Facts):
    """Everything a request may say about a unit."""

    active: Count = 0
    retired: Count = 0
    flexible: Count = 0
    continuing: Count | None = None
    new: Count | None = None
    staff: Count = 0
    new_members: Count = 0
    payroll_last_year: Amount | None = None
    payroll_month: Amount | None = None
    pensions_month: Amount | None = None
    member_bases: Amount | None = None
    civil_servant_subsidy: bool = False


class StayFacts(Facts):
    """One stay."""

    base: Amount | None = None
    in_scope: Amount | None = None
    bill: Bill | None = None
    admitted: Day | None = None
    discharged: Day | None = None
    settled: Day | None = None
    care: Care = "inpatient"
    hospital: Hospital | None = None
    major_illness: bool = False
    out_of_region: Literal["approved", "unapproved"] | None = None
    exclusion: ExclusionCode | None = None
    plan: Code | None = None
    basic_band_self_pay: Amount | None = None
    large_band_self_pay: Amount | None = None


class Event(Facts):
    """An event under a lump-sum plan; with the day of the fee, it is tested against the plan's term."""

    plan: Code
    units: Annotated[int, Field(ge=0, le=1000)]
    on: Day | None = None
    paid_on: Day | None = None


class History(Facts):
    """Earlier periods, and those in which something was paid."""

    periods: list[PeriodCode] = []
    paid_in: list[PeriodCode] = []


class BenefitFacts(Facts):
    """Facts of the question ``benefit``."""

    person: PersonFacts = PersonFacts()
    stays: list[StayFacts] | None = Field(default=None, max_length=1000)
    event: Event | None = None
    figures: FigureFacts = FigureFacts()


class RouteFacts(Facts):
    """Facts of the question ``route``."""

    amount: Amount


class LevyFacts(Facts):
    """Facts of the question ``levy``."""

    person: PersonFacts | None = None
    unit: UnitFacts | None = None
    plans: dict[Code, Count] | None = None
    history: History | None = None
    paid_this_year: bool = False
    figures: FigureFacts = FigureFacts()


class QuotaFacts(Facts):
    """Facts of the question ``quota``."""

    active_insured: Count
    active_joining: Count
    retirees_insured: Count = 0
    retirees_joining: Count = 0


class JoinFacts(Facts):
    """Facts of the question ``join``."""

    person: PersonFacts | None = None
    unit: UnitFacts | None = None
    basic: bool | None = None
    large: bool | None = None
    resident: bool | None = None
    rural: bool | None = None
    already_enrolled: bool = False
    plans: dict[Code, Count] | None = None
    history: History = History()
    for_period: PeriodCode | None = None


class WindowFacts(Facts):
    """Facts of the question ``window``."""

    act: Literal["enter", "pay", "claim", "summary", "remit"]
    on: Day


class DueFacts(Facts):
    """Facts of the question ``due``."""

    act: Literal["review", "pay"]
    start: Day = Field(alias="from")


class CoverStay(Facts):
    """The stay for which cover is tested."""

    admitted: Day | None = None
    discharged: Day | None = None
    plan: Code | None = None


class CoverFacts(Facts):
    """Facts of the question ``cover``."""

    stay: CoverStay | None = None
    periods: list[PeriodCode] | None = None
    paid_on: Day | None = None
    withdrawn: Day | None = None
    moved_out: Day | None = None
    died: Day | None = None
    first_paid: Day | None = None
    last_month_paid: Month | None = None
    resumed_on: Day | None = None


class GuaranteeFacts(Facts):
    """Facts of the question ``guarantee``."""

    history: History


class LatePayment(Facts):
    """One payment on arrears."""

    on: Day
    amount: Amount


class LateFeeFacts(Facts):
    """Facts of the question ``late_fee``."""

    arrears: Amount
    due: Day
    payments: list[LatePayment] = Field(max_length=1000)


class CareerFacts(Facts):
    """Facts of the question ``career``: a record of months, or months to be topped up."""

    sex: Sex | None = None
    total_months: Count | None = None
    actual_months: Count | None = None
    continuous: bool | None = None
    months_to_add: Count | None = None
    figures: FigureFacts = FigureFacts()


class CorridorFacts(Facts):
    """Facts of the question ``corridor``."""

    premium: Amount
    claims: Amount
    admin: Amount = 0
    target: Rate
    loss_in_scope: Amount | None = None
    premium_by_fund: dict[Code, Amount] | None = None


class ChainStay(Bill):
    """A stay that runs down a chain: the slip's columns, in ``bill`` or beside it."""

    bill: Bill | None = None
    in_scope: Amount | None = None
    above_ceiling: Amount | None = None
    admitted: Day | None = None
    discharged: Day | None = None
    settled: Day | None = None
    care: Care = "inpatient"
    hospital: Hospital | None = None
    major_illness: bool = False
    out_of_region: Literal["approved", "unapproved"] | None = None
    exclusion: ExclusionCode | None = None


class WaterfallFacts(Facts):
    """Facts of the question ``waterfall``."""

    person: PersonFacts = PersonFacts()
    stay: ChainStay
    figures: FigureFacts = FigureFacts()


AnyFacts = TypeVar("AnyFacts", bound=Facts)
ERRORS: Mapping[str, type[RuleError]] = {
    "bad_amount": BadAmount,
    "bad_date": BadDate,
    "missing": FigureMissing,
    "int_type": BadAmount,
    "int_from_float": BadAmount,
    "greater_than_equal": BadAmount,
    "less_than_equal": BadAmount,
}
_CHINESE: Mapping[str, str] = {
    "extra_forbidden": "不认识的字段",
    "missing": "缺少这一项",
    "bool_type": "请写 true 或 false",
    "int_type": "请写整数",
    "string_type": "请写成文字",
    "string_unicode": "请写成文字",
    "list_type": "请写成列表",
    "dict_type": "请写成对象",
    "model_type": "请写成对象",
    "model_attributes_type": "请写成对象",
    "greater_than_equal": "不能小于下限",
    "less_than_equal": "数值过大",
}


def read(model: type[AnyFacts], data: object, path: str) -> AnyFacts:
    """The facts as a typed table.

    Raises:
        RuleError: the first thing that cannot be understood, with its path.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        kind = first["type"]
        known = ERRORS.get(kind, UnknownField)
        if kind == "literal_error":
            message = f"只能写：{first['ctx']['expected']}".replace("'", '"').replace(" or ", " 或 ")
        else:
            message = _CHINESE.get(kind, first["msg"])
        raise known(message, path_of(path, first["loc"])) from None


def path_of(start: str, loc: tuple[Any, ...]) -> str:
    """("stays", 0, "bill") below "facts" -> "facts.stays[0].bill"."""
    shown = start
    for part in loc:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}"
    return shown
