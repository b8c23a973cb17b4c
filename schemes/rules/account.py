"""The personal account: what is credited each paid month, what it may be charged with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from schemes.rules.errors import UnknownField
from schemes.rules.levy import Option
from schemes.rules.model import Figures, PersonKind, PpmOrFigure, Rule, Some, resolve
from schemes.rules.units import share

if TYPE_CHECKING:
    from schemes.rules.document import Document

Charge = Literal["own_in_scope", "pharmacy", "large_fee", "critical_fee"]


class Credit(Rule):
    """A share of the contribution base (or of the pension) for some kinds of people."""

    persons: Some[PersonKind]
    option: Option | None = None
    of: Literal["base", "pension"]
    rate: PpmOrFigure
    own_part: Literal["individual_levy", "none"] = "none"


class PersonalAccount(Rule):
    """Credits, and what the account may pay, in this order, before cash."""

    credits: Some[Credit]
    pays: Some[Charge]
    heritable: bool
    moves_with_person: bool


class Credited(NamedTuple):
    """The month's credit (fen), how much of it is the person's own levy, the article."""

    amount: int
    own: int
    article: str


def credit(
    document: Document,
    *,
    kind: str,
    base: int,
    own_levy: int = 0,
    option: str | None = None,
    figures: Figures | None = None,
) -> Credited:
    """The credit for one paid month on a base or pension (fen); 0 for who has no account.

    Raises:
        UnknownField: the document has no personal accounts.
        FigureMissing: the share is not announced.
    """
    rule = document.account
    if rule is None:
        raise UnknownField("该制度没有个人账户", "account")
    item = _of(rule.credits, kind, option)
    if item is None:
        return Credited(0, 0, rule.article)
    amount = share(base, resolve(item.rate, {**document.defaults, **(figures or {})}))
    own = min(own_levy, amount) if item.own_part == "individual_levy" else 0
    return Credited(amount, own, item.article)


def _of(credits: Sequence[Credit], kind: str, option: str | None) -> Credit | None:
    for item in credits:
        if kind in item.persons and (item.option is None or item.option == option):
            return item
    return None


def charge(balance: int, wanted: int) -> tuple[int, int]:
    """What the account pays of a sum and what is left for cash (fen); never below zero."""
    paid = min(max(balance, 0), wanted)
    return paid, wanted - paid
