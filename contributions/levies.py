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
from enrollment.models import Roster
from schemes.models import Period

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


class PaidAlready(Refused):
    code = "fee_not_refunded"
    sentence = _(
        "%(unit)s has paid %(paid)s, its roster now owes only %(owed)s: a fee is not refunded (%(article)s)."
    )


@write
def assess(*, by: User, on: date, period: Period | None = None, roster: Roster | None = None) -> Assessed:
    """Write what each enrolment of a roster, or of every submitted roster of a period, owes.

    Again: only what has changed is written, names taken off are void.

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
    fee = fees.sql(document, kind="e.kind", continuing="e.continuing", shares="e.shares")
    due = fees.pay_window(document).to
    which = {"scope": "r.period_id = %s", "levies": "period_id = %s"}
    subject = of.pk
    if roster is not None:
        which, subject = {"scope": "r.id = %s", "levies": "roster_id = %s"}, roster.pk
    said = {"amount": fee.amount, "article": fee.article, **which}
    with connection.cursor() as cursor:
        cursor.execute(LOCK.format(**which), [subject])
        change = [*fee.amount_params, *fee.article_params, subject, *fee.amount_params]
        cursor.execute(CHANGE.format(**said), change)
        written = cursor.rowcount
        cursor.execute(INSERT.format(**said), [*fee.amount_params, *fee.article_params, due, subject])
        written += cursor.rowcount
        cursor.execute(SUM.format(**which), [on, by.pk, subject, subject])
    return _assessed(written, which["scope"], subject, document)


def _assessed(written: int, scope: str, subject: int, document: Any) -> Assessed:
    query = f"""
        SELECT count(*), coalesce(sum(f.owed), 0), min(f.id) FILTER (WHERE f.paid > f.owed)
          FROM contributions_rosterfee f JOIN enrollment_roster r ON r.id = f.roster_id WHERE {scope}
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [subject])
        rosters, owed, overpaid = cursor.fetchone()
    if overpaid is not None:
        fee = RosterFee.objects.select_related("roster__unit").get(pk=overpaid)
        article = fees.sql(document, kind="", continuing="", shares="").article_params[0]
        raise PaidAlready(unit=fee.roster.unit, paid=fee.paid, owed=fee.owed, article=article)
    return Assessed(written, rosters, owed)
