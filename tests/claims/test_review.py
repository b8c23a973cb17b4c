"""Who decides what where, by when; nobody decides their own work; what is returned comes back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims import bulk_review, filing, pages, proof, review
from claims.models import Claim, Decision, ReviewCase
from core.errors import Moved, NotAllowed
from core.roles import system_user
from tests.support.claims import MAY, enroll, file_claim, slip

pytestmark = pytest.mark.django_db


def case_of(claim: Claim) -> ReviewCase:
    return ReviewCase.objects.get(claim=claim)


def decide(claim: Claim, verdict: str, by, on=MAY, **more) -> Decision:
    return review.decide(case=case_of(claim), verdict=verdict, by=by, on=on, **more)


def state_of(claim: Claim) -> str:
    return Claim.objects.get(pk=claim.pk).state


@pytest.mark.parametrize(
    ("base", "level"),
    [("10342.86", "agency"), ("10342.87", "office"), ("20342.86", "office"), ("20342.87", "center")],
)
def test_the_amount_of_this_application_names_the_level(region, base, level):
    claim = file_claim(region, enroll(region), base)
    assert (claim.level, case_of(claim).level) == (level, level)


def test_a_large_claim_climbs_from_the_agency_point_over_the_office_to_the_centre(region):
    claim = file_claim(region, enroll(region), "50000.00")  # 30,760.00
    with pytest.raises(review.AboveLevel):
        decide(claim, "approve", region.clerk)
    decide(claim, "forward", region.clerk)
    assert (case_of(claim).at, case_of(claim).office) == ("office", region.office)
    with pytest.raises(review.NotYours):
        decide(claim, "forward", region.clerk)
    decide(claim, "forward", region.officer)
    assert (case_of(claim).at, case_of(claim).office) == ("center", region.center)
    with pytest.raises(review.NoHigherLevel):
        decide(claim, "forward", region.chief)
    decision = decide(claim, "approve", region.chief)
    assert (state_of(claim), decision.amount) == ("approved", D("30760.00"))
    assert list(case_of(claim).steps.values_list("at", "decides")) == [
        ("agency", False), ("office", False), ("center", True),
    ]  # fmt: skip


def test_clocks_count_working_days_with_make_up_days(region):
    # the Dragon Boat holiday of 2022: 3 to 5 June
    on = date(2022, 6, 2)
    own = file_claim(region, enroll(region), "5000.00", on=on)
    above = file_claim(region, enroll(region), "50000.00", on=on)
    assert case_of(own).due_on == date(2022, 6, 10)
    assert case_of(above).due_on == date(2022, 6, 7)
    decide(above, "forward", region.clerk, on=date(2022, 6, 6))
    assert case_of(above).due_on == date(2022, 6, 8)
    row = next(row for row in pages.inbox(region.clerk, on=date(2022, 6, 9)).rows if row.claim == own)
    assert (row.left, row.light) == (1, "amber")
    row = pages.inbox(region.clerk, on=date(2022, 6, 13)).rows[0]
    assert (row.left, row.light) == (-1, "red")


def test_nobody_decides_what_they_filed_or_decided_before(region):
    mine = file_claim(region, enroll(region), "5000.00", by=region.clerk)
    with pytest.raises(review.OwnWork):
        decide(mine, "approve", region.clerk)
    decide(mine, "approve", region.second_clerk)
    large = file_claim(region, enroll(region), "12000.00")
    decide(large, "forward", region.clerk)
    ReviewCase.objects.filter(claim=large).update(office=region.agency)
    with pytest.raises(review.OwnWork):
        decide(large, "approve", region.clerk)


@pytest.mark.parametrize(
    "who", ["other_officer", "officer", "chief", "cashier", "accountant", "auditor", "agent"]
)
def test_only_a_reviewer_of_the_step_s_office_decides(region, who):
    claim = file_claim(region, enroll(region), "5000.00", by=region.second_clerk)
    with pytest.raises(NotAllowed):
        decide(claim, "approve", region.people[who])
    assert state_of(claim) == "review"


def test_a_return_says_what_is_missing_and_a_rejection_its_article(region):
    claim = file_claim(region, enroll(region), "5000.00")
    with pytest.raises(review.ReasonMissing):
        decide(claim, "return", region.clerk, reason="  ")
    with pytest.raises(review.ArticleMissing):
        decide(claim, "reject", region.clerk)
    assert not Decision.objects.exists()


def test_a_returned_claim_may_be_completed_within_ten_working_days_after_the_window(region):
    last_day = date(2023, 6, 30)
    member = enroll(region)
    claim = file_claim(region, member, "5000.00", on=last_day)
    decide(claim, "return", region.clerk, on=date(2023, 7, 3), reason="缺少住院收据")
    claim = Claim.objects.select_related("bill", "period__scheme", "office", "unit").get(pk=claim.pk)
    assert (claim.state, claim.complete_by, claim.count_order) == ("returned", date(2023, 7, 17), None)
    with pytest.raises(filing.NotReady):
        filing.submit(claim=claim, by=region.agent, on=date(2023, 7, 18), on_paper=True)
    again = filing.submit(claim=claim, by=region.agent, on=date(2023, 7, 17), on_paper=True)
    assert (again.state, again.filed_on, again.amount) == ("review", last_day, D("1260.00"))
    assert (case_of(again).round, case_of(again).arrived_on) == (2, date(2023, 7, 17))
    decide(again, "approve", region.clerk, on=date(2023, 7, 18))  # a return is no verdict on this round


def test_the_second_of_two_reviewers_is_told(region):
    claim = file_claim(region, enroll(region), "5000.00")
    seen = case_of(claim)
    decide(claim, "approve", region.clerk)
    with pytest.raises(Moved):
        review.decide(case=seen, verdict="reject", by=region.second_clerk, on=MAY, article="第十二条")
    assert Decision.objects.count() == 1


def test_a_taken_case_is_left_to_who_took_it(region):
    first, second = (file_claim(region, enroll(region), "5000.00") for _ in range(2))
    taken = review.take_next(by=region.clerk, on=MAY)
    assert taken.claim == first
    with pytest.raises(review.Taken):
        decide(first, "approve", region.second_clerk)
    assert review.take_next(by=region.second_clerk, on=MAY).claim == second
    with pytest.raises(review.Taken):
        review.release(case=taken, by=region.second_clerk, on=MAY)
    review.release(case=taken, by=region.clerk, on=MAY)
    decide(first, "approve", region.second_clerk)


def test_applications_that_together_cross_a_threshold_are_flagged(region):
    member = enroll(region)
    first = file_claim(region, member, "7000.00")  # 1,860
    assert not case_of(first).splitting
    second = file_claim(region, member, "7000.00")  # 3,700 more in all: 2,760 + 2,800 − 1,860 = 3,700
    assert [case_of(first).splitting, case_of(second).splitting] == [False, False]
    third = file_claim(region, member, "9000.00")  # 6,300: the sum is 11,860
    assert [case_of(claim).splitting for claim in (first, second, third)] == [True, True, True]
    alone = file_claim(region, enroll(region), "7000.00")
    assert not case_of(alone).splitting


def test_bulk_approval_stays_within_the_level_and_leaves_own_work(region):
    small = [file_claim(region, enroll(region), "5000.00") for _ in range(3)]
    large = file_claim(region, enroll(region), "50000.00")
    own = file_claim(region, enroll(region), "5000.00", by=region.clerk)
    outcome = bulk_review.work_off(by=region.clerk, on=MAY)
    assert (outcome.approved, outcome.forwarded, outcome.left) == (3, 1, 1)
    assert {state_of(claim) for claim in small} == {"approved"}
    assert (state_of(large), case_of(large).at) == ("review", "office")
    assert state_of(own) == "review"
    again = bulk_review.work_off(by=region.clerk, on=MAY)
    assert (again.approved, again.forwarded) == (0, 0)


def test_stays_that_pay_nothing_are_accepted_before_the_others_are_approved(region):
    member = enroll(region)
    for base in ("800.00", "800.00", "5000.00"):
        file_claim(region, member, base)
    # as filed: the third alone pays 1,260; accepted one by one: 0, 240, 30 % of 5,000
    assert list(Claim.objects.order_by("pk").values_list("amount", flat=True)) == [
        D("0.00"),
        D("0.00"),
        D("1260.00"),
    ]
    assert bulk_review.work_off(by=region.clerk, on=MAY).approved == 3
    states = list(Claim.objects.filter(member=member).order_by("pk").values_list("state", "amount"))
    assert states == [("approved", D("0.00")), ("approved", D("240.00")), ("approved", D("1500.00"))]
    assert proof.prove() == []


def test_an_approved_amount_is_not_disturbed_by_a_smaller_stay_accepted_later(region):
    member = enroll(region)
    small, large = (file_claim(region, member, base) for base in ("500.00", "5000.00"))
    decide(large, "approve", region.clerk)
    small.refresh_from_db()
    assert small.amount == D("150.00")  # 30 % of 4,700 less the 1,260 that stand
    decide(small, "approve", region.clerk)
    assert [state_of(small), state_of(large)] == ["approved", "approved"]


def test_bulk_approval_takes_a_fixed_number_of_statements(region):
    def statements(number: int) -> int:
        for _ in range(number):
            file_claim(region, enroll(region), "5000.00")
        by = system_user("review-agency")
        with CaptureQueriesContext(connection) as found:
            bulk_review.work_off(by=by, on=MAY, at="agency")
        return len(found)

    assert statements(1) == statements(8)


def test_one_claim_takes_at_most_twenty_five_statements(region):
    member = enroll(region)
    draft = filing.start(
        member=member,
        unit=region.unit,
        period=region.period,
        bill=slip(region, member, "5000.00"),
        by=region.agent,
        on=MAY,
    )
    with CaptureQueriesContext(connection) as found:
        claim = filing.submit(claim=draft, by=region.agent, on=MAY, on_paper=True)
        review.decide(case=case_of(claim), verdict="approve", by=region.clerk, on=MAY)
    real = [q["sql"] for q in found if "SAVEPOINT" not in q["sql"]]
    assert len(real) <= 25


def test_the_inbox_takes_the_same_queries_however_many_cases_and_pages_by_keys(region):
    def read(after: str = ""):
        with CaptureQueriesContext(connection) as found:
            page = pages.inbox(region.clerk, on=MAY, size=3, after=after)
        return page, len(found)

    for _ in range(2):
        file_claim(region, enroll(region), "5000.00")
    _few, before = read()
    for _ in range(5):
        file_claim(region, enroll(region), "5000.00")
    seen, after, queries = [], "", set()
    while after is not None:
        page, number = read(after)
        seen += [row.claim.pk for row in page.rows]
        queries.add(number)
        after = page.after
    assert len(seen) == len(set(seen)) == 7
    assert queries == {before} or max(queries) <= before
    assert pages.counts(region.clerk, on=MAY)["to_review"] == 7
    assert pages.inbox(region.officer, on=MAY).rows == []
    assert pages.inbox(region.other_officer, on=MAY).rows == []


def test_the_claim_page_tells_the_whole_story_to_those_who_may_see_it(region):
    member = enroll(region)
    first = file_claim(region, member, "5000.00")
    claim = file_claim(region, member, "6000.00")
    page = pages.claim_page(claim.pk, user=region.clerk, on=MAY)
    assert (page.account_base, page.account_paid) == (D("11000.00"), D("3460.00"))
    assert page.earlier == [first]
    assert page.verdicts == ["approve", "return", "reject", "forward"]
    assert ("总费用" in dict(page.columns) or len(page.columns) == 18) and page.left == 5
    decide(claim, "approve", region.clerk)
    page = pages.claim_page(claim.pk, user=region.auditor, on=MAY)
    assert (page.verdicts, len(page.timeline)) == ([], 4)
    assert pages.claim_page(claim.pk, user=region.stranger_agent, on=MAY) is None
    assert pages.claim_page(claim.pk, user=region.other_officer, on=MAY) is None
    assert pages.claim_page(claim.pk, user=region.agent, on=MAY).claim == claim


def test_nothing_else_of_claims_leaves_the_reader_s_part_of_the_tree(region):
    file_claim(region, enroll(region), "5000.00")
    file_claim(region, enroll(region, unit=region.stranger), "5000.00", by=region.stranger_agent)
    for model in ("Claim", "Bill", "Adjudication", "BenefitAccount"):
        rows = getattr(__import__("claims.models", fromlist=[model]), model).objects
        seen = {who: rows.visible_to(region.people[who], on=MAY).distinct().count() for who in region.people}
        assert (seen["agent"], seen["stranger_agent"]) == (1, 1), model
        assert (seen["clerk"], seen["other_officer"], seen["chief"], seen["auditor"]) == (1, 1, 2, 2), model
    cases = {who: ReviewCase.objects.visible_to(region.people[who], on=MAY).count() for who in region.people}
    assert (cases["clerk"], cases["officer"], cases["other_officer"], cases["agent"]) == (1, 1, 1, 0)
