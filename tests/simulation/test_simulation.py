"""Policy staff try a draft over the facts of a period before anybody adopts it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from claims.models import Adjudication, Claim
from core import runs, sheets
from core.errors import NotAllowed
from core.models import RunState
from core.roles import system_user
from desk import simulation
from desk.simulation import comparison, projection, report
from schemes.models import Period
from tests.simulation.conftest import ON
from tests.support.claims import enroll, file_claim, open_with_money

D = Decimal


def simulate(region, by, text):
    run = runs.work(simulation.start(period=region.period, text=text, by=by, on=ON).pk)
    assert run.state == RunState.DONE, run.error
    return run


def people_with_claims(region):
    """One person in two stays of 5,000 and 6,000, one of 500, one of another office of 2,000."""
    first, second = enroll(region), enroll(region)
    other = enroll(region, unit=region.stranger)
    return [
        file_claim(region, first, "5000.00"),
        file_claim(region, first, "6000.00"),
        file_claim(region, second, "500.00"),
        file_claim(region, other, "2000.00", by=region.stranger_agent),
    ]


def test_a_draft_shows_cost_difference_winners_and_losers(region, policy, better):
    people_with_claims(region)
    total = report.total(simulate(region, policy, better))
    assert (total.persons, total.claims, total.winners, total.losers) == (3, 4, 2, 0)
    # 30 %: 1260.00 + 2200.00 and 360.00; 40 %: 920.00 more on the full first band, 120.00 more on 1,200.00
    assert (total.old, total.new, total.difference) == (D("3820.00"), D("4860.00"), D("1040.00"))


def test_every_table_adds_up_to_the_total(region, policy, better):
    people_with_claims(region)
    run = simulate(region, policy, better)
    tables = {table.key: table for table in report.tables(run)}
    assert set(tables) == {"office", "unit_kind", "age", "band"}
    for table in tables.values():
        assert sum(row.new for row in table.rows) == table.total.new, table.key
        assert sum(row.old for row in table.rows) == table.total.old, table.key
        assert sum(row.persons for row in table.rows) == table.total.persons, table.key
    assert {row.label: row.new for row in tables["office"].rows} == {
        "示例州办事处": D("4380.00"), "产业办事处": D("480.00")
    }  # fmt: skip
    assert [row.persons for row in tables["band"].rows] == [1, 1, 1]


def test_the_largest_changes_come_with_both_traces(region, policy, better):
    claims = people_with_claims(region)
    changes = report.changes(simulate(region, policy, better))
    assert [change["difference"] for change in changes] == ["920.00", "120.00"]
    first = changes[0]["claims"]
    assert [each["claim"] for each in first] == [claims[0].number, claims[1].number]
    assert [first[0]["old"]["amount"], first[0]["new"]["amount"]] == ["1260.00", "1680.00"]
    rates = [line["rate"] for line in first[0]["new"]["lines"] if line["rule"] == "benefit.bands[0]"]
    assert rates == ["40%"]


def test_the_fund_is_projected_step_by_step_at_the_pace_of_the_days_that_have_run(region, policy, better):
    """Claims are taken from 2022-03-01 to 2023-06-30: 93 of 487 days have run on 2022-06-01."""
    people_with_claims(region)
    open_with_money(region)
    run = simulate(region, policy, better)
    steps = {step.label: (step.old, step.new) for step in report.balance_steps(run)}
    assert steps == {
        "已收入资金": (D("1000000.00"), D("1000000.00")),
        "尚可收缴的互助金": (D("0.00"), D("0.00")),
        "已计算的申请": (D("-3820.00"), D("-4860.00")),
        "未参与比较的申请（按现有金额）": (D("0.00"), D("0.00")),
        "后续申请（按已有进度推算）": (D("-16183.66"), D("-20589.68")),
    }
    (bar,) = report.balances(run)
    assert bar.label == "申请期满时的基金余额（预计）"
    assert (bar.old, bar.new) == (D("979996.34"), D("974550.32"))
    assert (bar.old, bar.new) == tuple(sum(each) for each in zip(*steps.values(), strict=True))
    assert "2022-03-01至2022-06-01共93天" in report.balance_words(run)
    assert "还有394天" in report.balance_words(run)


def test_the_page_shows_the_steps_and_an_office_reads_why_it_has_none(region, policy, better, client):
    from tests.support.claims import person

    people_with_claims(region)
    open_with_money(region)
    client.force_login(policy)
    page = client.get(
        reverse("policy-simulation", args=[simulate(region, policy, better).pk])
    ).content.decode()
    for words in ("申请期满时的基金余额（预计）", "-16,183.66", "979,996.34", "还有394天", region.unit.name):
        assert words in page
    theirs = person("county_policy", region.other, "policy")
    run = simulate(region, theirs, better)
    client.force_login(theirs)
    page = client.get(reverse("policy-simulation", args=[run.pk])).content.decode()
    assert "此处只计入部分申请" in page and "申请期满时" not in page


@pytest.mark.parametrize(
    ("on", "basis", "left", "old"),
    [
        (date(2022, 3, 29), "early", 458, "996180.00"),  # 29 days: what is still to come is not in it
        (date(2022, 3, 30), "pace", 457, "937988.67"),  # 30 days: 3,820.00 × 457 / 30 = 58,191.33
        (date(2023, 6, 29), "pace", 1, "996172.14"),
        (date(2023, 6, 30), "over", 0, "996180.00"),
        (date(2024, 1, 1), "over", 0, "996180.00"),
        (date(2021, 12, 20), "early", 487, "996180.00"),
    ],
)
def test_before_a_pace_is_known_and_after_the_last_day_nothing_is_extrapolated(region, on, basis, left, old):
    open_with_money(region)
    found = projection.project(region.period, on=on, old=D("3820.00"), new=D("4860.00"))
    assert (found["basis"], found["left"], found["old"]) == (basis, left, old)


def test_fees_that_may_still_be_paid_are_money_to_come_and_what_waits_is_there_already(province):
    province.assess()
    during, after = date(2022, 2, 1), date(2022, 2, 26)
    assert projection.fees_due(province.period, during) == D("1290.00")
    assert projection.fees_due(province.period, after) == D("0.00")
    province.pay("1000.00")
    assert projection.fees_due(province.period, during) == D("290.00")
    province.pay("290.00")
    assert projection.fees_due(province.period, during) == D("0.00")


@given(
    ran=st.integers(0, 600),
    old=st.integers(0, 10**9),
)
def test_a_window_is_what_has_run_and_what_is_left(ran, old):
    period = Period(cover_from=date(2022, 1, 1), cover_to=date(2022, 12, 31))
    found = projection.window(period, date(2022, 1, 1) + timedelta(days=ran))
    assert found.run + found.left == 365
    assert found.run == min(ran + 1, 365)
    if found.basis == projection.PACE:
        assert 0 <= projection._coming(D(old).scaleb(-2), found) <= D(old).scaleb(-2) * 335 / 30 + 1


def test_a_simulation_changes_nothing_and_is_made_once_for_the_same_facts(region, policy, better):
    people_with_claims(region)
    before = Adjudication.objects.count()
    run = simulate(region, policy, better)
    assert Adjudication.objects.count() == before
    assert simulation.start(period=region.period, text=better, by=policy, on=ON) == run
    file_claim(region, enroll(region), "900.00")
    assert simulation.start(period=region.period, text=better, by=policy, on=ON) != run


def test_chunks_of_one_member_give_the_same_as_one_chunk(region, policy, better):
    people_with_claims(region)
    run = simulation.start(period=region.period, text=better, by=policy, on=ON)
    pair = simulation.running.pair_of(run, region.period)
    made = simulation.running.population.stored(region.period)
    one = comparison.whole(made, pair.old, pair.new, opens=pair.opens)
    assert comparison.whole(made, pair.old, pair.new, opens=pair.opens, size=1) == one


def test_a_cheaper_draft_has_losers(region, policy, changed):
    people_with_claims(region)
    total = report.total(simulate(region, policy, changed("20%")))
    assert (total.winners, total.losers, total.difference) == (0, 2, D("-1040.00"))
    assert total.lost == D("1040.00")


def test_a_stricter_base_is_taken_from_the_stored_slips(region, policy):
    """What the draft no longer takes off comes back into the base: 1,000.00 of the pool's payment."""
    file_claim(region, enroll(region), "5000.00")
    text = region.period.version.document.replace('  { column = "basic_paid", article = "第七条" },\n', "")
    total = report.total(simulate(region, policy, text))
    assert (total.old, total.new) == (D("1260.00"), D("1560.00"))


def test_a_document_without_a_column_form_runs_by_the_scalar_core(region, policy, monkeypatch, better):
    people_with_claims(region)
    quick = simulate(region, policy, better).report
    monkeypatch.setattr("schemes.rules.columns.has_form", lambda document: False)
    slow = runs.work(simulation.start(period=region.period, text=better + "\n", by=policy, on=ON).pk).report
    assert slow == quick


def test_a_text_that_is_no_document_is_refused_with_its_problems(region, policy):
    with pytest.raises(simulation.NotSimulable):
        simulation.start(period=region.period, text='scheme = "yunnan-mutual-aid"', by=policy, on=ON)


@pytest.mark.parametrize("name", ["clerk", "cashier", "accountant", "auditor", "agent"])
def test_only_policy_staff_simulate(region, better, name):
    with pytest.raises(NotAllowed):
        simulation.start(period=region.period, text=better, by=region.people[name], on=ON)


def test_policy_staff_of_an_office_see_their_own_part(region, better):
    from tests.support.claims import person

    people_with_claims(region)
    theirs = person("county_policy", region.other, "policy")
    run = simulate(region, theirs, better)
    total = report.total(run)
    assert (total.persons, total.old) == (1, D("360.00"))
    assert run.report["balance"] is None
    assert "部分申请" in report.balance_words(run)
    assert list(simulation.visible_runs(theirs, on=ON)) == [run]
    with pytest.raises(NotAllowed):
        simulation.start(period=region.period, text=better, by=theirs, on=ON, office=region.center)


def test_the_workbooks_hold_tables_and_traces(region, policy, better):
    people_with_claims(region)
    run = simulate(region, policy, better)
    tables, changes = BytesIO(), BytesIO()
    report.export(run, tables)
    report.export_changes(run, changes)
    rows = [cells for _number, cells in sheets.rows(tables.getvalue())]
    levels = [cells[1:8:5] for cells in rows if cells[0] == "各级审定的申请数"]
    assert len(rows) == 3 + sum(len(table.rows) for table in report.tables(run)) + len(levels)
    assert levels == [["代办点", D("3.0")], ["不予补助", D("1.0")]]
    assert any("尚未为该制度开设账簿" in str(cells[1]) for cells in rows if cells[0] == "基金")
    header, *lines = [cells for _number, cells in sheets.rows(changes.getvalue())]
    assert header[:6] == ["序号（人）", "申请", "单位", "原", "现", "差额"]
    first = Claim.objects.order_by("pk").first()
    assert lines[0][:6] == [
        D("1.0"), first.number, first.unit.name, D("1260.0"), D("1680.0"), D("420.0")
    ]  # fmt: skip
    assert {line[1] for line in lines} == {
        claim.number for claim in Claim.objects.exclude(bill__cash_paid=D("500.00"))
    }
    assert any("第七条(一)" in cells for cells in lines)


def test_an_empty_period_simulates_to_nothing(region, policy, better):
    run = simulate(region, policy, better)
    assert report.total(run).persons == 0
    assert report.tables(run) == []


def test_the_command_prints_the_total(region, better, tmp_path, capsys):
    from django.core.management import call_command

    people_with_claims(region)
    path = tmp_path / "draft.toml"
    path.write_text(better)
    call_command(
        "simulate", "yunnan-mutual-aid", "18", document=path, on=ON, by=system_user("command").username
    )
    assert "4860.00\t+1040.00" in capsys.readouterr().out
