"""A draft saved as it is typed, checked whole, filed within the window; the file's own way in bulk."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from io import BytesIO

import pytest

from claims import filing, filing_jobs
from claims.models import Bill, Claim, PaperKind
from core import files, runs
from core.errors import Moved, NotAllowed
from core.roles import system_user
from tests.support.claims import MAY, enroll, file_claim, slip

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 scan"
TYPED = {
    "settlement_number": " ｙn2022-0001 ",
    "receipt_code": "53010122",
    "receipt_number": "9000001",
    "hospital": "示例州人民医院",
    "care": "普通住院",
    "designated": "是",
    "admitted": "2022年4月1日",
    "discharged": "2022.4.20",
    "settled": "20220420",
    "total": "７，346.00元",
    "self_funded": "786.55",
    "class_b_own": "335.15",
    "deductible": "200",
    "basic_paid": "5,120.65",
    "cash_paid": "2225.35",
    "card_number": "6222 0202 0011 2233 441",
}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def draft_of(region, member, **more) -> Claim:
    return filing.start(
        member=member, unit=region.unit, period=region.period, by=region.agent, on=MAY, **more
    )


def fresh(claim: Claim) -> Claim:
    return Claim.objects.select_related("bill", "period__scheme", "unit", "office").get(pk=claim.pk)


def scan(region, claim: Claim) -> None:
    for kind in filing.missing_papers(claim):
        paper = files.keep(
            name="扫描.pdf",
            content=BytesIO(PDF + kind.code.encode()),
            by=region.agent,
            unit_code=claim.unit.code,
        )
        filing.add_paper(claim=claim, kind=kind, attachment=paper, by=region.agent, on=MAY)


def test_an_agent_types_a_slip_as_people_type_and_files_it(region):
    claim = draft_of(region, enroll(region, card=""))
    assert filing.save(claim=claim, values=TYPED, by=region.agent, on=MAY) == []
    claim = fresh(claim)
    assert claim.bill.amounts["total"] == D("7346.00")
    assert (claim.bill.settlement_number, claim.bill.discharged) == ("YN20220001", date(2022, 4, 20))
    seen = filing.preview(claim)
    # 7,346.00 − 5,120.65 − 786.55 = 1,438.80; 30 % of 638.80 = 191.64
    assert (seen["base"], seen["amount"], seen["level"]) == (D("1438.80"), D("191.64"), "agency")
    assert {problem.code for problem in filing.problems_of(claim, on=MAY)} == {"paper_missing"}
    scan(region, claim)
    filed = filing.submit(claim=claim, by=region.agent, on=MAY)
    assert (filed.state, filed.amount, filed.filed_on, filed.card_number[-3:]) == (
        "review",
        D("191.64"),
        MAY,
        "441",
    )


def test_a_draft_names_everything_that_is_missing_at_once(region):
    claim = draft_of(region, enroll(region, card=""))
    with pytest.raises(filing.NotReady) as refused:
        filing.submit(claim=claim, by=region.agent, on=MAY)
    assert [problem.field for problem in refused.value.problems] == [
        "settlement_number", "hospital", "admitted", "discharged", "total", "card_number",
        "paper_settlement_data", "paper_receipt", "paper_slip",
    ]  # fmt: skip


def test_what_cannot_be_read_is_named_and_the_rest_is_kept(region):
    claim = draft_of(region, enroll(region))
    values = {
        "total": "七百",
        "cash_paid": "-5",
        "card_number": "12a",
        "admitted": "2022-04-01",
        "care": "看病",
    }
    problems = filing.save(claim=claim, values=values, by=region.agent, on=MAY)
    assert {problem.field for problem in problems} == {"total", "cash_paid", "card_number", "care"}
    assert fresh(claim).bill.admitted == date(2022, 4, 1)


def test_an_imported_settlement_is_taken_as_it_is(region):
    member = enroll(region)
    bill = slip(region, member, "5000.00")
    Bill.objects.filter(pk=bill.pk).update(run=some_run(region))
    claim = draft_of(region, member, bill=Bill.objects.get(pk=bill.pk))
    filing.save(claim=claim, values={"total": "1.00", "note": "加急"}, by=region.agent, on=MAY)
    claim = fresh(claim)
    assert (claim.bill.total, claim.note) == (D("6000.00"), "加急")
    assert set(filing.missing_papers(claim).values_list("code", flat=True)) == {"receipt", "slip"}
    with pytest.raises(filing.BillUsed):
        draft_of(region, member, bill=claim.bill)


def some_run(region):
    return runs.start(job="import_settlements", key="test", by=system_user("test"), on=MAY)


@pytest.mark.parametrize(
    ("on", "code"),
    [(date(2022, 4, 19), "not_discharged"), (date(2023, 7, 1), "outside_window")],
)
def test_a_claim_is_filed_after_the_discharge_and_within_the_window(region, on, code):
    member = enroll(region)
    claim = draft_of(region, member, bill=slip(region, member, "5000.00"))
    with pytest.raises(filing.NotReady) as refused:
        filing.submit(claim=claim, by=region.agent, on=on, on_paper=True)
    assert [problem.code for problem in refused.value.problems] == [code]


@pytest.mark.parametrize("on", [date(2022, 3, 1), date(2023, 6, 30)])
def test_the_window_includes_its_first_and_last_day(region, on):
    early = {"admitted": date(2022, 1, 5), "discharged": date(2022, 1, 9)}
    assert file_claim(region, enroll(region), "5000.00", on=on, **early).state == "review"


def test_a_discharge_outside_the_period_is_not_filed_here(region):
    with pytest.raises(filing.NotReady) as refused:
        file_claim(region, enroll(region), "5000.00", on=date(2023, 2, 1), discharged=date(2023, 1, 5))
    assert [problem.code for problem in refused.value.problems] == ["outside_period"]


def test_an_agent_files_for_the_own_unit_alone(region):
    member = enroll(region, unit=region.stranger)
    with pytest.raises(NotAllowed):
        filing.start(member=member, unit=region.stranger, period=region.period, by=region.agent, on=MAY)
    with pytest.raises(filing.NotEnrolled):
        draft_of(region, member)


def test_the_second_click_returns_the_first_claim(region):
    member = enroll(region)
    first, second = (draft_of(region, member, once="form-1") for _ in range(2))
    assert first.pk == second.pk
    bill = slip(region, member, "5000.00")
    claim = draft_of(region, member, bill=bill)
    filing.submit(claim=claim, by=region.agent, on=MAY, on_paper=True, once="file-1")
    again = filing.submit(claim=claim, by=region.agent, on=MAY, on_paper=True, once="file-1")
    assert again.pk == claim.pk
    with pytest.raises(Moved):
        filing.submit(claim=claim, by=region.agent, on=MAY, on_paper=True, once="file-2")


def test_a_withdrawn_draft_can_be_begun_again(region):
    member = enroll(region)
    bill = slip(region, member, "5000.00")
    claim = draft_of(region, member, bill=bill)
    filing.withdraw(claim=claim, by=region.agent, on=MAY)
    assert draft_of(region, member, bill=bill).pk == claim.pk


def test_papers_come_off_a_draft_but_not_off_a_filed_claim(region):
    claim = draft_of(region, enroll(region))
    scan(region, claim)
    paper = claim.papers.get(kind=PaperKind.objects.get(code="slip"))
    filing.remove_paper(paper=paper, by=region.agent, on=MAY)
    assert list(filing.missing_papers(claim).values_list("code", flat=True)) == ["slip"]
    Claim.objects.filter(pk=claim.pk).update(state="withdrawn")
    with pytest.raises(Moved):
        filing.remove_paper(paper=claim.papers.first(), by=region.agent, on=MAY)


def test_bulk_filing_takes_each_settlement_of_the_period_once_in_order_of_discharge(region):
    member, other = enroll(region), enroll(region)
    late = slip(region, member, "6000.00", discharged=date(2022, 5, 2))
    early = slip(region, member, "5000.00")
    slip(region, other, "5000.00", discharged=date(2023, 1, 5))
    future = slip(region, other, "5000.00", discharged=date(2022, 6, 1))
    by = system_user("test")

    def work(job):
        return runs.work(job(period=region.period, by=by, on=MAY).pk)

    assert work(filing_jobs.begin_filing).applied == 2
    assert work(filing_jobs.begin_filing).applied == 0
    assert work(filing_jobs.begin_adjudication).applied == 2
    assert work(filing_jobs.begin_adjudication).applied == 0
    amounts = dict(Claim.objects.values_list("bill_id", "amount"))
    assert amounts == {early.pk: D("1260.00"), late.pk: D("2200.00")}
    assert future.pk not in amounts
    assert {claim.number[:3] for claim in Claim.objects.all()} == {"18-"}


def test_nothing_is_filed_in_bulk_before_the_window_opens(region):
    slip(region, enroll(region), "5000.00", admitted=date(2022, 1, 5), discharged=date(2022, 1, 9))
    run = filing_jobs.begin_filing(period=region.period, by=system_user("test"), on=date(2022, 2, 28))
    assert runs.work(run.pk).applied == 0
