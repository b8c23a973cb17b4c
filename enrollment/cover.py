"""Cover begins with a paid roster and ends with withdrawal or death (第三条, 第四条, 第十四条)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils.translation import gettext_lazy as _

from core.errors import Refused
from core.models import User
from core.roles import require
from core.write import write
from enrollment import people
from enrollment.models import Affiliation, Cover, Enrollment, Member, Roster, Unit
from schemes.models import Scheme
from schemes.rules.cover import End
from schemes.rules.document import Document
from schemes.versions import document_for

COVER_SQL = """
WITH new AS (
  INSERT INTO enrollment_cover (member_id, scheme_id, enrollment_id, valid_from, valid_to, began, ended)
  SELECT e.member_id, p.scheme_id, e.id, p.cover_from, p.cover_to, 'paid', ''
  FROM enrollment_enrollment e JOIN schemes_period p ON p.id = e.period_id
  WHERE e.roster_id = %s AND e.state = 'listed'
  ORDER BY e.member_id
  RETURNING *
)
"""
COVERED_SQL = """
WITH new AS (
  UPDATE enrollment_enrollment e SET state = 'covered'
  WHERE e.roster_id = %s AND e.state = 'listed' RETURNING e.*
)
"""


class NoCoverToEnd(Refused):
    """The member is not covered at all, or the cover has ended before."""

    code = "no_cover"
    sentence = _("This person has no cover that could end on %(day)s.")


class DoesNotEnd(Refused):
    """The scheme's document does not let this event end cover."""

    code = "does_not_end"
    sentence = _("This event does not end cover in this scheme.")


class CoverAnswer(NamedTuple):
    """Whether a day is covered; else why not (a stable code) and by which article."""

    covered: bool
    reason: str = ""
    article: str = ""


@write
def begin(*, roster: Roster, by: User, on: date) -> int:
    """Everybody on a paid roster is covered for the whole period, also for stays before the payment (第三条).

    How many people; a second call finds nobody left. Called by whoever sees the fee paid.
    """
    reason = f"roster:{roster.pk}"
    Roster.objects.select_for_update(no_key=True).get(pk=roster.pk)
    with connection.cursor() as cursor:
        cursor.execute(COVER_SQL + people.history_sql(Cover, "new"), [roster.pk, "+", by.pk, reason])
        begun = int(cursor.rowcount)
        cursor.execute(COVERED_SQL + people.history_sql(Enrollment, "new"), [roster.pk, "~", by.pk, reason])
    return begun


@write
def withdraw(*, member: Member, scheme: Scheme, day: date, by: User, on: date, reason: str = "") -> Cover:
    """The member has left basic or large-expense insurance: no right from that day on (第十四条).

    Raises NotAllowed, NoCoverToEnd, DoesNotEnd.
    """
    return _end(Cover.Ended.WITHDRAWN, member, scheme, day, by, on, reason)


@write
def died(*, member: Member, day: date, by: User, on: date, reason: str = "") -> list[Cover]:
    """The member has died: no withdrawal; a stay that ends with the death is paid to the heirs (第十四条).

    Ends every cover that runs on that day. Raises NotAllowed.
    """
    ended = [
        _end(Cover.Ended.DIED, member, cover.scheme, day, by, on, reason)
        for cover in member.covers.select_related("scheme").filter(valid_to__gte=day, ended="")
    ]
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    if not ended:
        _allowed(by, member.enrollments.order_by("-pk").first(), on)
    member.died_on = day
    people.sign(member, by, reason or "died")
    member.save()
    return ended


@write
def moved(*, member: Member, to: Unit, kind: str, day: date, by: User, on: date) -> Affiliation:
    """The member works for another unit inside the province: cover and enrolment stay as they are (第十四条).

    Raises NotAllowed.
    """
    require(by, "enrollment.end_cover", on=on, path=to.agency.path)
    for earlier in member.affiliations.select_for_update(no_key=True).filter(until=None).exclude(unit=to):
        earlier.until = max(earlier.since, day)
        earlier.save(update_fields=["until"])
    return Affiliation.objects.get_or_create(
        member=member, unit=to, until=None, defaults={"kind": kind, "since": day}
    )[0]


@write
def restore(*, cover: Cover, by: User, on: date, reason: str) -> Cover:
    """An end entered by mistake is taken back; history keeps both. Raises NotAllowed, NoCoverToEnd."""
    cover = (
        Cover.objects.select_for_update(of=("self",), no_key=True)
        .select_related("enrollment__period")
        .get(pk=cover.pk)
    )
    _allowed(by, cover.enrollment, on)
    if not cover.ended or cover.enrollment is None:
        raise NoCoverToEnd(day=on)
    cover.valid_to, cover.ended, cover.ended_on = cover.enrollment.period.cover_to, "", None
    return _kept(cover, by, reason)


def on_day(member: Member, scheme: Scheme, day: date) -> CoverAnswer:
    """Whether a member is covered by a scheme on a day (the day of discharge)."""
    found = (
        Cover.objects.filter(member=member, scheme=scheme, valid_from__lte=day)
        .order_by("-valid_from")
        .first()
    )
    if found is not None and day <= found.valid_to:
        return CoverAnswer(True)
    document = (
        document_for(scheme.code, on=day).document if found is None or not found.ended else _document(found)
    )
    article = document.cover.article if document.cover else ""
    if found is None or not found.ended or day < (found.ended_on or day):
        return CoverAnswer(False, "not_covered", article)
    end = _rule(document, found.ended)
    return CoverAnswer(False, found.ended, end.article if end else article)


def _document(cover: Cover) -> Document:
    """The document of the period that the cover belongs to."""
    period = cover.enrollment.period.code if cover.enrollment else None
    return document_for(cover.scheme.code, period=period, on=cover.valid_from).document


def _rule(document: Document, event: str) -> End | None:
    ends = document.cover.ends if document.cover else ()
    return next((end for end in ends if end.event == event), None)


def _allowed(by: User, enrollment: Enrollment | None, on: date) -> None:
    """Ending cover is the office's act, at the unit through which the member joined."""
    path = enrollment.unit.agency.path if enrollment else ""
    require(by, "enrollment.end_cover", on=on, path=path)


def _end(event: str, member: Member, scheme: Scheme, day: date, by: User, on: date, reason: str) -> Cover:
    rows = Cover.objects.select_for_update(of=("self",), no_key=True).select_related(
        "scheme", "enrollment__unit__agency", "enrollment__period"
    )
    cover = (
        rows.filter(member=member, scheme=scheme, ended="", valid_to__gte=day).order_by("valid_from").first()
    )
    _allowed(by, cover.enrollment if cover else None, on)
    if cover is None:
        raise NoCoverToEnd(day=day)
    end = _rule(_document(cover), event)
    if end is None:
        raise DoesNotEnd()
    last = day if end.last_day else day - timedelta(days=1)
    cover.valid_to = max(last, cover.valid_from - timedelta(days=1))
    cover.ended, cover.ended_on = event, day
    return _kept(cover, by, reason or event)


def _kept(cover: Cover, by: User, reason: str) -> Cover:
    people.sign(cover, by, reason)
    cover.save()
    return cover
