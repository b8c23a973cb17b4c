"""One claim, filed to decided, against its own statements replayed through a bare psycopg cursor."""

from __future__ import annotations

import os
import time
from datetime import date
from typing import Any

import psycopg
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import Result, in_turns
from claims import filing, proof, review
from claims.models import Claim, ReviewCase
from core.models import User
from tests.support.claims import MAY, Region, build_region, enroll, slip

ROUNDS, CLAIMS = 5, 14  # both sides take turns, so that a busy moment of the machine meets both
MOST = 25
ON: date = MAY


def measure(size: int) -> list[Result]:
    """Claims per second, filed to approved, each act a commit; and statements per claim."""
    region = build_region()
    drafts = [_draft(region) for _ in range(ROUNDS * CLAIMS + 2)]
    _decided(drafts.pop(), region.agent, region.clerk)  # documents read, plans warm
    recorded = _recorded(region, drafts.pop())

    def filed() -> float:
        began = time.perf_counter()
        for _ in range(CLAIMS):
            _decided(drafts.pop(), region.agent, region.clerk)
        return CLAIMS / (time.perf_counter() - began)

    ours, theirs = in_turns(filed, lambda: _replayed(recorded), rounds=ROUNDS)
    if proof.prove():
        raise AssertionError(str(proof.prove()[0]))
    statements = sum(len(act) for act in recorded)
    return [
        Result("claim filed to decided", ours, "claims/s", "its statements, replayed", ours / theirs, 0.3),
        Result("statements per claim", statements, "statements", f"at most {MOST}", MOST / statements, 1.0),
    ]


def _draft(region: Region) -> Claim:
    member = enroll(region)
    bill = slip(region, member, "5000.00")
    return filing.start(
        member=member, unit=region.unit, period=region.period, bill=bill, by=region.agent, on=ON
    )


def _decided(draft: Claim, agent: User, clerk: User) -> None:
    claim = filing.submit(claim=draft, by=agent, on=ON, on_paper=True)
    review.decide(case=ReviewCase.objects.get(claim=claim), verdict="approve", by=clerk, on=ON)


def _recorded(region: Region, draft: Claim) -> list[list[str]]:
    """The statements of one claim by act, as sent."""
    acts: list[list[str]] = []
    with CaptureQueriesContext(connection) as found:
        claim = filing.submit(claim=draft, by=region.agent, on=ON, on_paper=True)
    acts.append(_plain(found))
    with CaptureQueriesContext(connection) as found:
        case = ReviewCase.objects.get(claim=claim)
        review.decide(case=case, verdict="approve", by=region.clerk, on=ON)
    acts.append(_plain(found))
    return acts


def _plain(found: Any) -> list[str]:
    controls = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE", "ROLLBACK")
    return [each["sql"] for each in found if not each["sql"].startswith(controls)]


def _replayed(acts: list[list[str]]) -> float:
    """The same statements by a client cursor with the same commits; rows that are there already are left."""
    with psycopg.connect(os.environ["DATABASE_URL"], cursor_factory=psycopg.ClientCursor) as bare:
        began = time.perf_counter()
        for _ in range(CLAIMS):
            for act in acts:
                for sql in act:
                    _run(bare, sql)
                bare.commit()
        return CLAIMS / (time.perf_counter() - began)


def _run(bare: psycopg.Connection[Any], sql: str) -> None:
    text = sql
    if text.startswith("INSERT") and "ON CONFLICT" not in text:
        head, _, returning = text.partition(" RETURNING ")
        text = f"{head} ON CONFLICT DO NOTHING" + (f" RETURNING {returning}" if returning else "")
    bare.execute(text)  # type: ignore[call-overload]
