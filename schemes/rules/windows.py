"""When an act may be done: first and last day included."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from schemes.rules.errors import UnknownField
from schemes.rules.model import Reason, Rule
from schemes.rules.units import Workdays, chinese_date

if TYPE_CHECKING:
    from schemes.rules.document import Document

Act = Literal["enter", "pay", "claim", "summary", "remit"]
ACT_WORDS = {"enter": "录入", "pay": "交费", "claim": "申请", "summary": "报送汇总表",
             "remit": "上缴"}  # fmt: skip


class Window(Rule):
    """The first (``from``) and last (``to``) day of an act.

    ``completion``: how long after the last day an application that was returned
    in time may still be completed (a setting, counted in working days).
    """

    act: Act
    opens: date | None = Field(default=None, alias="from")
    to: date
    completion: Workdays | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if self.opens is not None and self.opens > self.to:
            raise PydanticCustomError("window", "from 不能晚于 to")
        return self


class WindowResult(NamedTuple):
    """Whether the day lies in the window, and which window it was."""

    accepted: bool
    opens: date | None
    to: date
    article: str
    reasons: list[Reason]


def check(window: Window, on: date) -> WindowResult:
    """Whether ``on`` lies within the window."""
    reasons = []
    word = ACT_WORDS[window.act]
    if window.opens is not None and on < window.opens:
        note = f"{word}自{chinese_date(window.opens)}起办理"
        reasons.append(Reason("too_early", window.article, note))
    if on > window.to:
        note = f"{word}至{chinese_date(window.to)}止"
        reasons.append(Reason("too_late", window.article, note))
    return WindowResult(not reasons, window.opens, window.to, window.article, reasons)


def within(document: Document, act: Act, on: date) -> WindowResult:
    """Whether an act may be done on a day, by the document's windows.

    Raises:
        UnknownField: the document sets no window for the act.
    """
    window = document.window(act)
    if window is None:
        raise UnknownField("该制度没有这一时限", "facts.act")
    return check(window, on)
