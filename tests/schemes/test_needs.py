"""Which facts a document's benefit reads: by hand from the articles."""

from __future__ import annotations

import pytest

from schemes.rules import banded
from schemes.rules.document import load
from schemes.rules.exclusions import Exclusion, find
from schemes.rules.needs import facts_read
from tests.schemes.support import document
from tests.schemes.test_new_city import BASIC, basic


@pytest.mark.parametrize(
    ("scheme", "facts"),
    [
        ("yunnan-mutual-aid", {"discharged", "hospital.designated"}),  # a period, by discharge
        ("chuxiong-large-expense", {"discharged", "hospital.designated", "major_illness"}),  # no cap for some
        ("lianyungang-basic", {"discharged", "hospital.designated", "hospital.level", "person.kind"}),
        ("lianyungang-large-expense", {"base", "discharged", "hospital.designated"}),  # no columns stated
        ("guangxi-critical-illness", {"discharged", "hospital.designated", "out_of_region"}),
        ("guangxi-medical-assistance", {"hospital.designated", "person.groups"}),  # by group, any day
        ("municipal-mutual-plans", {"base", "plan"}),
    ],
)
def test_a_shipped_document_reads_what_its_articles_name(scheme: str, facts: set[str]) -> None:
    found = facts_read(document(scheme).document)
    assert (set(found), list(found)) == (facts, sorted(facts))


def test_a_table_reads_what_it_is_matched_by() -> None:
    """The new city's table is for the third level, and retirees bear less."""

    def read(match: str, factors: bool) -> set[str]:
        text = BASIC.replace('levels = ["third"]', match)
        if not factors:
            text = "\n".join(line for line in text.splitlines() if not line.startswith("factors"))
        return set(facts_read(load(text.encode()))) - {"base", "discharged"}

    assert read('levels = ["third"]', True) == {"hospital.level", "person.kind"}
    assert read('levels = ["third"]', False) == {"hospital.level"}
    assert read('persons = ["active"]', False) == {"person.kind"}
    assert read('persons = ["active"]', True) == {"person.kind"}
    assert read('regions = ["approved"]', False) == {"out_of_region"}


def test_only_the_exclusion_of_other_hospitals_asks_whether_one_is_designated() -> None:
    fraud, elsewhere = (Exclusion(article="一", reason=code) for code in ("fraud", "non_designated"))
    for listed, asked in (((), False), ((fraud,), False), ((fraud, elsewhere), True), ((elsewhere,), True)):
        changed = basic.model_copy(update={"exclusions": listed})
        assert ("hospital.designated" in facts_read(changed)) == asked


def test_an_exclusion_does_not_hold_for_the_care_that_it_leaves_out() -> None:
    def codes(care: str, *, reason: str | None, designated: bool | None = None) -> list[str]:
        rules = [
            Exclusion(article="一", reason="not_filed", unless_care=("emergency",)),
            Exclusion(article="二", reason="non_designated", unless_care=("home_bed",)),
        ]
        found = find(
            exclusions=rules, accepts=None, exclusion=reason, care=care, designated=designated, article="三"
        )
        return [item.code for item in found]

    assert codes("inpatient", reason="not_filed") == ["not_filed"]
    assert codes("emergency", reason="not_filed") == []
    assert codes("emergency", reason="fraud") == ["fraud"], "what no entry states leaves nothing out"
    assert codes("inpatient", reason=None, designated=False) == ["non_designated"]
    assert codes("home_bed", reason=None, designated=False) == []
    assert codes("emergency", reason=None, designated=False) == []


def test_a_cap_without_a_waiver_and_a_document_without_a_benefit_ask_for_nothing_more() -> None:
    chuxiong = document("chuxiong-large-expense").document
    rule = chuxiong.benefit
    assert isinstance(rule, banded.BandedBenefit) and rule.cap is not None
    for cap in (rule.cap.model_copy(update={"waived_for": None}), None):
        changed = chuxiong.model_copy(update={"benefit": rule.model_copy(update={"cap": cap})})
        assert facts_read(changed) == ("discharged", "hospital.designated")
    assert facts_read(chuxiong.model_copy(update={"benefit": None})) == ("hospital.designated",)
