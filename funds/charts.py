"""Charts of accounts are data: accounts, and which of them an event moves."""

from __future__ import annotations

import hashlib
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal

from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import Refused

FOLDER = Path(__file__).parent / "charts"
SETTING = "setting:"
Class = Literal["asset", "liability", "equity", "income", "expense"]
DEBIT_SIDED = ("asset", "expense")


class NoChart(Refused):
    code = "chart_unknown"
    sentence = _("There is no chart of accounts %(chart)s.")


class NoEvent(Refused):
    code = "event_unknown"
    sentence = _("The chart %(chart)s does not say which accounts %(event)s moves.")


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChartAccount(Part):
    """One account; `asks` names the dimensions a line must give ("county?" may be left out)."""

    code: str = Field(pattern=r"^\d{3,8}$")
    name: str
    kind: Class = Field(alias="class")
    strict: bool = False
    asks: tuple[str, ...] = ()

    @property
    def side(self) -> str:
        return "debit" if self.kind in DEBIT_SIDED else "credit"


class Sides(Part):
    debit: str = ""
    credit: str = ""


class Event(Part):
    """Debit and credit of an event; `later_year` replaces a side once the undone posting's year is over."""

    says: str
    debit: str
    credit: str
    later_year: Sides = Sides()
    manual: bool = False

    def accounts(self, *, later_year: bool = False) -> tuple[str, str]:
        """The debit and the credit account's code."""
        other = self.later_year if later_year else Sides()
        return other.debit or self.debit, other.credit or self.credit


class Details(Part):
    """Accounts that are kept in parts: (name in postings, suffix of the code, name of the part)."""

    accounts: tuple[str, ...]
    parts: tuple[tuple[str, str, str], ...]


class Setting(Part):
    default: str
    choices: tuple[str, ...]


class Chart(Part):
    """A whole chart, as a file states it."""

    code: str
    version: str
    name: str
    standard: str
    account: tuple[ChartAccount, ...]
    details: dict[str, Details] = {}
    later_year: Sides = (
        Sides()
    )  # where a reversal goes that would touch income or spending of a year that is over
    settings: dict[str, Setting] = {}
    events: dict[str, Event]

    @model_validator(mode="after")
    def _closed(self) -> Chart:
        codes = {account.code for account in self.account}
        if len(codes) != len(self.account):
            raise ValueError("an account stands twice in the chart")
        named = {
            side
            for event in self.events.values()
            for side in (*event.accounts(), *event.accounts(later_year=True))
        }
        named |= {side for side in (self.later_year.debit, self.later_year.credit) if side}
        named |= {code for kept in self.details.values() for code in kept.accounts}
        named |= {code for setting in self.settings.values() for code in (setting.default, *setting.choices)}
        wrong = {n for n in named if n not in codes and n.removeprefix(SETTING) not in self.settings}
        if wrong:
            raise ValueError(f"not in the chart: {sorted(wrong)}")
        return self

    def event(self, name: str) -> Event:
        """Raises NoEvent."""
        if name not in self.events:
            raise NoEvent(chart=self.code, event=name)
        return self.events[name]


def codes() -> list[str]:
    """The charts that are shipped or were added to the folder."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@lru_cache(maxsize=32)
def parsed(sha: str, text: str) -> Chart:
    """The chart of a text (read once per process)."""
    return Chart.model_validate(tomllib.loads(text))


def chart_of(text: str) -> Chart:
    """The chart that a book keeps from its opening."""
    return parsed(hashlib.sha256(text.encode()).hexdigest(), text)


def shipped(code: str) -> str:
    """The text of a chart file.

    Raises:
        NoChart: no file of that name.
    """
    if code not in codes():
        raise NoChart(chart=code)
    return (FOLDER / f"{code}.toml").read_text(encoding="utf-8")
