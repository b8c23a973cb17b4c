"""After an adoption: whole (member, scheme, period) accounts again, shown before anything is written.

`preview` walks the accounts of the periods that a version touches and lists every claim that changes, with
its account's adjustment (entitled − already paid). `apply`, by a second person, appends superseding
calculations through claims. What is owed more goes through review and payment as usual; what is owed less
than has been paid becomes a recovery that waits for its own approval (`claims.recoveries`): until then
nothing is taken, afterwards it is set off against what the account is owed next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from claims import population
from claims.adjudication import READ, lock_accounts, recalculate
from claims.models import Adjudication, BenefitAccount, Recovery
from claims.population import Population
from core import runs
from core.errors import Refused
from core.issues import say
from core.models import Run, RunIssue, RunState, User
from core.roles import require
from core.write import write
from desk.simulation import comparison
from desk.simulation.comparison import Pair
from schemes.adoption import touched_periods
from schemes.models import Period, SchemeVersion
from schemes.rules.document import Document
from schemes.rules.units import parse_yuan, yuan
from schemes.versions import document_of, parsed, require_settled

PREVIEW_JOB = "recalculation_preview"
APPLY_JOB = "recalculation_apply"
PERMISSION = "schemes.adopt_schemeversion"
ACCOUNTS = 5_000
LOCKED = 200
CHANGED, NEGATIVE, LEFT = "claim_recalculated", "adjustment_negative", "account_changed"

say(
    {
        CHANGED: _("Claim %(claim)s: %(before)s yuan becomes %(after)s yuan; paid so far %(paid)s yuan."),
        NEGATIVE: _(
            "Claim %(claim)s: %(before)s yuan becomes %(after)s yuan, less than the %(paid)s yuan paid. "
            "Nothing is taken back before the recovery has been approved."
        ),
        LEFT: _("Account %(account)s has changed since the preview and was left alone; preview it again."),
    }
)


class NothingTouched(Refused):
    """No open period takes its document from this version."""

    code = "no_period_touched"
    sentence = _("No open period has this version as its document; nothing is recalculated.")


class SecondPerson(Refused):
    """The one who previewed cannot apply."""

    code = "second_person"
    sentence = _("A recalculation is applied by somebody else than who previewed it.")


class NotPreviewed(Refused):
    """The run is no finished preview."""

    code = "preview_missing"
    sentence = _("Run %(run)s is no finished preview of a recalculation.")


class PreviewOutdated(Refused):
    """Another document is in force now than the one that was previewed."""

    code = "preview_outdated"
    sentence = _("The document of period %(period)s is not the one that was previewed. Please preview again.")


@dataclass(frozen=True)
class Change:
    """One claim that changes; amounts in yuan; `adjustment` is of its account: entitled less already paid."""

    account: int
    claim: str
    before: Decimal
    after: Decimal
    paid: Decimal
    adjustment: Decimal
    negative: bool


# --- before: what would change ---------------------------------------------------------------------------


@write
def preview(*, version: SchemeVersion, by: User, on: date) -> Run:
    """The run that walks the touched periods' accounts again and lists what changes; it writes nothing else.

    The version may be adopted already or only drafted. The same version over the same calculations is the
    run that was made before.
    Raises NotAllowed, NothingTouched.
    """
    require(by, PERMISSION, on=on)
    periods = touched_periods(version)
    if not periods:
        raise NothingTouched()
    latest = Adjudication.objects.aggregate(latest=Max("id"))["latest"] or 0
    return runs.start(
        job=PREVIEW_JOB,
        key=f"{PREVIEW_JOB}:{version.pk}:{version.sha[:24]}:{latest}",
        by=by,
        on=on,
        options={
            "version": version.pk,
            "sha": version.sha,
            "text": version.document,
            "periods": [period.pk for period in periods],
        },
    )


@write
def previews_for(*, periods: Sequence[Period], by: User, on: date) -> list[Run]:
    """After an adoption or a withdrawal: a preview by the document now in force of each period with accounts.

    Raises NotAllowed, NoDocument.
    """
    with_accounts = [period for period in periods if BenefitAccount.objects.filter(period=period).exists()]
    versions = {document_of(period).version for period in with_accounts}
    ordered = sorted(versions, key=lambda version: version.pk)
    return [preview(version=version, by=by, on=on) for version in ordered]


def applied_from(run: Run) -> Run | None:
    """The run that applies a preview, once somebody has begun it."""
    return Run.objects.filter(key=f"{APPLY_JOB}:{run.pk}").first()


@runs.job(PREVIEW_JOB)
def preview_step(run: Run) -> bool:
    """The next accounts of the periods, one period after the other."""
    if not run.cursor:
        run.cursor = {"period": 0, "after": -1, "claims": 0, "negative": 0, "more": 0, "less": 0, "faulty": 0,
                      "missing": 0}  # fmt: skip
        run.total = sum(population.stored(period).size() for period in _periods(run))
    cursor, periods = run.cursor, run.options["periods"]
    if cursor["period"] >= len(periods):
        _finish_preview(run)
        return True
    period = Period.objects.select_related("scheme").get(pk=periods[cursor["period"]])
    found = _next_changes(run, period)
    if found is None:
        run.cursor = cursor | {"period": cursor["period"] + 1, "after": -1}
        return False
    RunIssue.objects.bulk_create([_issue(run, change) for change in found], batch_size=1_000)
    _count(run.cursor, found)
    run.applied += len({change.account for change in found})
    return False


def _periods(run: Run) -> list[Period]:
    return list(Period.objects.select_related("scheme").filter(pk__in=run.options["periods"]).order_by("pk"))


def _next_changes(run: Run, period: Period) -> list[Change] | None:
    made, after = population.stored(period), run.cursor["after"]
    upto = made.next_bound(after, ACCOUNTS)
    if upto is None:
        return None
    document = parsed(run.options["sha"], run.options["text"])
    found = changes_between(made, period, document, after=after, upto=upto)
    run.cursor["after"] = upto
    run.cursor["faulty"] += _people("sim_new WHERE faulty")
    run.cursor["missing"] += _people("sim_aside")
    walked = BenefitAccount.objects.filter(period=period, member_id__gt=after, member_id__lte=upto)
    run.done += walked.count()
    return found


def _people(rows: str) -> int:
    """How many people of the range stand in these rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(DISTINCT member) FROM {rows}")
        return int(cursor.fetchone()[0])


def changes_between(
    made: Population, period: Period, document: Document, *, after: int, upto: int
) -> list[Change]:
    """The claims of a range of members whose base, amount or place in the account a document changes.

    Accounts with a slip that contradicts itself under the document, or that lack a fact, are left out.
    Call it in a transaction.
    """
    comparison.stage(made, Pair(document, document, period.cover_from), after=after, upto=upto)
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED)
        return [_change(row) for row in cursor.fetchall()]


_CHANGED = """
WITH claims AS (
  SELECT s.member, s.new, s.paid, c.account_id, c.number, d.amount, s.paid > s.new AS below,
         (d.amount * 100, d.base * 100, d.counts) IS DISTINCT FROM (s.new, s.new_base,
           s.new_counts) AS changed
    FROM sim_claims s JOIN claims_claim c ON c.id = s.claim
    JOIN claims_adjudication d ON d.id = c.adjudication_id
   WHERE NOT EXISTS (SELECT 1 FROM sim_new n WHERE n.member = s.member AND n.faulty)
), people AS (
  SELECT account_id, sum(new) - sum(paid) AS adjustment, bool_or(below AND changed) AS negative,
         bool_or(changed) AS changed FROM claims GROUP BY account_id
)
SELECT account_id, number, amount, new, paid, adjustment, negative FROM claims JOIN people USING (account_id)
 WHERE claims.changed ORDER BY account_id, number
"""


def _change(row: tuple[Any, ...]) -> Change:
    account, number, before, after, paid, adjustment, negative = row
    return Change(
        account=account,
        claim=number,
        before=before,
        after=_yuan(after),
        paid=_yuan(paid),
        adjustment=_yuan(adjustment),
        negative=negative,
    )


def _yuan(fen: int | Decimal) -> Decimal:
    return Decimal(yuan(int(fen)))


def _issue(run: Run, change: Change) -> RunIssue:
    return RunIssue(
        run=run,
        row=change.account,
        severity=RunIssue.Severity.WARNING if change.negative else RunIssue.Severity.INFO,
        code=NEGATIVE if change.negative else CHANGED,
        facts={
            "claim": change.claim,
            "before": str(change.before),
            "after": str(change.after),
            "paid": str(change.paid),
            "adjustment": str(change.adjustment),
        },
    )


def _count(cursor: dict[str, Any], found: Sequence[Change]) -> None:
    cursor["claims"] += len(found)
    cursor["negative"] += len({change.account for change in found if change.negative})
    for change in found:
        fen = parse_yuan(str(abs(change.after - change.before)))
        cursor["more" if change.after > change.before else "less"] += fen


def _finish_preview(run: Run) -> None:
    counts = run.cursor
    run.report = {
        "rows": run.done,
        "version": run.options["version"],
        "periods": [period.code for period in _periods(run)],
        "accounts": run.applied,
        "claims": counts["claims"],
        "negative": counts["negative"],
        "faulty": counts["faulty"],
        "missing": counts["missing"],
        "more": yuan(counts["more"]),
        "less": yuan(counts["less"]),
    }
    run.done, run.cursor = run.total, {}


def adjustments(run: Run, *, negative: bool | None = None) -> Iterator[Change]:
    """What a preview found, claim by claim; only the negative ones, only the others, or all."""
    rows = RunIssue.objects.filter(run=run, code__in=[CHANGED, NEGATIVE]).order_by("row", "id")
    if negative is not None:
        rows = rows.filter(code=NEGATIVE if negative else CHANGED)
    for issue in rows.iterator():
        facts = {name: Decimal(issue.facts[name]) for name in ("before", "after", "paid", "adjustment")}
        yield Change(
            account=issue.row or 0, claim=issue.facts["claim"], negative=issue.code == NEGATIVE, **facts
        )


# --- then: by a second person ----------------------------------------------------------------------------


@write
def apply(*, run: Run, by: User, on: date) -> Run:
    """The run that appends the previewed calculations, by somebody else than who previewed them.

    Raises NotAllowed, NotPreviewed, SecondPerson, PreviewOutdated, Provisional.
    """
    require(by, PERMISSION, on=on)
    if run.job != PREVIEW_JOB or run.state != RunState.DONE:
        raise NotPreviewed(run=run.pk)
    if run.started_by_id == by.pk:
        raise SecondPerson()
    _still_in_force(run)
    return runs.start(
        job=APPLY_JOB, key=f"{APPLY_JOB}:{run.pk}", by=by, on=on, options={"preview": run.pk, **run.options}
    )


def _still_in_force(run: Run) -> None:
    for period in _periods(run):
        loaded = document_of(period)
        if loaded.sha != run.options["sha"]:
            raise PreviewOutdated(period=period.code)
        require_settled(loaded, *READ)


@runs.job(APPLY_JOB)
def apply_step(run: Run) -> bool:
    """The next accounts of the preview: locked, compared with it, settled again. Raises PreviewOutdated."""
    shown = RunIssue.objects.filter(run=run.options["preview"], code__in=[CHANGED, NEGATIVE])
    _still_in_force(run)
    if not run.cursor:
        run.cursor = {"after": 0, "left": 0, "negative": 0}
        run.total = shown.values("row").distinct().count()
    following = shown.filter(row__gt=run.cursor["after"]).order_by("row").values_list("row", flat=True)
    accounts = [account for account in following.distinct()[:LOCKED] if account is not None]
    if not accounts:
        run.report = {
            "rows": run.total,
            "preview": run.options["preview"],
            "left": run.cursor["left"],
            "negative": run.cursor["negative"],
            "recoveries": Recovery.objects.filter(run=run).count(),
        }
        run.cursor = {}
        return True
    _apply_to(run, accounts, _by_account(shown.filter(row__in=accounts)))
    run.cursor["after"], run.done = accounts[-1], run.done + len(accounts)
    return False


Shown = dict[int, list[tuple[str, str, str]]]


def _by_account(issues: Any) -> tuple[Shown, set[int]]:
    shown: Shown = defaultdict(list)
    negative = set()
    for issue in issues:
        facts = issue.facts
        shown[issue.row].append((facts["claim"], facts["before"], facts["after"]))
        if issue.code == NEGATIVE:
            negative.add(issue.row)
    return shown, negative


def _apply_to(run: Run, accounts: list[int], previewed: tuple[Shown, set[int]]) -> None:
    shown, negative = previewed
    lock_accounts(accounts)
    now = _now(run, accounts)
    same = [
        account for account in accounts if sorted(shown[account]) == sorted(now.get(account, ([], False))[0])
    ]
    good = [account for account in same if now[account][1] == (account in negative)]
    left = [account for account in accounts if account not in good]
    recalculate(accounts=good, by=run.started_by, on=run.business_date, run=run)
    RunIssue.objects.bulk_create(
        RunIssue(
            run=run, row=account, severity=RunIssue.Severity.WARNING, code=LEFT, facts={"account": account}
        )
        for account in left
    )
    run.applied += len(good)
    run.cursor["left"] += len(left)
    run.cursor["negative"] += len([account for account in good if account in negative])


def _now(run: Run, accounts: list[int]) -> dict[int, tuple[list[tuple[str, str, str]], bool]]:
    """What the document changes of locked accounts at this moment."""
    document = parsed(run.options["sha"], run.options["text"])
    found: dict[int, tuple[list[tuple[str, str, str]], bool]] = {}
    rows = (
        BenefitAccount.objects.filter(pk__in=accounts)
        .select_related("period__scheme")
        .order_by("period", "member")
    )
    by_period: dict[Period, list[BenefitAccount]] = defaultdict(list)
    for row in rows:
        by_period[row.period].append(row)
    for period, mine in by_period.items():
        for change in _changes_of(period, document, mine):
            shown, negative = found.get(change.account, ([], False))
            found[change.account] = (
                [*shown, (change.claim, str(change.before), str(change.after))], negative or change.negative,
            )  # fmt: skip
    return found


def _changes_of(period: Period, document: Document, accounts: list[BenefitAccount]) -> list[Change]:
    members = [account.member_id for account in accounts]
    some = population.only(population.stored(period), members)
    return changes_between(some, period, document, after=min(members) - 1, upto=max(members))
