"""A calculation keeps every fact that it was asked with; a draft that needs one more says so."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from django.db import connection
from django.utils import translation

from claims import account, proof, slips
from claims.models import Adjudication, Claim
from core import runs, sheets
from core.models import RunState
from desk import recalculation, simulation
from desk.simulation import report
from enrollment.models import Enrollment
from schemes.rules import benefit
from schemes.rules.document import load
from schemes.rules.needs import facts_read
from schemes.rules.stay import Person
from tests.schemes.support import document
from tests.simulation.conftest import ON
from tests.support.claims import enroll, file_claim, open_with_money

D = Decimal
POOL = """
[benefit]
kind = "pool"
article = "第七条"
accumulates = "settlement_year"
bands_over = "year"

[[benefit.tables]]
article = "第七条"
match = { levels = ["third"] }
deductible = { article = "第七条", per = "stay", amounts = ["800元", "400元"] }
bands = [{ article = "第七条", over = "0元", own = "20%" }]
factors = [{ article = "第七条", persons = ["retired"], own_times = "50%" }]

[[benefit.tables]]
article = "第七条"
bands = [{ article = "第七条", over = "0元", own = "10%" }]
"""
GROUPS = """
[benefit]
kind = "assistance"
article = "第七条"
rates = [{ group = "dibao", article = "第七条", pays = "90%" }]
"""


@pytest.fixture
def paying(region):
    """The text of period 18's document with another benefit."""

    def paying(section: str, *figures: str) -> str:
        text = region.period.version.document
        start, end = text.index("\n[benefit]"), text.index("\n[cover]")
        said = text[:start] + section + text[end:]
        return said.replace(
            "以个人负担的住院费用为基数：", "以个人负担的住院费用为基数：" + "，".join(figures) + "；"
        )

    return paying


@pytest.fixture
def pool(paying):
    return paying(POOL, "三级医院起付800元、400元", "负担20%、10%", "退休按50%")


def simulate(region, by, text):
    run = runs.work(simulation.start(period=region.period, text=text, by=by, on=ON).pk)
    assert run.state == RunState.DONE, run.error
    return run


def retire(member):
    Enrollment.objects.filter(member=member).update(kind="retired")
    return member


def forget(*claims: Claim) -> None:
    """Calculations as they were kept before the person's facts were: what older rows look like."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for claim in claims:
            claim.refresh_from_db()
            facts = account.facts_of(account.stay_of(claim.bill))
            Adjudication.objects.filter(pk=claim.adjudication_id).update(
                facts=facts, facts_sha=account.sha_of(facts)
            )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_calculation_keeps_person_and_hospital_level_and_its_hash_covers_them(region):
    member = retire(enroll(region))
    claim = file_claim(region, member, "5000.00", hospital_level="三级甲等")
    kept = Claim.objects.get(pk=claim.pk).adjudication
    assert kept.facts["person"] == {"kind": "retired", "sex": member.sex}
    assert kept.facts["stay"]["hospital"] == {"designated": True, "level": "third"}
    assert kept.facts_sha == account.sha_of(kept.facts)
    without = {**kept.facts, "person": {"kind": "active", "sex": member.sex}}
    assert account.sha_of(without) != kept.facts_sha
    assert proof.prove() == []


def test_what_is_not_known_is_left_out_and_never_written_as_a_default(region):
    claim = file_claim(region, enroll(region), "5000.00")
    facts = Claim.objects.get(pk=claim.pk).adjudication.facts
    assert "level" not in facts["stay"]["hospital"] and "groups" not in facts["person"]


def test_a_later_change_of_the_roster_does_not_touch_what_was_calculated(region):
    member = enroll(region)
    claim = file_claim(region, member, "5000.00")
    retire(member)
    file_claim(region, member, "6000.00")
    assert proof.prove() == []
    kinds = [row.facts["person"]["kind"] for row in Adjudication.objects.order_by("pk")]
    assert kinds == ["active", "retired"] and Claim.objects.get(pk=claim.pk).adjudications.count() == 1


def test_rows_of_before_stay_readable_prove_and_are_simulated(region, policy, better):
    member = enroll(region)
    forget(file_claim(region, member, "5000.00", hospital_level="三级"))
    assert proof.prove() == []
    run = simulate(region, policy, better)
    assert report.total(run).old == D("1260.00") and report.missing(run) == []
    file_claim(region, member, "6000.00")
    assert proof.prove() == []


def test_a_pool_draft_reads_the_stored_kind_and_level_stay_after_stay(region, policy, pool):
    first, second = enroll(region), retire(enroll(region))
    for member in (first, second):
        file_claim(region, member, "500.00", hospital_level="三级甲等")
        file_claim(region, member, "10400.00", hospital_level="三级")
    file_claim(region, enroll(region), "1000.00", hospital_level="二级")
    run = simulate(region, policy, pool)
    # 500 below 800; then 400 off 10,400: 10,000 at 80 %, at 90 % for the retired one; 1,000 at 90 %
    assert report.total(run).new == D("8000.00") + D("9000.00") + D("900.00")
    assert report.missing(run) == [] and run.report["faulty"] == 0
    traced = {change["new"]: change["claims"] for change in report.changes(run)}
    assert "80%" in str(traced["8000.00"]) and "90%" in str(traced["9000.00"])


def test_the_simulation_pays_what_the_quote_pays(region, policy, pool):
    member = retire(enroll(region))
    claims = [
        file_claim(region, member, base, hospital_level="三级", discharged=day, admitted=day, settled=day)
        for base, day in (("900.00", "2022-05-02"), ("30000.00", "2022-02-03"), ("700.00", "2022-03-04"))
    ]
    stays = [account.stay_of(Claim.objects.select_related("bill").get(pk=claim.pk).bill) for claim in claims]
    quoted = benefit.assess(load(pool.encode()), person=Person(kind="retired"), stays=stays)
    assert report.total(simulate(region, policy, pool)).new == account.yuan_of(quoted.total)


def test_one_claim_set_aside_does_not_hide_the_fund(region, policy, pool):
    """It is taken off under both documents at what stands: 1,260.00 of a base of 5,000.00."""
    open_with_money(region)
    file_claim(region, enroll(region), "1000.00", hospital_level="二级")
    file_claim(region, enroll(region), "5000.00")
    run = simulate(region, policy, pool)
    assert report.aside(run) == {"claims": 1, "persons": 1}
    steps = {step.label: (step.old, step.new) for step in report.balance_steps(run)}
    assert steps["未参与比较的申请（按现有金额）"] == (D("-1260.00"), D("-1260.00"))
    (bar,) = report.balances(run)
    assert (bar.old, bar.new) == tuple(sum(each) for each in zip(*steps.values(), strict=True))


def test_bills_without_a_fact_that_the_draft_needs_are_counted_not_defaulted(region, policy, pool):
    known, old, nowhere = enroll(region), enroll(region), enroll(region)
    file_claim(region, known, "1000.00", hospital_level="二级")
    forget(file_claim(region, old, "5000.00", hospital_level="二级"))
    file_claim(region, old, "5000.00", hospital_level="二级")
    file_claim(region, nowhere, "5000.00")
    run = simulate(region, policy, pool)
    with translation.override("en"):
        assert dict(report.missing(run)) == {"the hospital's level": 2, "the person's kind": 1}
    assert report.aside(run) == {"claims": 3, "persons": 2}
    total = report.total(run)
    assert (total.persons, total.claims, total.new) == (1, 1, D("900.00"))
    assert run.report["unprojected"] == "book" and run.done == run.total == 3


def test_assistance_asks_for_groups_that_no_table_names(region, policy, paying):
    file_claim(region, enroll(region), "5000.00")
    text = paying(GROUPS, "低保对象90%")
    run = simulate(region, policy, text)
    with translation.override("en"):
        assert report.missing(run) == [("the person's assistance groups", 1)]
    out = BytesIO()
    report.export(run, out)
    assert any("因缺少事实未计入" in cells for _number, cells in sheets.rows(out.getvalue()))


def test_the_page_names_the_fact_and_how_many_bills_lack_it(region, policy, pool, client):
    file_claim(region, enroll(region), "5000.00")
    run = simulate(region, policy, pool)
    client.force_login(policy)
    page = client.get(f"/policy/simulations/{run.pk}/").content.decode()
    assert "医院级别：1 件申请缺少" in page and "也不以默认值代替" in page


def test_a_recalculation_leaves_accounts_alone_of_which_a_fact_is_missing(region, policy, drafted, pool):
    file_claim(region, enroll(region), "5000.00")
    period = region.period
    found = recalculation.changes_between(
        simulation.running.population.stored(period), period, load(pool.encode()), after=-1, upto=2**62
    )
    assert found == [] and recalculation._people("sim_aside") == 1


@pytest.mark.parametrize(
    ("typed", "level"),
    [("三级甲等", "third"), ("2级", "second"), ("一级", "first"), ("社区", "community"), ("未定级", None)],
)
def test_levels_are_read_as_slips_write_them(typed, level):
    assert slips.hospital_level(typed) == level


@pytest.mark.parametrize(
    ("scheme", "asked"),
    [
        ("yunnan-mutual-aid", {"discharged", "hospital.designated"}),
        ("guangxi-medical-assistance", {"hospital.designated", "person.groups"}),
        ("municipal-mutual-plans", {"base", "plan"}),
    ],
)
def test_each_document_says_which_facts_it_reads(scheme, asked):
    assert set(facts_read(document(scheme).document)) == asked


def test_basic_insurance_reads_kind_and_level():
    assert {"person.kind", "hospital.level"} <= set(facts_read(document("lianyungang-basic").document))
