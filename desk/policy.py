"""What the policy pages show: schemes, versions with their standing, what an act will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from core.models import User
from desk.policy_names import NAMES, name_words
from desk.policy_paths import place_words
from schemes import paths, quotes
from schemes.adoption import Check
from schemes.figures import missing_by_place
from schemes.models import Scheme, SchemeVersion
from schemes.rulings import Departure
from schemes.versions import NoDocument, document_for, only_version, standing

STANDINGS = {
    "draft": ("", _l("draft")),
    "checked": ("busy", _l("checked")),
    "proposed": ("busy", _l("proposed, waits for a second person")),
    "adopted": ("ok", _l("adopted")),
    "superseded": ("", _l("superseded")),
    "withdrawn": ("bad", _l("withdrawn")),
}


@dataclass(frozen=True)
class VersionRow:
    """A version with its standing in words and whether it is in force on the day."""

    version: SchemeVersion
    tone: str
    words: str
    in_force: bool


@dataclass(frozen=True)
class SchemeRow:
    """A scheme, its version of the day, how many drafts wait, what next year lacks."""

    scheme: Scheme
    version: SchemeVersion | None
    drafts: int
    lacks: int

    @property
    def lacks_words(self) -> str:
        """How many figures next year still lacks."""
        return _("lacks %(n)s") % {"n": self.lacks}


@dataclass(frozen=True)
class Numbered:
    """A line of a text, with what the checker says of it."""

    number: int
    text: str
    problems: tuple[str, ...]


def standing_of(version: SchemeVersion) -> tuple[str, str]:
    """(tone, words) of a version's standing."""
    found = standing(version)
    if found == "checked" and version.proposed_at is not None:
        found = "proposed"
    tone, words = STANDINGS[found]
    return tone, str(words)


def visible(user: User, *, on: date) -> QuerySet[SchemeVersion]:
    """Versions that the reader may see, with their scheme and people."""
    return SchemeVersion.objects.visible_to(user, on=on).select_related(
        "scheme", "written_by", "checked_by", "proposed_by", "adopted_by", "second_adopter", "withdrawn_by"
    )


def schemes_for(user: User, *, on: date) -> list[SchemeRow]:
    """Every scheme that the reader may see something of."""
    seen: dict[int, list[SchemeVersion]] = {}
    for version in visible(user, on=on).defer("document", "cases"):
        seen.setdefault(version.scheme_id, []).append(version)
    rows = []
    for scheme in Scheme.objects.filter(pk__in=seen).order_by("name"):
        drafts = sum(1 for version in seen[scheme.pk] if version.adopted_at is None)
        rows.append(
            SchemeRow(scheme, version_of_day(scheme.code, on), drafts, len(lacking(scheme.code, on.year + 1)))
        )
    return rows


CHAIN_BASES = {
    "above_ceiling": _l("the cost in scope above the basic pool's ceiling"),
    "columns": _l("what its own rules leave of the slip"),
}
KEY_DATES = {"settlement": _l("the day of settlement"), "discharge": _l("the day of discharge")}


def chains() -> list[dict[str, Any]]:
    """The chains that one bill runs through: schemes in order, what each pays on, which day counts."""
    names = dict(Scheme.objects.values_list("code", "name"))
    return [
        {
            "code": chain.chain,
            "name": chain.name,
            "steps": [
                (
                    step.scheme,
                    names.get(step.scheme, step.scheme),
                    CHAIN_BASES[step.base],
                    KEY_DATES[step.key_date or _version_by(step.scheme)],
                )
                for step in chain.steps
            ],
        }
        for chain in quotes.chains().values()
    ]


def _version_by(code: str) -> str:
    """The day by which a scheme goes; of discharge where none is in force."""
    try:
        return str(only_version(code).document.version_by)
    except NoDocument:
        return "discharge"


def version_of_day(code: str, on: date) -> SchemeVersion | None:
    """The version in force on a day, if any."""
    try:
        return document_for(code, on=on).version
    except NoDocument:
        return None


def lacking(code: str, year: int) -> set[str]:
    """The figures that a year lacks in some place; none where no document speaks of the year."""
    try:
        return {item.name for _place, lacks in missing_by_place(code, year) for item in lacks}
    except NoDocument:
        return set()


def history(user: User, scheme: Scheme, *, on: date) -> list[VersionRow]:
    """A scheme's versions, drafts first, then by adoption, the latest first."""
    today = version_of_day(scheme.code, on)
    versions = list(visible(user, on=on).filter(scheme=scheme))
    versions.sort(
        key=lambda v: (v.adopted_at is None, (v.adopted_at and v.adopted_at.timestamp()) or 0, v.pk),
        reverse=True,
    )
    return [VersionRow(version, *standing_of(version), version == today) for version in versions]


def numbered(text: str, check: Check | None = None) -> list[Numbered]:
    """The text's lines, each with what the checker says of it."""
    said: dict[int, list[str]] = {}
    for problem in check.problems if check else ():
        if problem.line is not None and problem.path.split("[")[0] != "cases":
            said.setdefault(problem.line, []).append(problem.message)
    return [Numbered(n, line, tuple(said.get(n, ()))) for n, line in enumerate(text.split("\n"), start=1)]


def consequences(
    version: SchemeVersion,
    *,
    against: SchemeVersion | None,
    periods: Sequence[Any],
    changes: int,
    provisional: Sequence[str] = (),
    departures: Sequence[Departure] = (),
) -> list[str]:
    """What adopting a version will do, in sentences."""
    said = [_("From then on nobody can change this version; it can only be withdrawn.")]
    days = {"first": version.effective_from, "last": version.effective_to or _("further notice")}
    said.append(_("It holds for events from %(first)s until %(last)s.") % days)
    if against is None:
        said.append(_("No version in force speaks of these days; nothing is replaced."))
    else:
        facts = {"version": against, "n": changes}
        said.append(_("It takes the place of %(version)s, from which it differs in %(n)s values.") % facts)
    if periods:
        names = "、".join(period.code for period in periods)
        said.append(
            _(
                "Open periods take up its windows at once: %(periods)s. What it changes of benefits already "
                "calculated is shown first; nothing of it is written before a second person applies it."
            )
            % {"periods": names}
        )
    else:
        said.append(_("No open period is touched; nothing is recalculated."))
    if version.provisional:
        said.append(_("It is provisional: outside training mode it calculates nothing for people."))
    elif provisional:
        data = paths.data_of(version.document)
        facts = {"n": len(provisional), "paths": "；".join(place_words(data, path) for path in provisional)}
        said.append(
            _("%(n)s entries are provisional; outside training mode they are refused: %(paths)s.") % facts
        )
    said += [departs(each, version) for each in departures]
    return said


def setting_words(setting: str, version: SchemeVersion | None) -> str:
    """What a ruling binds, in words: a setting's name, or a place in a version's document."""
    if setting in NAMES or version is None:
        return name_words(setting)
    return place_words(paths.data_of(version.document), setting)


def departs(departure: Departure, version: SchemeVersion) -> str:
    """That a version does not follow a ruling, in a sentence."""
    ruling = departure.ruling
    facts = {
        "number": ruling.number,
        "setting": setting_words(ruling.setting, version),
        "value": ruling.value,
        "says": departure.says,
    }
    if departure.says is None:
        return _("It does not follow ruling %(number)s: it has no setting “%(setting)s”.") % facts
    return (
        _("It does not follow ruling %(number)s: “%(setting)s” says %(says)s, the ruling %(value)s.") % facts
    )


def withdrawal(version: SchemeVersion, periods: Sequence[Any]) -> list[str]:
    """What withdrawing a version will do, in sentences."""
    said = [
        _("The version is out of force at once and for good; the one that it had replaced stands again."),
        _(
            "It stays in the register with your name and the reason; "
            "calculations that were made with it keep it."
        ),
    ]
    if periods:
        names = "、".join(period.code for period in periods)
        said.append(_("Open periods go back to the version before: %(periods)s.") % {"periods": names})
    return said
