"""Proof of levies, allocations and remittances against the books."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from funds.proof import Check, Fault, found

LEVIES = """
SELECT 'roster ' || f.roster_id, f.owed || ' / ' || f.paid,
       coalesce(l.owed, 0) || ' / ' || coalesce(a.paid, 0)
  FROM contributions_rosterfee f
  LEFT JOIN (SELECT roster_id, sum(amount) AS owed FROM contributions_levy WHERE NOT void GROUP BY
      roster_id) l
    ON l.roster_id = f.roster_id
  LEFT JOIN (SELECT fee_id, sum(amount) AS paid FROM contributions_allocation GROUP BY fee_id) a ON
      a.fee_id = f.id
 WHERE f.paid <> coalesce(a.paid, 0) OR f.paid_on IS NOT NULL AND f.owed <> coalesce(l.owed, 0)
 ORDER BY f.roster_id LIMIT 20
"""
KEYS = """
SELECT 'levy ' || l.id, l.roster_id || ' / ' || l.unit_id || ' / ' || l.period_id,
       e.roster_id || ' / ' || e.unit_id || ' / ' || e.period_id
  FROM contributions_levy l JOIN enrollment_enrollment e ON e.id = l.enrollment_id
 WHERE (l.roster_id, l.unit_id, l.period_id) IS DISTINCT FROM (e.roster_id, e.unit_id, e.period_id)
 ORDER BY l.id LIMIT 20
"""
RECEIPTS = """
SELECT 'receipt ' || r.id, coalesce(a.sum, 0)::text, r.matched::text
  FROM funds_receipt r
  LEFT JOIN (SELECT receipt_id, sum(amount) AS sum FROM contributions_allocation GROUP BY receipt_id) a ON
      a.receipt_id = r.id
 WHERE coalesce(a.sum, 0) <> r.matched
 ORDER BY r.id LIMIT 20
"""
BOOKS = """
SELECT 'book ' || coalesce(v.book_id, a.book_id) || ', period ' || coalesce(v.code, a.code),
       coalesce(v.sum, 0)::text, coalesce(a.sum, 0)::text
  FROM (SELECT v.book_id, split_part(l.dimension, 'period=', 2) AS code, sum(l.credit - l.debit) AS sum
          FROM funds_voucher v JOIN funds_line l ON l.voucher_id = v.id
         WHERE v.kind IN ('fee_received', 'receipt_matched') AND v.state = 'posted' AND v.source_type =
             'funds.receipt'
               AND l.dimension LIKE 'period=%%'
         GROUP BY 1, 2) v
  FULL JOIN (SELECT c.book_id, p.code, sum(x.amount) AS sum
               FROM contributions_allocation x JOIN funds_receipt c ON c.id = x.receipt_id
               JOIN contributions_rosterfee f ON f.id = x.fee_id JOIN enrollment_roster r ON r.id =
                   f.roster_id
               JOIN schemes_period p ON p.id = r.period_id GROUP BY 1, 2) a
    ON a.book_id = v.book_id AND a.code = v.code
 WHERE coalesce(v.sum, 0) <> coalesce(a.sum, 0)
 ORDER BY 1 LIMIT 20
"""
FROZEN = """
SELECT 'roster ' || r.id, coalesce(f.paid, 0)::text, coalesce(f.owed, 0)::text
  FROM enrollment_roster r LEFT JOIN contributions_rosterfee f ON f.roster_id = r.id
 WHERE r.state = 'frozen' AND (f.id IS NULL OR f.paid_on IS NULL)
 ORDER BY r.id LIMIT 20
"""
COVERED = """
SELECT 'roster ' || f.roster_id, f.paid::text, f.owed::text
  FROM contributions_rosterfee f
 WHERE f.paid_on IS NULL
   AND EXISTS (SELECT 1 FROM enrollment_enrollment e WHERE e.roster_id = f.roster_id AND e.state = 'covered')
 ORDER BY f.roster_id LIMIT 20
"""
REMITTANCES = """
SELECT 'remittance ' || m.id, coalesce(s.total, 0) || ' / ' || coalesce(c.total, 0), m.amount::text
  FROM contributions_remittance m
  JOIN contributions_officesummary o ON o.id = m.summary_id
  LEFT JOIN funds_voucher s ON s.id = m.sent_voucher_id AND s.kind = 'sent_up' AND s.state = 'posted'
  LEFT JOIN funds_voucher c ON c.id = m.received_voucher_id AND c.kind = 'received_from_below' AND c.state
      = 'posted'
 WHERE s.total IS DISTINCT FROM m.amount OR o.amount <> m.amount
    OR EXISTS (SELECT 1 FROM funds_voucher u WHERE u.reverses_id IN (m.sent_voucher_id, m.received_voucher_id)
                                               AND u.state = 'posted')
    OR m.received_on IS NOT NULL AND c.total IS DISTINCT FROM m.amount
    OR m.amount <> (SELECT sum(l.amount) FROM contributions_summaryline l WHERE l.summary_id = o.id)
 ORDER BY m.id LIMIT 20
"""
PAIRS = """
SELECT 'voucher ' || v.id, v.kind, 'remittance'
  FROM funds_voucher v
  LEFT JOIN contributions_remittance m ON m.id = v.source_id AND v.id IN (m.sent_voucher_id,
      m.received_voucher_id)
 WHERE v.kind IN ('sent_up', 'received_from_below') AND v.state = 'posted' AND v.reverses_id IS NULL
   AND m.id IS NULL
 ORDER BY v.id LIMIT 20
"""
CHECKS = (
    Check("fee_sums", _("owes and has paid %(found)s, its levies and allocations say %(stands)s"), LEVIES),
    Check("levy_keys", _("belongs to %(found)s, its enrolment to %(stands)s"), KEYS),
    Check("allocations_receipt", _("allocations come to %(found)s, matched are %(stands)s"), RECEIPTS),
    Check("contributions_booked", _("fees booked are %(found)s, allocated %(stands)s"), BOOKS),
    Check("frozen_unpaid", _("is frozen with %(found)s paid of %(stands)s"), FROZEN),
    Check("covered_unpaid", _("has people with cover, with %(found)s paid of %(stands)s"), COVERED),
    Check("remittance_booked", _("was booked with %(found)s, it says %(stands)s"), REMITTANCES),
    Check("remittance_pairs", _("(%(found)s) belongs to no %(stands)s"), PAIRS),
)


def prove() -> list[Fault]:
    """Every fault; an empty list is the proof."""
    return [fault for check in CHECKS for fault in found(check, {})]
