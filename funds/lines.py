"""From an event and its amounts to the lines of a voucher, by the book's chart."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.models import User
from funds.charts import SETTING
from funds.models import Account, Book, Hold, Voucher

FEN = Decimal("0.01")
ZERO = Decimal("0.00")
MOST = Decimal("999999999999.99")


class BadPosting(Refused):
    code = "posting_invalid"
    sentence = _("A posting needs positive amounts in whole fen that balance: %(what)s.")


class NoAccount(Refused):
    code = "account_unknown"
    sentence = _("The book has no account %(account)s that takes postings.")


class DimensionMissing(Refused):
    code = "dimension_missing"
    sentence = _("A line on %(account)s must say its %(dimension)s.")


@dataclass(frozen=True)
class Part:
    """An amount of an event; `dims` by name ({"period": "18"}), `part` of accounts kept in parts ("pool")."""

    amount: Decimal
    dims: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""
    part: str = ""


@dataclass(frozen=True)
class Entry:
    """One line said outright: for corrections and reversals, which no event describes."""

    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    dimension: str = ""
    subject: str = ""


@dataclass(frozen=True)
class Posting:
    """What shall become one voucher.

    source: (type, id) of the document it follows, e.g. ("claims.paymentbatch", 7).
    checked_by: whoever released or confirmed that document; made_by: the system user when None.
    undoes_on: the date of the posting that this event undoes (chooses same or later year).
    hold: is reduced by the voucher's total in the same transaction.
    """

    book: Book
    on: date
    event: str
    key: str
    source: tuple[str, int]
    checked_by: User
    parts: Sequence[Part] = ()
    entries: Sequence[Entry] = ()
    made_by: User | None = None
    summary: str = ""
    attachments: int = 0
    undoes_on: date | None = None
    hold: Hold | None = None
    reverses: Voucher | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """A line to be written; exactly one of debit and credit is above zero."""

    account: Account
    debit: Decimal
    credit: Decimal
    dimension: str
    subject: str


@dataclass(slots=True)
class Prepared:
    """A posting with its lines, total and hash; ids as they become known."""

    posting: Posting
    sides: list[Side]
    total: Decimal
    summary: str
    hash: str
    period_id: int = 0
    voucher_id: int = 0
    number: int = 0


def prepare(posting: Posting) -> Prepared:
    """Normalise, sum, hash (step 1 of posting).

    Raises:
        BadPosting, NoAccount, DimensionMissing, charts.NoEvent
    """
    sides = _said(posting) if posting.entries else _by_event(posting)
    debit = sum((side.debit for side in sides), ZERO)
    credit = sum((side.credit for side in sides), ZERO)
    if debit != credit or not ZERO < debit <= MOST or len(sides) < 2:
        raise BadPosting(what=f"{debit} / {credit}")
    summary = posting.summary or posting.book.rules.event(posting.event).says
    return Prepared(posting, sides, debit, summary, _hash(posting, sides, summary))


def touched(book: Book, event: str, part: Part, *, later_year: bool = False) -> tuple[Side, Side]:
    """The debit and the credit line that one amount of an event makes."""
    amount = exact(part.amount)
    accounts = book.rules.event(event).accounts(later_year=later_year)
    debit, credit = (leaf(book, code, part.part) for code in accounts)
    return (
        Side(debit, amount, ZERO, dimension(debit, part.dims), part.subject),
        Side(credit, ZERO, amount, dimension(credit, part.dims), part.subject),
    )


def _by_event(posting: Posting) -> list[Side]:
    later = posting.undoes_on is not None and posting.undoes_on.year < posting.on.year
    sums: dict[tuple[int, bool, str, str], Decimal] = {}
    accounts: dict[int, Account] = {}
    for part in posting.parts:
        for side in touched(posting.book, posting.event, part, later_year=later):
            where = (side.account.pk, bool(side.debit), side.dimension, side.subject)
            accounts[side.account.pk] = side.account
            sums[where] = sums.get(where, ZERO) + side.debit + side.credit
    return [
        Side(accounts[pk], amount if debits else ZERO, ZERO if debits else amount, at, subject)
        for (pk, debits, at, subject), amount in sums.items()
    ]


def _said(posting: Posting) -> list[Side]:
    if posting.parts:
        raise BadPosting(what="parts, entries")
    sides = []
    for entry in posting.entries:
        account = leaf(posting.book, entry.account)
        if bool(entry.debit) == bool(entry.credit):
            raise BadPosting(what=f"{entry.debit} / {entry.credit}")
        amount = exact(entry.debit or entry.credit)
        dimension(account, dict(pair.split("=", 1) for pair in entry.dimension.split(";") if pair))
        debit, credit = (amount, ZERO) if entry.debit else (ZERO, amount)
        sides.append(Side(account, debit, credit, entry.dimension, entry.subject))
    return sides


def exact(amount: Decimal) -> Decimal:
    """An amount above zero with two places; nothing is rounded. Raises BadPosting."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or not ZERO < amount <= MOST:
        raise BadPosting(what=amount)
    whole = amount.quantize(FEN)
    if whole != amount:
        raise BadPosting(what=amount)
    return whole


def leaf(book: Book, code: str, part: str = "") -> Account:
    """The account that takes the posting: a setting is looked up, an account kept in parts needs the part.

    Raises:
        NoAccount
    """
    if code.startswith(SETTING):
        name = code.removeprefix(SETTING)
        code = book.settings.get(name) or book.rules.settings[name].default
    account = book.account_by_code.get(code)
    if account is not None and not account.leaf and book.details:
        suffixes = {name: suffix for name, suffix, _name in book.rules.details[book.details].parts}
        account = book.account_by_code.get(code + suffixes.get(part, "?"))
    if account is None or not account.leaf:
        raise NoAccount(account=f"{code} {part}".strip())
    return account


def dimension(account: Account, dims: Mapping[str, str]) -> str:
    """What an account asks for, as it is stored: "period=18". Raises DimensionMissing."""
    found = []
    for asked in account.asks:
        name = asked.removesuffix("?")
        value = str(dims.get(name, ""))
        if not value and name == asked:
            raise DimensionMissing(account=account, dimension=name)
        if value:
            found.append(f"{name}={value}")
    return ";".join(found)


def _hash(posting: Posting, sides: list[Side], summary: str) -> str:
    """The request in one canonical text; `proof.HASHES` computes the same in SQL from what is stored."""
    reverses = posting.reverses.pk if posting.reverses else ""
    said = [
        f"{posting.book.pk}|{posting.on}|{posting.event}|{posting.source[0]}|{posting.source[1]}|{reverses}"
        f"|{summary}|{posting.attachments}",
        *sorted(f"{s.account.code}|{s.debit}|{s.credit}|{s.dimension}|{s.subject}" for s in sides),
    ]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
