"""A person's period: amounts worked by hand first, then any order of filing, decision and withdrawal."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from claims import proof, review
from claims.models import Adjudication, BenefitAccount, Claim, ReviewCase
from tests.support.claims import MAY, cover, enroll, file_claim, slip

CENTS = st.integers(min_value=1, max_value=60_000_000)
EDGES = st.sampled_from([80_000, 1_000_000, 10_000_000, 50_000_000]).flatmap(
    lambda edge: st.sampled_from([edge - 1, edge, edge + 1])
)


def amounts(*claims: Claim) -> list[D]:
    return list(
        Claim.objects.filter(pk__in=[claim.pk for claim in claims])
        .order_by("pk")
        .values_list("amount", flat=True)
    )


def decide(claim: Claim, verdict: str, by, **more):
    return review.decide(case=ReviewCase.objects.get(claim=claim), verdict=verdict, by=by, on=MAY, **more)


def account(member) -> tuple[D, D]:
    row = BenefitAccount.objects.get(member=member)
    return row.base, row.paid


def test_second_stay_pays_only_what_it_adds(region):
    member = enroll(region)
    first = file_claim(region, member, "5000.00")
    second = file_claim(region, member, "6000.00")
    # 30 % of 4,200 = 1,260; at 11,000: 2,760 + 70 % of 1,000 = 3,460, less 1,260
    assert amounts(first, second) == [D("1260.00"), D("2200.00")]
    assert account(member) == (D("11000.00"), D("3460.00"))
    assert proof.prove() == []


def test_lines_add_up_to_the_bill_and_to_the_payment(region):
    claim = file_claim(region, enroll(region), "12000.00")
    lines = claim.adjudication.lines
    assert sum(D(line["amount"]) for line in lines) == claim.amount == D("4160.00")
    banded = [line for line in lines if not line["rule"].startswith("base.")]
    assert sum(D(line["basis"]) for line in banded) == D("12000.00")
    assert {line["article"] for line in lines} >= {"第七条(一)", "第七条(二)"}


def test_a_stay_that_pays_nothing_counts_only_once_it_is_accepted(region):
    member = enroll(region)
    small = file_claim(region, member, "800.00")
    other = file_claim(region, member, "800.00")
    assert amounts(small, other) == [D("0.00"), D("0.00")]
    assert account(member) == (D("0.00"), D("0.00"))
    decide(small, "approve", region.clerk)
    # 30 % of (1,600 − 800) = 240, all of it by the other stay
    assert amounts(small, other) == [D("0.00"), D("240.00")]
    assert account(member) == (D("1600.00"), D("240.00"))
    assert Adjudication.objects.filter(claim=other).count() == 2
    assert proof.prove() == []


def test_a_rejected_claim_leaves_the_account_and_the_rest_is_calculated_again(region):
    member = enroll(region)
    first = file_claim(region, member, "5000.00")
    second = file_claim(region, member, "6000.00")
    decide(first, "reject", region.clerk, article="第十二条(三)")
    assert amounts(second) == [D("1560.00")]  # 30 % of 5,200
    assert account(member) == (D("6000.00"), D("1560.00"))
    latest = Adjudication.objects.filter(claim=second).latest("pk")
    assert latest.supersedes is not None
    assert latest.supersedes.amount == D("2200.00")
    assert proof.prove() == []


def test_an_approved_amount_that_changes_is_decided_again(region):
    member = enroll(region)
    first = file_claim(region, member, "5000.00")
    second = file_claim(region, member, "6000.00")
    decide(second, "approve", region.clerk)
    decide(first, "reject", region.clerk, article="第十二条(三)")
    second.refresh_from_db()
    assert (second.state, second.amount, second.case.state, second.case.round) == (
        "review",
        D("1560.00"),
        "open",
        2,
    )
    decide(second, "approve", region.clerk)
    assert Claim.objects.get(pk=second.pk).state == "approved"
    assert proof.prove() == []


def test_excluded_stays_are_accepted_with_nothing_and_never_count(region):
    member = enroll(region)
    excluded = file_claim(region, member, "5000.00", exclusion="non_designated", designated=False)
    assert (excluded.amount, excluded.state, excluded.case.level) == (D("0.00"), "review", "agency")
    assert excluded.adjudication.reasons[0]["code"] == "non_designated"
    decide(excluded, "approve", region.clerk)
    assert account(member) == (D("0.00"), D("0.00"))
    assert amounts(file_claim(region, member, "5000.00")) == [D("1260.00")]
    assert proof.prove() == []


def test_who_left_basic_insurance_before_the_discharge_gets_nothing_with_the_article(region):
    member = enroll(region, covered=False)
    enrollment = member.enrollments.get()
    cover(enrollment, valid_to=date(2022, 4, 19), ended="withdrawn", ended_on=date(2022, 4, 20))
    claim = file_claim(region, member, "5000.00")
    assert (claim.amount, claim.state) == (D("0.00"), "review")
    assert claim.adjudication.reasons == [{"code": "withdrawn", "article": "第十四条", "note": ""}]


def test_a_claim_waits_for_its_unit_s_fee_and_runs_when_cover_begins(region):
    member = enroll(region, covered=False)
    claim = file_claim(region, member, "5000.00")
    assert (claim.state, claim.held_because) == ("filed", "not_covered")
    cover(member.enrollments.get())
    from claims import filing_jobs
    from core import runs
    from core.roles import system_user

    run = filing_jobs.begin_adjudication(period=region.period, by=system_user("test"), on=MAY)
    runs.work(run.pk)
    claim.refresh_from_db()
    assert (claim.state, claim.held_because, claim.amount) == ("review", "", D("1260.00"))


def test_the_cap_ends_the_benefit_at_five_hundred_thousand(region):
    member = enroll(region)
    claims = [file_claim(region, member, base) for base in ("400000.00", "200000.00", "10.00")]
    assert amounts(*claims) == [D("365760.00"), D("100000.00"), D("0.00")]


def test_a_slip_that_contradicts_itself_is_held_and_harms_nobody_else(region):
    from claims import adjudication
    from core.roles import system_user
    from tests.support.claims import file_without_calculation

    member = enroll(region)
    bad = file_without_calculation(region, member, "5000.00")
    bad.bill.self_funded = D("9000.00")
    type(bad.bill).objects.filter(pk=bad.bill_id).update(state="draft")
    type(bad.bill).objects.filter(pk=bad.bill_id).update(self_funded=D("9000.00"), state="accepted")
    good = file_without_calculation(region, member, "6000.00")
    adjudication.adjudicate(claims=[bad, good], by=system_user("test"), on=MAY)
    bad.refresh_from_db()
    assert (bad.state, bad.held_because) == ("filed", "bill_inconsistent")
    assert amounts(good) == [D("1560.00")]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bases=st.lists(CENTS | EDGES, min_size=1, max_size=5), data=st.data())
def test_the_order_of_filing_never_changes_the_sum(region, bases, data):
    sums = []
    for order in (bases, data.draw(st.permutations(bases))):
        member = enroll(region)
        claims = [file_claim(region, member, D(base) / 100) for base in order]
        for claim in claims:  # what pays nothing counts once it is accepted
            if Claim.objects.get(pk=claim.pk).amount == 0:
                decide(claim, "approve", region.clerk)
        row = BenefitAccount.objects.get(member=member)
        assert row.paid == sum(amounts(*claims))
        sums.append((row.base, row.paid))
    assert sums[0] == sums[1]
    assert sums[0][0] == D(sum(bases)) / 100


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["file", "approve", "reject", "return"]), CENTS | EDGES), max_size=8
    )
)
def test_whatever_happens_the_account_is_the_sum_of_its_claims(region, steps):
    member = enroll(region)
    for act, base in steps:
        open_cases = ReviewCase.objects.filter(claim__member=member, state="open").order_by("-pk")
        if act == "file" or not open_cases:
            file_claim(region, member, D(base) / 100)
            continue
        case = open_cases[0]
        if act == "approve":
            ReviewCase.objects.filter(pk=case.pk).update(at=case.level)
            case.refresh_from_db()
        more = {"reject": {"article": "第十二条"}, "return": {"reason": "缺收据"}}.get(act, {})
        review.decide(case=case, verdict=act, by=reviewer(region, case), on=MAY, **more)
    assert proof.prove() == []


def reviewer(region, case):
    """Somebody who has not decided in this round, whatever the office: the job's user of the level."""
    from core.roles import system_user

    return system_user(f"review-{case.at}-{case.round}")


@pytest.mark.parametrize("table", ["claims_adjudication", "claims_decision"])
@pytest.mark.parametrize("act", ["UPDATE {} SET amount = 0", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_what_was_found_and_decided_stands_also_against_raw_sql(region, table, act):
    from django.db import DatabaseError, connection, transaction

    decide(file_claim(region, enroll(region), "5000.00"), "approve", region.clerk)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(act.format(table))


def test_an_accepted_slip_cannot_change(region):
    from django.db import DatabaseError, transaction

    bill = slip(region, enroll(region), "5000.00")
    with pytest.raises(DatabaseError), transaction.atomic():
        type(bill).objects.filter(pk=bill.pk).update(
            total=D("1.00"), basic_paid=D("1.00"), cash_paid=D("0.00")
        )
