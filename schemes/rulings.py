"""The register of rulings: the question, the decision, the setting it binds, the cases decided under it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.errors import Refused
from core.models import User
from core.roles import require
from core.write import write
from schemes import paths
from schemes.diff import shown
from schemes.models import Ruling, RulingCase, Scheme, SchemeVersion
from schemes.rules import readings
from schemes.versions import in_force, scheme_of


class UnknownSetting(Refused):
    """No document of the scheme has this setting."""

    code = "setting_unknown"
    sentence = _("No document of %(scheme)s has the setting “%(setting)s”. Settings: %(known)s.")


class RulingExists(Refused):
    """The number is taken."""

    code = "ruling_exists"
    sentence = _("A ruling with the number %(number)s is in the register already.")


class Incomplete(Refused):
    """A ruling says what was asked and what was decided."""

    code = "ruling_incomplete"
    sentence = _("A ruling has a number, a question, a decision and the value that the setting takes.")


@write
def record(
    *,
    scheme: str,
    number: str,
    question: str,
    decision: str,
    setting: str,
    value: str,
    decided_on: date,
    by: User,
    on: date,
    supersedes: Ruling | None = None,
) -> Ruling:
    """Enter a decision. `setting`: a setting's name, or a path of the document ("benefit.bands[0].pays").

    The decision takes effect by a new document that says `value` there: see `waiting`.
    Raises NotAllowed, NoDocument (no such scheme), Incomplete, UnknownSetting, RulingExists.
    """
    require(by, "schemes.add_ruling", on=on)
    row = scheme_of(scheme)
    texts = [text.strip() for text in (number, question, decision, value)]
    if not all(texts) or len(texts[0]) > 60 or len(texts[3]) > 200:
        raise Incomplete()
    _require_setting(row, setting)
    if supersedes is not None and (supersedes.scheme_id != row.pk or supersedes.setting != setting):
        raise UnknownSetting(scheme=scheme, setting=setting, known=supersedes.setting)
    try:
        with transaction.atomic():
            return Ruling.objects.create(
                scheme=row,
                number=texts[0],
                question=texts[1],
                decision=texts[2],
                setting=setting,
                value=texts[3],
                decided_on=decided_on,
                supersedes=supersedes,
                recorded_at=clock.now(),
                recorded_by=by,
            )
    except IntegrityError as error:
        raise RulingExists(number=texts[0]) from error


def _require_setting(scheme: Scheme, setting: str) -> None:
    """The setting must stand in a document in force. Raises UnknownSetting."""
    versions = in_force(scheme.code)
    if any(setting_in(version, setting) is not None for version in versions):
        return
    known = sorted({name for version in versions for name in settings_of(version)})
    raise UnknownSetting(scheme=scheme.code, setting=setting, known="、".join(known) or "—")


def settings_of(version: SchemeVersion) -> list[str]:
    """The names of a document's settings, in its order."""
    listed = paths.data_of(version.document).get("settings", [])
    return [item["name"] for item in listed if isinstance(item, dict) and isinstance(item.get("name"), str)]


def setting_in(version: SchemeVersion, setting: str) -> str | None:
    """What decides a setting in a document, or what stands at a path; None where it has neither."""
    data = paths.data_of(version.document)
    says = readings.decided(data, setting)
    if says is not None:
        return says
    if paths.holds(data, setting):
        return shown(paths.value_at(data, setting))
    return None


@write
def decided_under(*, ruling: Ruling, number: str, by: User, on: date) -> RulingCase:
    """Note a case (its number) that was decided under a ruling; a second note returns the first.

    Raises NotAllowed.
    """
    require(by, "schemes.add_rulingcase", on=on)
    case, _created = RulingCase.objects.get_or_create(
        ruling=ruling, number=number.strip()[:40], defaults={"decided_on": on, "recorded_by": by}
    )
    return case


def standing(scheme: str) -> list[Ruling]:
    """The rulings of a scheme that no later one supersedes, the latest first."""
    return list(Ruling.objects.filter(scheme__code=scheme, successor=None).select_related("scheme"))


@dataclass(frozen=True)
class Departure:
    """A standing ruling that a version does not follow, and what it says there; None where it has nothing."""

    ruling: Ruling
    says: str | None


def departures(version: SchemeVersion) -> list[Departure]:
    """The standing rulings of its scheme that a version, adopted or not, does not follow."""
    said = [(ruling, setting_in(version, ruling.setting)) for ruling in standing(version.scheme.code)]
    return [Departure(ruling, says) for ruling, says in said if says != ruling.value]


def waiting(scheme: str) -> list[Ruling]:
    """Standing rulings whose value no document in force says yet: a new version has to be adopted."""
    versions = in_force(scheme)
    return [
        ruling
        for ruling in standing(scheme)
        if not any(setting_in(version, ruling.setting) == ruling.value for version in versions)
    ]
