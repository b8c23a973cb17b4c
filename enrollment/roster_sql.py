"""One chunk of a roster import on the database: staged, checked, applied by set-based statements."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection

from core.imports import ERROR, WARNING
from core.models import Run
from enrollment import people
from enrollment.models import Enrollment, Member, Roster, SeenRow
from enrollment.previous import Previous
from enrollment.roster_rows import RowIssue

SEEN_SQL = """
INSERT INTO enrollment_seenrow (run_id, digest, row)
SELECT %(run)s, digest, min(row) FROM staged GROUP BY digest ORDER BY digest
ON CONFLICT DO NOTHING
"""

WAS_IN_SQL = """
(EXISTS (SELECT 1 FROM enrollment_openingmembership o
         WHERE o.member_id = m.id AND o.scheme_id = %(scheme)s AND o.period_code = ANY(%(codes)s))
 OR EXISTS (SELECT 1 FROM enrollment_enrollment p
            WHERE p.member_id = m.id AND p.period_id = ANY(%(periods)s) AND p.state = 'covered'))
"""

CHECKED_SQL = """
DROP TABLE IF EXISTS pg_temp.checked;
CREATE TEMP TABLE checked ON COMMIT DROP AS
SELECT *, ok AND first_row = row AND enrolled_at IS NOT DISTINCT FROM own_unit
          AND (was_in IS NULL OR was_in = continuing) AND continuing IS NOT NULL AS good
FROM (
  SELECT s.row, s.digest, s.kind, s.ok, n.row AS first_row,
         COALESCE(m.id, {next_member}) AS member_id, m.id IS NULL AS is_new,
         e.id AS enrollment_id, e.unit_id AS enrolled_at,
         CASE WHEN e.id IS NOT NULL THEN %(unit)s::bigint END AS own_unit,
         w.was_in, COALESCE(s.continuing, w.was_in) AS continuing,
         e.id IS NOT NULL AND
           (e.kind, e.continuing) IS DISTINCT FROM (s.kind, COALESCE(s.continuing, w.was_in))
           AS enrollment_differs,
         m.id IS NOT NULL AND (
           (s.phone_digest IS NOT NULL AND s.phone_digest IS DISTINCT FROM m.phone_digest)
           OR (s.card_digest IS NOT NULL AND s.card_digest IS DISTINCT FROM m.card_digest)
           OR (s.bank_name <> '' AND s.bank_name <> m.bank_name)
         ) AS member_differs,
         m.id IS NOT NULL AND m.name <> s.name AS name_differs,
         CASE WHEN m.name <> s.name THEN
           EXISTS (SELECT 1 FROM enrollment_affiliation a WHERE a.member_id = m.id AND a.unit_id <> %(unit)s)
           OR EXISTS (SELECT 1 FROM enrollment_openingmembership o WHERE o.member_id = m.id)
         ELSE false END AS name_kept
  FROM staged s
  JOIN enrollment_seenrow n ON n.run_id = %(run)s AND n.digest = s.digest
  LEFT JOIN enrollment_member m ON m.id_digest = s.digest
  LEFT JOIN enrollment_enrollment e ON e.member_id = m.id AND e.period_id = %(period)s AND e.plan = 'base'
  LEFT JOIN LATERAL (SELECT {was_in} AS was_in) w ON true
) facts
"""

# A chunk is small against the tables it is looked up in, whatever their statistics say.
BY_INDEX = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL enable_seqscan = off"
BY_COST = "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL enable_seqscan = on"

FAULTS_SQL = """
SELECT row, first_row, enrolled_at IS DISTINCT FROM own_unit,
       was_in IS NOT NULL AND was_in <> continuing, was_in,
       name_kept AND good
FROM checked
WHERE first_row <> row OR enrolled_at IS DISTINCT FROM own_unit
   OR (was_in IS NOT NULL AND was_in <> continuing) OR (name_kept AND good)
ORDER BY row
"""

COUNT_SQL = """
SELECT count(*) FILTER (WHERE good AND enrollment_id IS NULL),
       count(*) FILTER (WHERE good AND (member_differs OR (name_differs AND NOT name_kept))),
       count(*) FILTER (WHERE good AND enrollment_differs),
       count(*) FILTER (WHERE good AND enrollment_id IS NOT NULL
                              AND (enrollment_differs OR member_differs OR (name_differs AND NOT name_kept))),
       count(*) FILTER (WHERE good),
       count(*) FILTER (WHERE good AND continuing),
       count(*) FILTER (WHERE ok AND NOT good),
       count(*) FILTER (WHERE good AND is_new)
FROM checked
"""

LOCK_MEMBERS_SQL = """
SELECT 1 FROM enrollment_member WHERE id IN (
  SELECT member_id FROM checked WHERE good AND (member_differs OR (name_differs AND NOT name_kept))
) ORDER BY id FOR NO KEY UPDATE
"""

CHANGE_MEMBERS_SQL = """
WITH new AS (
  UPDATE enrollment_member m SET
    name = CASE WHEN c.name_kept THEN m.name ELSE s.name END,
    name_pinyin = CASE WHEN c.name_kept THEN m.name_pinyin ELSE s.name_pinyin END,
    phone = CASE WHEN s.phone_digest IS NULL THEN m.phone ELSE s.phone END,
    phone_digest = COALESCE(s.phone_digest, m.phone_digest),
    bank_name = CASE WHEN s.bank_name = '' THEN m.bank_name ELSE s.bank_name END,
    card_number = CASE WHEN s.card_digest IS NULL THEN m.card_number ELSE s.card_number END,
    card_digest = COALESCE(s.card_digest, m.card_digest)
  FROM checked c JOIN staged s USING (row)
  WHERE c.good AND m.id = c.member_id AND (c.member_differs OR (c.name_differs AND NOT c.name_kept))
  RETURNING m.*
)
"""

CLOSE_AFFILIATIONS_SQL = """
UPDATE enrollment_affiliation a SET until = GREATEST(a.since, %(on)s)
FROM checked c
WHERE c.good AND NOT c.is_new
  AND a.member_id = c.member_id AND a.unit_id = %(unit)s AND a.until IS NULL AND a.kind <> c.kind
"""

OPEN_AFFILIATIONS_SQL = """
INSERT INTO enrollment_affiliation (member_id, unit_id, kind, since, run_id)
SELECT c.member_id, %(unit)s, c.kind, %(on)s, %(run)s FROM checked c
WHERE c.good ORDER BY c.member_id
ON CONFLICT (member_id, unit_id) WHERE until IS NULL DO NOTHING
"""

ENROLL_SQL = """
WITH new AS (
  INSERT INTO enrollment_enrollment
    (member_id, roster_id, period_id, unit_id, plan, shares, kind, continuing, state, run_id)
  SELECT c.member_id, %s, %s, %s, 'base', 1, c.kind, c.continuing, 'listed', %s FROM checked c
  WHERE c.good AND c.enrollment_id IS NULL
  ORDER BY c.member_id
  ON CONFLICT ON CONSTRAINT enrollment_once_per_plan DO NOTHING
  RETURNING *
)
"""

CHANGE_ENROLLMENTS_SQL = """
WITH new AS (
  UPDATE enrollment_enrollment e SET kind = c.kind, continuing = c.continuing
  FROM checked c WHERE c.good AND c.enrollment_differs AND e.id = c.enrollment_id
  RETURNING e.*
)
"""

LOST_SQL = """
SELECT c.row FROM checked c
JOIN enrollment_enrollment e ON e.member_id = c.member_id AND e.period_id = %(period)s AND e.plan = 'base'
WHERE c.good AND c.enrollment_id IS NULL AND e.unit_id <> %(unit)s
ORDER BY c.row
"""


def yuan(fen: int) -> Decimal:
    """Fen as an amount in yuan with two places."""
    return Decimal(fen).scaleb(-2).quantize(Decimal("0.01"))


def locked_roster(*, unit_id: int, period_id: int) -> Roster:
    """The unit's roster of the period, locked so that imports, submission and freeze take turns."""
    Roster.objects.get_or_create(unit_id=unit_id, period_id=period_id)
    return Roster.objects.select_for_update(no_key=True).get(unit_id=unit_id, period_id=period_id)


def forget_seen(run: Run) -> None:
    """The run has read its file: whom it met need not be remembered."""
    SeenRow.objects.filter(run_id=run.pk).delete()


class Chunk:
    """One chunk of one run; its counters are what it did."""

    def __init__(self, *, run: Run, roster: Roster, previous: Previous) -> None:
        self.run = run
        self.roster = roster
        self.previous = previous
        self.added = self.changed = self.unchanged = self.continuing = self.new = self.rejected = (
            self.lost
        ) = 0
        self._values: dict[str, Any] = {
            "run": run.pk,
            "unit": roster.unit_id,
            "period": roster.period_id,
            "on": run.business_date,
            "scheme": previous.scheme_id,
            "codes": list(previous.codes),
            "periods": list(previous.period_ids),
        }

    def stage(self, rows: Iterable[people.Staged]) -> None:
        """COPY the people into the staging table while they are being read."""
        people.stage(rows)

    def check(self) -> list[RowIssue]:
        """What the database knows: twice in the file, enrolled elsewhere, in the period before or not."""
        was_in = WAS_IN_SQL if self.previous.loaded else "NULL::boolean"
        with connection.cursor() as cursor:
            cursor.execute(SEEN_SQL, self._values)
            cursor.execute(BY_INDEX)
            checked = CHECKED_SQL.replace("{was_in}", was_in).replace("{next_member}", people.NEXT_MEMBER)
            cursor.execute(checked, self._values)
            cursor.execute(BY_COST)
            cursor.execute("ANALYZE checked (row, member_id, enrollment_id)")
            cursor.execute(FAULTS_SQL)
            faults = [issue for row in cursor.fetchall() for issue in _faults(*row)]
            cursor.execute(COUNT_SQL)
            found = cursor.fetchone()
        added, self._members, self._enrollments, changed, good, continuing, self.rejected, self._people = (
            found
        )
        self._expected, self._known = added, good - self._people
        self._planned = (added, changed, good - added - changed, continuing, good - continuing)
        return faults

    def apply(self) -> list[RowIssue]:
        """Write the good rows with their history; whom another unit has taken meanwhile comes back."""
        self.added, self.changed, self.unchanged, self.continuing, self.new = self._planned
        people.add_members(self.run, expected=self._people)
        with connection.cursor() as cursor:
            if self._members:
                cursor.execute(LOCK_MEMBERS_SQL)
                self._with_history(cursor, CHANGE_MEMBERS_SQL, Member, "~")
            if self._known:
                cursor.execute(CLOSE_AFFILIATIONS_SQL, self._values)
            roster, run = self.roster, self.run
            values = (roster.pk, roster.period_id, roster.unit_id, run.pk)
            enrolled = self._with_history(cursor, ENROLL_SQL, Enrollment, "+", values)
            if self._enrollments:
                self._with_history(cursor, CHANGE_ENROLLMENTS_SQL, Enrollment, "~")
            lost = self._lost(cursor) if enrolled < self._expected else []
            cursor.execute(OPEN_AFFILIATIONS_SQL, self._values)
        return lost

    def _with_history(self, cursor: Any, sql: str, model: Any, kind: str, values: Iterable[Any] = ()) -> int:
        cursor.execute(
            sql + people.history_sql(model, "new"), [*values, *people.history_values(kind, self.run)]
        )
        return int(cursor.rowcount)

    def _lost(self, cursor: Any) -> list[RowIssue]:
        """Rows that another unit's import enrolled while this one ran."""
        cursor.execute(LOST_SQL, self._values)
        rows = [row for (row,) in cursor.fetchall()]
        cursor.execute("UPDATE checked SET good = false WHERE row = ANY(%s)", [rows])
        self.lost = len(rows)
        self.added -= self.lost
        return [RowIssue(row, ERROR, "already_enrolled", "id") for row in rows]


def _faults(
    row: int, first: int, elsewhere: bool, mismatch: bool, was_in: bool | None, name_kept: bool
) -> Iterable[RowIssue]:
    if first != row:
        yield RowIssue(row, ERROR, "duplicate_in_file", "id", {"first": first})
        return
    if elsewhere:
        yield RowIssue(row, ERROR, "already_enrolled", "id")
    if mismatch:
        yield RowIssue(row, ERROR, "continuing_mismatch", "continuing", {"truth": "是" if was_in else "否"})
    if name_kept:
        yield RowIssue(row, WARNING, "name_differs", "name")
