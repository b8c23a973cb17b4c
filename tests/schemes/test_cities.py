"""Cities that nobody wrote code for: documents by their policy officers, cases worked by hand beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from schemes.rules import bands, benefit, cases, columns
from schemes.rules.document import load, load_file
from schemes.rules.errors import UnknownField
from schemes.rules.quote import answered
from schemes.rules.stay import Person, Stay
from tests.schemes.support import ask, loaded

CITIES = sorted((Path(__file__).resolve().parents[1] / "data" / "cities").glob("*.toml"))
YI = next(path for path in CITIES if path.stem == "yi-critical-illness")
CASES = [(path, case) for path in CITIES for case in cases.read(cases.file_of(path))]


@pytest.mark.parametrize(
    ("path", "case"), CASES, ids=lambda value: value["id"] if isinstance(value, dict) else ""
)
def test_a_city_answers_as_its_officer_worked_it_out(path: Path, case: dict[str, Any]) -> None:
    found = ask(loaded(path), cases.request_of(case))["answer"]
    assert cases.differences(case["answer"], found) == []


@pytest.mark.parametrize("path", CITIES, ids=lambda path: path.stem)
def test_a_city_has_a_case_for_everything_it_answers(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cases.unasked(cases.read(cases.file_of(path)), answered(load_file(path).document)) == []
    call_command("check_scheme", str(path))
    assert "没有需要改正的" in capsys.readouterr().out


def test_terms_of_a_group_are_the_best_that_somebody_has_and_named_by_their_article() -> None:
    document = load_file(YI).document
    found = benefit.assess(
        document, person=Person(groups=("dibao", "low_income_serious")), stays=[Stay(base=1_600_000)]
    )
    assert found.total == 520_000
    assert [(line.article, line.basis, line.rate, line.amount) for line in found.lines] == [
        ("第三条", 800_000, 0, 0),
        ("第二条", 800_000, 650_000, 520_000),
    ]
    assert found.lines[1].note == "第三条：比例提高5%"


def test_a_raised_rate_pays_no_more_than_the_cost() -> None:
    text = YI.read_text(encoding="utf-8").replace('pays = "75%"', 'pays = "98%"').replace("付75%", "付98%")
    document = load(text.encode())
    stays = [Stay(base=20_000_000)]
    found = benefit.assess(document, person=Person(groups=("wubao",)), stays=stays)
    # 200,000 − 8,000 = 192,000: 50,000 × 65 %, 50,000 × 70 %, 92,000 × 100 %.
    assert found.total == 3_250_000 + 3_500_000 + 9_200_000


def test_terms_of_groups_are_kept_apart_and_have_no_column_form() -> None:
    document = load_file(YI).document
    assert document.ready().deductible == 1_600_000
    assert document.ready(None, ("dibao",)).deductible == 800_000
    assert document.ready(None, ("dibao", "sanwu")) is document.ready({}, ("dibao",))
    assert document.ready(None, ("sanwu",)) is document.ready()
    assert not columns.has_form(document)
    plain = document.benefit.model_copy(update={"deductible": None})  # type: ignore[union-attr]
    with pytest.raises(UnknownField):
        bands.sql(document.model_copy(update={"benefit": plain}), "total")


def test_several_insurances_of_which_one_suffices_are_named_together() -> None:
    city = loaded(next(path for path in CITIES if path.stem == "bing-mutual-aid"))
    facts = {"person": {"kind": "active", "age": 30}, "resident": False}
    found = ask(city, {"scheme": city.document.scheme, "period": "30", "ask": "join", "facts": facts})
    assert [reason["note"] for reason in found["answer"]["reasons"]] == [
        "未参加职工基本医疗保险或居民医疗保险"
    ]
