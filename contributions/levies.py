"""What is owed: one statement for a roster or for a whole period (第四条)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _

from contributions import fees
from contributions.models import RosterFee
from core import roles
from core.errors import Refused
from core.models import Office, User
from core.write import write
from enrollment import roster_cover
from enrollment.models import Roster
from schemes.models import Period
from schemes.rules.document import Document

LOCK = """
SELECT r.id FROM enrollment_roster r WHERE {scope} ORDER BY r.id FOR NO KEY UPDATE
"""
CHANGE = """
UPDATE contributions_levy l
   SET continuing = e.continuing, amount = {amount}, article = {article}, void = e.state = 'removed',
       roster_id = e.roster_id, unit_id = e.unit_id
  FROM enrollment_enrollment e JOIN enrollment_roster r ON r.id = e.roster_id
 WHERE {scope} AND r.state IN ('submitted', 'accepted') AND l.enrollment_id = e.id AND l.month = ''
   AND (l.continuing, l.amount, l.void, l.roster_id) IS DISTINCT FROM
       (e.continuing, {amount}, e.state = 'removed', e.roster_id)
"""
INSERT = """
INSERT INTO contributions_levy (enrollment_id, roster_id, period_id, unit_id, month, continuing, amount,
    article, due, void)
SELECT e.id, e.roster_id, e.period_id, e.unit_id, '', e.continuing, {amount}, {article}, %s, false
  FROM enrollment_enrollment e JOIN enrollment_roster r ON r.id = e.roster_id
 WHERE {scope} AND r.state IN ('submitted', 'accepted') AND e.state <> 'removed'
   AND NOT EXISTS (SELECT 1 FROM contributions_levy l WHERE l.enrollment_id = e.id AND l.month = '')
"""
SUM = """
INSERT INTO contributions_rosterfee AS f (roster_id, owed, paid, persons, paid_on, assessed_on,
    assessed_by_id)
SELECT r.id, coalesce(s.owed, 0), 0, coalesce(s.persons, 0), NULL, %s, %s
  FROM enrollment_roster r
  JOIN (SELECT roster_id, sum(amount) FILTER (WHERE NOT void) AS owed, count(*) FILTER (WHERE NOT void) AS
      persons
          FROM contributions_levy WHERE {levies} GROUP BY roster_id) s ON s.roster_id = r.id
 WHERE {scope} AND r.state IN ('submitted', 'accepted') ORDER BY r.id
ON CONFLICT (roster_id) DO UPDATE
   SET owed = excluded.owed, persons = excluded.persons, assessed_on = excluded.assessed_on,
       assessed_by_id = excluded.assessed_by_id, paid_on = CASE WHEN excluded.owed = f.paid THEN f.paid_on END
"""


class Assessed(NamedTuple):
    """How many levies were written or changed, how many rosters they belong to, and what these owe in all."""

    written: int
    rosters: int
    owed: Decimal


OVERPAID = """
SELECT f.id FROM contributions_rosterfee f JOIN enrollment_roster r ON r.id = f.roster_id
  LEFT JOIN enrollment_enrollment e ON e.roster_id = r.id AND e.state <> 'removed'
 WHERE {scope} AND r.state IN ('submitted', 'accepted') AND f.paid > 0
 GROUP BY f.id HAVING coalesce(sum({amount}), 0) < f.paid ORDER BY f.id
"""
SHORT_AGAIN = """
SELECT r.id FROM enrollment_roster r JOIN contributions_rosterfee f ON f.roster_id = r.id
 WHERE {scope} AND r.state IN ('submitted', 'accepted') AND f.paid > 0 AND f.paid < f.owed
"""
ASSESSED_BELOW = """
r.period_id = %s AND EXISTS (SELECT 1 FROM enrollment_unit u JOIN core_office o ON o.id = u.agency_id
                              WHERE u.id = r.unit_id AND starts_with(o.path, %s))
AND EXISTS (SELECT 1 FROM contributions_rosterfee x WHERE x.roster_id = r.id AND x.id <> ALL(%s))
"""


class PaidAlready(Refused):
    code = "fee_not_refunded"
    sentence = _(
        "%(unit)s has paid %(paid)s, its roster now owes only %(owed)s: a fee is not refunded (%(article)s)."
    )


@write
def assess(*, by: User, on: date, period: Period | None = None, roster: Roster | None = None) -> Assessed:
    """Write what each enrolment of a roster, or of every submitted roster of a period, owes.

    Again: only what has changed is written, names taken off are void. Names added to a paid roster make it
    unpaid: nobody of it is covered until the rest is paid.

    Raises:
        PaidAlready: names were taken off that have been paid for.
    """
    if (period is None) == (roster is None):
        raise ValueError("assess takes a period or a roster")
    of = roster.period if roster is not None else period
    assert of is not None
    if roster is not None:
        roles.require(
            by, "contributions.add_levy", on=on, path=roster.unit.agency.path, unit_code=roster.unit.code
        )
    else:
        roles.require(by, "contributions.add_levy", on=on, path=Office.objects.get(parent=None).path)
    document = fees.document_for_fees(of)
    which = Which("r.period_id = %s", [of.pk], "period_id = %s", of.pk)
    if roster is not None:
        which = Which("r.id = %s", [roster.pk], "roster_id = %s", roster.pk)
    written = _write(document, which, by, on)
    return _assessed(written, which)


@write
def assess_below(*, period: Period, path: str, by: User, on: date) -> list[RosterFee]:
    """Work out anew what assessed rosters below an office owe; nobody's fault stops the others.

    Returns the fees of rosters that have paid more than they now owe; these stay as they were.
    """
    roles.require(by, "contributions.add_levy", on=on, path=path)
    document = fees.document_for_fees(period)
    fee = fees.sql(document, kind="e.kind", continuing="e.continuing", shares="e.shares")
    with connection.cursor() as cursor:
        cursor.execute(LOCK.format(scope=ASSESSED_BELOW), [period.pk, path, []])
        query = OVERPAID.format(scope=ASSESSED_BELOW, amount=fee.amount)
        cursor.execute(query, [period.pk, path, [], *fee.amount_params])
        overpaid = [pk for (pk,) in cursor.fetchall()]
    which = Which(ASSESSED_BELOW, [period.pk, path, overpaid], "period_id = %s", period.pk)
    _write(document, which, by, on)
    return list(
        RosterFee.objects.filter(pk__in=overpaid)
        .select_related("roster__unit", "roster__period")
        .order_by("pk")
    )


class Which(NamedTuple):
    """Which rosters (`r`), with their parameters, and which levies: SQL and its parameter."""

    scope: str
    params: list[Any]
    levies: str
    subject: int


def _write(document: Document, which: Which, by: User, on: date) -> int:
    """Levies and fees of these rosters, and nobody covered whose roster is short again; levies written."""
    fee = fees.sql(document, kind="e.kind", continuing="e.continuing", shares="e.shares")
    due = fees.pay_window(document).to
    said = {"amount": fee.amount, "article": fee.article, "scope": which.scope, "levies": which.levies}
    with connection.cursor() as cursor:
        cursor.execute(LOCK.format(**said), which.params)
        change = [*fee.amount_params, *fee.article_params, *which.params, *fee.amount_params]
        cursor.execute(CHANGE.format(**said), change)
        written = int(cursor.rowcount)
        cursor.execute(INSERT.format(**said), [*fee.amount_params, *fee.article_params, due, *which.params])
        written += int(cursor.rowcount)
        cursor.execute(SUM.format(**said), [on, by.pk, which.subject, *which.params])
        cursor.execute(SHORT_AGAIN.format(**said), which.params)
        short = [pk for (pk,) in cursor.fetchall()]
    roster_cover.suspend_all(rosters=short, by=by, on=on)
    return written


def _assessed(written: int, which: Which) -> Assessed:
    query = f"""
        SELECT count(*), coalesce(sum(f.owed), 0), min(f.id) FILTER (WHERE f.paid > f.owed)
          FROM contributions_rosterfee f JOIN enrollment_roster r ON r.id = f.roster_id WHERE {which.scope}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, which.params)
        rosters, owed, overpaid = cursor.fetchone()
    if overpaid is not None:
        raise paid_already(
            RosterFee.objects.select_related("roster__unit", "roster__period").get(pk=overpaid)
        )
    return Assessed(written, rosters, owed)


def paid_already(fee: RosterFee) -> PaidAlready:
    """What is wrong with a roster that has paid more than it owes, as it now stands."""
    document = fees.document_for_fees(fee.roster.period)
    said = fees.sql(document, kind="e.kind", continuing="e.continuing", shares="e.shares")
    people = "enrollment_enrollment e WHERE e.roster_id = %s AND e.state <> 'removed'"
    query = f"SELECT sum({said.amount}) FROM {people}"
    with connection.cursor() as cursor:
        cursor.execute(query, [*said.amount_params, fee.roster_id])
        owed = cursor.fetchone()[0] or Decimal("0.00")
    return PaidAlready(unit=fee.roster.unit, paid=fee.paid, owed=owed, article=said.article_params[0])
