"""Books: one per scheme and office that holds money, with the chart as it read on opening."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext_lazy as _

from core import roles
from core.errors import Refused
from core.models import Office, OfficeKind, User
from core.write import write
from funds import charts
from funds.models import Account, Book, ChartVersion, FiscalPeriod
from schemes.models import Scheme


class NoBook(Refused):
    code = "no_book"
    sentence = _("%(office)s keeps no book for %(scheme)s, nor does an office above it.")


class BookExists(Refused):
    code = "book_exists"
    sentence = _("%(office)s already keeps a book for %(scheme)s.")


class HoldsNoMoney(Refused):
    code = "office_holds_no_money"
    sentence = _("%(office)s is an agency point: its money goes to the account of its office.")


class BadSetting(Refused):
    code = "setting_unknown"
    sentence = _("The chart does not know the setting %(setting)s with this value.")


@write
def open_book(
    *,
    scheme: Scheme,
    office: Office,
    chart: str,
    by: User,
    on: date,
    details: str = "",
    settings: Mapping[str, str] | None = None,
    pays: bool | None = None,
) -> Book:
    """Open the book of a scheme at an office, with the accounts of a chart and its first month.

    pays: whether benefits are paid from this book (default: the centre pays).

    Raises:
        BookExists, HoldsNoMoney, BadSetting, charts.NoChart
    """
    roles.require(by, "funds.add_book", on=on, path=office.path)
    if office.kind == OfficeKind.AGENCY:
        raise HoldsNoMoney(office=office)
    if Book.objects.filter(scheme=scheme, office=office).exists():
        raise BookExists(scheme=scheme, office=office)
    version = chart_version(chart)
    rules = charts.chart_of(version.text)
    for name, value in (settings or {}).items():
        if name not in rules.settings or value not in rules.settings[name].choices:
            raise BadSetting(setting=f"{name} = {value}")
    if details and details not in rules.details:
        raise BadSetting(setting=details)
    book = Book.objects.create(
        scheme=scheme,
        office=office,
        chart=version,
        details=details,
        settings=dict(settings or {}),
        pays=office.kind == OfficeKind.CENTER if pays is None else pays,
        opened_on=on,
        opened_by=by,
    )
    Account.objects.bulk_create(_accounts(book, rules, details))
    FiscalPeriod.objects.create(book=book, month=on.replace(day=1))
    return book


def chart_version(code: str) -> ChartVersion:
    """The shipped chart as a row, so that a book keeps it when the file changes. Raises charts.NoChart."""
    text = charts.shipped(code)
    sha = hashlib.sha256(text.encode()).hexdigest()
    rules = charts.chart_of(text)
    row, _created = ChartVersion.objects.get_or_create(
        sha=sha, defaults={"code": rules.code, "version": rules.version, "name": rules.name, "text": text}
    )
    return row


def _accounts(book: Book, rules: charts.Chart, details: str) -> list[Account]:
    codes = {account.code for account in rules.account}
    parts = rules.details[details].parts if details else ()
    kept_in_parts = set(rules.details[details].accounts) if details else set()
    rows = []
    for account in rules.account:
        above = any(code != account.code and code.startswith(account.code) for code in codes)
        in_parts = account.code in kept_in_parts
        rows.append(_account(book, account, account.code, account.name, leaf=not above and not in_parts))
        for _name, suffix, words in parts if in_parts else ():
            rows.append(_account(book, account, account.code + suffix, f"{account.name}—{words}", leaf=True))
    return rows


def _account(book: Book, account: charts.ChartAccount, code: str, name: str, *, leaf: bool) -> Account:
    return Account(
        book=book,
        code=code,
        name=name,
        kind=account.kind,
        side=account.side,
        leaf=leaf,
        strict=account.strict and leaf,
        asks=list(account.asks),
    )


def book_for(*, scheme: Scheme, office: Office) -> Book:
    """The book that takes the money of an office: its own, or that of the nearest office above.

    Raises:
        NoBook
    """
    return _nearest(scheme, office)


def paying_book(*, scheme: Scheme, office: Office) -> Book:
    """The nearest book, at or above an office, from which benefits are paid. Raises NoBook."""
    return _nearest(scheme, office, pays=True)


def _nearest(scheme: Scheme, office: Office, **having: bool) -> Book:
    steps = office.path.rstrip("/").split("/")
    paths = ["/".join(steps[: n + 1]) + "/" for n in range(len(steps))]
    found = (
        Book.objects.select_related("office", "chart", "scheme")
        .filter(scheme=scheme, office__path__in=paths, **having)
        .order_by("-office__path")
        .first()
    )
    if found is None:
        raise NoBook(scheme=scheme, office=office)
    return found
