"""What all parts of a scheme document share: strict, frozen, with an article."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, GetCoreSchemaHandler, Tag
from pydantic_core import PydanticCustomError, core_schema

from schemes.rules.errors import FigureMissing
from schemes.rules.units import Fen, Ppm

PersonKind = Literal["active", "retired", "flexible", "new_form", "unemployed"]
Group = Literal["sanwu", "wubao", "dibao", "low_income_serious"]
Care = Literal[
    "inpatient", "home_bed", "day_ward", "outpatient", "chronic_outpatient",
    "special_outpatient", "special_drug", "emergency", "observation",
]  # fmt: skip
ExclusionCode = Literal[
    "work_injury", "maternity", "third_party", "chronic_outpatient", "special_outpatient",
    "emergency_outpatient", "observation", "outside_fixed_package", "newly_covered_locally",
    "not_payable_by_basic", "non_designated", "duplicate_cover", "unverified_injury",
    "not_filed", "fraud",
]  # fmt: skip
Column = Literal[
    "total", "self_funded", "over_limit", "over_package", "newly_covered", "hospital_part",
    "class_b_own", "deductible", "basic_paid", "large_paid", "critical_paid",
    "supplementary_paid", "civil_servant_paid", "assistance_paid", "other_paid",
    "account_paid", "family_account_paid", "cash_paid",
]  # fmt: skip
FigureName = Literal[
    "individual_levy", "unit_levy_per_head", "average_wage", "base_floor", "base_ceiling",
    "account_share", "large_fee_unit", "large_fee_individual", "critical_fee_individual",
    "critical_fee_pool", "top_up_base", "top_up_rate", "deductible", "bands", "pool_ratio",
    "pool_room", "due_day",
]  # fmt: skip

_T = TypeVar("_T")
Some = Annotated[tuple[_T, ...], Field(min_length=1)]
"""A list that says nothing when it is empty: at least one entry."""
PeriodCode = Annotated[str, Field(pattern=r"^[0-9]{1,4}$")]
"""A period by its number."""

_FIGURE = "figure:"

FigureValue = int | tuple[tuple[int, int], ...]
Figures = Mapping[str, FigureValue]
"""Announced figures by name: fen, ppm, a day; for ``bands`` pairs (over fen, rate ppm)."""


class Part(BaseModel):
    """A strict, frozen table of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Rule(Part):
    """An entry that states a rule: it names its article."""

    article: str = Field(min_length=1)
    note: str = ""
    provisional: bool = False


class Announced(str):
    """A reference to an announced figure; written "figure:individual_levy"."""

    @property
    def name(self) -> str:
        """The figure's name."""
        return self.removeprefix(_FIGURE)

    @classmethod
    def read(cls, value: object) -> Announced:
        """Read the document's text.

        Raises:
            PydanticCustomError: not a reference.
        """
        if isinstance(value, str) and value.startswith(_FIGURE):
            return cls(value)
        raise PydanticCustomError("figure", '请写成 "figure:公布数名"，例如 "figure:individual_levy"')

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.read, serialization=core_schema.to_string_ser_schema()
        )


def _which(value: Any) -> str:
    return "figure" if isinstance(value, str) and value.startswith(_FIGURE) else "value"


FenOrFigure = Annotated[
    Annotated[Announced, Tag("figure")] | Annotated[Fen, Tag("value")], Discriminator(_which)
]
PpmOrFigure = Annotated[
    Annotated[Announced, Tag("figure")] | Annotated[Ppm, Tag("value")], Discriminator(_which)
]


def resolve(value: Announced | int, figures: Figures) -> int:
    """The number itself, or the announced figure it refers to.

    Raises:
        FigureMissing: the figure is announced nowhere and has no default.
    """
    if isinstance(value, int):
        return int(value)
    found = figures.get(value.name)
    if not isinstance(found, int):
        raise missing_figure(value.name)
    return found


def missing_figure(name: str) -> FigureMissing:
    """The error that names an announced figure that is not there."""
    return FigureMissing(f"缺少公布数 {name}，请先登记或随请求给出", f"facts.figures.{name}")


class Reason(NamedTuple):
    """Why something is refused: code, article, note (Chinese)."""

    code: str
    article: str
    note: str = ""

    def as_dict(self) -> dict[str, str]:
        """As a quote answers it."""
        return {"code": self.code, "article": self.article, "note": self.note}
