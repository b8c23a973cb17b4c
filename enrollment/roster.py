"""A roster's life: draft → submitted → accepted → frozen; a return leads back to draft."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.errors import Moved, Refused
from core.identifiers import id_birth_date, id_fault, id_sex
from core.models import User
from core.roles import require
from core.typed import code as typed_code
from core.typed import name as typed_name
from core.write import write
from enrollment import people, roster_cover
from enrollment.models import (
    Cover,
    Enrollment,
    LeftOut,
    Member,
    OpeningMembership,
    PersonKind,
    Roster,
    RosterState,
    Unit,
)
from enrollment.previous import previous_of
from schemes.models import Period
from schemes.rules import quota
from schemes.rules.join import PreviousPeriod
from schemes.rules.quota import QuotaResult
from schemes.versions import document_of

DEFAULT_SCHEME = "yunnan-mutual-aid"

# One transition table: act → (from, to, permission).
MOVES: dict[str, tuple[frozenset[str], str, str]] = {
    "submit": (frozenset({RosterState.DRAFT}), RosterState.SUBMITTED, "enrollment.submit_roster"),
    "accept": (frozenset({RosterState.SUBMITTED}), RosterState.ACCEPTED, "enrollment.accept_roster"),
    "give_back": (
        frozenset({RosterState.SUBMITTED, RosterState.ACCEPTED}),
        RosterState.DRAFT,
        "enrollment.accept_roster",
    ),
    "freeze": (frozenset({RosterState.ACCEPTED}), RosterState.FROZEN, "enrollment.freeze_roster"),
}


class RosterClosed(Refused):
    """People are added and removed in a draft only."""

    code = "roster_closed"
    sentence = _("The roster is %(state)s; only a draft can be changed. Ask the agency point to return it.")


class RosterEmpty(Refused):
    """Nobody stands on the roster."""

    code = "roster_empty"
    sentence = _("Nobody stands on this roster.")


class QuotaShort(Refused):
    """Too few active staff join (第一条)."""

    code = "quota_short"
    sentence = _("%(joining)s of %(insured)s active staff join; at least %(minimum)s must (%(article)s).")


class DenominatorMissing(Refused):
    """The number of active staff in basic insurance is not known yet."""

    code = "denominator_missing"
    sentence = _("Type the number of active staff in basic insurance from the proof first.")


class ReasonsMissing(Refused):
    """Retirees of the period before are left out without a reason."""

    code = "left_out_reasons_missing"
    sentence = _(
        "%(count)s retirees of the period before are left out without a reason; they lose their right."
    )


class NotOnRoster(Refused):
    """The person does not stand on this roster."""

    code = "not_on_roster"
    sentence = _("This person does not stand on this roster.")


class NotCovered(Refused):
    """Cover has begun: the fee is paid and not refunded (第四条)."""

    code = "already_covered"
    sentence = _("The fee of this person is paid; a paid fee is not refunded and the person stays.")


class ReasonMissing(Refused):
    """A return without a reason."""

    code = "reason_missing"
    sentence = _("Say what is missing or wrong.")


class OwnRoster(Refused):
    """Who hands a roster in does not accept it."""

    code = "own_roster"
    sentence = _("You handed this roster in; another person accepts it.")


class WrongNumber(Refused):
    """The identity number is not sound, or belongs to somebody else."""

    code = "id_number"
    sentence = _("This identity number is not sound, or belongs to another person who is known here.")


# --- reading -----------------------------------------------------------------------------------------------


def find(*, unit_code: str, period: Period) -> Roster:
    """The roster of a unit for a period. Raises RosterEmpty when there is none."""
    found = Roster.objects.select_related("unit__agency", "period__scheme").filter(
        unit__code=unit_code, period=period
    )
    roster = found.first()
    if roster is None:
        raise RosterEmpty()
    return roster


def counts(roster: Roster) -> dict[str, int]:
    """People on the roster: continuing, new, active, retired, total."""
    return roster.enrollments.aggregate(
        new=Count("pk", filter=Q(continuing=False)),
        continuing=Count("pk", filter=Q(continuing=True)),
        active=Count("pk", filter=Q(kind=PersonKind.ACTIVE)),
        retired=Count("pk", filter=Q(kind=PersonKind.RETIRED)),
        total=Count("pk"),
    )


def denominator(roster: Roster) -> int | None:
    """The active staff in basic insurance: confirmed, else typed, else as the unit's record proposes."""
    for number in (roster.confirmed_active, roster.insured_active):
        if number is not None:
            return number
    return roster.unit.insured_active or None


def check_quota(roster: Roster) -> QuotaResult:
    """Whether enough active staff join (第一条). Raises DenominatorMissing."""
    document = document_of(roster.period).document
    joining = counts(roster)["active"]
    if document.quota is None or roster.unit.kind == Unit.Kind.COMMUNITY:
        return QuotaResult(0, True, "", 0)
    insured = denominator(roster)
    if insured is None:
        raise DenominatorMissing()
    return quota.check(document, active_insured=insured, active_joining=joining)


def left_out_retirees(roster: Roster) -> QuerySet[Member]:
    """Retirees whom this unit had in the period before and leaves out now.

    Known from our own earlier rosters, and from opening data for retirees who belong to the unit.
    """
    previous = previous_of(roster.period)
    ours = Enrollment.objects.filter(
        period__in=previous.period_ids, unit=roster.unit_id, kind=PersonKind.RETIRED
    ).values("member")
    opened = OpeningMembership.objects.filter(scheme=previous.scheme_id, period_code__in=previous.codes)
    known = opened.filter(
        member__affiliations__unit=roster.unit_id, member__affiliations__kind=PersonKind.RETIRED
    ).values("member")
    enrolled = Enrollment.objects.filter(period=roster.period_id).values("member")
    return (
        Member.objects.filter(Q(pk__in=ours) | Q(pk__in=known), died_on=None)
        .exclude(pk__in=enrolled)
        .order_by("name_pinyin", "pk")
    )


def needs_reasons(period: Period) -> bool:
    """Whether leaving a retiree out costs them their right from this period on (第一条)."""
    rules = document_of(period).document.join
    return any(
        isinstance(rule, PreviousPeriod) and int(period.code) >= int(rule.from_period) for rule in rules
    )


# --- acts --------------------------------------------------------------------------------------------------


def _locked(roster: Roster) -> Roster:
    rows = Roster.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("unit__agency", "period__scheme").get(pk=roster.pk)


def _allowed(by: User, permission: str, roster: Roster, on: date) -> None:
    require(by, permission, on=on, path=roster.unit.agency.path, unit_code=roster.unit.code)


def _begin(act: str, roster: Roster, by: User, on: date) -> Roster:
    """The locked roster, if the act may be done by this user from the state it is in."""
    roster = _locked(roster)
    before, _after, permission = MOVES[act]
    _allowed(by, permission, roster, on)
    if roster.state not in before:
        raise Moved()
    return roster


def _moved(act: str, roster: Roster, by: User, reason: str = "") -> Roster:
    roster.state = MOVES[act][1]
    people.sign(roster, by, reason or act)
    roster.save()
    return roster


def _draft(roster: Roster) -> Roster:
    roster = _locked(roster)
    if roster.state != RosterState.DRAFT:
        raise RosterClosed(state=roster.get_state_display())
    return roster


@write
def type_denominator(*, roster: Roster, active: int, by: User, on: date) -> Roster:
    """The unit types its active staff in basic insurance, from the proof. Raises NotAllowed, RosterClosed."""
    roster = _draft(roster)
    _allowed(by, "enrollment.submit_roster", roster, on)
    roster.insured_active, roster.insured_active_by = active, by
    roster.confirmed_active = roster.confirmed_active_by = None
    people.sign(roster, by)
    roster.save()
    return roster


@write
def confirm_denominator(*, roster: Roster, active: int, by: User, on: date) -> Roster:
    """The agency point confirms (or corrects) the number from the proof. Raises NotAllowed, RosterClosed."""
    roster = _locked(roster)
    _allowed(by, "enrollment.accept_roster", roster, on)
    if roster.state == RosterState.FROZEN:
        raise RosterClosed(state=roster.get_state_display())
    roster.confirmed_active, roster.confirmed_active_by = active, by
    people.sign(roster, by)
    roster.save()
    return roster


@write
def give_reason(*, roster: Roster, member: Member, reason: str, by: User, on: date) -> LeftOut:
    """Why the unit leaves a retiree of the period before out. Raises NotAllowed, RosterClosed."""
    roster = _draft(roster)
    _allowed(by, "enrollment.submit_roster", roster, on)
    if not reason.strip():
        raise ReasonMissing()
    values = {"reason": reason.strip()[:200], "given_by": by}
    return LeftOut.objects.update_or_create(roster=roster, member=member, defaults=values)[0]


@write
def submit(*, roster: Roster, by: User, on: date) -> Roster:
    """The unit hands its roster in: somebody stands on it, the quota is met, left-out retirees have reasons.

    Raises NotAllowed, Moved, RosterEmpty, DenominatorMissing, QuotaShort, ReasonsMissing.
    """
    roster = _begin("submit", roster, by, on)
    numbers = counts(roster)
    if not numbers["total"]:
        raise RosterEmpty()
    if roster.insured_active is None and roster.unit.insured_active:
        roster.insured_active, roster.insured_active_by = roster.unit.insured_active, by
    result = check_quota(roster)
    if not result.accepted:
        insured = denominator(roster)
        raise QuotaShort(
            joining=numbers["active"], insured=insured, minimum=result.minimum, article=result.article
        )
    if needs_reasons(roster.period):
        silent = left_out_retirees(roster).exclude(pk__in=roster.left_out.values("member")).count()
        if silent:
            raise ReasonsMissing(count=silent)
    roster.submitted_at, roster.submitted_by = timezone.now(), by
    roster.returned_reason = ""
    return _moved("submit", roster, by)


@write
def accept(*, roster: Roster, by: User, on: date) -> Roster:
    """The agency point takes the roster: the denominator is confirmed and the quota still met.

    A denominator that nobody corrected is confirmed as typed.
    Raises NotAllowed, Moved, OwnRoster, QuotaShort.
    """
    roster = _begin("accept", roster, by, on)
    if roster.submitted_by_id == by.pk:
        raise OwnRoster()
    if roster.confirmed_active is None:
        roster.confirmed_active, roster.confirmed_active_by = denominator(roster), by
        if roster.confirmed_active is None:
            roster.confirmed_active_by = None
    result = check_quota(roster)
    if not result.accepted:
        joining = counts(roster)["active"]
        raise QuotaShort(
            joining=joining, insured=roster.confirmed_active, minimum=result.minimum, article=result.article
        )
    roster.accepted_at, roster.accepted_by = timezone.now(), by
    return _moved("accept", roster, by)


@write
def receive_papers(*, roster: Roster, place: str, by: User, on: date) -> Roster:
    """The sealed papers were received and filed at the agency point (第二条). Raises NotAllowed."""
    roster = _locked(roster)
    _allowed(by, "enrollment.accept_roster", roster, on)
    roster.papers_at, roster.papers_by, roster.papers_place = timezone.now(), by, place.strip()[:100]
    people.sign(roster, by)
    roster.save()
    return roster


@write
def give_back(*, roster: Roster, reason: str, by: User, on: date) -> Roster:
    """Return a roster to its unit, saying what is missing. Raises NotAllowed, Moved, ReasonMissing.

    A roster that has been paid is open again: nobody of it is covered until it is accepted and paid whole.
    """
    roster = _begin("give_back", roster, by, on)
    if not reason.strip():
        raise ReasonMissing()
    roster_cover.suspend_all(rosters=[roster.pk], by=by, on=on)
    roster.returned_reason = reason.strip()[:300]
    roster.submitted_at = roster.submitted_by = roster.accepted_at = roster.accepted_by = None
    return _moved("give_back", roster, by, reason.strip()[:100])


@write
def freeze(*, roster: Roster, by: User, on: date) -> Roster:
    """From now on nobody is added, removed or changed (held by the database). Raises NotAllowed, Moved."""
    roster = _begin("freeze", roster, by, on)
    roster.frozen_at, roster.frozen_by = timezone.now(), by
    return _moved("freeze", roster, by)


@write
def remove(*, roster: Roster, members: Iterable[Member], by: User, on: date, reason: str = "") -> int:
    """Take people off a draft by name; how many. Raises NotAllowed, RosterClosed, NotOnRoster, NotCovered."""
    roster = _draft(roster)
    _allowed(by, "enrollment.change_enrollment", roster, on)
    wanted = {member.pk for member in members}
    rows = list(roster.enrollments.filter(member__in=wanted))
    if len({row.member_id for row in rows}) != len(wanted):
        raise NotOnRoster()
    covered = any(row.state == Enrollment.State.COVERED for row in rows)
    if covered or Cover.objects.filter(enrollment__in=rows).exists():
        raise NotCovered()
    for row in rows:
        people.sign(row, by, reason or "removed from the roster")
        row.delete()
    return len(rows)


@write
def correct_member(
    *,
    member: Member,
    roster: Roster,
    reason: str,
    by: User,
    on: date,
    **changes: Any,
) -> Member:
    """Correct name, identity number, telephone or card of the same person on proof, also after the freeze.

    changes: name, id_number, phone, bank_name, card_number. Done by the office, with history.
    Raises NotAllowed, ReasonMissing, NotOnRoster, WrongNumber.
    """
    roster = _locked(roster)
    require(by, "enrollment.correct_member", on=on, path=roster.unit.agency.path)
    if not reason.strip():
        raise ReasonMissing()
    if not roster.enrollments.filter(member=member).exists():
        raise NotOnRoster()
    member = Member.objects.select_for_update(no_key=True).get(pk=member.pk)
    _change(member, changes, on)
    people.sign(member, by, reason.strip())
    member.save()
    return member


def _change(member: Member, changes: dict[str, Any], on: date) -> None:
    unknown = set(changes) - {"name", "id_number", "phone", "bank_name", "card_number"}
    if unknown:
        raise TypeError(f"not to be corrected: {', '.join(sorted(unknown))}")
    if number := typed_code(changes.pop("id_number", "")):
        if id_fault(number, on=on) or _is_taken(number, member):
            raise WrongNumber()
        member.id_number = number
        member.sex, member.birth_date = id_sex(number), id_birth_date(number)
    if name := typed_name(changes.pop("name", "")):
        member.name = name
    for field, value in changes.items():
        setattr(member, field, typed_code(value) if field == "card_number" else str(value).strip())


def _is_taken(number: str, member: Member) -> bool:
    return Member.objects.by_id_number(number).exclude(pk=member.pk).exists()
