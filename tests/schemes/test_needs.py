"""Which facts a document's benefit reads: by hand from the articles."""

from __future__ import annotations

import pytest

from schemes.rules import banded
from schemes.rules.document import load
from schemes.rules.exclusions import Exclusion
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
        ("guangxi-medical-assistance", {"hospital.designated", "person.groups"}),  # by group, whatever the day
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


def test_a_cap_without_a_waiver_and_a_document_without_a_benefit_ask_for_nothing_more() -> None:
    chuxiong = document("chuxiong-large-expense").document
    rule = chuxiong.benefit
    assert isinstance(rule, banded.BandedBenefit) and rule.cap is not None
    for cap in (rule.cap.model_copy(update={"waived_for": None}), None):
        changed = chuxiong.model_copy(update={"benefit": rule.model_copy(update={"cap": cap})})
        assert facts_read(changed) == ("discharged", "hospital.designated")
    assert facts_read(chuxiong.model_copy(update={"benefit": None})) == ("hospital.designated",)
