"""The fee of a document, as amounts and as one SQL expression."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from enrollment.models import PersonKind
from schemes.models import Period
from schemes.rules import levy, windows
from schemes.rules.document import Document
from schemes.versions import document_of, require_settled


class OutsideWindow(Refused):
    """An act on a day on which the document does not allow it."""

    code = "outside_window"
    sentence = _("%(article)s: this is done from %(opens)s to %(to)s; %(day)s lies outside.")


class FeeSql(NamedTuple):
    """SQL expressions over columns that the caller names, and their parameters in order."""

    amount: str
    amount_params: list
    article: str
    article_params: list


def document_for_fees(period: Period) -> Document:
    """The document in force for a period; provisional fees are refused outside training mode.

    Raises:
        schemes.versions.NoDocument, schemes.versions.Provisional
    """
    loaded = document_of(period)
    require_settled(loaded, "levy")
    return loaded.document


def yuan(fen: int) -> Decimal:
    """Fen of the rules as an amount."""
    return Decimal(fen).scaleb(-2)


def sql(document: Document, *, kind: str, continuing: str, shares: str) -> FeeSql:
    """The fee of one enrolment: a CASE generated from the document (第四条 in Yunnan's).

    kind, continuing, shares: the names of the columns.
    """
    fees = {
        (who, again): levy.person_fee(document, kind=who, continuing=again)
        for who in PersonKind.values
        for again in (True, False)
    }
    same_for_all = all(fees[who, again] == fees[PersonKind.ACTIVE, again] for who, again in fees)
    cases: list[tuple[str, list, levy.PersonFee]] = []
    for again in (True, False):
        test = continuing if again else f"NOT {continuing}"
        if same_for_all:
            cases.append((test, [], fees[PersonKind.ACTIVE, again]))
        else:
            cases += [(f"{test} AND {kind} = %s", [who], fees[who, again]) for who in PersonKind.values]
    amount = " ".join(f"WHEN {test} THEN %s::numeric(14, 2)" for test, _params, _fee in cases)
    article = " ".join(f"WHEN {test} THEN %s" for test, _params, _fee in cases)
    return FeeSql(
        f"(CASE {amount} END) * {shares}",
        [value for _test, params, fee in cases for value in (*params, yuan(fee.amount))],
        f"CASE {article} END",
        [value for _test, params, fee in cases for value in (*params, fee.article)],
    )


def require_window(document: Document, act: windows.Act, day: date) -> windows.WindowResult:
    """Refuse an act outside its window, with the article.

    Raises:
        OutsideWindow
    """
    found = windows.within(document, act, day)
    if not found.accepted:
        raise OutsideWindow(article=found.article, opens=found.opens or "", to=found.to, day=day)
    return found


def pay_window(document: Document) -> windows.Window:
    """The window of payment. Raises OutsideWindow's cousin: a document without one takes no fees."""
    window = document.window("pay")
    if window is None:
        raise NoPayWindow(scheme=document.scheme)
    return window


class NoPayWindow(Refused):
    code = "no_pay_window"
    sentence = _("The document of %(scheme)s does not say when fees are paid.")
