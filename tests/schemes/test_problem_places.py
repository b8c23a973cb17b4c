"""Where in a document the checker finds a figure or a fault: however deep, by the names of the file."""

from __future__ import annotations

import pytest

from tests.schemes.test_edges import changed, wrong
from tests.schemes.test_new_city import BASIC, CRITICAL
from tests.schemes.test_problem_words import PLANS, YUNNAN, keys


@pytest.mark.parametrize(
    ("text", "old", "new", "path"),
    [
        (PLANS, 'women = "3份", critical = "3份"', 'women = "4份", critical = "3份"', "join[2].most.women"),
        (
            PLANS,
            'package = { medical = "1份"',
            'package = { medical = "4份"',
            "join[2].contains.package.medical",
        ),
        (BASIC, '"400元", "200元"]', '"400元", "201元"]', "benefit.tables[0].deductible.amounts[2]"),
        (YUNNAN, "from = 2022-03-01", "from = 2022-03-02", "windows[2].from"),
        (PLANS, 'sum = "6000元"', 'sum = "6001元"', "benefit.plans.women.sum"),
    ],
)
def test_a_figure_that_the_gloss_lacks_is_found_however_deep(
    text: str, old: str, new: str, path: str
) -> None:
    found = wrong(changed((old, new), text=text))
    assert set(found) == {path}
    assert "释义" in found[path]


def test_an_article_without_a_gloss_is_found_in_a_plan_too() -> None:
    parts = PLANS.index("[benefit.plans.women]")
    text = PLANS[:parts] + PLANS[parts:].replace('article = "二(二)二"', 'article = "二(九)"', 1)
    assert "benefit.plans.women.article" in wrong(text)


def test_keys_are_told_as_the_file_writes_them() -> None:
    found = wrong(changed(("from = 2022-03-01", "frm = 2022-03-01"), text=YUNNAN))
    assert {"from", "to", "act"} <= keys(found["windows[2].frm"])
    assert "opens" not in keys(found["windows[2].frm"])


def test_the_keys_of_a_table_inside_a_list_are_its_own() -> None:
    found = wrong(changed(('per = "stay"', 'par = "stay"')))
    assert keys(found["benefit.tables[0].deductible.par"]) == {
        "amounts",
        "article",
        "note",
        "per",
        "provisional",
    }


def test_a_text_in_place_of_an_amount_is_a_fault_of_the_amount() -> None:
    for written in ("value", "figure", "value元"):
        found = wrong(changed(('amount = "16000元"', f'amount = "{written}"'), text=CRITICAL))
        assert set(found) == {"benefit.deductible.amount"}


def test_what_is_missing_in_a_band_is_missing_there() -> None:
    found = wrong(changed(('over = "0元", ', ""), text=CRITICAL))
    assert "缺少这一项" in found["benefit.bands[0].over"]
