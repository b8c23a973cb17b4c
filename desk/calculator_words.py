"""Answers of the rules service in words: what comes out, why, by which articles, what is provisional."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from claims.models import Column, Level
from core.issues import sentence
from desk.calculation import Step, in_words
from desk.calculator import Subject
from desk.policy_paths import place_words
from desk.policy_words import code_words
from schemes import paths
from schemes.versions import Loaded

Values = Mapping[str, Any]
Slip = tuple[Decimal | None, Decimal | None]
NO_SLIP: Slip = (None, None)


@dataclass(frozen=True)
class Cell:
    """One cell; amounts stand to the right."""

    text: str
    number: bool = False


@dataclass(frozen=True)
class Table:
    """A table with its heads; `numbers` are the heads that stand over amounts."""

    title: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Why:
    """A reason or a remark with its article, and what it is of (a stay, a scheme)."""

    words: str
    article: str
    of: str = ""


@dataclass(frozen=True)
class Part:
    """The lines of one stay or of one scheme."""

    title: str
    steps: tuple[Step, ...]


@dataclass
class Shown:
    """An answer as the page shows it."""

    headline: str = ""
    unit: str = ""
    tone: str = ""
    verdict: str = ""
    rows: list[tuple[str, str]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    reasons: list[Why] = field(default_factory=list)
    remarks: list[Why] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    provisional: list[str] = field(default_factory=list)
    request: str = ""
    answer: str = ""


def shown(subject: Subject, asked: Values, answer: Values) -> Shown:
    """What the rules service said, in the reader's language."""
    values = answer["answer"]
    found = Shown(request=_json(asked), answer=_json(answer))
    _SAYS[asked["ask"]](found, values, subject)
    found.reasons += [_why(reason) for reason in values.get("reasons", ()) if isinstance(reason, Mapping)]
    found.remarks += [_why(reason) for reason in values.get("warnings", ())]
    _lines(found, subject, asked, answer)
    found.provisional = list(dict.fromkeys(_provisional(subject, answer.get("provisional", ()))))
    return found


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def error_words(error: Mapping[str, str]) -> str:
    """Why there is no answer, in the reader's language; what the rules service says itself is Chinese."""
    code, message = error["error"], error["message"]
    if code == "figure_missing":
        if ".figures." in error["path"]:
            return _("No notice has been recorded for this figure; record it, or type one to try.")
        return _("The answer needs this.")
    heads = {
        "bill_inconsistent": _("These amounts contradict each other."),
        "no_document": _("No document governs this day."),
        "bad_date": _("These days contradict each other."),
        "bad_amount": _("This amount or ratio is not possible here."),
    }
    chinese = (get_language() or "").startswith("zh")
    return message if chinese else f"{heads.get(code, _('This scheme does not know this.'))} {message}"


def yuan(amount: str) -> str:
    """An amount of an answer with separators."""
    return f"{Decimal(amount):,.2f}"


def _money(found: Shown, amount: str) -> None:
    found.headline, found.unit = yuan(amount), _("yuan")


def _verdict(found: Shown, holds: bool, yes: str, no: str) -> None:
    found.tone, found.verdict = ("ok", yes) if holds else ("bad", no)


def _why(reason: Mapping[str, str], of: str = "") -> Why:
    return Why(reason["note"] or sentence(reason["code"]), reason["article"], of)


# --- each question --------------------------------------------------------------------------------


def _benefit(found: Shown, values: Values, subject: Subject) -> None:
    _money(found, values["total"])
    if values.get("accepted") is False:
        found.tone, found.verdict = "bad", _("Not paid")
    stays = values.get("stays", [])
    if not stays:
        return
    routed = any(document.routing for document in subject.documents)
    names = list(dict.fromkeys(name for stay in stays for name in stay.get("parts", {})))
    heads = [Cell(_("Stay")), Cell(_("base"), True)]
    heads += [Cell(code_words("", f"{name}_self_pay"), True) for name in names]
    heads += [Cell(_("pays"), True), *([Cell(_("decided by"))] if routed else [])]
    rows = []
    for number, stay in enumerate(stays, start=1):
        cells = [Cell(str(number)), Cell(yuan(stay["base"]), True)]
        cells += [Cell(yuan(stay.get("parts", {}).get(name, "0.00")), True) for name in names]
        cells.append(Cell(yuan(stay["amount"]), True))
        rows.append((*cells, *([Cell(_level(stay["level"]))] if routed else [])))
        of = _("Stay %(n)s") % {"n": number} if len(stays) > 1 else ""
        found.reasons += [_why(reason, of) for reason in stay.get("reasons", ())]
    found.tables.append(Table(_("Stay by stay"), tuple(heads), tuple(rows)))


def _level(code: str | None) -> str:
    return str(Level(code).label) if code else "—"


def _waterfall(found: Shown, values: Values, subject: Subject) -> None:
    names = {one.document.scheme: one.document.name for one in subject.loaded}
    _money(found, values["own"])
    found.verdict = _("is left to pay oneself")
    sources = {"document": _("calculated"), "slip": _("as the slip says")}
    rows = tuple(
        (
            Cell(names.get(code, code)),
            Cell(sources.get(values["sources"].get(code), "—")),
            Cell(yuan(amount), True),
        )
        for code, amount in values["steps"].items()
    )
    heads = (Cell(_("Scheme")), Cell(_("from")), Cell(_("pays"), True))
    found.tables.append(Table(_("What each scheme pays"), heads, rows))
    places = tuple(
        (Cell(names.get(code) or _column(code)), Cell(yuan(amount), True))
        for code, amount in values["places"].items()
    )
    total = sum((Decimal(amount) for amount in values["places"].values()), Decimal(0))
    places += ((Cell(_("together")), Cell(f"{total:,.2f}", True)),)
    of_places = (Cell(_("Place")), Cell(_("yuan"), True))
    found.tables.append(Table(_("Where every fen of the bill ends"), of_places, places))
    for code, reasons in values.get("reasons", {}).items():
        found.reasons += [_why(reason, names.get(code, code)) for reason in reasons]
    for code, amount in values.get("checks", {}).items():
        facts = {"scheme": names.get(code, code), "amount": yuan(amount)}
        words = _("The slip's own figure stands; calculated, %(scheme)s would pay %(amount)s yuan.") % facts
        found.remarks.append(Why(words, ""))


def _column(code: str) -> str:
    return str(Column(code).label) if code in Column.values else code_words("", code)


def _route(found: Shown, values: Values, subject: Subject) -> None:
    found.headline = _level(values["level"])
    if values["level"] is None:
        found.headline = _("No payment, nobody has to decide on one.")


def _levy(found: Shown, values: Values, subject: Subject) -> None:
    _money(found, values["total"])
    names = {
        "base": _("contribution base"), "individual": _("paid by the individual"),
        "unit": _("paid by the unit"), "pool": _("set aside from the pool"),
        "fund": _("paid by the unemployment fund"),
    }  # fmt: skip
    found.rows += [(words, yuan(values[name])) for name, words in names.items() if name in values]


def _quota(found: Shown, values: Values, subject: Subject) -> None:
    found.headline = str(values["minimum"])
    found.unit = _("people at least")
    _verdict(found, values["accepted"], _("Quota met"), _("Quota not met"))


def _join(found: Shown, values: Values, subject: Subject) -> None:
    _verdict(found, values["accepted"], _("May join"), _("May not join"))


def _window(found: Shown, values: Values, subject: Subject) -> None:
    _verdict(found, values["accepted"], _("In time"), _("Not in time"))
    found.rows += [(_("First day"), values["from"] or "—"), (_("Last day"), values["to"])]


def _due(found: Shown, values: Values, subject: Subject) -> None:
    found.headline = values["due"]


def _cover(found: Shown, values: Values, subject: Subject) -> None:
    if "covered" in values:
        _verdict(found, values["covered"], _("Covered"), _("Not covered"))
    names = {
        "period": _("period"), "ends": _("cover ends with"), "pool_from": _("benefits of the pool from"),
        "account_from": _("personal account from"), "unpaid_months": _("months unpaid"),
    }  # fmt: skip
    found.rows += [(words, str(values[name])) for name, words in names.items() if name in values]
    if "refund" in values:
        found.rows.append((_("refund"), yuan(values["refund"])))


def _guarantee(found: Shown, values: Values, subject: Subject) -> None:
    _verdict(found, values["guaranteed"], _("Guarantee given"), _("No guarantee"))


def _late_fee(found: Shown, values: Values, subject: Subject) -> None:
    _money(found, values["late_fee"])
    found.rows.append((_("days late, to the last payment"), str(values["days"])))
    if values.get("flagged"):
        found.remarks.append(Why(_("So many days late that a person has to look at it."), ""))


def _career(found: Shown, values: Values, subject: Subject) -> None:
    if "retiree_benefit" in values:
        _verdict(
            found, values["retiree_benefit"], _("Draws retiree benefits without paying on"),
            _("No retiree benefits yet"),
        )  # fmt: skip
    if "cost" in values:
        _money(found, values["cost"])
        found.rows += [
            (words, yuan(values[name]))
            for name, words in (("to_pool", _("to the pool")), ("to_account", _("to the personal account")))
            if name in values
        ]
    found.rows.append((_("months to add"), str(values["months_to_add"])))


def _corridor(found: Shown, values: Values, subject: Subject) -> None:
    _money(found, values["balance"])
    balance = Decimal(values["balance"])
    found.verdict = _("loss") if balance < 0 else _("profit") if balance else _("neither profit nor loss")
    names = {
        "insurer_keeps": _("the insurer keeps"), "returned_to_fund": _("returned to the funds"),
        "fund_bears": _("the funds bear"), "insurer_bears": _("the insurer bears"),
    }  # fmt: skip
    for name, words in names.items():
        found.rows.append((words, yuan(values[name])))
        for fund, amount in values.get(f"{name}_by", {}).items():
            found.rows.append((f"— {code_words('', fund)}", yuan(amount)))


_SAYS: Mapping[str, Callable[[Shown, Values, Subject], None]] = {
    "benefit": _benefit, "waterfall": _waterfall, "route": _route, "levy": _levy, "quota": _quota,
    "join": _join, "window": _window, "due": _due, "cover": _cover, "guarantee": _guarantee,
    "late_fee": _late_fee, "career": _career, "corridor": _corridor,
}  # fmt: skip


# --- lines with their articles ------------------------------------------------------------------------


def _lines(found: Shown, subject: Subject, asked: Values, answer: Values) -> None:
    """Lines that count in parts, by stay or by scheme; lines that only say something as remarks."""
    said = {(why.words, why.article) for why in found.reasons}
    counting = []
    for line in answer["lines"]:
        if _counts(line):
            counting.append(line)
        elif (words := _remark(line)) and (words, line["article"]) not in said:
            found.remarks.append(Why(words, line["article"]))
    for title, lines, loaded, slip in _grouped(subject, asked, answer, counting):
        data = paths.data_of(loaded.version.document) if loaded.version else {}
        worded = [{**line, "rule": _rule(line), "note": line["note"] or _words(line)} for line in lines]
        steps = in_words(worded, {}, total=slip[0], base=slip[1])
        steps = [_glossed(step, data) for step in steps]
        found.parts.append(Part(title, tuple(steps)))


def _glossed(step: Step, data: Mapping[str, Any]) -> Step:
    gloss = paths.gloss_of(data, step.article)
    return Step(step.article, step.words, step.basis, step.rate, step.amount, gloss)


def _rule(line: Mapping[str, str]) -> str:
    """The place of a line in its own document: a chain's line names its scheme before it."""
    return line["rule"].rpartition(":")[2]


def _counts(line: Mapping[str, str]) -> bool:
    """Whether a line has amounts; who decides on an amount is no calculation."""
    amounts = any(Decimal(line[name]) for name in ("basis", "amount"))
    return amounts and not line["rule"].startswith("routing")


def _remark(line: Mapping[str, str]) -> str:
    """What a line without amounts says; what its article is of where it says nothing more."""
    rule = _rule(line).split(".")[0].split("[")[0]
    names = {
        "windows": _("The window of this act"), "clocks": _("The time limit of this act"),
        "guarantee": _("The rule of the guarantee"), "career": _("The rule of contribution years"),
        "routing": _("Who decides by amount"),
    }  # fmt: skip
    return line["note"] or names.get(rule, "")


def _words(line: Mapping[str, str]) -> str:
    """What a line says that the document does not say itself."""
    rule = _rule(line)
    if rule.startswith("levy"):
        return _("contribution at %(rate)s") % {"rate": line["rate"]}
    if ".out_of_region" in rule:
        return _("cost out of the region pays %(rate)s") % {"rate": line["rate"]}
    return ""


def _grouped(
    subject: Subject, asked: Values, answer: Values, lines: list[Mapping[str, str]]
) -> Iterator[tuple[str, list[Mapping[str, str]], Loaded, Slip]]:
    """Lines by scheme of a chain, by stay of a benefit, else all together."""
    if subject.is_chain:
        for loaded in subject.loaded:
            own = [line for line in lines if line["rule"].startswith(f"{loaded.document.scheme}:")]
            if own:
                yield loaded.document.name, own, loaded, NO_SLIP
        return
    stays = asked["facts"].get("stays") or []
    answered = answer["answer"].get("stays", [])
    groups = _by_stay(lines, stays, answered)
    for number, group in enumerate(groups, start=1):
        slip = _slip(stays[number - 1], answered[number - 1]) if len(groups) == len(stays) else NO_SLIP
        if group:
            title = _("Stay %(n)s") % {"n": number} if len(groups) > 1 else ""
            yield title, group, subject.loaded[0], slip


def _slip(stay: Values, answered: Values) -> Slip:
    """What a stay's deductions begin from and what they leave."""
    total = stay.get("bill", {}).get("total")
    return (Decimal(total), Decimal(answered["base"])) if total else NO_SLIP


def _by_stay(
    lines: list[Mapping[str, str]], stays: list[Values], answers: list[Values]
) -> list[list[Mapping[str, str]]]:
    """The bases of a stay's lines add up to its bill: so they are told apart, else not."""
    if len(stays) < 2:
        return [lines]
    groups, left = [], list(lines)
    for stay, answered in zip(stays, answers, strict=True):
        whole = Decimal(stay.get("bill", {}).get("total") or stay.get("in_scope") or answered["base"])
        own: list[Mapping[str, str]] = []
        while left and sum((Decimal(line["basis"]) for line in own), Decimal(0)) < whole:
            own.append(left.pop(0))
        if sum((Decimal(line["basis"]) for line in own), Decimal(0)) != whole:
            return [lines]
        groups.append(own)
    return groups if not left else [lines]


def _provisional(subject: Subject, found: Any) -> Iterator[str]:
    """Provisional places in words: only the outermost of places that lie in one another."""
    by_scheme = {one.document.scheme: one for one in subject.loaded}
    above = ""
    for path in found:
        if above and path.startswith((f"{above}.", f"{above}[")):
            continue
        above = path
        code, colon, place = path.rpartition(":")
        loaded = by_scheme.get(code, subject.loaded[0])
        data = paths.data_of(loaded.version.document) if loaded.version else {}
        yield place_words(data, place, scheme=loaded.document.name if colon else "")
