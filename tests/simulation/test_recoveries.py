"""A version pays less than has been paid: noted, approved by another person, set off, or let go."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

import claims.proof
from claims import bank, pages, payment, recoveries, review
from claims.models import Claim, Payment, Recovery, SetOff, Verdict
from core import runs
from core.errors import Moved, NotAllowed
from core.models import User
from core.roles import system_user
from desk import recalculation
from funds.proof import prove as prove_books
from schemes import adoption
from tests.simulation.conftest import ON, amounts
from tests.support.claims import answer, enroll, file_claim, open_with_money, person

D = Decimal


@pytest.fixture
def book(region):
    return open_with_money(region)


@pytest.fixture
def recalculated(policy, second_policy, adopted):
    """Adopt a text and apply its recalculation."""

    def recalculated(text: str | None = None):
        if text is not None:
            adopted(text)
        version = adoption.periods.find("yunnan-mutual-aid", "18").version
        preview = runs.work(recalculation.preview(version=version, by=policy, on=ON).pk)
        return runs.work(recalculation.apply(run=preview, by=second_policy, on=ON).pk)

    return recalculated


@pytest.fixture
def overpaid(region, book, recalculated, changed):
    """1,260.00 were paid for what is worth 840.00 now."""
    member = enroll(region)
    claim = file_claim(region, member, "5000.00")
    approve(region, claim)
    pay(region)
    recalculated(changed("20%"))
    return member, claim, Recovery.objects.get()


def approve(region, claim: Claim) -> None:
    case = Claim.objects.get(pk=claim.pk).case
    review.take(case=case, by=region.clerk, on=ON)
    case.refresh_from_db()
    review.decide(case=case, verdict=Verdict.APPROVE, reason="", by=region.clerk, on=ON)


def pay(region) -> list[Payment]:
    batch = payment.build(period=region.period, by=region.cashier, on=ON)
    payment.release(batch=batch, by=region.accountant, on=ON)
    bank.bank_file(batch=batch, by=region.cashier, on=ON)
    found = list(batch.payments.order_by("pk"))
    content = answer(*((each, "成功", "") for each in found))
    bank.import_result(batch=batch, content=content, name="result.csv", by=region.cashier, on=ON)
    return found


def proven() -> None:
    assert (claims.proof.prove(), prove_books()) == ([], [])


def received(*claims_of: Claim) -> list[Decimal]:
    found = recoveries.settled_by([claim.pk for claim in claims_of])
    return [found[claim.pk] for claim in claims_of]


def test_what_was_approved_is_kept_back_from_the_next_payment(region, overpaid):
    member, first, recovery = overpaid
    second = file_claim(region, member, "5000.00")
    recovery = recoveries.approve(recovery=recovery, by=region.accountant, on=ON)
    assert (recovery.state, recovery.taken) == ("approved", 0)
    approve(region, second)
    assert amounts([first, second]) == [D("840.00"), D("1000.00")]
    (paid,) = pay(region)
    assert (paid.claim, paid.amount) == (second, D("580.00"))
    recovery.refresh_from_db()
    assert (recovery.state, recovery.taken) == ("done", D("420.00"))
    told = [event.detail for event in pages.timeline(first) + pages.timeline(second)]
    assert "420.00" in told and f"420.00 ← {first.number}" in told
    assert received(first, second) == [D("840.00"), D("1000.00")]
    assert sum(each.amount for each in Payment.objects.all()) == D("1840.00")
    proven()


def test_an_approval_takes_at_once_from_what_waits_to_be_paid(region, overpaid):
    member, _first, recovery = overpaid
    second = file_claim(region, member, "5000.00")
    approve(region, second)
    assert [each.amount for each in payment.payable(period=region.period)] == [D("1000.00")]
    recoveries.approve(recovery=recovery, by=region.accountant, on=ON)
    assert [each.to_pay for each in payment.payable(period=region.period)] == [D("580.00")]
    assert SetOff.objects.get().set_off_by == region.accountant
    proven()


def test_before_the_approval_nothing_is_taken(region, overpaid):
    member, _first, recovery = overpaid
    second = file_claim(region, member, "5000.00")
    approve(region, second)
    assert pay(region)[0].amount == D("1000.00")
    recovery.refresh_from_db()
    assert (recovery.state, recovery.taken) == ("waiting", 0)
    proven()


def test_a_small_claim_is_paid_by_setting_it_off_and_the_rest_stays_open(region, overpaid):
    member, _first, recovery = overpaid
    recoveries.approve(recovery=recovery, by=region.accountant, on=ON)
    small = file_claim(region, member, "500.00")
    approve(region, small)
    small.refresh_from_db()
    recovery.refresh_from_db()
    assert (small.amount, small.state) == (D("100.00"), "paid")
    assert (recovery.state, recovery.left) == ("approved", D("320.00"))
    with pytest.raises(payment.NothingToPay):
        payment.build(period=region.period, by=region.cashier, on=ON)
    proven()


def test_who_noted_it_does_not_decide_it_and_a_job_never_does(region, overpaid):
    _member, _first, recovery = overpaid
    assert recovery.noted_by.username == "second_policy"
    with pytest.raises(NotAllowed):
        recoveries.approve(recovery=recovery, by=recovery.noted_by, on=ON)
    recovery.noted_by.roles.create(office=region.center, role="accountant", since=ON.replace(year=2020))
    both = User.objects.get(pk=recovery.noted_by_id)
    with pytest.raises(recoveries.OwnRecovery):
        recoveries.approve(recovery=recovery, by=both, on=ON)
    for other in (region.cashier, region.chief, region.auditor, region.agent, system_user("night")):
        with pytest.raises(NotAllowed):
            recoveries.approve(recovery=recovery, by=other, on=ON)
    recoveries.approve(recovery=recovery, by=region.accountant, on=ON)
    with pytest.raises(Moved):
        recoveries.approve(recovery=recovery, by=region.accountant, on=ON)


def test_an_accountant_of_another_office_does_not_decide(region, overpaid):
    elsewhere = person("elsewhere", region.other, "accountant")
    with pytest.raises(NotAllowed):
        recoveries.approve(recovery=overpaid[2], by=elsewhere, on=ON)


def test_letting_it_go_needs_a_reason_and_leaves_the_money(region, overpaid):
    member, _first, recovery = overpaid
    with pytest.raises(recoveries.NoReason):
        recoveries.waive(recovery=recovery, reason=" ", by=region.accountant, on=ON)
    recovery = recoveries.waive(recovery=recovery, reason="会议决定不追回", by=region.accountant, on=ON)
    assert recovery.state == "waived"
    second = file_claim(region, member, "5000.00")
    approve(region, second)
    assert pay(region)[0].amount == D("1000.00")
    assert Recovery.objects.count() == 1
    proven()


def test_when_the_version_is_withdrawn_what_waited_is_owed_no_more(region, policy, overpaid, recalculated):
    _member, first, recovery = overpaid
    version = adoption.periods.find("yunnan-mutual-aid", "18").version
    adoption.withdraw(version=version, reason="recalled", by=policy, on=ON)
    recalculated()
    recovery.refresh_from_db()
    assert (amounts([first]), recovery.state) == ([D("1260.00")], "void")
    proven()


def test_what_was_recovered_is_paid_again_when_it_is_owed_again(region, policy, overpaid, recalculated):
    member, first, recovery = overpaid
    second = file_claim(region, member, "5000.00")
    approve(region, second)
    recoveries.approve(recovery=recovery, by=region.accountant, on=ON)
    pay(region)
    version = adoption.periods.find("yunnan-mutual-aid", "18").version
    adoption.withdraw(version=version, reason="recalled", by=policy, on=ON)
    recalculated()
    assert amounts([first, second]) == [D("1260.00"), D("1500.00")]
    for claim in (first, second):
        approve(region, claim)
    assert [each.amount for each in pay(region)] == [D("420.00"), D("500.00")]
    assert received(first, second) == [D("1260.00"), D("1500.00")]
    proven()


def test_a_version_that_takes_more_replaces_what_waits(region, overpaid, recalculated, changed):
    _member, first, before = overpaid
    recoveries.approve(recovery=before, by=region.accountant, on=ON)
    recalculated(changed("10%"))
    before.refresh_from_db()
    now = Recovery.objects.get(state="waiting")
    assert (before.state, now.amount, amounts([first])) == ("void", D("840.00"), [D("420.00")])
    proven()


def test_a_payment_on_its_way_while_the_claim_falls_is_noted_when_it_arrives(
    region, book, recalculated, changed
):
    claim = file_claim(region, enroll(region), "5000.00")
    approve(region, claim)
    batch = payment.build(period=region.period, by=region.cashier, on=ON)
    payment.release(batch=batch, by=region.accountant, on=ON)
    bank.bank_file(batch=batch, by=region.cashier, on=ON)
    recalculated(changed("20%"))
    assert not Recovery.objects.exists()
    content = answer((batch.payments.get(), "成功", ""))
    bank.import_result(batch=batch, content=content, name="r.csv", by=region.cashier, on=ON)
    assert Recovery.objects.get().amount == D("420.00")
    proven()


def test_a_claim_that_leaves_the_account_of_a_paid_one_notes_what_was_paid_too_much(region, book):
    """The first stay carried the deductible; it is returned after the second was paid."""
    member = enroll(region)
    first, second = file_claim(region, member, "5000.00"), file_claim(region, member, "5000.00")
    approve(region, second)
    pay(region)
    case = Claim.objects.get(pk=first.pk).case
    review.take(case=case, by=region.clerk, on=ON)
    case.refresh_from_db()
    review.decide(case=case, verdict=Verdict.RETURN, reason="缺少收据", by=region.clerk, on=ON)
    noted = Recovery.objects.get()
    assert (noted.claim, noted.amount, noted.run) == (second, D("240.00"), None)
    proven()


def test_between_an_adoption_and_its_recalculation_everything_still_proves(region, adopted, better):
    file_claim(region, enroll(region), "5000.00")
    adopted(better)
    proven()


# --- on the page -----------------------------------------------------------------------------------------


def page_of(user) -> Client:
    client = Client()
    client.force_login(user, backend="core.roles.RoleBackend")
    return client


def test_an_accountant_approves_on_the_page_and_others_only_read(region, overpaid):
    _member, first, recovery = overpaid
    for reader in (region.cashier, region.auditor, region.clerk):
        seen = page_of(reader).get(reverse("recoveries")).content.decode()
        assert first.number in seen and "420.00" in seen
        assert reverse("recovery-approve", args=[recovery.pk]) not in seen
    elsewhere = person("elsewhere", region.other, "accountant")
    assert first.number not in page_of(elsewhere).get(reverse("recoveries")).content.decode()
    assert page_of(elsewhere).post(reverse("recovery-approve", args=[recovery.pk])).status_code == 404
    assert page_of(region.cashier).post(reverse("recovery-approve", args=[recovery.pk])).status_code == 403
    accountant = page_of(region.accountant)
    assert (
        reverse("recovery-approve", args=[recovery.pk])
        in accountant.get(reverse("recoveries")).content.decode()
    )
    accountant.post(reverse("recovery-waive", args=[recovery.pk]), {"reason": ""})
    recovery.refresh_from_db()
    assert recovery.state == "waiting"
    accountant.post(reverse("recovery-approve", args=[recovery.pk]))
    recovery.refresh_from_db()
    assert (recovery.state, recovery.decided_by) == ("approved", region.accountant)
    again = accountant.post(reverse("recovery-waive", args=[recovery.pk]), {"reason": "x"}, follow=True)
    recovery.refresh_from_db()
    assert again.status_code == 200 and recovery.state == "approved"


def test_the_page_of_one_run_or_one_state(region, overpaid):
    _member, first, recovery = overpaid
    client, address = page_of(region.accountant), reverse("recoveries")
    assert first.number in client.get(address, {"run": recovery.run_id}).content.decode()
    for query in ({"run": 1}, {"state": "done"}):
        assert first.number not in client.get(address, query).content.decode()
    for odd in ({"run": "x"}, {"run": "9" * 30}, {"state": "x"}, {"before": "x"}):
        assert client.get(address, odd).status_code == 200


# --- the database keeps it -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "amount = 1",
        "noted_by_id = %(other)s",
        "taken = 5",
        "state = 'approved'",
        "state = 'done'",
        "state = 'approved', decided_on = now(), decided_at = now(), decided_by_id = noted_by_id",
        "state = 'waived', decided_on = now(), decided_at = now(), decided_by_id = %(other)s",
    ],
)
def test_raw_sql_cannot_take_without_a_second_person(region, overpaid, change):
    assert refused(
        f"UPDATE claims_recovery SET {change} WHERE id = %(id)s",
        {"id": overpaid[2].pk, "other": region.chief.pk},
    )


def test_recoveries_and_set_offs_stay(region, overpaid):
    member, _first, recovery = overpaid
    second = file_claim(region, member, "5000.00")
    approve(region, second)
    recoveries.approve(recovery=recovery, by=region.accountant, on=ON)
    for table in ("claims_recovery", "claims_setoff"):
        assert refused(f"DELETE FROM {table}", {})
        assert refused(f"TRUNCATE {table} CASCADE", {})
    assert refused("UPDATE claims_setoff SET amount = 1", {})
    assert refused("UPDATE claims_recovery SET state = 'waiting', taken = 0", {})


def refused(statement: str, values: dict) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except DatabaseError:
        return True
    return False


def test_a_set_off_that_is_not_noted_on_its_recovery_is_found(region, overpaid):
    _member, first, recovery = overpaid
    SetOff.objects.create(
        recovery=recovery, claim=first, amount=1, set_off_on=ON, set_off_at=recovery.noted_at,
        set_off_by=region.accountant,
    )  # fmt: skip
    assert "claims_set_off" in {fault.code for fault in claims.proof.prove()}
