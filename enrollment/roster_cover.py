"""Many rosters at once: cover begins, waits again for money, rosters are frozen; a few statements for all."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from core.models import User
from core.write import write
from enrollment import people
from enrollment.models import Cover, Enrollment, Roster

LOCK = "SELECT id FROM enrollment_roster WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
BEGIN = """
WITH new AS (
  INSERT INTO enrollment_cover (member_id, scheme_id, enrollment_id, valid_from, valid_to, began, ended)
  SELECT e.member_id, p.scheme_id, e.id, p.cover_from, p.cover_to, 'paid', ''
    FROM enrollment_enrollment e JOIN schemes_period p ON p.id = e.period_id
   WHERE e.roster_id = ANY(%s) AND e.state = 'listed'
     AND NOT EXISTS (SELECT 1 FROM enrollment_cover c WHERE c.enrollment_id = e.id)
   ORDER BY e.member_id
  RETURNING *
)
"""
LISTED_TO_COVERED = """
WITH new AS (
  UPDATE enrollment_enrollment SET state = 'covered' WHERE roster_id = ANY(%s) AND state = 'listed'
  RETURNING *
)
"""
TAKE_COVER = """
WITH new AS (
  DELETE FROM enrollment_cover c USING enrollment_enrollment e
   WHERE e.id = c.enrollment_id AND e.roster_id = ANY(%s) AND e.state = 'covered' AND c.ended = ''
  RETURNING c.*
)
"""
COVERED_TO_LISTED = """
WITH new AS (
  UPDATE enrollment_enrollment SET state = 'listed' WHERE roster_id = ANY(%s) AND state = 'covered'
  RETURNING *
)
"""
FREEZE = """
WITH new AS (
  UPDATE enrollment_roster SET state = 'frozen', frozen_at = %s, frozen_by_id = %s
   WHERE id = ANY(%s) AND state = 'accepted' RETURNING *
)
"""


@write
def begin_all(*, rosters: Collection[int], by: User, on: date) -> int:
    """Cover begins for everybody on these paid rosters (ids); how many people. As `cover.begin` for each."""
    ids, reason = sorted(rosters), "rosters paid"
    _lock(ids)
    begun = _with_history(BEGIN, [ids], Cover, "+", by, reason)
    _with_history(LISTED_TO_COVERED, [ids], Enrollment, "~", by, reason)
    return begun


@write
def resume_all(*, rosters: Collection[int], by: User, on: date) -> int:
    """As `begin_all`, for rosters of which some people wait for cover, if any do; how many people."""
    listed = Enrollment.objects.filter(roster__in=rosters, state=Enrollment.State.LISTED)
    waiting = list(listed.order_by().values_list("roster", flat=True).distinct())
    return begin_all(rosters=waiting, by=by, on=on) if waiting else 0


@write
def suspend_all(*, rosters: Collection[int], by: User, on: date) -> int:
    """Nobody of these rosters (ids) is covered until they are paid whole again (第四条, 第五条); how many.

    Cover that ended by withdrawal or death keeps its end; history keeps what there was.
    """
    ids, reason = sorted(rosters), "roster not paid in full"
    if not ids or not Enrollment.objects.filter(roster__in=ids, state=Enrollment.State.COVERED).exists():
        return 0
    _lock(ids)
    ended = _with_history(TAKE_COVER, [ids], Cover, "-", by, reason)
    _with_history(COVERED_TO_LISTED, [ids], Enrollment, "~", by, reason)
    return ended


@write
def freeze_all(*, rosters: Collection[int], by: User, on: date) -> int:
    """Freeze accepted rosters (ids) as `roster.freeze` does; how many. The caller has asked for the right."""
    ids = sorted(rosters)
    _lock(ids)
    return _with_history(FREEZE, [timezone.now(), by.pk, ids], Roster, "~", by, "freeze")


def _lock(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [ids])


def _with_history(sql: str, values: list[Any], model: type[Model], kind: str, by: User, reason: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql + people.history_sql(model, "new"), [*values, kind, by.pk, reason])
        return int(cursor.rowcount)
