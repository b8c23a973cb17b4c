"""One bill through an ordered chain of schemes; every fen ends in one named place.

A chain is data: which scheme follows which, what each pays on, which date decides
its version. A step without a document lets the slip's own figure stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import Field

from schemes.rules import banded, base, benefit, pool, problems, source_text
from schemes.rules.base import INSURERS, OUT_OF_SCOPE, OWN
from schemes.rules.document import Document, LoadedDocument
from schemes.rules.errors import BillInconsistent, DocumentError, FigureMissing, OutsideDocument
from schemes.rules.model import Column, Figures, Part, Reason
from schemes.rules.stay import Person, Stay
from schemes.rules.trace import Line
from schemes.rules.units import yuan

Lookup = Callable[[str, date], LoadedDocument | None]


class Step(Part):
    """One scheme of a chain.

    ``base``: the in-scope cost above the pool's ceiling, or what the document's own
    columns leave of the slip, with what the steps before have paid.
    ``key_date``: the day whose document counts; not written, it is what the scheme's
    own ``version_by`` says, and written it must say the same.
    """

    scheme: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    base: Literal["above_ceiling", "columns"]
    pays_into: Column
    key_date: Literal["settlement", "discharge"] | None = None


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
    text = path.read_bytes()
    chain, found = problems.build(Chain, source_text.parse(text))
    if not isinstance(chain, Chain):
        raise DocumentError(source_text.with_lines(found, text))
    return chain


def is_chain(path: Path) -> bool:
    """Whether a file states a chain and no scheme.

    Raises:
        DocumentError: no TOML.
        OSError: the file cannot be read.
    """
    data = source_text.parse(path.read_bytes())
    return "chain" in data and "scheme" not in data


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
    warnings: dict[str, list[Reason]] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    provisional: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Way:
    """What is known while the bill runs down: who has paid (fen), what lies above the ceiling.

    ``columns`` are the slip's with what the steps have paid so far; ``above`` is None until it is
    known; ``account``: scheme and article of the personal account that pays own shares in scope only.
    """

    slip: Slip
    person: Person
    figures: Figures
    columns: dict[str, int]
    above: int | None
    pool_speaks: bool
    account: tuple[str, str] | None = None

    @property
    def left(self) -> int:
        """The in-scope cost (fen) that no insurer has paid yet."""
        return max(self.slip.scope - sum(self.columns.get(name, 0) for name in INSURERS), 0)


def run(chain: Chain, slip: Slip, *, person: Person, figures: Figures, lookup: Lookup) -> Run:
    """Let the bill run down the chain.

    Raises:
        RuleError: an inconsistent bill, a missing figure.
    """
    _check(slip)
    documents = [_in_force(step, slip, lookup) for step in chain.steps]
    columns = {**slip.bill, "total": slip.total}
    way = _Way(slip, person, figures, columns, slip.above_ceiling, _pool_speaks(documents, figures))
    found = Run()
    for number, (step, loaded) in enumerate(zip(chain.steps, documents, strict=True)):
        carried = columns.get(step.pays_into, 0) if step.pays_into != "other_paid" else 0
        amount = carried
        if loaded is None or (stay := _stay_for(chain, number, loaded.document, way)) is None:
            found.sources[step.scheme] = "slip"
        elif carried:
            found.sources[step.scheme] = "slip"
            with suppress(FigureMissing):
                _verify(chain, number, loaded, stay, way, found)
        else:
            amount = _pay(chain, number, loaded, stay, way, found)
        rule = None if loaded is None else loaded.document.account
        if rule is not None and "own_in_scope" in rule.pays:
            way.account = (step.scheme, rule.article)
        found.steps[step.scheme] = amount
        columns[step.pays_into] = columns.get(step.pays_into, 0) + amount - carried
    _place(chain, way, found)
    return found


def _check(slip: Slip) -> None:
    """The slip does not contradict itself.

    Raises:
        BillInconsistent: with the path of what contradicts the rest.
    """
    if slip.in_scope is not None:
        base.check_scope(slip.bill, slip.in_scope)
    if slip.scope < 0:
        raise BillInconsistent("政策范围内费用与总费用及各项扣除不符", "bill")
    base.check_payers({**slip.bill, "total": slip.total})
    below = slip.bill.get("basic_paid", 0)
    left = slip.scope - below if below <= slip.scope else slip.scope
    if slip.above_ceiling is not None and slip.above_ceiling > left:
        words = "封顶线以上的费用超过政策范围内费用减去基本医疗已支付的部分"
        raise BillInconsistent(words, "above_ceiling")


def _in_force(step: Step, slip: Slip, lookup: Lookup) -> LoadedDocument | None:
    """The document of a step, by the day that its scheme goes by: the newer one says which.

    Raises:
        OutsideDocument: the chain names another day than the scheme.
    """
    latest = lookup(step.scheme, slip.stay.settled or slip.on)
    found = latest
    if latest is None or latest.document.version_by == "discharge":
        found = lookup(step.scheme, slip.stay.discharged or slip.on)
    if latest is None and found is not None and found.document.version_by == "settlement":
        return None
    if found is not None and step.key_date not in (None, (latest or found).document.version_by):
        words = f"链条给 {step.scheme} 写的 key_date 与该制度的 version_by 不同，请删去 key_date"
        raise OutsideDocument(words, "scheme")
    return found


def _pool_speaks(documents: Sequence[LoadedDocument | None], figures: Figures) -> bool:
    """Whether a request's ``deductible`` is the basic pool's: it stands beside the pool's ratio,
    and a document of the chain reads it as that.
    """
    rules = [loaded.document.benefit for loaded in documents if loaded is not None]
    return "pool_ratio" in figures and any(
        isinstance(rule, pool.PoolBenefit)
        or (isinstance(rule, banded.BandedBenefit) and rule.above_pool is not None)
        for rule in rules
    )


def _pay(chain: Chain, number: int, loaded: LoadedDocument, stay: Stay, way: _Way, found: Run) -> int:
    """What a step pays by its document (fen), never more than is left in scope; noted in ``found``."""
    step, document = chain.steps[number], loaded.document
    result, given = _assess(chain, number, loaded, stay, way)
    lines, amount = list(result.lines), result.amount
    _learn_above(document, result, way)
    if amount > way.left:
        assert document.benefit is not None  # it has just paid
        words = "最多付到政策范围内尚无人支付的部分"
        lines.append(Line(document.benefit.article, "left", 0, None, way.left - amount, words))
        amount = way.left
    found.sources[step.scheme] = "document"
    found.shas[step.scheme] = loaded.sha
    found.lines += [line._replace(rule=f"{step.scheme}:{line.rule}") for line in lines]
    if result.reasons:
        found.reasons[step.scheme] = result.reasons
    if warnings := benefit.warnings(document, {**document.defaults, **given}):
        found.warnings[step.scheme] = warnings
    rests = benefit.rests_on(document, result.lines, given)
    found.provisional += [f"{step.scheme}:{path}" for path in rests]
    return amount


def _verify(chain: Chain, number: int, loaded: LoadedDocument, stay: Stay, way: _Way, found: Run) -> None:
    """What a step would have paid beside what the slip says it paid, as a check.

    Where the pool's room was given, or both agree, the cost above the ceiling is known by it.
    """
    step = chain.steps[number]
    check, _given = _assess(chain, number, loaded, stay, way)
    found.checks[step.scheme] = check.amount
    agrees = check.amount == way.columns[step.pays_into] or "pool_room" in way.figures
    if agrees:
        _learn_above(loaded.document, check, way)


def _learn_above(document: Document, result: benefit.StayResult, way: _Way) -> None:
    """What the pool's ceiling left to the step above it."""
    if isinstance(document.benefit, pool.PoolBenefit) and way.above is None and not result.reasons:
        way.above = pool.cost_above(result.lines)


def _assess(
    chain: Chain, number: int, loaded: LoadedDocument, stay: Stay, way: _Way
) -> tuple[benefit.StayResult, Figures]:
    """A step's answer by its document, and the figures that were announced or given for it."""
    document = loaded.document
    given = {**(loaded.figures or {}), **_asked(chain.steps[number], document, way)}
    named = {**document.defaults, **given}
    above = way.slip.above_ceiling
    if above is None or not _pays_below(chain, number):
        return benefit.assess_one(document, stay=stay, person=way.person, figures=named), given
    eligible, lines = benefit.base_for(document, stay)
    over = min(above, eligible)
    article = "" if document.benefit is None else document.benefit.article
    lines.append(Line(article, "above_ceiling", over, None, 0, "统筹基金最高支付限额以上的费用"))
    below = replace(stay, base=eligible - over, bill=None, in_scope=None)
    result = benefit.assess_one(document, stay=below, person=way.person, figures=named)
    return result._replace(lines=lines + result.lines), given


def _pays_below(chain: Chain, number: int) -> bool:
    """Whether a later step pays what lies above the ceiling: this one pays what lies below it."""
    return any(step.base == "above_ceiling" for step in chain.steps[number + 1 :])


def _asked(step: Step, document: Document, way: _Way) -> Figures:
    """The figures of a request that are this step's: each is read by the scheme whose figure it is.

    Bands are those of the step on what the steps before leave; a deductible beside the pool's ratio is
    the pool's, else that of the step that has one of its own; the pool's room says what lies above the
    ceiling only where that is not known.
    """
    unread = set()
    if step.base == "above_ceiling":
        unread |= {"bands"} if way.above is None else {"bands", "pool_room"}
    if way.pool_speaks and getattr(document.benefit, "deductible", None) is not None:
        unread.add("deductible")
    return {name: value for name, value in way.figures.items() if name not in unread}


def _stay_for(chain: Chain, number: int, document: Document, way: _Way) -> Stay | None:
    """The stay with the base that a step pays on; None where it is not known."""
    step, slip = chain.steps[number], way.slip
    if step.base == "above_ceiling":
        if way.above is not None:
            return replace(slip.stay, bill=None, base=way.above)
        if "pool_room" not in way.figures or document.base is None:
            return None
    return replace(slip.stay, bill=_before(chain, number, document, way), in_scope=slip.in_scope)


def _before(chain: Chain, number: int, document: Document, way: _Way) -> dict[str, int]:
    """The slip's columns as they stand before a step: without its own payment and what steps after it pay.

    What the person paid in the end is no base of anybody, unless the document names it.
    """
    less = () if document.base is None else document.base.less
    unread = set(OWN) - {str(item.column) for item in less}
    unread |= {str(step.pays_into) for step in chain.steps[number:]} - {"other_paid"}
    return {name: amount for name, amount in way.columns.items() if name not in unread}


def _place(chain: Chain, way: _Way, found: Run) -> None:
    """Every fen of the bill in exactly one named place.

    Raises:
        BillInconsistent: more was paid than the bill's total.
    """
    slip = way.slip
    taken: dict[str, int] = {}
    for step in chain.steps:
        found.places[step.scheme] = found.steps[step.scheme]
        taken[step.pays_into] = taken.get(step.pays_into, 0) + found.steps[step.scheme]
    for name in INSURERS:
        found.places[name] = way.columns.get(name, 0) - taken.get(name, 0)
    found.places["hospital_part"] = slip.bill.get("hospital_part", 0)
    found.own = slip.total - sum(found.places.values())
    if found.own < 0:
        raise BillInconsistent(f"各方支付合计超过总费用{yuan(slip.total)}元", "bill")
    _place_own(way, found)
    found.places = {name: amount for name, amount in found.places.items() if amount or name in found.steps}


def _place_own(way: _Way, found: Run) -> None:
    """What the person bears: from the accounts, the rest in cash; an account of a scheme whose rule says
    so pays no cost out of scope, whatever the slip says.
    """
    room = found.own if way.account is None else min(way.left, found.own)
    wanted = 0
    left = found.own
    for name in ("account_paid", "family_account_paid"):
        asked = way.slip.bill.get(name, 0)
        wanted += asked
        found.places[name] = min(asked, room)
        room -= found.places[name]
        left -= found.places[name]
    found.places["cash_paid"] = left
    if way.account is not None and min(wanted, found.own) > found.own - left:
        scheme, article = way.account
        words = "个人账户只付政策范围内的个人负担，其余记为现金"
        found.warnings.setdefault(scheme, []).append(Reason("account_out_of_scope", article, words))
