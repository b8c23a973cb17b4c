"""Outside training mode no claim is calculated on provisional figures: it waits, whole, until they settle."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from claims import adjudication, filing, filing_jobs
from claims.models import Adjudication, BenefitAccount, Claim, ClaimState
from core import runs
from core.models import RunState
from core.roles import system_user
from desk import recalculation
from desk.words import plain_status
from schemes import adoption, periods, provisional, shipped
from schemes.models import SchemeVersion
from schemes.rules.document import load
from schemes.versions import Provisional, ProvisionalParts, document_for, document_of
from tests.support.claims import calculate, enroll, file_claim, file_without_calculation, person
from tests.support.worked import worked

ON = date(2022, 5, 20)
SCHEME = "yunnan-mutual-aid"
BANDS = ('kind = "bands"', 'kind = "bands"\nprovisional = true')
WHOLE = ('version_by = "discharge"', 'version_by = "discharge"\nprovisional = true')
SETTLED = ("# 数字", "# 定稿 数字")


@pytest.fixture
def staff(region):
    return person("policy", region.center, "policy"), person("second_policy", region.center, "policy")


@pytest.fixture
def adopt(region, staff):
    """Adopt the document of period 18 with one text replaced by another."""
    first, second = staff

    def adopt(change: tuple[str, str]) -> SchemeVersion:
        shipped_one = SchemeVersion.objects.get(scheme__code=SCHEME, period_codes=["18"], shipped=True)
        text = shipped_one.document.replace(*change, 1)
        assert text != shipped_one.document
        cases = worked(text, shipped_one.cases)
        version = adoption.draft(scheme=SCHEME, text=text, cases=cases, by=first, on=ON)
        version, found = adoption.record_check(version=version, by=first, on=ON)
        assert found.clean, (found.problems, found.red)
        version = adoption.propose_adoption(version=version, by=first, on=ON)
        return adoption.adopt(version=version, by=second, on=ON)

    return adopt


def test_the_calculation_names_what_is_provisional_and_writes_nothing(region, adopt, settings):
    adopt(BANDS)
    claim = file_without_calculation(region, enroll(region), "5000.00")
    settings.TRAINING = False
    with pytest.raises(ProvisionalParts) as refusal:
        calculate(region, claim)
    assert "补助 第七条（benefit）" in str(refusal.value)
    assert "职工医疗互助" in str(refusal.value)
    claim.refresh_from_db()
    assert (claim.state, claim.amount, Adjudication.objects.count()) == (ClaimState.FILED, D("0.00"), 0)
    assert not BenefitAccount.objects.exists()


def test_a_filing_stands_and_waits_with_its_reason_until_the_figures_are_settled(region, adopt, settings):
    adopt(BANDS)
    settings.TRAINING = False
    claim = file_claim(region, enroll(region), "5000.00")
    assert (claim.state, claim.held_because) == (ClaimState.FILED, adjudication.PROVISIONAL)
    assert "规则仍为暂定" in plain_status(claim, due=None)[1]
    draft = filing.preview(Claim.objects.get(pk=claim.pk))
    assert "暂定" in draft["error"]
    adopt(SETTLED)
    run = runs.work(filing_jobs.begin_adjudication(period=region.period, by=system_user("jobs"), on=ON).pk)
    assert (run.state, run.applied) == (RunState.DONE, 1)
    claim.refresh_from_db()
    assert (claim.state, claim.held_because, claim.amount) == (ClaimState.REVIEW, "", D("1260.00"))


def test_a_run_is_refused_by_name_and_a_later_one_takes_the_claims_up(region, adopt, settings):
    adopt(BANDS)
    claims = [file_without_calculation(region, enroll(region), "5000.00") for _each in range(2)]
    settings.TRAINING = False
    by = system_user("jobs")
    run = runs.work(filing_jobs.begin_adjudication(period=region.period, by=by, on=ON).pk)
    assert (run.state, run.report["code"]) == (RunState.REFUSED, "provisional")
    assert "第七条" in runs.why(run)
    assert set(Claim.objects.values_list("state", flat=True)) == {ClaimState.FILED}
    with pytest.raises((CommandError, SystemExit)):
        call_command("adjudicate", period="18", on=ON, report="json", stdout=StringIO())
    settings.TRAINING = True
    again = runs.work(filing_jobs.begin_adjudication(period=region.period, by=by, on=ON).pk)
    assert (again.state, again.applied) == (RunState.DONE, len(claims))


def test_in_training_mode_all_of_it_is_calculated(region, adopt):
    adopt(BANDS)
    assert file_claim(region, enroll(region), "5000.00").amount == D("1260.00")


def test_a_recalculation_shows_what_would_change_but_is_not_applied(region, adopt, staff, settings):
    first, second = staff
    claim = file_claim(region, enroll(region), "5000.00")
    version = adopt(BANDS)
    preview = runs.work(recalculation.preview(version=version, by=first, on=ON).pk)
    settings.TRAINING = False
    with pytest.raises(ProvisionalParts):
        recalculation.apply(run=preview, by=second, on=ON)
    with pytest.raises(ProvisionalParts):
        adjudication.recalculate(accounts=[claim.account_id], by=second, on=ON)
    assert Adjudication.objects.count() == 1


def test_no_open_period_takes_up_a_wholly_provisional_document(region, adopt, settings):
    before = region.period.version_id
    settings.TRAINING = False
    with pytest.raises(periods.RunsOnProvisional) as refusal:
        adopt(WHOLE)
    assert "第18期" in str(refusal.value)
    region.period.refresh_from_db()
    assert region.period.version_id == before == document_of(region.period).version.pk
    assert not SchemeVersion.objects.filter(
        scheme__code=SCHEME, provisional=True, period_codes=["18"]
    ).exclude(state=SchemeVersion.State.CHECKED)


def test_a_period_that_was_opened_in_training_calculates_nothing_afterwards(region, adopt, settings):
    version = adopt(WHOLE)
    region.period.refresh_from_db()
    assert (region.period.version, region.period.provisional) == (version, True)
    claim = file_without_calculation(region, enroll(region), "5000.00")
    settings.TRAINING = False
    with pytest.raises(Provisional, match="暂定"):
        calculate(region, claim)


def test_a_release_does_not_put_a_provisional_document_under_an_open_period(
    region, settings, tmp_path, monkeypatch
):
    folder = tmp_path / SCHEME
    folder.mkdir()
    now = document_of(region.period)
    (folder / "2022-01-01.toml").write_text(now.version.document.replace(*WHOLE, 1), encoding="utf-8")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    settings.TRAINING = False
    (taken,) = shipped.adopt_shipped()
    assert taken.state == SchemeVersion.State.DRAFT
    assert document_of(region.period).sha == now.sha


@pytest.mark.parametrize(
    ("scheme", "said"),
    [
        ("lianyungang-basic", "第三十三条（benefit.tables[0].deductible"),
        ("lianyungang-critical-illness", "公布数 第三十二条（起付线）"),
        ("lianyungang-large-expense", "补助 第三十一条（benefit.bands[0]）"),
        ("lianyungang-supplementary", "补助 第十三条"),
    ],
)
def test_a_city_year_on_open_tables_calculates_no_claim(db, settings, scheme, said):
    """The year may be opened for its levies, which the source does state; its claims wait."""
    settings.TRAINING = False
    period = periods.open_period(scheme=scheme, code="2022", by=system_user("test"), on=ON)
    loaded = document_of(period)
    with pytest.raises(ProvisionalParts) as refusal:
        adjudication.require_settled(loaded, *adjudication.READ)
    assert said in str(refusal.value)
    adjudication.require_settled(loaded, "levy")


def test_a_provisional_default_counts_where_a_rule_refers_to_it(db):
    """The critical-illness deductible is a default in [[figures]]; without a mark nothing is found."""
    loaded = document_for("lianyungang-critical-illness", on=ON)
    text = loaded.version.document
    found = [path for path, _article in provisional.parts(loaded.document, text, ("benefit",))]
    assert any(path.startswith("figures[") for path in found)
    assert provisional.parts(loaded.document, text, ("levy",)) == ()
    plain = SchemeVersion.objects.get(scheme__code=SCHEME, period_codes=["18"]).document
    assert provisional.parts(load(plain.encode()), plain, adjudication.READ) == ()
