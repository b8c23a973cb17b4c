"""The life of a version: drafted, checked, proposed, adopted by a second person, withdrawn."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import Moved, NotAllowed, Refused
from core.models import User
from core.roles import require
from core.write import write
from schemes import paths, periods
from schemes.diff import Change, diff
from schemes.models import Period, Scheme, SchemeVersion
from schemes.quotes import quote
from schemes.rules.cases import differences, request_of, unasked
from schemes.rules.document import Document, LoadedDocument, load
from schemes.rules.errors import DocumentError, Problem
from schemes.rules.problems import provisional_paths
from schemes.rules.quote import SECTIONS, answered
from schemes.versions import NoDocument, in_force, meet

State = SchemeVersion.State
MOVES: Mapping[str, Mapping[str, str]] = {
    State.DRAFT: {"edit": State.DRAFT, "check": State.CHECKED},
    State.CHECKED: {
        "edit": State.DRAFT,
        "check": State.CHECKED,
        "propose": State.CHECKED,
        "adopt": State.ADOPTED,
    },
    State.ADOPTED: {"withdraw": State.WITHDRAWN},
    State.WITHDRAWN: {},
}
"""What may be done in a state, and the state after it."""
MOST_CHARACTERS = 500_000


class NotClean(Refused):
    """The document has problems or red cases."""

    code = "document_not_clean"
    sentence = _(
        "This version has %(problems)s problems and %(red)s red cases. Nothing of it can be adopted yet."
    )


class SecondPerson(Refused):
    """The one who proposed cannot adopt."""

    code = "second_person"
    sentence = _("A version is adopted by two people. Somebody else has to adopt what you have proposed.")


class NotProposed(Refused):
    """Nobody has proposed this version."""

    code = "not_proposed"
    sentence = _("This version has not been proposed for adoption yet.")


class NeedsReason(Refused):
    """A withdrawal says why."""

    code = "reason_missing"
    sentence = _("A withdrawal says why. Please give the reason.")


class LeavesPeriodOpen(Refused):
    """An open period would be left without a document."""

    code = "period_without_document"
    sentence = _(
        "Without this version period %(periods)s would have no document. First adopt what replaces it."
    )


class PeriodClosed(Refused):
    """A closed period keeps the document that it was closed with."""

    code = "period_closed"
    sentence = _("Period %(periods)s was closed with this version; its document is not taken away any more.")


class NoText(Refused):
    """The text cannot be a document."""

    code = "document_unreadable"
    sentence = _("This is no document: it is empty, over %(most)s characters long, or holds NULs.")


class OtherScheme(Refused):
    """The text names another scheme than the version is of."""

    code = "document_other_scheme"
    sentence = _("The document says it is of the scheme “%(found)s”; here one of “%(scheme)s” is written.")


@dataclass(frozen=True)
class CaseResult:
    """A worked case against the document: green where `differences` is empty."""

    id: str
    ask: str
    article: str
    differences: tuple[str, ...]

    @property
    def green(self) -> bool:
        """Whether the document answers what the case says."""
        return not self.differences


@dataclass(frozen=True)
class Check:
    """Everything that is wrong with a version, at once; `provisional` names what the source leaves open."""

    problems: tuple[Problem, ...]
    cases: tuple[CaseResult, ...]
    provisional: tuple[str, ...] = ()

    @property
    def red(self) -> tuple[CaseResult, ...]:
        """The cases that the document answers differently."""
        return tuple(case for case in self.cases if not case.green)

    @property
    def clean(self) -> bool:
        """No problem, and every case green."""
        return not self.problems and not self.red


@dataclass(frozen=True)
class Preview:
    """What adopting a version would do, before anybody does it."""

    check: Check
    against: SchemeVersion | None
    changes: tuple[Change, ...]
    periods: tuple[Period, ...]


# --- writing a draft -------------------------------------------------------------------------------------


@write
def draft(*, scheme: str, text: str, by: User, on: date, cases: str = "") -> SchemeVersion:
    """Begin a version from a text, of a scheme that exists or is new; the text may still be wrong.

    Raises NotAllowed, NoText, OtherScheme.
    """
    require(by, "schemes.add_schemeversion", on=on)
    plain = _plain(text)
    head = _head(plain, scheme, on)
    name = paths.data_of(plain).get("name")
    row, _created = Scheme.objects.get_or_create(code=scheme, defaults={"name": str(name or scheme)[:100]})
    return SchemeVersion.objects.create(
        scheme=row, document=plain, cases=_plain(cases or "[]"), sha=_sha(plain), written_by=by, **head
    )


@write
def copy(*, version: SchemeVersion, by: User, on: date) -> SchemeVersion:
    """Begin a draft from another version's text and cases. Raises NotAllowed."""
    return draft(scheme=version.scheme.code, text=version.document, cases=version.cases, by=by, on=on)


@write
def edit(*, version: SchemeVersion, text: str, by: User, on: date, cases: str | None = None) -> SchemeVersion:
    """Replace the text (and the cases) of a draft; what was checked or proposed is a draft again.

    Raises NotAllowed, NoText, OtherScheme, Moved (somebody else changed it, or it has been adopted).
    """
    require(by, "schemes.change_schemeversion", on=on)
    plain = _plain(text)
    head = _head(plain, version.scheme.code, version.effective_from)
    kept = version.cases if cases is None else _plain(cases or "[]")
    return _move(
        version,
        "edit",
        document=plain,
        cases=kept,
        sha=_sha(plain),
        written_by=by,
        checked_at=None,
        checked_by=None,
        proposed_at=None,
        proposed_by=None,
        **head,
    )


def _plain(text: str) -> str:
    """The text with plain line ends. Raises NoText."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if not plain.strip() or len(plain) > MOST_CHARACTERS or "\0" in plain:
        raise NoText(most=MOST_CHARACTERS)
    return plain


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _head(text: str, scheme: str, otherwise: date) -> dict[str, Any]:
    """What the row repeats of the text, as far as it can be read; a draft may still be wrong anywhere else.

    Raises OtherScheme.
    """
    data = paths.data_of(text)
    named = data.get("scheme")
    if isinstance(named, str) and named != scheme:
        raise OtherScheme(found=named, scheme=scheme)
    begins, ends = data.get("effective"), data.get("ends")
    effective = begins if type(begins) is date else otherwise
    period = data.get("period")
    code = period.get("code") if isinstance(period, Mapping) else None
    return {
        "effective_from": effective,
        "effective_to": ends if type(ends) is date and ends >= effective else None,
        "period_codes": [code] if isinstance(code, str) and 0 < len(code) <= 20 else [],
        "provisional": data.get("provisional") is True,
    }


def _move(version: SchemeVersion, act: str, **values: Any) -> SchemeVersion:
    """Compare-and-set by the transition table. Raises Moved."""
    after = MOVES[version.state].get(act)
    if after is None:
        raise Moved()
    unmoved = SchemeVersion.objects.filter(pk=version.pk, state=version.state)
    if version.adopted_at is None:
        unmoved = unmoved.filter(revision=version.revision)
        values["revision"] = F("revision") + 1
    if not unmoved.update(state=after, **values):
        raise Moved()
    return SchemeVersion.objects.select_related("scheme").get(pk=version.pk)


def _lock(version: SchemeVersion) -> None:
    """Hold the row as the reader saw it. Raises Moved."""
    rows = SchemeVersion.objects.select_for_update(of=("self",))
    if not rows.filter(pk=version.pk, state=version.state, revision=version.revision).exists():
        raise Moved()


# --- checking --------------------------------------------------------------------------------------------


def check(version: SchemeVersion) -> Check:
    """Everything that is wrong with the document, and each of its cases green or red; changes nothing."""
    try:
        document = load(version.document.encode())
    except DocumentError as error:
        return Check(tuple(error.problems), ())
    loaded = LoadedDocument(document, version.sha, document.period.code if document.period else None)
    cases, wrong = _cases(version.cases)
    problems = [*wrong, *_beyond(version, loaded), *([] if wrong else _unworked(document, cases))]
    results = tuple(_result(case, number, loaded) for number, case in enumerate(cases))
    return Check(tuple(problems), results, tuple(provisional_paths(document)))


def _unworked(document: Document, cases: list[Mapping[str, Any]]) -> list[Problem]:
    """A case states what a document must do: without one for each question nothing shows that it does."""
    missing = unasked(cases, answered(document))
    if not missing:
        return []
    if not cases:
        said = _now(
            "There is no worked case yet. Write at least one for each question that the document answers: "
            "%(asks)s."
        )
    else:
        said = _now("No worked case answers %(asks)s. Write at least one for each of them.")
    return [Problem("cases", said % {"asks": "、".join(f"{SECTIONS[ask][1]}（{ask}）" for ask in missing)})]


def _beyond(version: SchemeVersion, loaded: LoadedDocument) -> list[Problem]:
    """What a document alone cannot know: its scheme, and whether it is in force already."""
    found = []
    if loaded.document.scheme != version.scheme.code:
        found.append(
            Problem("scheme", _now("This version is of the scheme %(code)s.") % {"code": version.scheme.code})
        )
    if version.adopted_at is None:
        if any(v.sha == version.sha for v in in_force(version.scheme.code)):
            found.append(Problem("", _now("This text is in force already, to the letter.")))
        closed = "、".join(period.code for period in periods.closed_under(version))
        if closed:
            said = _now(
                "Period %(periods)s is closed and keeps its document; begin with a later period or day."
            )
            found.append(
                Problem("period" if version.period_codes else "effective", said % {"periods": closed})
            )
    return found


def _cases(text: str) -> tuple[list[Mapping[str, Any]], list[Problem]]:
    try:
        found = json.loads(text or "[]")
    except (json.JSONDecodeError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        return [], [
            Problem("cases", _now("The cases are no JSON; look at line %(line)s.") % {"line": line}, line)
        ]
    if not isinstance(found, list) or not all(isinstance(case, Mapping) for case in found):
        return [], [Problem("cases", _now("Write the cases as a list of objects: [ {…}, {…} ]."))]
    silent = [
        n for n, case in enumerate(found) if not isinstance(case.get("answer"), Mapping) or not case["answer"]
    ]
    return found, [
        Problem(f"cases[{n}].answer", _now("A case says which answer it expects.")) for n in silent
    ]


def _result(case: Mapping[str, Any], number: int, loaded: LoadedDocument) -> CaseResult:
    response = quote(request_of(case), document=loaded)
    return CaseResult(
        id=str(case.get("id", number + 1)),
        ask=str(case.get("ask", "")),
        article=str(case.get("article", "")),
        differences=tuple(differences(case.get("answer", {}), response.get("answer"))),
    )


@write
def record_check(*, version: SchemeVersion, by: User, on: date) -> tuple[SchemeVersion, Check]:
    """Check a draft; when it is clean, it is checked from now on. Raises NotAllowed, Moved."""
    require(by, "schemes.change_schemeversion", on=on)
    found = check(version)
    if found.clean:
        version = _move(version, "check", checked_at=clock.now(), checked_by=by)
    elif version.state == State.CHECKED:
        raise NotClean(problems=len(found.problems), red=len(found.red))
    return version, found


# --- adoption by two people ------------------------------------------------------------------------------


@write
def propose_adoption(*, version: SchemeVersion, by: User, on: date) -> SchemeVersion:
    """The first of two people: propose a checked version. Raises NotAllowed, NotClean, Moved."""
    _person(by, on)
    _lock(version)
    _require_clean(version)
    return _move(version, "propose", proposed_at=clock.now(), proposed_by=by)


@write
def adopt(*, version: SchemeVersion, by: User, on: date) -> SchemeVersion:
    """The second person: adopt what somebody else has proposed; from now on it is immutable and in force.

    Open periods that it touches take up its windows; what it changes for members' accounts is recalculated
    and shown in `desk` before anything is posted. A document that is provisional as a whole may be adopted
    (quotes answer by it), but outside training mode not over an open period.
    Raises NotAllowed, NotProposed, SecondPerson, NotClean, Moved, RunsOnProvisional.
    """
    _person(by, on)
    _lock(version)
    if version.proposed_by_id is None and version.adopted_at is None:
        raise NotProposed()
    if version.proposed_by_id == by.pk:
        raise SecondPerson()
    _require_clean(version)
    adopted = _move(
        version, "adopt", adopted_at=clock.now(), adopted_by=version.proposed_by, second_adopter=by
    )
    periods.let_periods_follow(adopted, by=by, on=on)
    return adopted


@write
def withdraw(*, version: SchemeVersion, reason: str, by: User, on: date) -> SchemeVersion:
    """Take an adopted version out of force; the one that it had superseded stands again.

    Raises NotAllowed, NeedsReason, PeriodClosed, LeavesPeriodOpen, RunsOnProvisional, Moved.
    """
    _person(by, on)
    if not reason.strip():
        raise NeedsReason()
    closed = periods.closed_under(version) if version.state == State.ADOPTED else []
    if closed:
        raise PeriodClosed(periods="、".join(period.code for period in closed))
    touched = periods.touched_by(version)
    gone = _move(
        version, "withdraw", withdrawn_at=clock.now(), withdrawn_by=by, withdrawal_reason=reason.strip()[:500]
    )
    try:
        periods.let_periods_follow(gone, by=by, on=on)
    except NoDocument as error:
        raise LeavesPeriodOpen(periods="、".join(period.code for period in touched)) from error
    return gone


def _person(by: User, on: date) -> None:
    """Adoption is an act of policy staff in person, never of a job. Raises NotAllowed."""
    if by.username.startswith("system:"):
        raise NotAllowed()
    require(by, "schemes.adopt_schemeversion", on=on)


def _require_clean(version: SchemeVersion) -> None:
    """Leaves what has been adopted to the transition table. Raises NotClean."""
    found = check(version)
    if version.adopted_at is None and not found.clean:
        raise NotClean(problems=len(found.problems), red=len(found.red))


# --- what an adoption would do ---------------------------------------------------------------------------


def touched_periods(version: SchemeVersion) -> list[Period]:
    """The open periods whose document this version is, or becomes when it is adopted.

    Their members' accounts are recalculated whole (member, scheme, period) by `desk`.
    """
    return periods.touched_by(version)


def replaced_by(version: SchemeVersion) -> SchemeVersion | None:
    """The version in force that this one would take the place of: the latest that speaks of its days."""
    others = [v for v in in_force(version.scheme.code) if v.pk != version.pk]
    if version.adopted_at is not None:
        others = [v for v in others if (v.adopted_at, v.pk) < (version.adopted_at, version.pk)]
    return next((v for v in others if meet(v, version)), others[0] if others else None)


def preview(version: SchemeVersion) -> Preview:
    """The check, the changes against the version in force, and the open periods that are touched."""
    against = replaced_by(version)
    changes = diff(against.document, version.document) if against else []
    return Preview(check(version), against, tuple(changes), tuple(touched_periods(version)))
