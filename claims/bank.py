"""The bank's files: what goes out in its layout, what comes back, in parts, each part once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from claims import payment as payments
from claims import recoveries, routing
from claims.adjudication import lock_accounts
from claims.models import (
    BankLayout,
    BankResult,
    BatchState,
    Claim,
    ClaimState,
    PaidPlace,
    Payment,
    PaymentBatch,
    PaymentState,
)
from claims.models.payments import default_columns
from claims.transitions import BANK, CASHIER
from core import access, clock, sheets, typed
from core.errors import Moved, Refused
from core.models import User
from core.roles import require
from core.write import write
from funds import holds
from funds.posting import Part, Posting, post
from schemes.versions import document_of

ZERO = Decimal("0.00")
CONFIRM = "claims.confirm_bankresult"


class NotReleased(Refused):
    """The batch has not been released, or is over."""

    code = "batch_not_released"
    sentence = _("Batch %(number)s has not been released, or is over.")


class ResultRefused(Refused):
    """The bank's file does not fit the batch."""

    code = "bank_result"
    sentence = _("Row %(row)s of the bank's file does not fit: %(what)s.")


UNKNOWN = _("this reference is not in the batch")
OTHER_AMOUNT = _("the amount differs from the batch")
OTHER_ANSWER = _("this payment has ended otherwise before")
NO_ANSWER = _("the result can neither be read as paid nor as returned")
NO_REASON = _("a returned payment says why")
TWICE = _("this reference stands twice in the file")


def layout() -> BankLayout:
    """The layout in use; the shipped one where none is."""
    return BankLayout.objects.filter(in_use=True).first() or BankLayout(columns=default_columns())


@write
def bank_file(*, batch: PaymentBatch, by: User, on: date, kind: str = "xlsx") -> tuple[str, bytes]:
    """The file for the bank: every payment that the bank has not answered for; (name, content), logged.

    Sent again it names the same references, so that the bank, and we, pay each once.
    Raises NotAllowed, NotReleased.
    """
    require(by, payments.BUILD, on=on, path=batch.office.path)
    batch = PaymentBatch.objects.select_for_update().get(pk=batch.pk)
    if ("send", batch.state) not in CASHIER:
        raise NotReleased(number=batch.number)
    if batch.state == BatchState.RELEASED:
        PaymentBatch.objects.filter(pk=batch.pk).update(
            state=CASHIER["send", batch.state], sent_at=clock.now(), sent_by=by, version=F("version") + 1
        )
    chosen = layout()
    header = [heading for _field, heading in chosen.columns]
    lines = [
        [_value(field, each, position, batch, chosen) for field, _heading in chosen.columns]
        for position, each in enumerate(payments.pending(batch), 1)
    ]
    out = BytesIO()
    writer: Callable[..., None] = sheets.write_csv if kind == "csv" else sheets.write_xlsx
    writer(out, header, lines)
    access.exported(f"{batch._meta.label} {batch.pk} {kind}", by=by)
    return f"{batch.number}.{'csv' if kind == 'csv' else 'xlsx'}", out.getvalue()


def _value(field: str, each: Payment, position: int, batch: PaymentBatch, chosen: BankLayout) -> object:
    values = {
        "position": position,
        "reference": each.reference,
        "holder_name": each.holder_name,
        "amount": each.amount,
        "bank_name": each.bank_name,
        "card_number": each.card_number,
        "purpose": chosen.purpose,
        "batch": batch.number,
    }
    return values[field]


@dataclass(slots=True)
class Answer:
    """One row of a result file."""

    row: int
    reference: str
    amount: Decimal | None
    paid: bool
    reason: str


def read(content: bytes, chosen: BankLayout) -> list[Answer]:
    """The rows of a result file. Raises WrongFile, ResultRefused."""
    heading = {field: words for field, words in chosen.columns}
    columns = [
        sheets.Column("reference", (heading["reference"],)),
        sheets.Column("amount", (heading["amount"],)),
        sheets.Column("result", (chosen.result_heading,)),
        sheets.Column("reason", (chosen.reason_heading,), required=False),
    ]
    table = sheets.table(content, columns)
    paid, returned = _words(chosen.paid_words), _words(chosen.returned_words)
    answers = []
    for row, cells in table.rows:
        if sheets.is_blank(cells):
            continue
        picked = table.picked(cells)
        word = typed.text(picked["result"]).lower()
        if word not in paid | returned:
            raise ResultRefused(row=row, what=NO_ANSWER)
        reason = typed.text(picked.get("reason"))[:200]
        if word in returned and not reason:
            raise ResultRefused(row=row, what=NO_REASON)
        reference = typed.text(picked["reference"]).lstrip("'")
        answers.append(Answer(row, reference, _amount(picked["amount"], row), word in paid, reason))
    return answers


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.replace("，", ",").split(",") if word.strip()}


def _amount(cell: object, row: int) -> Decimal | None:
    try:
        return typed.money(cell)
    except typed.NotUnderstood as error:
        raise ResultRefused(row=row, what=OTHER_AMOUNT) from error


@write
def import_result(*, batch: PaymentBatch, content: bytes, name: str, by: User, on: date) -> BankResult:
    """Confirm a result file or a part of it: one voucher for what was paid, what came back is no longer held.

    The same file again returns what it gave; rows that an earlier part answered alike are passed over.
    Raises NotAllowed, NotReleased, WrongFile, ResultRefused.
    """
    require(by, CONFIRM, on=on, path=batch.office.path)
    sha = hashlib.sha256(content).hexdigest()
    batch = (
        PaymentBatch.objects.select_for_update(of=("self",))
        .select_related("period__scheme", "office")
        .get(pk=batch.pk)
    )
    known = BankResult.objects.filter(batch=batch, file_sha=sha).first()
    if known is not None:
        return known
    if ("confirm", batch.state) not in CASHIER:
        raise NotReleased(number=batch.number)
    found = {each.reference: each for each in batch.payments.order_by("pk")}
    fresh = _matched(read(content, layout()), found)
    ended = [found[answer.reference] for answer in fresh]
    lock_accounts(Claim.objects.filter(payments__in=ended).order_by().values_list("account_id", flat=True))
    result = _record(batch, fresh, found, name=name, sha=sha, by=by, on=on)
    _end(result, fresh, found, on=on)
    _book(batch, result, by=by, on=on)
    _move_claims(batch, fresh, found, by=by, on=on)
    if not payments.pending(batch):
        PaymentBatch.objects.filter(pk=batch.pk).update(
            state=CASHIER["finish", BatchState.SENT], version=F("version") + 1
        )
    result.refresh_from_db()
    return result


def _matched(answers: list[Answer], found: dict[str, Payment]) -> list[Answer]:
    """The answers that say something new. Raises ResultRefused."""
    fresh: list[Answer] = []
    seen: set[str] = set()
    for answer in answers:
        payment = found.get(answer.reference)
        if payment is None:
            raise ResultRefused(row=answer.row, what=UNKNOWN)
        if answer.reference in seen:
            raise ResultRefused(row=answer.row, what=TWICE)
        if answer.amount != payment.amount:
            raise ResultRefused(row=answer.row, what=OTHER_AMOUNT)
        seen.add(answer.reference)
        if payment.state == PaymentState.PENDING:
            fresh.append(answer)
        elif (payment.state == PaymentState.PAID) != answer.paid:
            raise ResultRefused(row=answer.row, what=OTHER_ANSWER)
    return fresh


def _record(
    batch: PaymentBatch,
    fresh: list[Answer],
    found: dict[str, Payment],
    *,
    name: str,
    sha: str,
    by: User,
    on: date,
) -> BankResult:
    paid = [found[answer.reference].amount for answer in fresh if answer.paid]
    returned = [found[answer.reference].amount for answer in fresh if not answer.paid]
    result = BankResult.objects.create(
        batch=batch,
        file_name=name[:200],
        file_sha=sha,
        paid_count=len(paid),
        paid_total=sum(paid, ZERO),
        returned_count=len(returned),
        returned_total=sum(returned, ZERO),
        confirmed_on=on,
        confirmed_at=clock.now(),
        confirmed_by=by,
    )
    _sum_places(result, [found[answer.reference] for answer in fresh if answer.paid])
    return result


def _sum_places(result: BankResult, paid: list[Payment]) -> None:
    """What the result has paid by agency point: a place's total is read from these sums."""
    places = dict(
        Claim.objects.filter(pk__in=[each.claim_id for each in paid]).values_list("pk", "office_id")
    )
    sums: dict[int, list[Decimal]] = defaultdict(list)
    for payment in paid:
        sums[places[payment.claim_id]].append(payment.amount)
    PaidPlace.objects.bulk_create(
        PaidPlace(result=result, office_id=office, count=len(amounts), amount=sum(amounts, ZERO))
        for office, amounts in sorted(sums.items())
    )


def _end(result: BankResult, fresh: list[Answer], found: dict[str, Payment], *, on: date) -> None:
    for answer in fresh:
        payment = found[answer.reference]
        payment.state = PaymentState.PAID if answer.paid else PaymentState.RETURNED
        payment.reason = "" if answer.paid else answer.reason
        payment.result, payment.ended_on = result, on
    Payment.objects.bulk_update(
        [found[answer.reference] for answer in fresh],
        ["state", "reason", "result", "ended_on"],
        batch_size=1000,
    )


def _book(batch: PaymentBatch, result: BankResult, *, by: User, on: date) -> None:
    """One voucher per confirmed file; what the bank returned is no longer reserved."""
    hold = payments.hold_of(batch)
    if result.paid_total:
        voucher = post(
            Posting(
                book=hold.book, on=on, event=payments.EVENT, key=f"claims.bankresult:{result.pk}",
                source=("claims.bankresult", result.pk), checked_by=by, hold=hold, summary=batch.number,
                parts=[Part(result.paid_total, {"period": batch.period.code})],
            )
        )  # fmt: skip
        BankResult.objects.filter(pk=result.pk).update(voucher=voucher.pk)
    if result.returned_total:
        hold.refresh_from_db()
        holds.release(hold=hold, by=by, on=on, amount=result.returned_total)


def _move_claims(
    batch: PaymentBatch, fresh: list[Answer], found: dict[str, Payment], *, by: User, on: date
) -> None:
    """Paid claims are done; returned ones go back to their agents for a new bank account."""
    for word, is_paid in (("paid", True), ("returned", False)):
        ids = [found[answer.reference].claim_id for answer in fresh if answer.paid is is_paid]
        to = BANK[word, ClaimState.PAYING]
        moved = Claim.objects.filter(pk__in=ids, state=ClaimState.PAYING).update(
            state=to, version=F("version") + 1
        )
        if moved != len(ids):
            raise Moved()
    paid = [found[answer.reference].claim_id for answer in fresh if answer.paid]
    routing.reopen_short_paid(paid, document=document_of(batch.period).document, on=on)
    recoveries.note(claims=paid, by=by, on=on)
