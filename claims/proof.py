"""Proof of the claims: accounts are sums of calculations, amounts what the rules say, money in the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from claims import account
from claims.account import yuan_of
from claims.adjudication import standing_cover
from claims.models import Claim
from claims.models.claims import LIVE
from claims.recoveries import SETTLED_SQL
from funds.proof import Check, Fault
from schemes.models import Period, SchemeVersion
from schemes.rules.document import Document
from schemes.versions import Loaded, document_of, parsed

BATCH = 2000

ACCOUNTS = """
SELECT 'account ' || b.id, b.base || ' / ' || b.paid, coalesce(s.base, 0) || ' / ' || coalesce(s.paid, 0)
  FROM claims_benefitaccount b
  LEFT JOIN (SELECT c.account_id, sum(a.base) FILTER (WHERE a.counts) AS base, sum(a.amount) AS paid
               FROM claims_claim c JOIN claims_adjudication a ON a.id = c.adjudication_id
              WHERE c.state = ANY(%(live)s) GROUP BY c.account_id) s ON s.account_id = b.id
 WHERE b.base <> coalesce(s.base, 0) OR b.paid <> coalesce(s.paid, 0)
 ORDER BY b.id LIMIT 20
"""
CURRENT = """
SELECT 'claim ' || c.number, c.base || ' / ' || c.amount || ' / ' || c.level,
       a.base || ' / ' || a.amount || ' / ' || a.level
  FROM claims_claim c JOIN claims_adjudication a ON a.id = c.adjudication_id
 WHERE (c.base, c.amount, c.level) IS DISTINCT FROM (a.base, a.amount, a.level) OR a.claim_id <> c.id
    OR a.account_id <> c.account_id
    OR EXISTS (SELECT 1 FROM claims_adjudication n WHERE n.supersedes_id = a.id)
    OR (c.state = ANY(%(live)s) AND a.counts <> (c.count_order IS NOT NULL))
 ORDER BY c.id LIMIT 20
"""
CASES = """
SELECT 'claim ' || c.number, c.state, coalesce(r.state, '—')
  FROM claims_claim c LEFT JOIN claims_reviewcase r ON r.claim_id = c.id
 WHERE c.state NOT IN ('draft', 'filed', 'withdrawn')
   AND r.state IS DISTINCT FROM CASE c.state WHEN 'review' THEN 'open' WHEN 'returned' THEN 'returned'
       WHEN 'rejected' THEN 'rejected' ELSE 'approved' END
 ORDER BY c.id LIMIT 20
"""
DECISIONS = """
SELECT 'decision ' || d.id, d.case_id || ' / ' || d.filed_by_id, s.case_id || ' / ' || c.filed_by_id
  FROM claims_decision d JOIN claims_reviewstep s ON s.id = d.step_id
  JOIN claims_reviewcase r ON r.id = s.case_id JOIN claims_claim c ON c.id = r.claim_id
 WHERE d.case_id <> s.case_id OR d.round <> s.round OR d.decided_by_id = d.filed_by_id
 ORDER BY d.id LIMIT 20
"""
RESULTS = """
SELECT 'bank result ' || b.id, b.paid_total || ' / ' || b.returned_total,
       coalesce(s.paid, 0) || ' / ' || coalesce(s.returned, 0)
  FROM claims_bankresult b
  LEFT JOIN (SELECT result_id, sum(amount) FILTER (WHERE state = 'paid') AS paid,
                    sum(amount) FILTER (WHERE state = 'returned') AS returned
               FROM claims_payment GROUP BY result_id) s ON s.result_id = b.id
 WHERE b.paid_total <> coalesce(s.paid, 0) OR b.returned_total <> coalesce(s.returned, 0)
 ORDER BY b.id LIMIT 20
"""
PLACES = """
SELECT 'bank result ' || coalesce(s.result_id, t.result_id) || ', office '
       || coalesce(s.office_id, t.office_id),
       coalesce(t.amount, 0)::text, coalesce(s.amount, 0)::text
  FROM (SELECT y.result_id, c.office_id, sum(y.amount) AS amount FROM claims_payment y
          JOIN claims_claim c ON c.id = y.claim_id WHERE y.state = 'paid' GROUP BY 1, 2) s
  FULL JOIN claims_paidplace t ON t.result_id = s.result_id AND t.office_id = s.office_id
 WHERE coalesce(s.amount, 0) <> coalesce(t.amount, 0)
 ORDER BY 1 LIMIT 20
"""
SPENDING = """
SELECT coalesce('bank result ' || b.id, 'voucher ' || v.id), coalesce(v.total, 0)::text,
       coalesce(b.paid_total, 0)::text
  FROM (SELECT * FROM claims_bankresult WHERE paid_total > 0) b
  FULL JOIN (SELECT * FROM funds_voucher WHERE source_type = 'claims.bankresult' AND kind = 'benefit_paid'
                AND state = 'posted' AND reverses_id IS NULL
                AND NOT EXISTS (SELECT 1 FROM funds_voucher u WHERE u.reverses_id = funds_voucher.id
                                                                AND u.state = 'posted')) v
    ON v.source_id = b.id AND v.id = b.voucher
 WHERE v.id IS NULL OR b.id IS NULL OR v.total <> b.paid_total
 ORDER BY 1 LIMIT 20
"""
HOLDS = """
SELECT coalesce('batch ' || p.number, 'hold ' || h.id), coalesce(h.amount - h.settled - h.released, 0)::text,
       coalesce(p.pending, 0)::text
  FROM (SELECT b.id, b.number, b.hold_key, sum(y.amount) FILTER (WHERE y.state = 'pending') AS pending
          FROM claims_paymentbatch b JOIN claims_payment y ON y.batch_id = b.id GROUP BY b.id) p
  FULL JOIN (SELECT * FROM funds_hold WHERE source_type = 'claims.paymentbatch') h ON h.key = p.hold_key
 WHERE coalesce(h.amount - h.settled - h.released, 0) <> coalesce(p.pending, 0)
 ORDER BY 1 LIMIT 20
"""
TOTALS = """
SELECT 'batch ' || b.number, b.count || ' / ' || b.total, count(y.id) || ' / ' || coalesce(sum(y.amount), 0)
  FROM claims_paymentbatch b LEFT JOIN claims_payment y ON y.batch_id = b.id
 GROUP BY b.id HAVING b.count <> count(y.id) OR b.total <> coalesce(sum(y.amount), 0)
 ORDER BY 1 LIMIT 20
"""
PAYING = """
SELECT 'claim ' || c.number, c.state, count(y.id) FILTER (WHERE y.state = 'pending')::text
  FROM claims_claim c JOIN claims_payment y ON y.claim_id = c.id
 GROUP BY c.id
HAVING (c.state = 'paying') <> (count(y.id) FILTER (WHERE y.state = 'pending') = 1)
    OR (c.state = 'paid' AND count(y.id) FILTER (WHERE y.state = 'paid') = 0
        AND NOT EXISTS (SELECT FROM claims_setoff o WHERE o.claim_id = c.id))
 ORDER BY 1 LIMIT 20
"""
RECEIVED = SETTLED_SQL.format(states="ARRAY['paid']")
PAID = f"""
SELECT 'claim ' || number, received::text,
       worth || CASE WHEN owed_back > 0 THEN ' + ' || owed_back ELSE '' END
  FROM (SELECT c.id, c.number, {RECEIVED} AS received,
               CASE WHEN c.state = ANY(%(live)s) THEN c.amount ELSE 0 END AS worth,
               COALESCE((SELECT sum(r.amount - r.taken) FROM claims_recovery r
                          WHERE r.claim_id = c.id AND r.state <> 'void'), 0) AS owed_back
          FROM claims_claim c
         WHERE EXISTS (SELECT FROM claims_payment y WHERE y.claim_id = c.id AND y.state = 'paid')
            OR EXISTS (SELECT FROM claims_setoff o WHERE o.claim_id = c.id)
            OR EXISTS (SELECT FROM claims_recovery r WHERE r.claim_id = c.id)) every
 WHERE received > worth + owed_back OR EXISTS (
       SELECT FROM claims_recovery r WHERE r.claim_id = every.id AND r.state IN ('waiting', 'approved')
          AND received - worth < r.amount - r.taken)
 ORDER BY id LIMIT 20
"""
SET_OFF = """
SELECT 'recovery ' || r.id, r.taken::text, coalesce(sum(o.amount), 0)::text
  FROM claims_recovery r LEFT JOIN claims_setoff o ON o.recovery_id = r.id
  LEFT JOIN claims_claim c ON c.id = o.claim_id LEFT JOIN claims_claim k ON k.id = r.claim_id
 GROUP BY r.id HAVING r.taken <> coalesce(sum(o.amount), 0)
     OR count(*) FILTER (WHERE o.id IS NOT NULL AND c.account_id IS DISTINCT FROM k.account_id) > 0
 ORDER BY r.id LIMIT 20
"""

CHECKS = (
    Check(
        "claims_account",
        _("The account is not the sum of its claims: %(found)s, the claims give %(stands)s."),
        ACCOUNTS,
    ),
    Check("claims_current", _("The claim says %(found)s, its calculation %(stands)s."), CURRENT),
    Check("claims_case", _("The claim is %(found)s, its case %(stands)s."), CASES),
    Check("claims_decision", _("The decision says %(found)s, its case %(stands)s."), DECISIONS),
    Check("claims_result", _("The bank result says %(found)s, its payments %(stands)s."), RESULTS),
    Check("claims_places", _("The place's sum says %(found)s, its payments %(stands)s."), PLACES),
    Check("claims_spending", _("The books say %(found)s, the confirmed payments %(stands)s."), SPENDING),
    Check("claims_holds", _("Reserved are %(found)s, open payments are %(stands)s."), HOLDS),
    Check("claims_batch", _("The batch says %(found)s, its payments %(stands)s."), TOTALS),
    Check("claims_paying", _("The claim is %(found)s with %(stands)s open payments."), PAYING),
    Check("claims_paid", _("Paid are %(found)s, the claim is worth %(stands)s."), PAID),
    Check("claims_set_off", _("The recovery says %(found)s is set off, its entries %(stands)s."), SET_OFF),
)


def prove() -> list[Fault]:
    """Every fault found, the first of each kind first; empty when the claims prove."""
    return [*_checked(), *_recalculated()]


def places() -> list[Fault]:
    """Where a place's sum of a bank result is not that of its payments."""
    return list(_checked([check for check in CHECKS if check.code == "claims_places"]))


def _checked(checks: Iterable[Check] = CHECKS) -> Iterator[Fault]:
    with connection.cursor() as cursor:
        for check in checks:
            cursor.execute(check.sql, {"live": [str(state) for state in LIVE]})
            for where, found, stands in cursor.fetchall():
                yield Fault(check.code, where, check.sentence, {"found": found, "stands": stands})


def _recalculated() -> Iterator[Fault]:
    """Every live account calculated again from the facts of its slips, period by period.

    Between the adoption of a document and its recalculation an account stands on the document of its latest
    calculation: it proves by that one, or by the one in force.
    """
    for period in Period.objects.select_related("scheme").filter(claims__state__in=LIVE).distinct():
        loaded = document_of(period)
        for claims in _accounts(period):
            faults = list(_again(loaded.document, claims))
            before = _document_before(claims, loaded) if faults else None
            if before is None or any(_again(before, claims)):
                yield from faults


def _document_before(claims: list[Claim], loaded: Loaded) -> Document | None:
    """The adopted document of an account's latest calculation, where another one is in force now."""
    latest = max((claim.adjudication for claim in claims if claim.adjudication), key=lambda found: found.pk)
    if latest.document_sha == loaded.sha:
        return None
    of_scheme = SchemeVersion.objects.filter(scheme=loaded.version.scheme_id, adopted_at__isnull=False)
    version = of_scheme.filter(sha=latest.document_sha).first()
    return parsed(version.sha, version.document) if version else None


def _accounts(period: Period) -> Iterator[list[Claim]]:
    rows = Claim.objects.filter(period=period, state__in=LIVE).select_related("bill", "adjudication")
    ordered = rows.order_by("account_id", "pk").iterator(chunk_size=BATCH)
    for _account, claims in groupby(ordered, key=lambda claim: claim.account_id):
        yield list(claims)


def _again(document: Document, claims: list[Claim]) -> Iterator[Fault]:
    covered = standing_cover(claims)
    entries = [account.entry_of(claim, covered[claim.pk]) for claim in claims]
    for finding in account.settle(document, entries):
        claim = finding.entry.claim
        stands: Any = claim.adjudication
        facts = account.facts_of(finding.entry.stay, finding.entry.person)
        now = (yuan_of(finding.base), yuan_of(finding.amount), account.sha_of(facts))
        then = (stands.base, stands.amount, stands.facts_sha)
        if now != then or account.sha_of(stands.facts) != stands.facts_sha:
            sentence = _("The calculation says %(found)s, the rules say %(stands)s.")
            facts_said = {"found": f"{then[0]} / {then[1]}", "stands": f"{now[0]} / {now[1]}"}
            yield Fault("claims_amount", f"claim {claim.number}", sentence, facts_said)
