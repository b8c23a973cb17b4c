"""Whole accounts at their edges: whose year a stay belongs to, in which order stays count."""

from __future__ import annotations

from datetime import date

import pytest

from schemes.rules import banded, benefit
from schemes.rules.document import AnnouncedFigureDecl, load
from schemes.rules.errors import FigureMissing, UnknownField
from schemes.rules.model import Announced
from schemes.rules.stay import Person, State, Stay
from schemes.rules.units import Ppm
from tests.schemes.support import document, shipped
from tests.schemes.test_new_city import CRITICAL, basic, large

YUNNAN = document("yunnan-mutual-aid").document
CHUXIONG = document("chuxiong-large-expense").document
GUANGXI = document("guangxi-critical-illness").document
ASSISTANCE = document("guangxi-medical-assistance").document
NEW_YEAR = {"discharged": date(2024, 12, 30), "settled": date(2025, 1, 4)}


def test_a_stay_over_new_year_belongs_to_the_year_that_the_document_names() -> None:
    critical = load(CRITICAL.encode())
    for of, year in ((basic, 2024), (critical, 2025), (YUNNAN, 0)):
        assert benefit.account_key(of, Stay(base=1, **NEW_YEAR)) == year
    for of in (basic, critical):
        assert benefit.account_key(of, Stay(base=1, discharged=date(2024, 12, 30))) == 2024
        assert benefit.account_key(of, Stay(base=1, settled=date(2025, 1, 4))) == 2025
        assert benefit.account_key(of, Stay(base=1), on=date(2026, 1, 1)) == 2026
        assert benefit.account_key(of, Stay(base=1)) == 0


def test_two_years_bear_two_deductibles() -> None:
    critical = load(CRITICAL.encode())
    stays = [Stay(base=1_600_100, discharged=date(year, 12, 30), settled=date(year + 1, 1, 4))
             for year in (2023, 2024)]  # fmt: skip
    found = benefit.assess(critical, stays=stays)
    assert [stay.amount for stay in found.stays] == [60, 60]
    together = benefit.assess(critical, stays=[stays[0], stays[0]])
    assert [stay.amount for stay in together.stays] == [60, 1_600_100 * 6 // 10]


def test_mutual_aid_counts_in_order_of_filing_and_cost_elsewhere_in_order_of_discharge() -> None:
    late, early = (
        Stay(base=500_000, discharged=date(2022, 6, 1)),
        Stay(base=600_000, discharged=date(2022, 3, 1)),
    )
    filed = benefit.assess(YUNNAN, stays=[late, early])
    assert [stay.amount for stay in filed.stays] == [126_000, 220_000]
    figures = {"deductible": 1_000, "bands": ((0, 500_000),)}
    first = Stay(base=1_000, discharged=date(2013, 3, 1), settled=date(2013, 3, 1))
    second = Stay(base=1_000, discharged=date(2013, 6, 1), settled=date(2013, 6, 1))
    found = benefit.assess(GUANGXI, stays=[second, first], figures=figures)
    assert [stay.amount for stay in found.stays] == [500, 0]
    undated = benefit.assess(GUANGXI, stays=[Stay(base=1_000), first], figures=figures, on=date(2013, 9, 1))
    assert [stay.amount for stay in undated.stays] == [500, 0]


def test_one_stay_more_is_owed_what_it_adds_unless_something_was_paid_wrongly_before() -> None:
    found = benefit.assess_one(YUNNAN, stay=Stay(base=600_000), cumulated=500_000)
    assert (found.amount, found.owed) == (220_000, 220_000)
    corrected = benefit.assess_one(YUNNAN, stay=Stay(base=600_000), cumulated=500_000, paid=126_001)
    assert (corrected.amount, corrected.owed) == (220_000, 219_999)


def test_an_excluded_stay_shows_its_base_and_pays_and_owes_nothing() -> None:
    before = State(inside=5)
    found = benefit.assess_one(YUNNAN, stay=Stay(base=600_000, exclusion="maternity"), state=before)
    (line,) = found.lines
    assert (line.article, line.rule) == ("第十二条(三)", "exclusions.maternity")
    assert (line.basis, line.rate, line.amount, line.note) == (600_000, 0, 0, "女职工生育")
    assert (found.base, found.amount, found.owed, found.level, found.after) == (600_000, 0, 0, None, before)


def test_a_reason_that_no_entry_states_names_the_article_of_the_benefit() -> None:
    stay = Stay(base=1, exclusion="maternity")
    bare = ASSISTANCE.model_copy(update={"exclusions": ()})
    assert benefit.excluded(bare, stay)[0].article == "医疗救助"
    assert benefit.excluded(bare.model_copy(update={"benefit": None}), stay)[0].article == ""


def test_assistance_cumulates_what_it_was_asked_for() -> None:
    person = Person(groups=("dibao", "wubao"))
    found = benefit.assess(ASSISTANCE, person=person, stays=[Stay(base=100), Stay(base=11)])
    assert [stay.amount for stay in found.stays] == [100, 11]  # 五保: all of it, the higher of the two
    assert found.stays[-1].after == State(inside=111)
    nobody = benefit.assess(ASSISTANCE, stays=[Stay(base=100)])
    (line,) = nobody.lines
    assert (line.rule, line.basis, line.rate, line.amount) == ("benefit", 100, 0, 0)
    assert (line.note, nobody.stays[0].reasons[0].code) == ("不属于医疗救助对象", "not_in_group")


def test_treatment_elsewhere_without_approval_is_a_reason_only_where_a_rule_speaks_of_it() -> None:
    figures = {"deductible": 0, "bands": ((0, 500_000),)}

    def reasons(region: str | None) -> list[tuple[str, str]]:
        found = benefit.assess(GUANGXI, stays=[Stay(base=100, out_of_region=region)], figures=figures)
        return [(reason.code, reason.note) for reason in found.stays[0].reasons]

    assert reasons("unapproved") == [("not_approved", "未经批准转区外就医")]
    assert reasons("approved") == reasons(None) == []
    for of in (YUNNAN, large):
        assert benefit.assess(of, stays=[Stay(base=100, out_of_region="unapproved")]).stays[0].reasons == []


def test_a_note_of_the_rule_out_of_the_region_stands_in_place_of_ours() -> None:
    rule = GUANGXI.benefit
    elsewhere = rule.out_of_region.model_copy(update={"note": "转区外", "unapproved": Ppm(0)})  # type: ignore[union-attr]
    noted = GUANGXI.model_copy(update={"benefit": rule.model_copy(update={"out_of_region": elsewhere})})  # type: ignore[union-attr]
    figures = {"deductible": 0, "bands": ((0, 500_000),)}
    found = benefit.assess(noted, stays=[Stay(base=1, out_of_region="unapproved")], figures=figures)
    assert (found.stays[0].reasons[0].note, found.lines[0].note) == ("转区外", "转区外")


def test_an_answer_by_the_announced_ratio_rests_on_no_provisional_table() -> None:
    lianyungang = document("lianyungang-basic").document
    stay = Stay(base=5_000, level="first")
    by_table = benefit.assess(lianyungang, stays=[stay])
    assert any(path.startswith("benefit.tables[") for path in by_table.provisional)
    figures = {"pool_ratio": 850_000}
    marked = lianyungang.model_copy(
        update={"benefit": lianyungang.benefit.model_copy(update={"provisional": True})}
    )  # type: ignore[union-attr]
    assert benefit.assess(marked, stays=[stay], figures=figures).provisional == []
    assert "benefit" in benefit.assess(marked, stays=[stay]).provisional
    draft = lianyungang.model_copy(update={"provisional": True})
    assert benefit.assess(draft, stays=[stay], figures=figures).provisional == ["document"]
    assert benefit.assess(draft, stays=[]).provisional == ["document"]
    assert benefit.assess(marked, stays=[]).provisional == []


def test_a_figure_that_only_repeats_a_provisional_default_leaves_it_provisional() -> None:
    critical = load(CRITICAL.encode())
    figure = {
        "name": "deductible",
        "label": "起付线",
        "article": "第五条",
        "default": "16000元",
        "provisional": True,
    }
    marked = critical.model_copy(update={"figures": (AnnouncedFigureDecl.model_validate(figure),)})

    def listed(**figures: int) -> list[str]:
        return benefit.assess(marked, stays=[Stay(base=1)], figures=figures).provisional

    assert listed() == listed(deductible=1_600_000) == ["figures[0]"]
    assert listed(deductible=1_500_000) == []
    assert benefit.assess(marked, stays=[Stay(base=1)]).provisional == ["figures[0]"]


def test_a_stay_that_pays_nothing_uses_up_a_years_deductible_but_not_mutual_aids() -> None:
    assert [benefit.counts_unpaid(of) for of in (basic, CHUXIONG, GUANGXI)] == [True, True, True]
    assert [benefit.counts_unpaid(of) for of in (YUNNAN, ASSISTANCE)] == [False, False]
    by_period = basic.benefit.model_copy(update={"accumulates": "period"})  # type: ignore[union-attr]
    assert benefit.counts_unpaid(basic.model_copy(update={"benefit": by_period}))


def test_announced_bands_stand_instead_of_provisional_ones() -> None:
    critical = load(CRITICAL.encode())
    rule = critical.benefit
    assert isinstance(rule, banded.BandedBenefit) and isinstance(rule.bands, tuple)
    marked = tuple(band.model_copy(update={"provisional": True}) for band in rule.bands)
    announced = rule.model_copy(
        update={"bands": marked, "announced": Announced("figure:bands"), "deductible": None}
    )
    of = critical.model_copy(update={"benefit": announced})
    own = benefit.assess(of, stays=[Stay(base=100)])
    assert (own.total, len(own.provisional)) == (60, 3)
    told = benefit.assess(of, stays=[Stay(base=100)], figures={"bands": ((0, 500_000),)})
    assert (told.total, told.provisional) == (50, [])


def test_two_tables_by_level_are_enough_to_ask_for_it() -> None:
    path = next(path for path in shipped() if path.parent.name == "lianyungang-basic")
    joined = 'levels = ["community", "first", "second"]'
    text = path.read_text(encoding="utf-8").replace('levels = ["community", "first"]', joined)
    two = load(text.encode())
    with pytest.raises(FigureMissing) as found:
        benefit.assess_one(two, stay=Stay(base=500_000))
    assert found.value.path == "hospital.level"
    assert benefit.assess_one(two, stay=Stay(base=500_000, level="third")).amount > 0
    same = benefit.assess_one(two, stay=Stay(base=500_000, level="first")).amount
    assert benefit.assess_one(two, stay=Stay(base=500_000, level="second")).amount == same
    assert benefit.assess_one(two, stay=Stay(base=500_000, care="chronic_outpatient")).base == 500_000


def test_a_slip_alone_is_no_base_where_the_document_computes_none() -> None:
    above = document("lianyungang-large-expense").document
    with pytest.raises(UnknownField) as found:
        benefit.base_for(above, Stay(bill={"total": 100_000}))
    assert found.value.path == "bill"
    assert benefit.base_for(above, Stay(bill={"total": 100_000}, in_scope=90_000)) == (90_000, [])
