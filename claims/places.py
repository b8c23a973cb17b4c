"""The sums of bank results by agency point, made up where they are missing, and proved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection

from claims import proof
from core.models import Office, User
from core.roles import require
from core.write import write
from funds.proof import Fault

MISSING = """
INSERT INTO claims_paidplace (result_id, office_id, count, amount)
SELECT y.result_id, c.office_id, count(*), sum(y.amount)
  FROM claims_payment y JOIN claims_claim c ON c.id = y.claim_id
 WHERE y.state = 'paid' AND NOT EXISTS (
       SELECT FROM claims_paidplace p WHERE p.result_id = y.result_id AND p.office_id = c.office_id)
 GROUP BY 1, 2 ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Summed:
    """How many sums were missing and are there now, and where a sum differs from its payments."""

    added: int
    faults: list[Fault]


@write
def sum_up(*, by: User, on: date) -> Summed:
    """Add the sums that a bank result lacks: an older worker confirmed it while the table was new.

    A sum that stands is never written over, the table only takes rows in; where one differs from its
    payments it is named. Raises NotAllowed.
    """
    require(by, "claims.confirm_bankresult", on=on, path=Office.objects.get(parent=None).path)
    with connection.cursor() as cursor:
        cursor.execute(MISSING)
        added = cursor.rowcount
    return Summed(added, proof.places())
