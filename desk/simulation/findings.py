"""What a finished comparison says: sums in yuan, the fund at year's end, the largest changes with traces."""

from __future__ import annotations

from datetime import date
from typing import Any

from claims import population
from claims.account import yuan_of
from claims.models import Claim
from claims.population import Found, Population
from desk.simulation import projection
from desk.simulation.comparison import METRICS, Pair, Tally, edges
from schemes.models import Period
from schemes.rules.units import yuan

MONEY = ("old", "new", "gained", "lost")


def report(
    made: Population, pair: Pair, tally: Tally, *, period: Period, whole: bool, on: date
) -> dict[str, Any]:
    """The run's report; amounts as yuan texts, groups by table and key.

    {"rows", "period", "groups": {"total"|"office"|"unit_kind"|"age"|"band": {key: {METRICS}}}, "levels":
    {level: [before, after]}, "edges": [yuan], "faulty", "missing": {fact: bills}, "aside": {"claims",
    "persons"} (the accounts of those bills), "recorded", "balance" (see projection.project; None where
    "unprojected" says why), "changes": […]}
    """
    total = tally["groups"].get("total", {}).get("", [0] * len(METRICS))
    sums = dict(zip(METRICS, total, strict=True))
    old, new, aside = (yuan_of(fen) for fen in (sums["old"], sums["new"], tally["aside_stands"]))
    balance = projection.project(period, on=on, old=old, new=new, aside=aside) if whole else None
    return {
        "rows": sums["claims"],
        "scheme": period.scheme.code,
        "period": period.code,
        "groups": {
            table: {key: _group(counts) for key, counts in sorted(groups.items())}
            for table, groups in {"total": {"": total}, **tally["groups"]}.items()
        },
        "levels": tally["levels"],
        "edges": [yuan(edge) for edge in edges(pair.old)],
        "faulty": tally["faulty"],
        "missing": dict(sorted(tally["missing"].items())),
        "aside": dict(zip(("claims", "persons"), tally["aside"], strict=True)),
        "recorded": yuan(tally["recorded"]),
        "balance": balance,
        "unprojected": "" if balance else projection.NO_BOOK if whole else projection.PART,
        "changes": changes(made, pair, [row[0] for row in tally["changes"]]),
    }


def _group(counts: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = dict(zip(METRICS, counts, strict=True))
    found["difference"] = yuan(found["new"] - found["old"])
    return found | {name: yuan(found[name]) for name in MONEY}


# --- the largest changes ---------------------------------------------------------------------------------


def changes(made: Population, pair: Pair, members: list[int]) -> list[dict[str, Any]]:
    """The people with the largest changes, each claim with its trace under both documents."""
    if not members:
        return []
    rows = population.rows_of(made, members)
    before = _by_member(population.walk(pair.old, rows))
    after = _by_member(population.walk(pair.new, rows))
    known = Claim.objects.filter(pk__in=[row.claim for row in rows])
    numbers = {
        pk: (number, office, unit)
        for pk, number, office, unit in known.values_list("pk", "number", "office_id", "unit__name")
    }
    return [_change(pair, member, before[member], after[member], numbers) for member in members]


def _by_member(found: list[Found]) -> dict[int, dict[int, Found]]:
    people: dict[int, dict[int, Found]] = {}
    for one in found:
        people.setdefault(one.row.member, {})[one.row.claim] = one
    return people


def _change(
    pair: Pair,
    member: int,
    old: dict[int, Found],
    new: dict[int, Found],
    numbers: dict[int, tuple[str, int, str]],
) -> dict[str, Any]:
    mine = [
        claim
        for claim in sorted(old)
        if pair.agencies is None or (claim in numbers and numbers[claim][1] in pair.agencies)
    ]
    was, now = (sum(side[claim].amount for claim in mine) for side in (old, new))
    return {
        "member": member,
        "old": yuan(was),
        "new": yuan(now),
        "difference": yuan(now - was),
        "claims": [
            {
                "claim": numbers.get(claim, (str(claim), 0, ""))[0],
                "unit": numbers.get(claim, (str(claim), 0, ""))[2],
                "old": _side(old[claim]),
                "new": _side(new[claim]),
            }
            for claim in mine
        ],
    }


def _side(one: Found) -> dict[str, Any]:
    """One claim under one document with lines and reasons; a slip that contradicts itself has neither."""
    return {
        "base": yuan(one.base),
        "before": yuan(one.finding.before if one.finding else 0),
        "amount": yuan(one.amount),
        "level": one.level,
        "counts": one.counts,
        "faulty": one.faulty,
        "lines": one.finding.lines if one.finding else [],
        "reasons": one.finding.reasons if one.finding else [],
    }
