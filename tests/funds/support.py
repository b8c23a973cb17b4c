"""A small office with one book, short ways to post, and what the tests read from the books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from types import SimpleNamespace

from django.db.models import Sum

from core.models import Office, OfficeKind, User
from core.roles import system_user
from funds.books import open_book
from funds.models import Balance, Book
from funds.posting import Part, Posting, post
from schemes.models import Scheme

OPENED = date(2021, 12, 1)


def make_office(chart: str = "trade-union-trust", **options) -> SimpleNamespace:
    """A centre, an office with a book, two people, and short ways to post."""
    centre = Office.objects.create(code="00", name="省中心", kind=OfficeKind.CENTER)
    office = Office.objects.create(code="23", name="办事处", kind=OfficeKind.OFFICE, parent=centre)
    scheme, _ = Scheme.objects.get_or_create(code="test-scheme", defaults={"name": "试验"})
    system = system_user("command")
    book = open_book(scheme=scheme, office=office, chart=chart, by=system, on=OPENED, **options)
    made = SimpleNamespace(centre=centre, office=office, scheme=scheme, system=system, book=book)
    made.anna = User.objects.create(username="anna")
    made.bo = User.objects.create(username="bo")
    made.post = lambda event, amount, key, on=date(2021, 12, 20), period="18", **more: post(
        posting(made, event, amount, key, on, period, **more)
    )
    return made


def posting(made, event, amount, key, on=date(2021, 12, 20), period="18", **more) -> Posting:
    parts = [Part(D(amount), {"period": period})]
    return Posting(
        book=made.book,
        on=on,
        event=event,
        key=key,
        source=("test", 1),
        checked_by=made.anna,
        parts=parts,
        **more,
    )


def balances(book: Book) -> dict[str, D]:
    """Debit less credit of every account and dimension that is not nought."""
    rows = Balance.objects.filter(book=book).values_list("account__code", "dimension")
    sums = rows.annotate(net=Sum("debit") - Sum("credit")).order_by()
    return {f"{code} {dimension}".strip(): net for code, dimension, net in sums if net}
