"""What a document may leave out or get wrong, and what a question may ask of it in vain."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemes.rules import bands, benefit, cases, join
from schemes.rules.document import MOST_READY, Document, DocumentError, load
from schemes.rules.errors import BadAmount, FigureMissing, UnknownField
from schemes.rules.stay import NOTHING, Person, Stay
from schemes.rules.units import Ppm
from tests.schemes.support import ask, ask_chain, document
from tests.schemes.test_new_city import BASIC, CRITICAL, basic

HEAD = BASIC[: BASIC.index("[gloss]")]


def wrong(text: str) -> dict[str, str]:
    with pytest.raises(DocumentError) as error:
        load(text.encode())
    return {problem.path: problem.message for problem in error.value.problems}


def changed(*edits: tuple[str, str], text: str = BASIC) -> str:
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('per = "stay"', 'per = "year"', "benefit.tables[0].deductible"),
        ('falls = "1%"', 'falls = "0%"', "benefit.tables[0].steps"),
        ('width = "10000元"', 'width = "0元"', "benefit.tables[0].steps"),
        ('start = "7%"', 'start = "1%"', "benefit.tables[0].steps"),
        ('start = "7%"', 'start = "99%"', "benefit.tables[0].steps.start"),
        ('over = "50000元", width', 'over = "60000元", width', "benefit.tables[0]"),
        ('kind = "pool"\n', "", "benefit"),
        ("date = 2023-11-01", "date = 2023-11-01T00:00:00", "instrument.date"),
        ('over = "20000元", to', 'over = "20001元", to', "benefit.tables[0].bands"),
        ('amounts = ["800元", "400元", "200元"]', "amounts = []", "benefit.tables[0].deductible.amounts"),
    ],
)
def test_a_mistake_in_a_pool_table_is_found(old: str, new: str, path: str) -> None:
    assert path in wrong(changed((old, new)))


def test_other_mistakes_are_found_too() -> None:
    head = HEAD + '[gloss]\n"一" = "55周岁，3000元，10000元，12个月，5元"\n'
    said = {
        '[[join]]\nkind = "previous_period"\narticle = "一"\nfrom_period = "19"\n': "join[0]",
        '[[levy]]\nkind = "plan"\narticle = "一"\nplan = "x"\namount = "5元"\nterm = "0个月"\n': "levy[0]",
        '[[levy]]\nkind = "per_head"\narticle = "一"\npayer = "unit"\nheads = ["active"]\n'
        'amount = "figure:bands"\ninstead = { article = "一", of = "average_wage", rate = "5%" }\n':
            "levy[0].instead.of",
        '[[routing]]\nlevel = "agency"\narticle = "一"\n[[routing]]\nlevel = "office"\narticle = "一"\n':
            "routing",
        '[[routing]]\nlevel = "agency"\narticle = "一"\nto = "3000元"\n': "routing",
    }  # fmt: skip
    for text, path in said.items():
        assert path in wrong(head + text), text


def test_a_broken_document_is_still_read_for_its_glosses_and_bands() -> None:
    text = changed(('pays = "60%" }', 'pays = "61%" }'), ('over = "50000元"', 'over = "5万"'),
                   ('"第五条" =', '"第六条" ='), text=CRITICAL)  # fmt: skip
    found = wrong(text)
    assert "benefit.bands[1].over" in found
    assert "释义" in found["benefit.bands[0].article"]
    marked = 'article = "第五条"\nprovisional = true\nx = 1\naccumulates'
    provisional = changed(('article = "第五条"\naccumulates', marked), text=CRITICAL)
    assert set(wrong(provisional)) == {"benefit.x"}
    assert "gloss" in wrong(changed(("[gloss]", "[gloses]")))


def test_lines_are_found_below_repeated_tables_too() -> None:
    text = (
        HEAD
        + """[gloss]
"一" = "5元"
[benefit]
kind = "plans"
article = "一"
[benefit.plans.a]
kind = "parts"
article = "一"
[[benefit.plans.a.parts]]
name = "x"
fact = "basic_band_self_pay"
article = "一"
pays = "5"
[[levy]]
kind = "membership"
article = "一"
amount = "5元"
[[levy]]
kind = "membership"
article = "一"
amount = "5"
"""
    )
    with pytest.raises(DocumentError) as error:
        load(text.encode())
    lines = text.splitlines()
    shown = {problem.path: lines[(problem.line or 1) - 1] for problem in error.value.problems}
    assert shown == {"benefit.plans.a.parts[0].pays": 'pays = "5"', "levy[1].amount": 'amount = "5"'}


def test_no_table_for_a_stay_is_said() -> None:
    with pytest.raises(FigureMissing) as error:
        benefit.assess(basic, stays=[Stay(base=1, level="first")])
    assert error.value.path == "facts.stays[0].care"


def test_tables_without_deductible_ceiling_or_open_top() -> None:
    text = changed(
        ('deductible = { article = "第十条", per = "stay", amounts = ["800元", "400元", "200元"] }\n', ""),
        ('ceiling = { article = "第十一条", amount = "300000元" }\n', ""),
        ('steps = { article = "第十条", over = "50000元", width = "10000元", start = "7%", falls = "1%", '
         'least = "2%" }\n', ""),
        ('over = "0元", to = "20000元"', 'over = "800元", to = "20000元"'),
    )  # fmt: skip
    plain = load(text.encode())
    found = benefit.assess(plain, stays=[Stay(base=6_000_000, level="third")])
    assert found.total == 1_920_000 * 88 // 100 + 3_000_000 * 92 // 100
    assert [(line.basis, line.rule.rpartition(".")[2]) for line in found.lines] == [
        (80_000, "below"), (1_920_000, "bands[0]"), (3_000_000, "bands[1]"), (1_000_000, "above"),
    ]  # fmt: skip


def test_a_deductible_of_the_year_is_borne_once_and_bands_may_begin_anew_with_each_stay() -> None:
    text = changed(
        ('per = "stay", amounts = ["800元", "400元", "200元"]', 'per = "year", amounts = ["800元"]'),
        ('bands_over = "year"', 'bands_over = "stay"'),
    )
    yearly = load(text.encode())
    stays = [Stay(base=base, level="third") for base in (50_000, 2_030_000, 2_000_000)]
    found = benefit.assess(yearly, stays=stays)
    assert [stay.amount for stay in found.stays] == [0, 1_760_000, 1_760_000]


def test_regions_and_persons_choose_a_table() -> None:
    text = changed(('levels = ["third"]', 'levels = ["third"], persons = ["active"], regions = ["approved"]'))
    apart = load(text.encode())
    away = Stay(base=180_000, level="third", out_of_region="approved")
    assert benefit.assess(apart, stays=[away]).total == 88_000
    outpatient = Stay(base=1, level="third", care="outpatient", out_of_region="approved")
    here = Stay(base=1, level="third")
    for person, stay in ((Person("retired"), away), (Person(), here), (Person(), outpatient)):
        with pytest.raises(FigureMissing):
            benefit.assess(apart, person=person, stays=[stay])


def test_a_default_that_is_provisional_is_listed_until_the_figure_is_announced() -> None:
    critical = document("lianyungang-critical-illness")
    request: dict[str, Any] = {"scheme": "x", "on": "2022-06-01", "ask": "benefit",
                               "facts": {"stays": [{"base": "20000.00"}]}}  # fmt: skip
    assert "figures[2]" in ask(critical, request)["provisional"]
    request["facts"]["figures"] = {"deductible": "14000.00"}
    assert "figures[2]" not in ask(critical, request)["provisional"]


def test_a_document_may_end_and_may_lack_what_is_asked() -> None:
    ended = basic.model_copy(update={"ends": date(2024, 12, 31)})
    loaded = document("guangxi-medical-assistance")
    old = type(loaded)(ended, "sha", None)
    request = {"scheme": "x", "on": "2025-01-01", "ask": "join", "facts": {}}
    assert ask(old, request)["answer"]["error"] == "no_document"
    assert "2024年12月31日" in ask(old, request)["answer"]["message"]
    for kind, facts in (("join", {}), ("route", {"amount": "1.00"}), ("levy", {}), ("cover", {})):
        answer = ask(loaded, {"scheme": "x", "ask": kind, "facts": facts})["answer"]
        assert (answer["error"], answer["path"]) == ("unknown_field", "ask")
    empty = basic.model_copy(update={"benefit": None})
    with pytest.raises(UnknownField):
        benefit.assess(empty, stays=[Stay(base=1)])
    career = document("lianyungang-basic").document.career
    assert career is not None
    no_top_up = document("lianyungang-basic").document.model_copy(
        update={"career": career.model_copy(update={"top_up": None})}
    )
    request = {"scheme": "x", "ask": "career", "facts": {"months_to_add": 1}}
    answer = ask(type(loaded)(no_top_up, "sha", None), request)["answer"]
    assert answer["path"] == "facts.months_to_add"


def test_answers_hold_warnings_and_refunds_where_the_document_says_so() -> None:
    guangxi = document("guangxi-critical-illness")
    facts = {"stays": [{"base": "1.00"}],
             "figures": {"deductible": "16000.00", "bands": [{"over": "0", "rate": "50%"}]}}  # fmt: skip
    found = ask(guangxi, {"scheme": "x", "ask": "benefit", "facts": facts})["answer"]
    assert found["warnings"][0]["code"] == "deductible_high"
    chuxiong = document("chuxiong-large-expense")
    assert chuxiong.document.cover is not None
    generous = chuxiong.document.model_copy(
        update={"cover": chuxiong.document.cover.model_copy(update={"refundable": True})}
    )
    request = {"scheme": "x", "ask": "cover", "facts": {"moved_out": "2023-06-15"}}
    assert "refund" not in ask(type(chuxiong)(generous, "sha", None), request)["answer"]


def test_an_in_scope_cost_needs_the_room_of_the_pool_and_may_lie_below_it() -> None:
    chuxiong = document("chuxiong-large-expense").document
    with pytest.raises(FigureMissing) as error:
        benefit.assess(chuxiong, stays=[Stay(in_scope=100)])
    assert error.value.path == "facts.figures.pool_room"
    known = {"pool_room": 90, "pool_ratio": 900_000, "deductible": 500}

    def answer(cost: int, **changed: int) -> tuple[int, int, list[tuple[str, int]]]:
        found = benefit.assess(chuxiong, stays=[Stay(in_scope=cost)], figures={**known, **changed})
        lines = [(line.rule.removeprefix("benefit."), line.basis) for line in found.lines]
        return found.stays[0].base, found.total, lines

    assert answer(400) == (0, 0, [("above_pool.deductible", 400)])
    assert answer(550) == (0, 0, [("above_pool.deductible", 500), ("above_pool", 50)])
    assert answer(700)[:2] == (100, 90)
    assert answer(700, pool_room=0) == (200, 180, [("above_pool.deductible", 500), ("bands[0]", 200)])
    without = {"pool_room": 90, "pool_ratio": 900_000}
    found = benefit.assess(chuxiong, stays=[Stay(in_scope=300)], figures=without)
    assert (found.stays[0].base, found.total) == (200, 180)
    for missing in ({"pool_room": 90}, {"pool_ratio": 900_000}):
        with pytest.raises(FigureMissing):
            benefit.assess(chuxiong, stays=[Stay(in_scope=300)], figures=missing)
    with pytest.raises(BadAmount) as nothing:
        benefit.assess(chuxiong, stays=[Stay(in_scope=300)], figures={"pool_room": 90, "pool_ratio": 0})
    assert nothing.value.path == "facts.figures.pool_ratio"


def test_prepared_benefits_are_kept_for_a_bounded_number_of_figure_sets() -> None:
    guangxi = document("guangxi-critical-illness").document
    first = guangxi.ready({"deductible": 1})
    assert guangxi.ready({"deductible": 1}) is first
    for amount in range(2, MOST_READY + 3):
        guangxi.ready({"deductible": amount})
    assert guangxi.ready({"deductible": 1}) is not first


def test_a_setting_is_found_by_name() -> None:
    yunnan = document("yunnan-mutual-aid").document
    assert yunnan.setting("pays_benefit") == "center"
    assert yunnan.setting("none", "x") == "x"


def test_bands_in_sql_need_fixed_bands() -> None:
    with pytest.raises(UnknownField):
        bands.sql(document("guangxi-critical-illness").document.model_copy(
            update={"figures": (), "benefit": _with_announced_bands()}), "total")  # fmt: skip


def _with_announced_bands() -> Any:
    rule = document("guangxi-critical-illness").document.benefit
    assert rule is not None
    return rule.model_copy(update={"deductible": None})


def test_exclusions_that_a_document_does_not_list_still_take_the_stay() -> None:
    assistance = document("guangxi-medical-assistance").document.model_copy(update={"exclusions": ()})
    stays = [Stay(base=100, exclusion="fraud"), Stay(base=100, designated=False)]
    found = benefit.assess(assistance, person=Person(groups=("dibao",)), stays=stays)
    assert [stay.amount for stay in found.stays] == [0, 90]
    assert found.stays[0].reasons[0].code == "fraud"


def test_an_age_may_have_a_lower_limit() -> None:
    rule = join.AgeLimit.model_validate(
        {"kind": "age", "article": "一", "persons": ("active",), "at_least": "18周岁"}
    )
    assert join.unmet([rule], join.Applicant(kind="active", age=17))[0].code == "too_young"
    assert join.unmet([rule], join.Applicant(kind="active", age=18)) == []


def test_a_plan_that_pays_by_event_is_not_paid_by_cost() -> None:
    plans = document("municipal-mutual-plans").document
    with pytest.raises(UnknownField) as error:
        benefit.assess(plans, stays=[Stay(plan="women", parts={"basic_band_self_pay": 1})])
    assert error.value.path == "facts.stays[0].plan"


def test_who_nothing_concerns_is_named_and_a_unit_without_facts_is_asked_for_them() -> None:
    basic_, chuxiong = document("lianyungang-basic"), document("chuxiong-large-expense")
    answer = ask(basic_, {"scheme": "x", "ask": "levy", "facts": {"person": {"kind": "new_form"}}})["answer"]
    assert (answer["error"], answer["path"]) == ("unknown_field", "facts.person.kind")
    answer = ask(chuxiong, {"scheme": "x", "ask": "levy", "facts": {"unit": {}}})["answer"]
    assert (answer["error"], answer["path"]) == ("figure_missing", "facts")


def test_a_chain_refuses_to_pay_more_than_the_bill() -> None:
    stay = {"discharged": "2023-06-01", "total": "100.00", "basic_paid": "60.00", "above_ceiling": "80.00"}
    answer = ask_chain({"scheme": "chuxiong", "ask": "waterfall", "facts": {"stay": stay}})["answer"]
    assert answer["error"] == "bill_inconsistent"


def test_a_case_file_must_be_a_list_of_objects(tmp_path: Path) -> None:
    file = tmp_path / "x.cases.json"
    for text in ("{}", "[1]"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError):
            cases.read(file)
    assert cases.differences({"a": {"b": 1}}, {"a": 2}) != []


def test_the_state_before_the_first_stay_is_nothing() -> None:
    assert set(NOTHING) == {0}
    assert isinstance(basic, Document)


def test_treatment_elsewhere_without_approval_may_be_paid_at_a_rate_of_its_own() -> None:
    guangxi = document("guangxi-critical-illness").document
    rule = guangxi.benefit
    assert rule is not None
    elsewhere = rule.out_of_region.model_copy(update={"unapproved": Ppm(300_000)})  # type: ignore[union-attr]
    paying = guangxi.model_copy(update={"benefit": rule.model_copy(update={"out_of_region": elsewhere})})
    figures = {"deductible": 1_000, "bands": ((0, 530_000),)}
    stays = [Stay(base=600, out_of_region="unapproved"), Stay(base=800, out_of_region="approved"),
             Stay(base=1_000)]  # fmt: skip
    found = benefit.assess(paying, stays=stays, figures=figures)
    # By hand: 800 approved and 200 unapproved use up the 1,000; 400 × 30 % + 1,000 × 53 %.
    assert found.total == 120 + 530
    assert sum(line.amount for line in found.lines) == found.total
    assert sum(line.basis for line in found.lines) == 2_400
    assert found.stays[0].reasons[0].code == "not_approved"
    assert benefit.assess(guangxi, stays=stays, figures=figures).total == (1_000 - 200) * 53 // 100
