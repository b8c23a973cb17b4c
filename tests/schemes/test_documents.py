"""A document is read strictly; everything wrong is said at once, where and what to write instead."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from schemes.rules.document import DocumentError, Problem, load, load_file
from schemes.rules.problems import provisional_paths, rules_of, stated_in
from tests.schemes.support import DOCUMENTS, document, loaded, shipped

YUNNAN = (DOCUMENTS / "yunnan-mutual-aid" / "2022-01-01.toml").read_text(encoding="utf-8")


def problems_of(*changes: tuple[str, str], text: str = YUNNAN) -> dict[str, str]:
    """Path → message after some edits of the Yunnan document."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    with pytest.raises(DocumentError) as error:
        load(text.encode())
    return {problem.path: problem.message for problem in error.value.problems}


def test_all_nine_documents_and_the_training_copy_load() -> None:
    schemes = {loaded(path).document.scheme for path in shipped()}
    assert len(schemes) == 9
    assert document("yunnan-mutual-aid").period_code == "18"


def test_a_document_stays_as_it_was_read() -> None:
    found = document("yunnan-mutual-aid").document
    with pytest.raises(ValidationError):
        found.name = "other"  # type: ignore[misc]


def test_the_sha_is_of_the_bytes_of_the_file() -> None:
    path = DOCUMENTS / "yunnan-mutual-aid" / "2022-01-01.toml"
    assert load_file(path).sha != load_file(path.parent / "2023-01-01.toml").sha
    assert len(load_file(path).sha) == 64


@pytest.mark.parametrize("path", shipped(), ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_every_rule_names_an_article_with_a_gloss_and_the_file_its_scheme(path) -> None:  # type: ignore[no-untyped-def]
    found = loaded(path).document
    assert found.scheme == path.parent.name
    assert found.effective.isoformat() == path.stem
    assert all(rule.article for _, rule in rules_of(found))
    assert found.instrument.issuer and found.instrument.number


def test_figures_that_the_sources_leave_open_are_marked() -> None:
    open_ones = {"lianyungang-basic", "lianyungang-large-expense", "lianyungang-critical-illness",
                 "lianyungang-supplementary"}  # fmt: skip
    marked = {
        scheme
        for path in shipped()
        if provisional_paths(loaded(path).document) and (scheme := path.parent.name) != "yunnan-mutual-aid"
    }
    assert marked == open_ones
    nineteen = load_file(DOCUMENTS / "yunnan-mutual-aid" / "2023-01-01.toml").document
    assert provisional_paths(nineteen) == ["document"]


def test_everything_wrong_is_reported_at_once() -> None:
    found = problems_of(
        ('pays = "30%"', 'pais = "0.3"'), ('to = "3000元"', 'to = "3000"'),
        ('needs = ["basic", "large"]', 'needs = ["basic", "big"]'),
        ('kind = "workdays"', 'kind = "workday"'), ('at_least = "100元"', 'at_least = "101元"'),
        ('over = "10000元"', 'over = "9000元"'),
    )  # fmt: skip
    assert set(found) == {
        "benefit.bands[0].pays", "benefit.bands[0].pais", "routing[0].to", "join[0].needs[1]",
        "clocks[0].kind", "benefit.bands[0].at_least", "benefit.bands[1].over",
    }  # fmt: skip
    assert "是不是“pays”" in found["benefit.bands[0].pais"]
    assert '"800元"' in found["routing[0].to"]
    assert '"basic"、"large"' in found["join[0].needs[1]"]
    assert '"workdays"、"months"' in found["clocks[0].kind"]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('over = "10000元"', 'over = "9000元"', "benefit.bands"),
        ('over = "10000元"', 'over = "11000元"', "benefit.bands"),
        ('to = "10000元"\npays', 'to = "700元"\npays', "benefit.bands"),
        ('to = "3000元"', 'to = "30000元"', "routing"),
        ("from = 2021-12-20", "from = 2023-12-20", "windows[0]"),
        ('all_up_to = "10人"', 'all_up_to = "10人"\nall_below = "20人"', "quota"),
        ('column = "large_paid"', 'column = "basic_paid"', "base"),
        ('column = "large_paid"', 'column = "total"', "base"),
        ('"120元"', '"120"', "levy[0].continuing"),
        ('"120元"', "120", "levy[0].continuing"),
        ('"60%"', '"60元"', "quota.ratio"),
        ("from = 2022-01-01\nto = 2022-12-31", "from = 2022-01-01\nto = 2021-12-31", "period"),
        ('code = "18"', "code = 18", "period.code"),
        ('code = "18"', 'code = "十八"', "period.code"),
        ("last_day = false", 'last_day = "no"', "cover.ends[0].last_day"),
        ("effective = 2022-01-01", 'effective = "2022-01-01"', "effective"),
        ('continuing = "120元"', 'continuing = "125元"', "levy[0].continuing"),
        ('article = "第十五条"\nmember', 'article = "第五十条"\nmember', "guarantee.article"),
        ('days = "5个工作日"', 'days = "6个工作日"', "clocks[0].days"),
        ("to = 2023-06-30", "to = 2023-06-29", "windows[2].to"),
        ('reason = "maternity"', 'reason = "work_injury"', "exclusions[1].reason"),
        ("ends = 2022-12-31", "ends = 2021-12-31", "ends"),
        ('[[settings]]\nname = "bought', '[[setings]]\nname = "bought', "setings"),
    ],
)
def test_one_mistake_is_reported_at_its_path(old: str, new: str, path: str) -> None:
    assert path in problems_of((old, new))


def test_a_reference_to_a_figure_that_is_not_declared_is_reported() -> None:
    text = (DOCUMENTS / "chuxiong-large-expense" / "2023-01-01.toml").read_text(encoding="utf-8")
    found = problems_of(("figure:individual_levy", "figure:large_fee_unit"), text=text)
    assert "[[figures]]" in found["levy[0].amount"]


def test_problems_point_at_the_line_of_the_file() -> None:
    text = YUNNAN.replace('pays = "70%"', 'pays = "70"')
    with pytest.raises(DocumentError) as error:
        load(text.encode())
    (problem,) = error.value.problems
    assert problem.line is not None
    assert text.splitlines()[problem.line - 1] == 'pays = "70"'


def test_no_toml_and_no_utf8_are_said_in_words() -> None:
    for text, words in ((b"x = [", "TOML"), ("名 = 1".encode("gbk"), "UTF-8"), (b'a = 1\nb = "x', "TOML")):
        with pytest.raises(DocumentError) as error:
            load(text)
        assert words in str(error.value)


def test_a_gloss_states_figures_in_any_usual_spelling() -> None:
    found = stated_in("超过35万元、1.5万元，10,000元，１００元，0.05%，3个月，2022年3月1日，5个工作日")
    assert {("元", 35_000_000), ("元", 1_500_000), ("元", 1_000_000), ("元", 10_000), ("%", 500),
            ("个月", 3), ("个工作日", 5)} <= found  # fmt: skip
    assert ("元", 35_00) not in found


def test_a_problem_reads_like_a_sentence() -> None:
    assert str(Problem("a.b", "缺少这一项")) == "a.b：缺少这一项"
    assert str(Problem("", "文件有误")) == "文件有误"
    assert "a.b" in repr(Problem("a.b", "x"))


def test_a_benefit_is_kept_ready_for_sixty_four_sets_of_figures() -> None:
    guangxi = document("guangxi-critical-illness").document.model_copy()
    kept = [guangxi.ready({"deductible": amount}) for amount in range(64)]
    assert all(guangxi.ready({"deductible": amount}) is kept[amount] for amount in range(64))
    guangxi.ready({"deductible": 64})
    assert guangxi.ready({"deductible": 0}) is not kept[0]


def test_a_copy_shares_what_it_does_not_change() -> None:
    yunnan = document("yunnan-mutual-aid").document
    renamed = yunnan.model_copy(update={"name": "x"})
    assert (renamed.name, renamed.benefit) == ("x", yunnan.benefit)
    assert renamed.benefit is yunnan.benefit
    assert yunnan.model_copy(deep=True).benefit is not yunnan.benefit
