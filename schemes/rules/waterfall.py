"""One bill through an ordered chain of schemes; every fen ends in one named place.

A chain is data: which scheme follows which, what each pays on, which date decides
its version. A step without a document lets the slip's own figure stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from schemes.rules import benefit, problems, source_text
from schemes.rules.document import LoadedDocument
from schemes.rules.errors import BillInconsistent, DocumentError, FigureMissing
from schemes.rules.model import Column, Figures, Part, Reason
from schemes.rules.stay import Person, Stay
from schemes.rules.trace import Line
from schemes.rules.units import yuan

OUT_OF_SCOPE = ("self_funded", "over_limit", "over_package", "newly_covered", "hospital_part")
PAID_BY_OTHERS = (
    "basic_paid", "large_paid", "critical_paid", "supplementary_paid", "civil_servant_paid",
    "assistance_paid", "other_paid",
)  # fmt: skip
Lookup = Callable[[str, date], LoadedDocument | None]


class Step(Part):
    """One scheme of a chain.

    ``base``: the in-scope cost above the pool's ceiling; the document's own columns;
    or what is left of the in-scope cost after everybody before has paid.
    """

    scheme: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    base: Literal["above_ceiling", "columns", "left_of_scope"]
    pays_into: Column
    key_date: Literal["settlement", "discharge"]


class Chain(Part):
    """Schemes in the order in which they pay."""

    chain: str = Field(pattern=r"^[a-z]+$")
    name: str
    steps: tuple[Step, ...] = Field(min_length=1)


def load_chain(path: Path) -> Chain:
    """Read a chain from its file.

    Raises:
        DocumentError: with every problem found.
    """
    chain, found = problems.build(Chain, source_text.parse(path.read_bytes()))
    if not isinstance(chain, Chain):
        raise DocumentError(found)
    return chain


@dataclass(frozen=True, slots=True)
class Slip:
    """The bill that runs down (fen): its columns, the stay, what is known beside it.

    ``given`` names the columns that the slip itself carries.
    """

    bill: Mapping[str, int]
    stay: Stay
    on: date
    in_scope: int | None = None
    above_ceiling: int | None = None

    @property
    def total(self) -> int:
        """The bill's total; where only the in-scope cost is known, that and what is out of it."""
        if "total" in self.bill:
            return self.bill["total"]
        return (self.in_scope or 0) + sum(self.bill.get(name, 0) for name in OUT_OF_SCOPE)

    @property
    def scope(self) -> int:
        """The in-scope cost, as given or as the columns leave it."""
        if self.in_scope is not None:
            return self.in_scope
        return self.total - sum(self.bill.get(name, 0) for name in OUT_OF_SCOPE)


@dataclass(slots=True)
class Run:
    """What each step paid, where every fen ended, with lines, reasons, checks."""

    steps: dict[str, int] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    shas: dict[str, str] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    own: int = field(init=False)
    lines: list[Line] = field(default_factory=list)
    reasons: dict[str, list[Reason]] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    provisional: list[str] = field(default_factory=list)


def run(chain: Chain, slip: Slip, *, person: Person, figures: Figures, lookup: Lookup) -> Run:
    """Let the bill run down the chain.

    Raises:
        RuleError: an inconsistent bill, a missing figure.
    """
    if slip.scope < 0 or slip.scope > slip.total:
        raise BillInconsistent("政策范围内费用与总费用及各项扣除不符", "facts.stay")
    below = slip.bill.get("basic_paid", 0)
    left = slip.scope - below if below <= slip.scope else slip.scope
    if slip.above_ceiling is not None and slip.above_ceiling > left:
        words = "封顶线以上的费用超过政策范围内费用减去基本医疗已支付的部分"
        raise BillInconsistent(words, "facts.stay.above_ceiling")
    found = Run()
    columns = dict(slip.bill)
    columns["total"] = slip.total
    paid = {name: columns.get(name, 0) for name in PAID_BY_OTHERS}
    for step in chain.steps:
        carried = paid[step.pays_into] if step.pays_into != "other_paid" else 0
        key = slip.stay.settled if step.key_date == "settlement" else slip.stay.discharged
        loaded = lookup(step.scheme, key or slip.on)
        amount = _step(step, slip, columns, paid, carried, person, figures, loaded, found)
        found.steps[step.scheme] = amount
        extra = amount - carried
        paid[step.pays_into] += extra
        columns[step.pays_into] = paid[step.pays_into]
    _place(chain, slip, paid, found)
    return found


def _step(
    step: Step, slip: Slip, columns: dict[str, int], paid: dict[str, int], carried: int,
    person: Person, figures: Figures, loaded: LoadedDocument | None, found: Run,
) -> int:  # fmt: skip
    asked = _asked(step, slip, figures)
    rest = sum(paid.values()) - carried
    by_room = "pool_room" in asked and loaded is not None and loaded.document.base is not None
    stay = None if loaded is None else _stay_for(step, slip, columns, rest, by_room=by_room)
    if stay is None:
        found.sources[step.scheme] = "slip"
        return carried
    assert loaded is not None  # a stay is read for a document only
    given = {**(loaded.figures or {}), **asked}
    named = {**loaded.document.defaults, **given}
    if carried:
        found.sources[step.scheme] = "slip"
        with suppress(FigureMissing):
            check = benefit.assess_one(loaded.document, stay=stay, person=person, figures=named)
            found.checks[step.scheme] = check.amount
        return carried
    result = benefit.assess_one(loaded.document, stay=stay, person=person, figures=named)
    found.sources[step.scheme] = "document"
    found.shas[step.scheme] = loaded.sha
    found.lines += [line._replace(rule=f"{step.scheme}:{line.rule}") for line in result.lines]
    if result.reasons:
        found.reasons[step.scheme] = result.reasons
    rests = benefit.rests_on(loaded.document, result.lines, given)
    found.provisional += [f"{step.scheme}:{path}" for path in rests]
    return result.amount


def _asked(step: Step, slip: Slip, figures: Figures) -> Figures:
    """The figures of a request that a step reads: bands are those of the step on what is left of the scope,
    the pool's room says what lies above the ceiling only where the stay does not.
    """
    if step.base != "above_ceiling":
        return figures
    unread = ("bands",) if slip.above_ceiling is None else ("bands", "pool_room")
    return {name: value for name, value in figures.items() if name not in unread}


def _stay_for(
    step: Step, slip: Slip, columns: Mapping[str, int], before: int, *, by_room: bool
) -> Stay | None:
    """The stay with the base that this step pays on; None where it is not known.

    ``before`` is what everybody but this step has paid (fen); ``by_room``: the cost above the
    ceiling follows from the pool's room.
    """
    if step.base == "columns" or (step.base == "above_ceiling" and slip.above_ceiling is None and by_room):
        own = "" if step.pays_into == "other_paid" else step.pays_into
        bill = {name: amount for name, amount in columns.items() if name != own}
        return replace(slip.stay, bill=bill, base=None)
    if step.base == "left_of_scope":
        return replace(slip.stay, bill=None, base=max(slip.scope - before, 0))
    if slip.above_ceiling is None:
        return None
    return replace(slip.stay, bill=None, base=slip.above_ceiling)


def _place(chain: Chain, slip: Slip, paid: Mapping[str, int], found: Run) -> None:
    """Every fen of the bill in exactly one named place.

    Raises:
        BillInconsistent: more was paid than the bill's total.
    """
    taken: dict[str, int] = {}
    for step in chain.steps:
        found.places[step.scheme] = found.steps[step.scheme]
        taken[step.pays_into] = taken.get(step.pays_into, 0) + found.steps[step.scheme]
    for name in PAID_BY_OTHERS:
        found.places[name] = paid[name] - taken.get(name, 0)
    found.places["hospital_part"] = slip.bill.get("hospital_part", 0)
    found.own = slip.total - sum(found.places.values())
    if found.own < 0:
        raise BillInconsistent(f"各方支付合计超过总费用{yuan(slip.total)}元", "facts.stay")
    left = found.own
    for name in ("account_paid", "family_account_paid"):
        found.places[name] = min(slip.bill.get(name, 0), left)
        left -= found.places[name]
    found.places["cash_paid"] = left
    found.places = {name: amount for name, amount in found.places.items() if amount or name in found.steps}
