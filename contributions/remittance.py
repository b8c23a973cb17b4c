"""An office's summary and its one remittance, equal to its enrolments (云医互〔2021〕4号 三(二)).

A payment of the window that was recorded late may freeze a roster after its office has remitted. It is summed
up and sent in a supplementary remittance, the exception, which says its reason.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contributions import fees
from contributions.models import OfficeSummary, Remittance, SummaryLine
from core import roles
from core.errors import Moved, Refused
from core.models import Office, OfficeKind, User
from core.write import write
from enrollment.models import Unit
from funds.books import book_for
from funds.lines import ZERO
from funds.models import Book
from funds.posting import Part, Posting, post
from schemes.models import Period
from schemes.rules import windows

SOURCE = "contributions.remittance"
ROWS = """
SELECT r.unit_id, count(*), count(*) FILTER (WHERE e.continuing), sum({amount}),
       (SELECT coalesce(sum(l.amount), 0) FROM contributions_levy l WHERE l.roster_id = r.id AND NOT l.void),
       coalesce(max(f.paid), 0)
  FROM enrollment_roster r
  JOIN enrollment_unit u ON u.id = r.unit_id
  JOIN core_office o ON o.id = u.agency_id AND starts_with(o.path, %s)
  JOIN enrollment_enrollment e ON e.roster_id = r.id AND e.state <> 'removed'
  LEFT JOIN contributions_rosterfee f ON f.roster_id = r.id
 WHERE r.period_id = %s AND r.state = 'frozen'
   AND NOT EXISTS (SELECT 1 FROM contributions_summaryline l
                     JOIN contributions_remittance m ON m.summary_id = l.summary_id
                    WHERE l.unit_id = r.unit_id AND m.period_id = r.period_id)
 GROUP BY r.id ORDER BY r.unit_id
"""


class Row(NamedTuple):
    """One unit: what its enrolments come to, what was levied, what was received."""

    unit_id: int
    persons: int
    continuing: int
    amount: Decimal
    levied: Decimal
    received: Decimal

    @property
    def agrees(self) -> bool:
        return self.amount == self.levied == self.received


class NotAnOffice(Refused):
    code = "only_offices_remit"
    sentence = _("%(article)s: only an office sends a summary and remits; %(office)s is none.")


class NothingToRemit(Refused):
    code = "nothing_frozen"
    sentence = _("%(office)s has no frozen rosters in this period.")


class TotalsDiffer(Refused):
    code = "totals_differ"
    sentence = _("The total differs from the enrolments: %(differences)s")


class SentAlready(Refused):
    code = "remitted_already"
    sentence = _("%(office)s has remitted for this period: an office remits once.")


class SupplementSaysWhy(Refused):
    code = "supplement_says_why"
    sentence = _(
        "%(office)s has remitted for this period already. What was frozen since goes up in a supplementary "
        "remittance: say why."
    )


class NoSummary(Refused):
    code = "summary_missing"
    sentence = _("%(office)s has made no summary yet.")


@write
def summary(*, office: Office, period: Period, by: User, on: date) -> OfficeSummary:
    """Sum up an office's frozen rosters that were not sent up yet, unit by unit, for the seal.

    After the office has remitted this is a supplementary summary, which no window holds.

    Raises:
        OutsideWindow, NotAnOffice, NothingToRemit, SentAlready, TotalsDiffer
    """
    roles.require(by, "contributions.add_officesummary", on=on, path=office.path)
    document = fees.document_for_fees(period)
    earlier = _earlier(office, period)
    if not earlier:
        fees.require_window(document, "summary", on)
    _office_alone(office, windows.within(document, "summary", on).article)
    rows = _agreed(office, period, sent_before=bool(earlier))
    made = OfficeSummary.objects.create(
        office=office,
        period=period,
        made_on=on,
        made_by=by,
        units=len(rows),
        persons=sum(row.persons for row in rows),
        continuing=sum(row.continuing for row in rows),
        new=sum(row.persons - row.continuing for row in rows),
        amount=sum((row.amount for row in rows), ZERO),
    )
    SummaryLine.objects.bulk_create(
        SummaryLine(
            summary=made,
            unit_id=row.unit_id,
            persons=row.persons,
            continuing=row.continuing,
            new=row.persons - row.continuing,
            amount=row.amount,
        )
        for row in rows
    )
    return made


@write
def send(*, office: Office, period: Period, by: User, on: date, reason: str = "") -> Remittance:
    """Send up exactly the last summary's total, which still equals the enrolments; posts `sent_up`.

    reason: why there is a supplementary remittance, of rosters frozen after the first; no window holds it.

    Raises:
        OutsideWindow, NotAnOffice, NoSummary, SentAlready, SupplementSaysWhy, TotalsDiffer,
        funds.strict.NotEnough
    """
    roles.require(by, "contributions.add_remittance", on=on, path=office.path)
    Office.objects.select_for_update(no_key=True).get(pk=office.pk)  # two at once take turns
    document = fees.document_for_fees(period)
    earlier = _earlier(office, period)
    if not earlier:
        fees.require_window(document, "remit", on)
    _office_alone(office, windows.within(document, "remit", on).article)
    summaries = OfficeSummary.objects.filter(office=office, period=period)
    last = Remittance.objects.filter(office=office, period=period).aggregate(summary=Max("summary"))[
        "summary"
    ]
    made = summaries.filter(pk__gt=last or 0).order_by("-pk").first()
    if made is None and not earlier:
        raise NoSummary(office=office)
    rows = _agreed(office, period, sent_before=bool(earlier))
    if earlier and not reason.strip():
        raise SupplementSaysWhy(office=office)
    if made is None:
        raise NoSummary(office=office)
    _compare(made, rows)
    remittance = Remittance.objects.create(
        office=office,
        period=period,
        summary=made,
        sequence=earlier + 1,
        reason=reason.strip()[:200] if earlier else "",
        amount=made.amount,
        sent_on=on,
        sent_by=by,
    )
    book = book_for(scheme=period.scheme, office=office)
    remittance.sent_voucher = post(_posting(remittance, book, "sent_up", by, on))
    remittance.save(update_fields=["sent_voucher"])
    return remittance


@write
def confirm(*, remittance: Remittance, by: User, on: date) -> Remittance:
    """The centre has the money: posts `received_from_below` in its book.

    Raises:
        Moved: it has been confirmed already.
    """
    centre = Office.objects.get(parent=None)
    roles.require(by, "contributions.confirm_remittance", on=on, path=centre.path)
    remittance = (
        Remittance.objects.select_for_update(of=("self",))
        .select_related("period__scheme", "office")
        .get(pk=remittance.pk)
    )
    if remittance.received_on is not None:
        raise Moved()
    if remittance.sent_by_id == by.pk:
        raise OwnRemittance()
    book = book_for(scheme=remittance.period.scheme, office=centre)
    remittance.received_voucher = post(_posting(remittance, book, "received_from_below", by, on))
    remittance.received_on, remittance.received_at, remittance.received_by = on, timezone.now(), by
    remittance.save(update_fields=["received_voucher", "received_on", "received_at", "received_by"])
    return remittance


class OwnRemittance(Refused):
    code = "own_remittance"
    sentence = _("Who sends a remittance does not confirm that it arrived.")


def rows_of(office: Office, period: Period) -> list[Row]:
    """An office's frozen rosters that were not sent up, by unit; amounts worked out from the enrolments."""
    document = fees.document_for_fees(period)
    fee = fees.sql(document, kind="e.kind", continuing="e.continuing", shares="e.shares")
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(amount=fee.amount), [*fee.amount_params, office.path, period.pk])
        return [Row(*row) for row in cursor.fetchall()]


def _earlier(office: Office, period: Period) -> int:
    """How many remittances the office has sent for the period."""
    return Remittance.objects.filter(office=office, period=period).count()


def _office_alone(office: Office, article: str) -> None:
    if office.kind != OfficeKind.OFFICE:
        raise NotAnOffice(article=article, office=office)


def _agreed(office: Office, period: Period, *, sent_before: bool) -> list[Row]:
    rows = rows_of(office, period)
    if not rows and sent_before:
        raise SentAlready(office=office)
    if not rows:
        raise NothingToRemit(office=office)
    _refuse({row.unit_id: (row.amount, row.levied, row.received) for row in rows if not row.agrees})
    return rows


def _compare(made: OfficeSummary, rows: list[Row]) -> None:
    """The summary still says what the enrolments say, unit by unit."""
    said = dict(made.lines.values_list("unit_id", "amount"))
    now = {row.unit_id: row.amount for row in rows}
    wrong = {unit for unit in said.keys() | now.keys() if said.get(unit) != now.get(unit)}
    _refuse({unit: (said.get(unit, ZERO), now.get(unit, ZERO)) for unit in wrong})


def _refuse(differences: dict[int, tuple[Decimal, ...]]) -> None:
    if differences:
        names = Unit.objects.in_bulk(differences)
        told = "；".join(
            f"{names[unit]} {' / '.join(map(str, amounts))}" for unit, amounts in sorted(differences.items())
        )
        raise TotalsDiffer(differences=told)


def _posting(remittance: Remittance, book: Book, event: str, by: User, on: date) -> Posting:
    return Posting(
        book=book,
        on=on,
        event=event,
        key=f"remittance:{remittance.pk}:{event}",
        source=(SOURCE, remittance.pk),
        checked_by=by,
        parts=[Part(remittance.amount, {"period": remittance.period.code}, subject=remittance.office.name)],
    )
