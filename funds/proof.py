"""Proof of the books: every fen in exactly one voucher, nothing changed, numbers without a gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from funds.models import Book


@dataclass(frozen=True)
class Fault:
    """What does not agree: a stable code, where, and a sentence with its facts."""

    code: str
    where: str
    sentence: str | Promise
    facts: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.where}: {str(self.sentence) % self.facts if self.facts else self.sentence}"


@dataclass(frozen=True)
class Check:
    """A query that returns (where, what is, what should be) for what is wrong, and its sentence."""

    code: str
    sentence: str | Promise
    sql: str


LINES = """
SELECT 'voucher ' || v.id, coalesce(s.debit, 0) || ' / ' || coalesce(s.credit, 0) || ' / ' ||
    coalesce(s.lines, 0),
       v.total || ' / ' || v.total || ' / ' || v.line_count
  FROM funds_voucher v
  LEFT JOIN (SELECT voucher_id, sum(debit) AS debit, sum(credit) AS credit, count(*) AS lines FROM funds_line
              GROUP BY voucher_id) s ON s.voucher_id = v.id
 WHERE v.state = 'posted' AND v.book_id = ANY(%(books)s)
   AND (s.debit IS DISTINCT FROM v.total OR s.credit IS DISTINCT FROM v.total OR s.lines IS DISTINCT FROM
       v.line_count)
 ORDER BY v.id LIMIT 20
"""
HASHES = """
SELECT 'voucher ' || v.id, v.number, ''
  FROM funds_voucher v
  JOIN LATERAL (
    SELECT string_agg(said, E'\\n' ORDER BY said COLLATE "C") AS lines FROM (
      SELECT concat_ws('|', l.account_code, l.debit, l.credit, l.dimension, l.subject) AS said
        FROM funds_line l WHERE l.voucher_id = v.id) every_line) s ON true
 WHERE v.state = 'posted' AND v.book_id = ANY(%(books)s)
   AND v.request_hash <> encode(sha256(convert_to(
         concat_ws('|', v.book_id, v.date, v.kind, v.source_type, v.source_id,
             coalesce(v.reverses_id::text, ''),
                   v.summary, v.attachments) || E'\\n' || s.lines, 'UTF8')), 'hex')
 ORDER BY v.id LIMIT 20
"""
PLACES = """
SELECT 'line ' || l.id, l.account_code || ' ' || l.account_name, coalesce(a.code || ' ' || a.name, '—')
  FROM funds_line l JOIN funds_voucher v ON v.id = l.voucher_id LEFT JOIN funds_account a ON a.id =
      l.account_id
 WHERE v.book_id = ANY(%(books)s)
   AND (a.id IS NULL OR a.book_id <> v.book_id OR NOT a.leaf OR a.code <> l.account_code OR a.name <>
       l.account_name)
 ORDER BY l.id LIMIT 20
"""
NUMBERS = """
SELECT 'book ' || p.book_id || ', ' || to_char(p.month, 'YYYY-MM'),
       count(v.number) || ' / ' || coalesce(max(v.number), 0), (p.next_number - 1)::text
  FROM funds_fiscalperiod p LEFT JOIN funds_voucher v ON v.period_id = p.id AND v.state = 'posted'
 WHERE p.book_id = ANY(%(books)s) GROUP BY p.id
HAVING count(v.number) <> p.next_number - 1 OR coalesce(max(v.number), 0) <> p.next_number - 1
    OR coalesce(min(v.number), 1) <> 1
 ORDER BY 1 LIMIT 20
"""
MONTHS = """
SELECT 'voucher ' || v.id, v.date::text, to_char(p.month, 'YYYY-MM')
  FROM funds_voucher v JOIN funds_fiscalperiod p ON p.id = v.period_id
 WHERE v.book_id = ANY(%(books)s) AND (p.book_id <> v.book_id OR date_trunc('month', v.date)::date <> p.month)
 ORDER BY v.id LIMIT 20
"""
BALANCES = """
SELECT 'book ' || coalesce(b.book_id, t.book_id) || ', account ' || coalesce(b.account_id, t.account_id) ||
    ' '
       || coalesce(b.dimension, t.dimension),
       coalesce(b.debit, 0) || ' / ' || coalesce(b.credit, 0), coalesce(t.debit, 0) || ' / ' ||
           coalesce(t.credit, 0)
  FROM (SELECT * FROM funds_balance WHERE book_id = ANY(%(books)s)) b
  FULL JOIN (
    SELECT v.book_id, v.period_id, l.account_id, l.dimension, sum(l.debit) AS debit, sum(l.credit) AS credit
      FROM funds_line l JOIN funds_voucher v ON v.id = l.voucher_id
     WHERE v.state = 'posted' AND v.book_id = ANY(%(books)s) GROUP BY 1, 2, 3, 4) t
    ON t.book_id = b.book_id AND t.period_id = b.period_id AND t.account_id = b.account_id AND t.dimension
        = b.dimension
 WHERE coalesce(b.debit, 0) <> coalesce(t.debit, 0) OR coalesce(b.credit, 0) <> coalesce(t.credit, 0)
 ORDER BY 1 LIMIT 20
"""
TRIAL = """
SELECT 'book ' || book_id, sum(debit)::text, sum(credit)::text FROM funds_balance
 WHERE book_id = ANY(%(books)s) GROUP BY book_id HAVING sum(debit) <> sum(credit) OR sum(opening) <> 0
 ORDER BY 1 LIMIT 20
"""
OPENINGS = """
SELECT 'book ' || b.book_id || ', ' || to_char(p.month, 'YYYY-MM') || ', account ' || b.account_id,
       b.opening::text, coalesce(e.closing, 0)::text
  FROM funds_balance b JOIN funds_fiscalperiod p ON p.id = b.period_id
  LEFT JOIN funds_fiscalperiod q ON q.book_id = p.book_id AND q.month = (p.month - interval '1 month')::date
       AND q.state = 'closed'
  LEFT JOIN LATERAL (SELECT sum(c.opening + c.debit - c.credit) AS closing FROM funds_balance c
                      WHERE c.period_id = q.id AND c.account_id = b.account_id AND c.dimension =
                          b.dimension) e ON true
 WHERE b.book_id = ANY(%(books)s) AND b.opening <> coalesce(e.closing, 0)
 ORDER BY 1 LIMIT 20
"""
STRICT = """
SELECT 'book ' || a.book_id || ', ' || a.code || ' ' || t.dimension, t.standing::text, '0.00'
  FROM (SELECT b.account_id, b.dimension, p.month, sum(sum(b.debit - b.credit))
          OVER (PARTITION BY b.account_id, b.dimension ORDER BY p.month) AS standing
          FROM funds_balance b JOIN funds_fiscalperiod p ON p.id = b.period_id
         WHERE b.book_id = ANY(%(books)s) GROUP BY b.account_id, b.dimension, p.month) t
  JOIN funds_account a ON a.id = t.account_id
 WHERE a.strict AND (a.side = 'debit' AND t.standing < 0 OR a.side = 'credit' AND t.standing > 0)
 ORDER BY 1 LIMIT 20
"""
HOLDS = """
SELECT 'book ' || a.book_id || ', ' || a.code || ' ' || o.dimension, coalesce(max(s.standing), 0)::text,
       sum(h.amount - h.settled - h.released)::text
  FROM funds_hold h JOIN funds_holdon o ON o.hold_id = h.id JOIN funds_account a ON a.id = o.account_id
  LEFT JOIN (SELECT account_id, dimension, abs(sum(debit - credit)) AS standing FROM funds_balance
              WHERE book_id = ANY(%(books)s) GROUP BY 1, 2) s ON s.account_id = o.account_id AND
                  s.dimension = o.dimension
 WHERE h.state = 'active' AND h.book_id = ANY(%(books)s) GROUP BY a.book_id, a.code, o.dimension
HAVING sum(h.amount - h.settled - h.released) > coalesce(max(s.standing), 0)
 ORDER BY 1 LIMIT 20
"""
RECEIPTS = """
SELECT 'receipt ' || r.id, coalesce(s.arrived, 0) || ' / ' || coalesce(s.matched, 0) || ' / ' ||
    coalesce(s.returned, 0),
       r.amount || ' / ' || r.matched || ' / ' || r.returned
  FROM funds_receipt r
  LEFT JOIN (
    SELECT v.source_id,
           sum(x.net) FILTER (WHERE v.kind IN ('fee_received', 'receipt_unmatched')) AS arrived,
           sum(x.net) FILTER (WHERE v.kind IN ('fee_received', 'receipt_matched')) AS matched,
           sum(x.net) FILTER (WHERE v.kind = 'unmatched_returned') AS returned
      FROM funds_voucher v
      LEFT JOIN funds_voucher u ON u.reverses_id = v.id AND u.state = 'posted'
     CROSS JOIN LATERAL (SELECT CASE WHEN u.id IS NULL THEN v.total ELSE 0 END AS net) x
     WHERE v.source_type = 'funds.receipt' AND v.state = 'posted' AND v.reverses_id IS NULL
     GROUP BY v.source_id) s ON s.source_id = r.id
 WHERE r.book_id = ANY(%(books)s)
   AND (coalesce(s.arrived, 0) <> r.amount OR coalesce(s.matched, 0) <> r.matched OR coalesce(s.returned,
       0) <> r.returned)
 ORDER BY r.id LIMIT 20
"""
REVERSALS = """
SELECT 'voucher ' || r.id, r.total::text, v.total::text
  FROM funds_voucher r JOIN funds_voucher v ON v.id = r.reverses_id
 WHERE r.book_id = ANY(%(books)s) AND (r.total <> v.total OR r.book_id <> v.book_id OR v.state <> 'posted')
 ORDER BY r.id LIMIT 20
"""

CHECKS = (
    Check("voucher_lines", _("the lines say %(found)s, the head says %(stands)s"), LINES),
    Check("voucher_changed", _("what stands in it is not what was posted"), HASHES),
    Check("line_account", _("names %(found)s, the chart says %(stands)s"), PLACES),
    Check("number_gap", _("vouchers and highest number are %(found)s, given out were %(stands)s"), NUMBERS),
    Check("voucher_month", _("is dated %(found)s and stands in %(stands)s"), MONTHS),
    Check("balance_lines", _("turnover is %(found)s, the lines say %(stands)s"), BALANCES),
    Check("trial_balance", _("debits are %(found)s, credits %(stands)s"), TRIAL),
    Check("opening_balance", _("opens with %(found)s, the month before closed with %(stands)s"), OPENINGS),
    Check("strict_balance", _("has crossed zero: %(found)s"), STRICT),
    Check("hold_covered", _("holds %(found)s, but %(stands)s is reserved"), HOLDS),
    Check("receipt_booked", _("the books say %(found)s, the receipt says %(stands)s"), RECEIPTS),
    Check("reversal_total", _("reverses with %(found)s what was %(stands)s"), REVERSALS),
)


def prove(book: Book | None = None) -> list[Fault]:
    """Every fault of one book or of all; an empty list is the proof."""
    return list(faults(book))


def faults(book: Book | None = None) -> Iterator[Fault]:
    """The same one by one, so that a reader may stop at the first."""
    books = [book.pk] if book else list(Book.objects.order_by("pk").values_list("pk", flat=True))
    for check in CHECKS:
        yield from found(check, {"books": books})


def found(check: Check, facts: dict[str, Any]) -> Iterator[Fault]:
    """What one check finds wrong."""
    with connection.cursor() as cursor:
        cursor.execute(check.sql, facts)
        rows = cursor.fetchall()
    for where, is_, should in rows:
        yield Fault(check.code, where, check.sentence, {"found": is_, "stands": should})


def counts(book: Book | None = None) -> dict[str, Any]:
    """How much was proved: books, vouchers, lines, turnover."""
    query = """
        SELECT count(DISTINCT v.book_id), count(*), coalesce(sum(v.line_count), 0), coalesce(sum(v.total), 0)
          FROM funds_voucher v WHERE v.state = 'posted' AND (%s::bigint IS NULL OR v.book_id = %s)
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [book.pk if book else None] * 2)
        books, vouchers, lines, total = cursor.fetchone()
    return {"books": books, "vouchers": vouchers, "lines": lines, "total": total}
