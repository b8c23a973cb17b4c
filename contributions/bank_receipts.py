"""Receipts from a bank's list: known units' payments count for their rosters, other money waits."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from contributions.allocation import ElsewhereUnit, receive_fee
from contributions.fees import OutsideWindow
from core import imports, roles
from core.errors import Refused
from core.imports import ERROR, INFO, WARNING, Begun
from core.issues import say
from core.models import Office, Run, RunIssue, User
from core.runs import job
from core.sheets import Cells, Column, is_blank, table
from core.typed import NotUnderstood, code, day, money, text
from core.write import write
from enrollment.models import Unit
from funds import receipts
from funds.books import book_for
from funds.models import Book
from funds.receipts import KnownReceipt, NotYet
from schemes.models import Period

COLUMNS = (
    Column("reference", ("流水号", "交易流水号", "银行流水号", "凭证号", "reference")),
    Column("day", ("交易日期", "日期", "入账日期", "到账日期", "date")),
    Column("amount", ("金额", "交易金额", "收入金额", "贷方金额", "amount")),
    Column("unit", ("统一社会信用代码", "社会信用代码", "单位代码", "unit"), required=False),
    Column("payer", ("付款单位", "对方户名", "付款人", "户名", "payer"), required=False),
    Column("note", ("摘要", "附言", "备注", "note"), required=False),
)
CHUNK = 200

say(
    {
        "receipt_known": _("The bank serial %(reference)s has been received before; the row was left out."),
        "receipt_reference_missing": _("The bank serial is missing."),
        "receipt_day": _("The date of the payment cannot be read."),
        "receipt_amount": _("The amount cannot be read or is not above zero."),
        "payer_unknown": _(
            "No unit of your offices goes by this code or name; the money waits as unmatched."
        ),
        "money_elsewhere": _(
            "%(unit)s pays to its own office; this money lies with %(office)s and waits as unmatched."
        ),
        "receipt_in_future": NotYet.sentence,
        "outside_window": _("%(article)s: paid outside the fee window; the money waits to be given back."),
    }
)


@write
def import_receipts(
    *, file: Path | bytes, name: str, period: Period, office: Office, by: User, on: date
) -> Begun:
    """Begin the run that reads a bank's list into the book of an office.

    Raises:
        NotAllowed, NoBook, core.sheets.WrongFile
    """
    roles.require(by, "contributions.import_receipts", on=on, path=office.path)
    table(file, COLUMNS)
    book = book_for(scheme=period.scheme, office=office)
    options = {"period": period.pk, "book": book.pk}
    return imports.begin(
        job="import_receipts",
        file=file,
        name=name,
        by=by,
        on=on,
        about=f"{period.pk}:{book.pk}",
        office=office,
        options=options,
    )


@job("import_receipts")
def step(run: Run) -> bool:
    """Read a chunk of rows; what is behind the cursor has been received."""
    book = Book.objects.select_related("office", "chart", "scheme").get(pk=run.options["book"])
    period = Period.objects.select_related("scheme").get(pk=run.options["period"])
    found = table(imports.content_of(run), COLUMNS)
    after, taken = int(run.cursor.get("row", 0)), 0
    issues: list[RunIssue] = []
    for number, cells in found.rows:
        if number <= after or is_blank(cells):
            continue
        taken += 1
        run.done += 1
        run.applied += _row(run, number, cells, found.picked(cells), book, period, issues)
        run.cursor = {"row": number}
        if taken == CHUNK:
            break
    imports.record(issues)
    run.total, run.report = run.done, {"rows": run.done}
    return taken < CHUNK


def _row(
    run: Run,
    number: int,
    cells: Cells,
    row: dict[str, Any],
    book: Book,
    period: Period,
    issues: list[RunIssue],
) -> int:
    """Receive one row; 1 when money was recorded."""

    def tell(severity: str, what: str, **facts: Any) -> int:
        issues.append(imports.issue(run, number, severity, what, cells=cells, **facts))
        return 0

    reference = code(row["reference"])
    if not reference:
        return tell(ERROR, "receipt_reference_missing")
    try:
        paid_on = day(row["day"])
    except NotUnderstood:
        paid_on = None
    if paid_on is None:
        return tell(ERROR, "receipt_day")
    try:
        amount = money(row["amount"])
    except NotUnderstood:
        amount = None
    if amount is None or amount <= 0:
        return tell(ERROR, "receipt_amount")
    about: dict[str, Any] = {
        "amount": amount,
        "received_on": paid_on,
        "reference": reference,
        "by": run.started_by,
        "on": run.business_date,
        "payer": text(row.get("payer")),
        "note": text(row.get("note"))[:200],
        "run": run,
    }
    unit = _unit(book, code(row.get("unit")), about["payer"])
    try:
        if unit is None:
            receipts.receive(book=book, **about)
            tell(WARNING, "payer_unknown")
        else:
            _fee(unit, period, book, about, tell)
    except KnownReceipt:
        return tell(INFO, "receipt_known", reference=reference)
    except Refused as refused:
        return tell(ERROR, refused.code, **{name: str(fact) for name, fact in refused.facts.items()})
    return 1


def _fee(unit: Unit, period: Period, book: Book, about: dict[str, Any], tell: Any) -> None:
    try:
        receive_fee(unit=unit, period=period, book=book, **about)
    except OutsideWindow as outside:
        receipts.receive(book=book, unit=unit, **about)
        tell(WARNING, "outside_window", article=outside.facts["article"])
    except ElsewhereUnit as elsewhere:  # counted for nobody's roster: its office has not got the money
        receipts.receive(book=book, **(about | {"payer": about["payer"] or elsewhere.facts["unit"].name}))
        tell(WARNING, "money_elsewhere", unit=elsewhere.facts["unit"].name, office=str(book.office))


def _unit(book: Book, unit_code: str, payer: str) -> Unit | None:
    """The unit by its code, else by exactly its name, among the units below the book's office."""
    own = Unit.objects.select_related("agency").filter(agency__path__startswith=book.office.path)
    if unit_code:
        return own.filter(code=unit_code).first()
    found = list(own.filter(name=payer)[:2]) if payer else []
    return found[0] if len(found) == 1 else None
