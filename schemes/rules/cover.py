"""Whether somebody is covered for a stay, and by which period."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from schemes.rules.errors import UnknownField
from schemes.rules.model import Reason, Rule
from schemes.rules.units import chinese_date
from schemes.rules.waiting import Gap, Start, Waiting, first_joiner, resumed

if TYPE_CHECKING:
    from schemes.rules.document import Document

Event = Literal["withdrawn", "moved_out", "died"]
EVENT_WORDS = {"withdrawn": "退出", "moved_out": "转出", "died": "死亡"}


class End(Rule):
    """An event that ends cover; ``last_day``: whether its day is still covered."""

    event: Event
    last_day: bool


class Suspension(Rule):
    """Nothing is paid while the basic insurance is unpaid; once it is, those stays are paid too."""


class Cover(Rule):
    """When cover is tested, what ends it, when it begins.

    ``tested_on`` is the day of the stay that must lie in cover.
    """

    tested_on: Literal["discharged", "admitted"]
    by_period: bool = False
    refundable: bool = False
    refund_article: str = ""
    ends: tuple[End, ...] = ()
    waiting: Waiting | None = None
    gap: Gap | None = None
    suspension: Suspension | None = None


@dataclass(frozen=True, slots=True)
class Insured:
    """What is known of a person's cover; ``periods`` None where there are none."""

    admitted: date | None = None
    discharged: date | None = None
    periods: Collection[str] | None = None
    paid_on: date | None = None
    withdrawn: date | None = None
    moved_out: date | None = None
    died: date | None = None
    first_paid: date | None = None
    last_month_paid: tuple[int, int] | None = None
    resumed_on: date | None = None


def start_of(rule: Cover, who: Insured) -> Start | None:
    """From when benefits run, where a first payment or a resumption is named; of both, the later."""
    first = again = None
    if rule.waiting is not None and who.first_paid is not None:
        first = first_joiner(rule.waiting, who.first_paid)
    if rule.gap is not None and who.last_month_paid is not None and who.resumed_on is not None:
        again = resumed(rule.gap, who.last_month_paid, who.resumed_on)
    if first is None or again is None or first.pool_from <= again.pool_from:
        return again or first
    return again._replace(pool_from=first.pool_from, article=first.article)


def all_ends(rule: Cover, who: Insured) -> list[tuple[End, date]]:
    """Every event that ends cover, with its day, the earliest first."""
    found = [(end, day) for end in rule.ends if (day := getattr(who, end.event)) is not None]
    return sorted(found, key=lambda pair: (pair[1], pair[0].last_day))


def tested_day(rule: Cover, who: Insured) -> date | None:
    """The day of the stay that must lie in cover."""
    return (who.admitted if rule.tested_on == "admitted" else None) or who.discharged


def unmet(
    rule: Cover,
    who: Insured,
    *,
    period: tuple[str, date, date] | None = None,
    period_article: str = "",
    pay_window: tuple[date | None, date, str] | None = None,
) -> list[Reason]:
    """Every reason why the stay is not covered; an empty list means covered.

    ``period`` is (code, first day, last day) of the document's period,
    ``pay_window`` (first day or None, last day, article) of its payment window.
    """
    reasons: list[Reason] = []
    day = tested_day(rule, who)
    if period is not None and rule.by_period:
        reasons += _by_period(rule, who, period, period_article or rule.article)
    if pay_window is not None and who.paid_on is not None:
        opens, to, article = pay_window
        if who.paid_on > to or (opens is not None and who.paid_on < opens):
            reasons.append(Reason("paid_outside_window", article, "交费不在规定时限内"))
    return reasons if day is None else reasons + _no_longer(rule, who, day) + _not_yet(rule, who, day)


def _no_longer(rule: Cover, who: Insured, day: date) -> list[Reason]:
    """Every event before a day that ended cover, the earliest first."""
    return [
        Reason(end.event, end.article, f"{chinese_date(on)}已{EVENT_WORDS[end.event]}")
        for end, on in all_ends(rule, who)
        if day > on or (day == on and not end.last_day)
    ]


def _not_yet(rule: Cover, who: Insured, day: date) -> list[Reason]:
    """Why benefits do not run on a day: unpaid months before it, or waiting after a payment."""
    reasons = []
    if _in_paid_months(who, day):
        who = replace(who, last_month_paid=None)
    start = start_of(rule, who)
    if who.last_month_paid is not None and who.resumed_on is None:
        year, month = who.last_month_paid
        note = f"缴费到{year}年{month}月，此后未缴费"
        if rule.suspension is not None:
            reasons.append(Reason("suspended", rule.suspension.article, rule.suspension.note or note))
        elif rule.gap is not None:
            reasons.append(Reason("unpaid", rule.article, note))
    if start is not None and day < start.pool_from:
        note = f"自{chinese_date(start.pool_from)}起享受"
        reasons.append(Reason("waiting", start.article, note))
    return reasons


def _in_paid_months(who: Insured, day: date) -> bool:
    """Whether the day lies before the gap: in or before the last month that was paid in time."""
    return who.last_month_paid is not None and (day.year, day.month) <= who.last_month_paid


def _by_period(rule: Cover, who: Insured, period: tuple[str, date, date], article: str) -> list[Reason]:
    code, first, last = period
    reasons = []
    if who.discharged is not None and not first <= who.discharged <= last:
        reasons.append(Reason("outside_period", article, f"出院日期不在第{code}期内"))
    if who.periods is not None and code not in who.periods:
        reasons.append(Reason("not_enrolled", rule.article, f"未参加第{code}期"))
    return reasons


def check(document: Document, who: Insured) -> list[Reason]:
    """Every reason why a stay is not covered; an empty list means covered.

    Raises:
        UnknownField: the document has no rule of cover.
    """
    if document.cover is None:
        raise UnknownField("该制度没有保障期规则", "ask")
    period = document.period
    window = document.window("pay")
    return unmet(
        document.cover, who,
        period=None if period is None else (period.code, period.opens, period.to),
        period_article="" if period is None else period.by_discharge,
        pay_window=None if window is None else (window.opens, window.to, window.article),
    )  # fmt: skip
