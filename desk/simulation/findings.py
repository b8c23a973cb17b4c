"""What a finished comparison says: sums in yuan, the fund at year's end, the largest changes with traces."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from claims import population
from claims.account import yuan_of
from claims.models import Claim, Payment, PaymentState
from claims.population import Found, Population
from desk.simulation.comparison import METRICS, Pair, Tally, edges
from funds import charts
from funds.models import Account, Balance, Book
from schemes.models import Period
from schemes.rules.units import yuan

MONEY = ("old", "new", "gained", "lost")


def report(made: Population, pair: Pair, tally: Tally, *, period: Period, whole: bool) -> dict[str, Any]:
    """The run's report; amounts as yuan texts, groups by table and key.

    {"rows", "period", "groups": {"total"|"office"|"unit_kind"|"age"|"band": {key: {METRICS}}}, "levels":
    {level: [before, after]}, "edges": [yuan], "faulty", "missing": {fact: bills}, "aside": {"claims",
    "persons"} (the accounts of those bills), "recorded", "balance" (None where not everybody is counted),
    "changes": […]}
    """
    total = tally["groups"].get("total", {}).get("", [0] * len(METRICS))
    sums = dict(zip(METRICS, total, strict=True))
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
        "balance": _balance(period, sums) if whole and not any(tally["aside"]) else None,
        "changes": changes(made, pair, [row[0] for row in tally["changes"]]),
    }


def _group(counts: list[int]) -> dict[str, Any]:
    found: dict[str, Any] = dict(zip(METRICS, counts, strict=True))
    found["difference"] = yuan(found["new"] - found["old"])
    return found | {name: yuan(found[name]) for name in MONEY}


# --- the fund --------------------------------------------------------------------------------------------


def _balance(period: Period, sums: dict[str, Any]) -> dict[str, str] | None:
    return year_end(period, old=yuan_of(sums["old"]), new=yuan_of(sums["new"]))


def year_end(period: Period, *, old: Decimal, new: Decimal) -> dict[str, str] | None:
    """The period's money when all these claims are paid: now, and under each document; None without a book.

    What stands now plus what has been paid is the money that came in; less the total cost it is what is left.
    """
    balance = fund_balance(period)
    if balance is None:
        return None
    paid = Payment.objects.filter(claim__period=period, state=PaymentState.PAID).aggregate(sum=Sum("amount"))[
        "sum"
    ]
    came_in = balance + (paid or Decimal("0.00"))
    return {
        "now": str(balance),
        "paid": str(paid or Decimal("0.00")),
        "old": str(came_in - old),
        "new": str(came_in - new),
    }


def fund_balance(period: Period) -> Decimal | None:
    """The period's money in the books of its scheme: credits less debits of fees and benefits' accounts."""
    books = Book.objects.filter(scheme=period.scheme).select_related("chart")
    nets = [net for book in books for net in [_book_balance(book, period)] if net is not None]
    return sum(nets, Decimal("0.00")) if nets else None


def _book_balance(book: Book, period: Period) -> Decimal | None:
    chart = charts.chart_of(book.chart.text)
    codes = {chart.event("fee_received").accounts()[1], chart.event("benefit_paid").accounts()[0]}
    named = Q()
    for code in codes:
        named |= Q(code__startswith=code)
    accounts = list(Account.objects.filter(named, book=book, leaf=True))
    by_period = [
        account.pk for account in accounts if "period" in {name.rstrip("?") for name in account.asks}
    ]
    others = [account.pk for account in accounts if account.pk not in by_period]
    dimension = f"period={period.code}"
    of_period = Q(account__in=by_period) & (Q(dimension=dimension) | Q(dimension__startswith=f"{dimension};"))
    months = Q(
        account__in=others,
        period__month__gte=period.cover_from.replace(day=1),
        period__month__lte=period.cover_to,
    )
    sums = Balance.objects.filter(of_period | months).aggregate(debit=Sum("debit"), credit=Sum("credit"))
    if sums["credit"] is None:
        return Decimal("0.00") if accounts else None
    return Decimal(sums["credit"] - sums["debit"])


# --- the largest changes ---------------------------------------------------------------------------------


def changes(made: Population, pair: Pair, members: list[int]) -> list[dict[str, Any]]:
    """The people with the largest changes, each claim with its trace under both documents."""
    if not members:
        return []
    rows = population.rows_of(made, members)
    before = _by_member(population.walk(pair.old, rows))
    after = _by_member(population.walk(pair.new, rows))
    known = Claim.objects.filter(pk__in=[row.claim for row in rows]).values_list("pk", "number", "office_id")
    numbers = {pk: (number, office) for pk, number, office in known}
    return [_change(pair, member, before[member], after[member], numbers) for member in members]


def _by_member(found: list[Found]) -> dict[int, dict[int, Found]]:
    people: dict[int, dict[int, Found]] = {}
    for one in found:
        people.setdefault(one.row.member, {})[one.row.claim] = one
    return people


def _change(
    pair: Pair, member: int, old: dict[int, Found], new: dict[int, Found], numbers: dict[int, tuple[str, int]]
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
                "claim": numbers.get(claim, (str(claim), 0))[0],
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
