"""A whole upload is taken back while nothing depends on it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.models import Run, User
from core.roles import require
from core.runs import free_key
from core.write import write
from enrollment import people
from enrollment.models import Affiliation, Enrollment, Member, Roster, RosterImport, RosterState
from enrollment.roster import RosterClosed

DELETED_SQL = (
    "WITH new AS (DELETE FROM enrollment_enrollment WHERE roster_id = %s AND run_id = %s RETURNING *)"
)
DELETED_PEOPLE_SQL = """
WITH new AS (
  DELETE FROM enrollment_member m USING enrollment_historicalmember h
  WHERE h.id = m.id AND h.history_type = '+' AND h.history_change_reason = %s
    AND NOT EXISTS (SELECT 1 FROM enrollment_enrollment e WHERE e.member_id = m.id)
    AND NOT EXISTS (SELECT 1 FROM enrollment_affiliation a WHERE a.member_id = m.id)
    AND NOT EXISTS (SELECT 1 FROM enrollment_openingmembership o WHERE o.member_id = m.id)
  RETURNING m.*
)
"""
# The run's change is the last one; the record before it says what there was.
GIVEN_BACK_SQL = """
WITH new AS (
  UPDATE {table} t SET {values}
  FROM {past} h
  JOIN LATERAL (SELECT * FROM {past} p WHERE p.id = h.id AND p.history_id < h.history_id
                 ORDER BY p.history_id DESC LIMIT 1) b ON true
  WHERE h.history_type = '~' AND h.history_change_reason = %s AND t.id = h.id
    AND NOT EXISTS (SELECT 1 FROM {past} l WHERE l.id = h.id AND l.history_id > h.history_id)
  RETURNING t.*
)
"""


CHUNK = 1000


class NotUndone(Refused):
    """The upload was undone before, or is not a finished roster upload."""

    code = "not_undone"
    sentence = _("This upload cannot be undone: it is not finished, or was undone before.")


class StillNeeded(Refused):
    """Something was built on the upload."""

    code = "still_needed"
    sentence = _("This upload can no longer be undone: fees, cover or claims depend on it.")


@write
def undo(*, run: Run, by: User, on: date) -> RosterImport:
    """Take back what one upload added and changed; what it found unchanged stays.

    People it made known are forgotten again unless something else knows them; people it changed get their
    values of before back, unless somebody changed them since. The file may then be read again.
    Raises NotAllowed, NotUndone, RosterClosed, StillNeeded.
    """
    done = (
        RosterImport.objects.select_for_update(of=("self",), no_key=True)
        .filter(run=run, undone_at=None)
        .first()
    )
    if done is None:
        raise NotUndone()
    roster = (
        Roster.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit__agency")
        .get(pk=done.roster_id)
    )
    require(
        by, "enrollment.undo_rosterimport", on=on, path=roster.unit.agency.path, unit_code=roster.unit.code
    )
    if roster.state != RosterState.DRAFT:
        raise RosterClosed(state=roster.get_state_display())
    if Enrollment.objects.filter(roster=roster, run=run, state=Enrollment.State.COVERED).exists():
        raise StillNeeded()
    try:
        with transaction.atomic():
            _take_back(run, roster, by)
    except IntegrityError as error:
        raise StillNeeded() from error
    done.undone_at, done.undone_by = timezone.now(), by
    done.save()
    free_key(run)
    return done


def _take_back(run: Run, roster: Roster, by: User) -> None:
    reason, undone = f"run:{run.pk}", f"undo run:{run.pk}"
    with connection.cursor() as cursor:
        _set_checks(cursor, "IMMEDIATE")
        sql = DELETED_SQL + people.history_sql(Enrollment, "new")
        cursor.execute(sql, [roster.pk, run.pk, "-", by.pk, undone])
        Affiliation.objects.filter(run=run, unit=roster.unit_id).delete()
        _give_back_values(cursor, reason, undone, by)
        sql = DELETED_PEOPLE_SQL + people.history_sql(Member, "new")
        cursor.execute(sql, [reason, "-", by.pk, undone])
        _set_checks(cursor, "DEFERRED")


def _set_checks(cursor: Any, how: str) -> None:
    """Whoever refers to what is deleted says so now, not at the commit."""
    cursor.execute(f"SET CONSTRAINTS ALL {how}")


def _give_back_values(cursor: Any, reason: str, undone: str, by: User) -> None:
    """People and enrolments that the run changed, and nobody since, get the values of before back."""
    for model in (Member, Enrollment):
        columns = [column for column in people.history_columns(model) if column != "id"]
        sql = GIVEN_BACK_SQL.format(
            table=model._meta.db_table,
            past=model.history.model._meta.db_table,
            values=", ".join(f"{column} = b.{column}" for column in columns),
        )
        cursor.execute(sql + people.history_sql(model, "new"), [reason, "~", by.pk, undone])
    past = Member.history.model
    given = past.objects.filter(history_type="~", history_change_reason=undone).order_by("id")
    pks = list(given.values_list("id", flat=True))
    for start in range(0, len(pks), CHUNK):
        _derive(Member.objects.filter(pk__in=pks[start : start + CHUNK]))


def _derive(members: Iterable[Member]) -> None:
    """Digests and sort keys, which history does not follow, beside the values that were given back."""
    rows = list(members)
    for row in rows:
        row.derive()
    Member.objects.bulk_update(rows, Member.DERIVED)
