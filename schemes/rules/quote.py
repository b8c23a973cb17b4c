"""One question about one scheme, answered from its document: ``answer``.

Pure: the document, the calendar and announced figures are handed in; nothing is
looked up and no person's record is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemes.rules import asks_benefit, asks_enrollment, asks_funds
from schemes.rules import facts as given
from schemes.rules.asking import Answer, Context, as_error, in_force
from schemes.rules.document import Document
from schemes.rules.errors import RuleError, UnknownField

NOT_UNDERSTOOD = frozenset({"unknown_field", "bad_amount", "bad_date"})
"""Error codes of a request that could not be understood (exit code 2)."""


def answer(document: Document, request: Mapping[str, Any], *, context: Context) -> dict[str, Any]:
    """The whole answer to one request, errors included (in its ``answer``)."""
    ask = request.get("ask")
    shown: dict[str, Any] = {
        "scheme": {"code": document.scheme, "period": context.period_code, "sha": context.sha},
        "ask": ask,
    }
    try:
        in_force(document, context.on)
        found = _ask(document, request, context)
    except RuleError as error:
        return {**shown, "answer": as_error(error), "lines": []}
    shown["answer"] = found.values
    shown["lines"] = [line.as_dict() for line in found.lines]
    if found.provisional:
        shown["provisional"] = found.provisional
    return shown


def understood(response: Mapping[str, Any]) -> bool:
    """Whether a response answers a request that could be understood.

    A date without a document is an answer; a scheme that nobody knows is not understood.
    """
    found = response.get("answer")
    if not isinstance(found, Mapping):
        return True
    unknown_scheme = (found.get("error"), found.get("path")) == ("no_document", "scheme")
    return found.get("error") not in NOT_UNDERSTOOD and not unknown_scheme


def _ask(document: Document, request: Mapping[str, Any], context: Context) -> Answer:
    ask = request.get("ask")
    if not isinstance(ask, str) or ask not in ASKS:
        raise UnknownField(f"ask 只能写：{'、'.join(ASKS)}", "ask")
    model, function = ASKS[ask]
    facts = given.read(model, request.get("facts", {}), "facts")
    return function(document, facts, context)


ASKS: Mapping[str, tuple[type[given.Facts], Callable[[Document, Any, Context], Answer]]] = {
    "benefit": (given.BenefitFacts, asks_benefit.ask_benefit),
    "route": (given.RouteFacts, asks_benefit.ask_route),
    "levy": (given.LevyFacts, asks_enrollment.ask_levy),
    "quota": (given.QuotaFacts, asks_enrollment.ask_quota),
    "join": (given.JoinFacts, asks_enrollment.ask_join),
    "window": (given.WindowFacts, asks_enrollment.ask_window),
    "due": (given.DueFacts, asks_enrollment.ask_due),
    "cover": (given.CoverFacts, asks_enrollment.ask_cover),
    "guarantee": (given.GuaranteeFacts, asks_enrollment.ask_guarantee),
    "late_fee": (given.LateFeeFacts, asks_funds.ask_late_fee),
    "career": (given.CareerFacts, asks_funds.ask_career),
    "corridor": (given.CorridorFacts, asks_funds.ask_corridor),
}

SECTIONS: Mapping[str, tuple[str, str]] = {
    "benefit": ("benefit", "待遇"),
    "route": ("routing", "分级审核"),
    "levy": ("levy", "缴费"),
    "quota": ("quota", "参加比例"),
    "join": ("join", "参加条件"),
    "window": ("windows", "时限"),
    "due": ("clocks", "办结期限"),
    "cover": ("cover", "保障期"),
    "guarantee": ("guarantee", "连续参加的保障"),
    "late_fee": ("late_fee", "滞纳金"),
    "career": ("career", "缴费年限"),
    "corridor": ("corridor", "风险调节"),
}
"""The part of a document that answers each question, and what the question is called."""


def answered(document: Document) -> list[str]:
    """The questions that a document has rules for."""
    return [ask for ask, (section, _name) in SECTIONS.items() if getattr(document, section)]


__all__ = ["ASKS", "SECTIONS", "Answer", "Context", "answer", "answered", "as_error", "understood"]
