"""What the rules find of claims: appended with facts and trace, under the lock of the person's account.

One account row is locked per (member, scheme, period), in one statement; what it protects is read in the
next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from claims import account, coverage, recoveries, routing
from claims.account import Entry, Finding, yuan_of
from claims.models import Adjudication, BenefitAccount, Claim, ClaimState
from claims.models.claims import LIVE
from core import clock
from core.models import Run, User
from core.write import write
from enrollment.models import Enrollment
from schemes.models import Period
from schemes.rules import benefit
from schemes.rules.errors import RuleError
from schemes.versions import Loaded, Provisional, document_of, require_settled, unsettled

READ = ("base", "accepts", "exclusions", "benefit", "cover", "routing")
"""The parts of a document that a claim's calculation reads: outside training mode none may be provisional."""
PROVISIONAL = Provisional.code
"""Why a claim is held whose document may not be calculated with yet."""


@write
def adjudicate(*, claims: Sequence[Claim], by: User, on: date, loaded: Loaded | None = None) -> list[Claim]:
    """Calculate filed claims, each in its account, and send them to review; claims of one period.

    loaded: the period's document, where the caller has it already.

    A claim whose member is not covered yet, or whose slip contradicts itself, stays filed, held with the
    reason; one that was calculated meanwhile is left alone. Returns the claims as they stand now.
    Raises NoDocument; outside training mode Provisional, and nothing is written: the claims stay filed.
    """
    if not claims:
        return []
    _lock_people(claims)
    fresh = list(_with_facts(Q(pk__in=[claim.pk for claim in claims], state=ClaimState.FILED)).order_by("id"))
    period = claims[0].period
    loaded = loaded or document_of(period)
    require_settled(loaded, *READ)
    covered = coverage.answers(fresh, loaded.document)
    held = {claim.pk: reason for claim in fresh if (reason := _holds(claim, covered[claim.pk], loaded))}
    ready = [claim for claim in fresh if claim.pk not in held]
    _hold([claim for claim in fresh if claim.pk in held], held)
    _settle(loaded, period, arriving=ready, covered=covered, by=by, on=on)
    return fresh


@write
def adjudicate_filed(*, claim: Claim, by: User, on: date, loaded: Loaded) -> Claim:
    """Calculate a claim that has just been filed; where the document is provisional the filing stands, held.

    A run takes it up once the figures are settled.
    """
    if unsettled(loaded, *READ) is None:
        return adjudicate(claims=[claim], by=by, on=on, loaded=loaded)[0]
    Claim.objects.filter(pk=claim.pk, state=ClaimState.FILED).update(held_because=PROVISIONAL)
    return _with_facts(Q(pk=claim.pk)).get()


@write
def recalculate(*, accounts: Iterable[int], by: User, on: date, run: Run | None = None) -> None:
    """Settle whole accounts again (their ids, already locked): somebody's claim left or was accepted.

    What falls below what has been paid is noted as a recovery, of this run where there is one.
    Raises NoDocument; outside training mode Provisional, and nothing is written.
    """
    ids = sorted(set(accounts))
    by_period: dict[int, list[int]] = defaultdict(list)
    for account_id, period_id in BenefitAccount.objects.filter(pk__in=ids).values_list("id", "period_id"):
        by_period[period_id].append(account_id)
    for period in Period.objects.select_related("scheme").filter(pk__in=by_period):
        loaded = document_of(period)
        require_settled(loaded, *READ)
        _settle(loaded, period, accounts=by_period[period.pk], by=by, on=on, run=run)


def _lock_people(claims: Sequence[Claim]) -> None:
    """Make the accounts that are missing, and lock those of the claims' people."""
    period = claims[0].period
    members = sorted({claim.member_id for claim in claims})
    BenefitAccount.objects.bulk_create(
        [BenefitAccount(member_id=member, scheme_id=period.scheme_id, period=period) for member in members],
        ignore_conflicts=True,
    )
    lock(BenefitAccount.objects.filter(member__in=members, scheme=period.scheme_id, period=period))


def lock_accounts(ids: Iterable[int]) -> None:
    """Lock accounts by their numbers; read what they protect in the next statement."""
    lock(BenefitAccount.objects.filter(pk__in=list(ids)))


def lock(accounts: QuerySet[BenefitAccount]) -> None:
    """Lock accounts in the order of their numbers."""
    list(accounts.order_by("pk").select_for_update().values_list("pk", flat=True))


def _with_facts(condition: Q) -> Any:
    rows = Claim.objects.filter(condition).select_related("bill", "adjudication", "period", "case")
    return rows.annotate(person_kind=Subquery(_KIND), person_sex=F("member__sex"))


_KIND = Enrollment.objects.filter(member=OuterRef("member"), period=OuterRef("period")).values("kind")[:1]


def person_of(claim: Any) -> account.Facts:
    """What the roster says of a claim's person, of claims that were read with their facts.

    The groups that medical assistance asks for stand in no table: they are not known, and left out.
    """
    return {"kind": claim.person_kind, "sex": claim.person_sex}


def person_in(claim: Claim) -> account.Facts:
    """The same of a claim as it was read."""
    return person_of(_with_facts(Q(pk=claim.pk)).get())


def _holds(claim: Claim, cover: coverage.Answer, loaded: Loaded) -> str:
    """Why a claim cannot be calculated yet: no cover, or a slip that contradicts itself; "" when it can."""
    if cover.waits:
        return cover.reason
    try:
        benefit.base_for(loaded.document, account.stay_of(claim.bill))
    except RuleError as error:
        return error.code
    return ""


def _hold(claims: list[Claim], reasons: dict[int, str]) -> None:
    for claim in claims:
        claim.held_because = reasons[claim.pk]
    for reason in sorted(set(reasons.values())):
        held = [claim.pk for claim in claims if claim.held_because == reason]
        Claim.objects.filter(pk__in=held).exclude(held_because=reason).update(held_because=reason)


def _settle(
    loaded: Loaded,
    period: Period,
    *,
    arriving: list[Claim] = [],  # noqa: B006 - read only
    accounts: list[int] = [],  # noqa: B006 - read only
    covered: dict[int, coverage.Answer] | None = None,
    by: User,
    on: date,
    run: Run | None = None,
) -> None:
    """Walk every account concerned once; write what changed with a fixed number of statements."""
    members = {claim.member_id for claim in arriving}
    rows = BenefitAccount.objects.filter(Q(pk__in=accounts) | Q(member__in=members), period=period)
    by_member = {row.member_id: row for row in rows}
    live = list(_with_facts(Q(account__in=by_member.values(), state__in=LIVE)))
    covered = (covered or {}) | standing_cover(live)
    groups: dict[int, list[Entry]] = {member: [] for member in by_member}
    for claim in [*live, *arriving]:
        groups[claim.member_id].append(account.entry_of(claim, covered[claim.pk], person_of(claim)))
    findings: list[Finding] = []
    for member, entries in groups.items():
        found = account.settle(loaded.document, entries)
        _sum_up(by_member[member], found)
        findings += found
    before = [finding.entry.claim.pk for finding in findings if finding.entry.claim.adjudication_id]
    reopened = _write(loaded, by_member, findings, by=by, on=on)
    if reopened:  # what is open again no longer holds its place
        _settle(loaded, period, accounts=[row.pk for row in by_member.values()], by=by, on=on, run=run)
    elif before:
        recoveries.note(claims=before, by=by, on=on, run=run)


def standing_cover(live: list[Claim]) -> dict[int, coverage.Answer]:
    """A live claim's cover was tested when it was calculated first; what was found then stands."""
    answers = {}
    for claim in live:
        reasons = claim.adjudication.reasons if claim.adjudication else []
        lines = claim.adjudication.lines if claim.adjudication else []
        lost = next((line for line in lines if line["rule"].startswith("cover.")), None)
        answers[claim.pk] = (
            coverage.Answer(False, reason=reasons[-1]["code"], article=lost["article"])
            if lost
            else coverage.Answer(True)
        )
    return answers


def _sum_up(row: BenefitAccount, findings: list[Finding]) -> None:
    """The account's sums, and the order in which bases began to count."""
    row.base = yuan_of(sum(each.base for each in findings if each.counts))
    row.paid = yuan_of(sum(each.amount for each in findings))
    last = 0
    for finding in findings:
        claim = finding.entry.claim
        if not finding.counts:
            claim.count_order = None
            continue
        if claim.count_order is None or claim.count_order <= last:
            claim.count_order = last + 1
        last = claim.count_order


def _changed(finding: Finding) -> bool:
    claim = finding.entry.claim
    now = claim.adjudication
    return (
        claim.state == ClaimState.FILED
        or now is None
        or finding.entry.order != claim.count_order
        or (now.base, now.amount, now.counts)
        != (yuan_of(finding.base), yuan_of(finding.amount), finding.counts)
    )


def _write(
    loaded: Loaded, by_member: dict[int, BenefitAccount], findings: list[Finding], *, by: User, on: date
) -> bool:
    """Append what changed and route it; whether something approved was opened again."""
    changed = [finding for finding in findings if _changed(finding)]
    rows = Adjudication.objects.bulk_create(
        [_adjudication(loaded, by_member[each.entry.claim.member_id], each, by, on) for each in changed]
    )
    moved = [
        (finding.entry.claim, _take(finding.entry.claim, row))
        for finding, row in zip(changed, rows, strict=True)
    ]
    flags = routing.splitting(loaded.document, _by_member(findings))
    known = [finding.entry.claim for finding in findings]
    routing.flag(known, flags)
    reopened = routing.place(moved, flags, document=loaded.document, on=on)
    fields = [
        "account",
        "adjudication",
        "amount",
        "base",
        "level",
        "held_because",
        "count_order",
        "state",
        "version",
    ]
    if changed:
        Claim.objects.bulk_update([claim for claim, _ in moved], fields, batch_size=500)
    BenefitAccount.objects.bulk_update(list(by_member.values()), ["base", "paid"], batch_size=500)
    return reopened


def _take(claim: Claim, row: Adjudication) -> bool:
    """Let the claim stand on a new calculation; whether its amount changed by it."""
    was = claim.amount
    claim.account, claim.adjudication, claim.held_because = row.account, row, ""
    claim.amount, claim.base, claim.level = row.amount, row.base, row.level
    return was != row.amount


def _adjudication(loaded: Loaded, row: BenefitAccount, finding: Finding, by: User, on: date) -> Adjudication:
    facts = account.facts_of(finding.entry.stay, finding.entry.person)
    return Adjudication(
        claim=finding.entry.claim,
        account=row,
        facts=facts,
        facts_sha=account.sha_of(facts),
        document_sha=loaded.sha,
        before=yuan_of(finding.before),
        base=yuan_of(finding.base),
        amount=yuan_of(finding.amount),
        level=finding.level,
        counts=finding.counts,
        lines=finding.lines,
        reasons=finding.reasons,
        supersedes=finding.entry.claim.adjudication,
        adjudicated_on=on,
        adjudicated_at=clock.now(),
        adjudicated_by=by,
    )


def _by_member(findings: list[Finding]) -> list[list[Claim]]:
    groups: dict[int, list[Claim]] = defaultdict(list)
    for finding in findings:
        groups[finding.entry.claim.member_id].append(finding.entry.claim)
    return list(groups.values())


def pending(*, period: Period, after: int = 0, size: int = 500) -> list[Claim]:
    """Filed claims that wait for their calculation, in order of filing (keyset by number)."""
    rows = Claim.objects.filter(period=period, state=ClaimState.FILED, pk__gt=after).select_related(
        "period__scheme"
    )
    return list(rows.order_by("pk")[:size])


def standing(claim: Claim) -> Decimal:
    """The base that the member's account counts now in the claim's period, without the claim itself."""
    row = BenefitAccount.objects.filter(
        member=claim.member_id, scheme=claim.period.scheme_id, period=claim.period_id
    ).first()
    counted = row.base if row else Decimal("0.00")
    return counted - (claim.base if claim.count_order is not None else Decimal("0.00"))
