"""Paying approved claims: built by a cashier, released by another person, sent, confirmed in parts.

Which book pays is the book's own mark (setting `pays_benefit`): the centre, or offices for their units.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from claims import recoveries
from claims.adjudication import lock_accounts
from claims.models import BatchState, Claim, ClaimState, Payment, PaymentBatch, PaymentState
from claims.transitions import CASHIER, RELEASER
from core import clock
from core.errors import Moved, Refused
from core.models import Office, User
from core.roles import require
from core.write import write
from funds import books, holds
from funds.models import Book, Hold
from schemes.models import Period

ZERO = Decimal("0.00")
BUILD = "claims.build_paymentbatch"
RELEASE = "claims.release_paymentbatch"
EVENT = "benefit_paid"
SOURCE = "claims.paymentbatch"


class NothingToPay(Refused):
    """No approved claim with a bank account waits for its payment."""

    code = "nothing_to_pay"
    sentence = _("No approved claim waits to be paid.")


class SamePerson(Refused):
    """Who built a batch cannot release it."""

    code = "same_person"
    sentence = _("Who builds a batch cannot release it.")


def payable(*, period: Period, book: Book | None = None) -> QuerySet[Claim]:
    """Approved claims with a bank account and something left to pay; `to_pay` is annotated.

    book: only what this book pays (units below its office, without those whose nearer office pays).
    """
    rows = Claim.objects.filter(period=period, state=ClaimState.APPROVED, amount__gt=0).exclude(
        card_number=""
    )
    rows = rows.annotate(to_pay=F("amount") - recoveries.settled()).filter(to_pay__gt=0)
    return rows.filter(_paid_by(book)) if book is not None else rows


def _paid_by(book: Book) -> Q:
    below = Q(office__path__startswith=book.office.path)
    nearer = Book.objects.filter(scheme=book.scheme_id, pays=True, office__path__startswith=book.office.path)
    for path in nearer.exclude(pk=book.pk).values_list("office__path", flat=True):
        below &= ~Q(office__path__startswith=path)
    return below


@write
def build(*, period: Period, by: User, on: date, office: Office | None = None) -> PaymentBatch:
    """Put every payable claim of a book into one batch and reserve its money.

    office: at or below the office whose book pays (default: the top of the tree).
    Raises NotAllowed, NoBook, NothingToPay, NotEnough (the book lacks the money).
    """
    office = office or Office.objects.get(parent=None)
    book = books.paying_book(scheme=period.scheme, office=office)
    require(by, BUILD, on=on, path=book.office.path)
    lock_accounts(payable(period=period, book=book).order_by().values_list("account_id", flat=True))
    claims = list(payable(period=period, book=book).order_by("pk").select_for_update(of=("self",)))
    if not claims:
        raise NothingToPay()
    total = sum((claim.to_pay for claim in claims), ZERO)  # type: ignore[attr-defined]
    number = _next_number(period, book.office)
    batch = PaymentBatch.objects.create(
        number=number, period=period, office=book.office, count=len(claims), total=total, built_on=on,
        built_at=clock.now(), built_by=by, hold_key=f"{SOURCE}:{number}",
    )  # fmt: skip
    holds.hold(
        book=book, event=EVENT, amount=total, source=(SOURCE, batch.pk), key=batch.hold_key, by=by, on=on,
        dims={"period": period.code},
    )  # fmt: skip
    Payment.objects.bulk_create([_payment(batch, claim) for claim in claims], batch_size=1000)
    Claim.objects.filter(pk__in=[claim.pk for claim in claims]).update(
        state=ClaimState.PAYING, version=F("version") + 1
    )
    return batch


def _next_number(period: Period, office: Office) -> str:
    """The next batch number of an office; who builds at the same time waits here."""
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)
    stem = f"{period.code}-{office.code}-"
    taken = PaymentBatch.objects.filter(office=office, number__startswith=stem).values_list(
        "number", flat=True
    )
    last = max((int(number.removeprefix(stem)) for number in taken), default=0)
    return f"{stem}{last + 1:04d}"


def _payment(batch: PaymentBatch, claim: Claim) -> Payment:
    return Payment(
        reference=f"{batch.number}-{claim.pk}", batch=batch, claim=claim,
        amount=claim.to_pay,  # type: ignore[attr-defined]
        holder_name=claim.holder_name, bank_name=claim.bank_name, card_number=claim.card_number,
    )  # fmt: skip


def hold_of(batch: PaymentBatch) -> Hold:
    """The money that is reserved for a batch."""
    return Hold.objects.select_related("book__office", "book__scheme", "book__chart").get(key=batch.hold_key)


@write
def release(*, batch: PaymentBatch, by: User, on: date) -> PaymentBatch:
    """Let a batch go to the bank; another person than who built it. A second release is refused.

    Raises NotAllowed, SamePerson, Moved.
    """
    require(by, RELEASE, on=on, path=batch.office.path)
    if batch.built_by_id == by.pk:
        raise SamePerson()
    to = RELEASER["release", BatchState.BUILT]
    moved = PaymentBatch.objects.filter(pk=batch.pk, state=BatchState.BUILT).update(
        state=to, released_by=by, released_on=on, released_at=clock.now(), version=F("version") + 1
    )
    if not moved:
        raise Moved()
    batch.refresh_from_db()
    return batch


@write
def cancel(*, batch: PaymentBatch, by: User, on: date) -> PaymentBatch:
    """Dissolve a batch not released yet; its claims wait for the next one. Raises NotAllowed, Moved."""
    require(by, BUILD, on=on, path=batch.office.path)
    claims = list(batch.payments.order_by().values_list("claim_id", flat=True))
    lock_accounts(Claim.objects.filter(pk__in=claims).order_by().values_list("account_id", flat=True))
    moved = PaymentBatch.objects.filter(pk=batch.pk, state=BatchState.BUILT).update(
        state=CASHIER["cancel", BatchState.BUILT],
        cancelled_by=by,
        cancelled_at=clock.now(),
        version=F("version") + 1,
    )
    if not moved:
        raise Moved()
    Payment.objects.filter(batch=batch).update(state=PaymentState.CANCELLED, ended_on=on)
    Claim.objects.filter(pk__in=claims, state=ClaimState.PAYING).update(
        state=ClaimState.APPROVED, version=F("version") + 1
    )
    recoveries.set_off_for(claims=claims, by=by, on=on)
    holds.release(hold=hold_of(batch), by=by, on=on)
    batch.refresh_from_db()
    return batch


def open_batches(user: User, *, on: date) -> QuerySet[PaymentBatch]:
    """Batches that the user sees and that still wait for something."""
    rows = PaymentBatch.objects.visible_to(user, on=on).exclude(
        state__in=[BatchState.DONE, BatchState.CANCELLED]
    )
    return rows.select_related("office", "period", "built_by", "released_by").order_by("-pk")


def pending(batch: PaymentBatch) -> Sequence[Payment]:
    """What the bank has not answered for yet."""
    return list(batch.payments.filter(state=PaymentState.PENDING).order_by("pk"))
