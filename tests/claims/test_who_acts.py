"""Which person and which office: commands outside training name a person, files belong to an office."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from claims import payment, review, settlements
from claims.models import Bill, Claim, ReviewCase
from core import runs
from core.models import Run
from tests.support.claims import MAY, answer, enroll, file_claim, open_with_money

pytestmark = pytest.mark.django_db
HEADER = (
    "结算单号,票据代码,票据号码,姓名,身份证号,医院名称,入院日期,出院日期,"
    "总费用,全自费,统筹支付,个人账户支付,现金支付"
)


@pytest.fixture
def in_use(settings):
    settings.TRAINING = False


def command(*arguments: str, by: str = "") -> None:
    call_command(*arguments, "--on", MAY.isoformat(), *(["--by", by] if by else []))


@pytest.mark.parametrize("by", ["", "system:review-agency"])
def test_outside_training_no_job_approves_for_the_reviewers(region, in_use, by):
    from core.roles import system_user

    system_user("review-agency")
    claim = file_claim(region, enroll(region), "5000.00")
    with pytest.raises(CommandError, match="--by"):
        command("review", by=by)
    assert Claim.objects.get(pk=claim.pk).state == "review"
    command("review", by="clerk")
    assert Claim.objects.get(pk=claim.pk).state == "approved"


def test_in_training_every_level_is_approved_in_turn(region):
    claim = file_claim(region, enroll(region), "50000.00")
    command("review")
    assert Claim.objects.get(pk=claim.pk).state == "approved"


def test_outside_training_the_second_person_of_a_payment_is_a_person(region, in_use, tmp_path):
    open_with_money(region)
    claim = file_claim(region, enroll(region), "5000.00")
    review.decide(case=ReviewCase.objects.get(claim=claim), verdict="approve", by=region.clerk, on=MAY)
    batch = payment.build(period=region.period, by=region.cashier, on=MAY)
    with pytest.raises(CommandError, match="--by"):
        command("release_batch", batch.number)
    command("release_batch", batch.number, by="accountant")
    command("bank_file", batch.number, "--out", str(tmp_path / "bank.xlsx"), by="cashier")
    file = tmp_path / "result.csv"
    file.write_bytes(answer((batch.payments.get(), "成功", "")))
    with pytest.raises(CommandError, match="--by"):
        command("import_bank_result", batch.number, str(file))
    command("import_bank_result", batch.number, str(file), by="accountant")
    assert Claim.objects.get(pk=claim.pk).state == "paid"


def one_slip(region) -> bytes:
    member = enroll(region)
    row = ["S1", "5301", "R1", member.name, member.id_number, "示例医院", "2022-04-01", "2022-04-20"]
    return f"{HEADER}\n{','.join(row)},6000,0,1000,0,5000\n".encode()


def begin(region, content: bytes, who: str, office) -> tuple[Run, bool]:
    by = region.people[who]
    return settlements.begin(content=content, name="a.csv", by=by, on=MAY, office=office)


def test_an_agency_point_reads_no_settlement_file_of_the_province(region):
    with pytest.raises(settlements.OfficeNeeded):
        begin(region, one_slip(region), "clerk", region.agency)
    assert not Run.objects.exists()


def test_the_same_file_from_a_second_office_is_a_run_of_its_own_and_keeps_nothing_twice(region):
    content = one_slip(region)
    first, known = begin(region, content, "officer", region.office)
    assert (known, runs.work(first.pk).applied) == (False, 1)
    assert begin(region, content, "officer", region.office) == (Run.objects.get(pk=first.pk), True)
    second, known = begin(region, content, "other_officer", region.other)
    assert (known, second.pk != first.pk, second.office) == (False, True, region.other)
    report = runs.report(runs.work(second.pk))
    assert [issue["code"] for issue in report["issues"]] == ["duplicate_settlement"]
    assert Bill.objects.count() == 1
    assert Run.objects.visible_to(region.other_officer, on=MAY).filter(pk=second.pk).exists()
