"""What a policy officer reads when a draft is wrong: every fault once, at its place, with the way out."""

from __future__ import annotations

import copy
import tomllib
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import problems, problems_across, problems_raw, readings, source_text
from schemes.rules.document import Document, DocumentError, load
from schemes.rules.problems import stated_in
from tests.schemes.support import DOCUMENTS, shipped
from tests.schemes.test_edges import HEAD, changed, wrong
from tests.schemes.test_new_city import CRITICAL

PLANS = (DOCUMENTS / "municipal-mutual-plans" / "2022-01-01.toml").read_text(encoding="utf-8")
YUNNAN = (DOCUMENTS / "yunnan-mutual-aid" / "2022-01-01.toml").read_text(encoding="utf-8")
LEVY = '[[levy]]\nkind = "plan"\narticle = "第五条"\nplan = "x"\namount = "16000元"\n'


def keys(words: str) -> set[str]:
    """The keys that a problem says may be written."""
    return set(words.partition("这里可以写：")[2].split("、"))


def messages(text: str) -> list[str]:
    with pytest.raises(DocumentError) as error:
        load(text.encode())
    return [problem.message for problem in error.value.problems]


def lines(text: str) -> dict[str, str]:
    """The line of the file that each problem points at; empty where it points at none."""
    with pytest.raises(DocumentError) as error:
        load(text.encode())
    rows = text.splitlines()
    return {
        found.path: rows[found.line - 1] if found.line is not None else "" for found in error.value.problems
    }


def test_a_mistyped_key_is_told_what_may_stand_there() -> None:
    """The benefit is of the kind bands and has a key bands: the one is not taken for the other."""
    found = wrong(changed(('amount = "16000元"', 'amont = "16000元"'), text=CRITICAL))
    assert found == {
        "benefit.deductible.amount": "缺少这一项，请补写 amount = …",
        "benefit.deductible.amont":
            "没有这一项。是不是“amount”？这里可以写：amount、article、for_groups、most、note、provisional",
    }  # fmt: skip
    found = wrong(changed(("bands = [", 'bands = "figure:bands"\nbandz = ['), text=CRITICAL))
    assert "是不是“bands”" in found["benefit.bandz"]
    assert {"accumulates", "bands", "cap", "deductible", "kind"} <= keys(found["benefit.bandz"])
    assert "pays" not in keys(found["benefit.bandz"])
    found = wrong(changed(('over = "0元"', 'ower = "0元"'), text=CRITICAL))
    assert keys(found["benefit.bands[0].ower"]) == {
        "article", "at_least", "note", "over", "pays", "provisional", "to",
    }  # fmt: skip


def test_the_keys_of_a_rule_are_those_of_its_kind() -> None:
    (words,) = [said for said in messages(CRITICAL + LEVY + 'terms = "3个月"\n') if "可以写" in said]
    assert "是不是“term”" in words
    assert {"amount", "kind", "payer", "plan", "term"} <= keys(words)
    found = wrong(changed(('fact = "basic_band_self_pay"', 'fakt = "basic_band_self_pay"'), text=PLANS))
    path = "benefit.plans.medical.parts[0].fakt"
    assert "是不是“fact”" in found[path]
    assert {"fact", "name", "pays"} <= keys(found[path])
    found = wrong(changed(('most = "3份"', 'moost = "3份"'), text=PLANS))
    assert {"kind", "most", "sum"} <= keys(found["benefit.plans.women.moost"])
    assert "parts" not in keys(found["benefit.plans.women.moost"])


def test_a_key_at_the_top_is_told_the_sections() -> None:
    found = wrong('kind = "benefit"\n' + changed(('amount = "16000元"', 'amont = "16000元"'), text=CRITICAL))
    assert set(found) == {"kind", "benefit.deductible.amount", "benefit.deductible.amont"}
    assert "accepts、account、base" in found["kind"]


def test_a_table_where_an_amount_belongs_is_reported_at_the_amount() -> None:
    found = wrong(changed(('amount = "16000元"', "amount = { x = 1 }"), text=CRITICAL))
    assert list(found) == ["benefit.deductible.amount"]


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('own = "12%"', "own = 12", "benefit.tables[0].bands[0].own"),
        ('["800元", "400元", "200元"]', '["800"]', "benefit.tables[0].deductible.amounts[0]"),
        ('levels = ["third"]', 'levels = ["fourth"]', "benefit.tables[0].match.levels[0]"),
        ('["800元", "400元", "200元"]', "[]", "benefit.tables[0].deductible.amounts"),
    ],
)
def test_one_fault_deep_inside_is_one_problem(old: str, new: str, path: str) -> None:
    assert list(wrong(changed((old, new)))) == [path]


def test_a_missing_table_is_shown_as_it_is_written() -> None:
    """Inside an entry of a list it stands inline; elsewhere it is a section, or a list of sections."""
    text = changed(("bands = [\n", "x = [\n"))
    assert wrong(text)["benefit.tables[0].bands"] == "缺少这一项，请补写 bands = [{ … }]"
    assert wrong(changed(("bands = [", "x = ["), text=CRITICAL))["benefit.bands"] == (
        "缺少这一节，请补写 [[benefit.bands]] …"
    )
    assert wrong(changed(("[instrument]", "[instruments]"), text=CRITICAL))["instrument"] == (
        "缺少这一节，请补写 [instrument] …"
    )


def test_an_empty_list_beside_a_faulty_one_is_still_said() -> None:
    text = changed(('["800元", "400元", "200元"]', "[]"), ('own = "12%"', "own = 12"))
    assert set(wrong(text)) == {"benefit.tables[0].deductible.amounts", "benefit.tables[0].bands[0].own"}


def test_what_is_no_toml_is_named_by_its_line() -> None:
    with pytest.raises(DocumentError) as error:
        load((HEAD + "x = 5 5\n").encode())
    (problem,) = error.value.problems
    assert problem.line == len(HEAD.splitlines()) + 1
    assert problem.message.startswith(f"第{problem.line}行不合 TOML 格式")
    with pytest.raises(DocumentError) as error:
        load(b"x = [")
    (problem,) = error.value.problems
    assert (problem.line, problem.message[:4]) == (None, "文件末尾")


def test_a_gloss_may_speak_of_what_no_document_can_state() -> None:
    """Half a day, a thirteenth month, three decimals: no figure, and nothing to stumble over."""
    assert stated_in("3.5天，2022年13月1日，1.234元，0.3333333%，12345678人，5天") == {("天", 5)}
    load(changed(("个人负担12%，", "个人负担12%，约3.5天，")).encode())


def test_ten_thousands_are_read_to_the_fen() -> None:
    assert stated_in("1.60005万元、1.5万人、0.5万元、0.00001万元、35万元、0万元") == {
        ("元", 1_600_050), ("人", 15_000), ("元", 500_000), ("元", 10), ("元", 35_000_000), ("元", 0),
    }  # fmt: skip


def test_a_scheme_may_be_in_force_for_one_day_and_a_period_last_one() -> None:
    one_day = changed(("effective = 2024-01-01", "effective = 2024-01-01\nends = 2024-01-01"))
    assert load(one_day.encode()).ends == load(one_day.encode()).effective
    text = changed(("from = 2022-01-01\nto = 2022-12-31", "from = 2022-01-01\nto = 2022-01-01"), text=YUNNAN)
    text = changed(('"第三条" = "', '"第三条" = "2022年1月1日。'), text=text)
    period = load(text.encode()).period
    assert period is not None and period.opens == period.to


def test_short_articles_and_readings_are_long_enough() -> None:
    text = changed(('by_discharge = "第六条"', 'by_discharge = "六"'), text=YUNNAN)
    setting = '[[settings]]\nname = "x"\narticle = "第三条"\nvalue = true\nreading = "按日计算"\n'
    setting += 'decides = "people"\n'
    assert load((text + setting).encode()).settings[-1].reading == "按日计算"
    assert "settings[26].reading" not in wrong(text + setting.replace("按日计算", ""))
    said = wrong(text + setting.replace("按日计算", "按日算"))
    assert any(path.endswith(".reading") for path in said)


def test_one_bad_value_and_one_short_reading_are_one_line_each_in_the_right_words() -> None:
    setting = '[[settings]]\nname = "late_fee"\narticle = "第三条"\nvalue = [1]\nreading = "按"\n'
    found = messages(CRITICAL + setting)
    assert [words for words in found if "gloss" not in words] == [
        "请写成带引号的文字，或写 true 或 false，或写整数", "至少写4个字",
    ]  # fmt: skip
    assert "不能为空" in messages(CRITICAL + setting.replace('"按"', '""'))


def test_what_lies_across_is_told_together_with_what_fits_no_type() -> None:
    text = changed(
        ('amount = "16000元"', 'amount = "figure:deductible"'),
        ('accumulates = "settlement_year"', 'accumulates = "x"'), text=CRITICAL,
    )  # fmt: skip
    twice = '[[exclusions]]\nreason = "fraud"\narticle = "第五条"\n' * 2
    cover = '[cover]\narticle = "第五条"\ntested_on = "discharged"\nby_period = true\n'
    found = wrong(text + twice + cover)
    assert {"benefit.accumulates", "benefit.deductible.amount", "exclusions[1].reason",
            "cover.by_period"} <= set(found)  # fmt: skip
    assert found["benefit.deductible.amount"] == "引用了公布数 deductible，请在 [[figures]] 中声明"
    assert "exclusions[1]" not in found  # told once


def across(**data: Any) -> list[tuple[str, str]]:
    return [(one.path, one.message) for one in problems_across.across(data)]


def test_plans_guarantees_and_clocks_are_compared_as_they_are_written() -> None:
    sold = [{"kind": "plan", "plan": "a"}]
    words = "没有计划“b”；[[levy]] 中的计划有：a，请改成其中之一或补写"
    assert across(levy=sold, join=[{"kind": "plan_sex", "plan": "b"}]) == [("join[0].plan", words)]
    assert across(levy=sold, join=[{"kind": "plan_sex"}], benefit={"kind": "bands", "plans": {"b": {}}}) == []
    assert across(levy=[*sold, {"kind": "plan"}], benefit={"kind": "plans", "plans": {"b": {}}}) == []
    shares = {"kind": "plan_shares", "most": {"b": "1份"}, "contains": {"a": {"b": "1份"}, "c": 5}}
    assert [path for path, _words in across(levy=sold, join=[shares])] == [
        "join[0].most.b", "join[0].contains.a", "join[0].contains.c",
    ]  # fmt: skip
    rule = {"member_in": ["1"], "unpaid_in": ["1", "2", 3]}
    assert across(guarantee=rule) == [("guarantee.unpaid_in", "第2期不在 member_in 中，请补写或删去")]
    assert across(guarantee={"unpaid_in": ["1"]}) == across(guarantee={"member_in": ["1"]}) == []
    for kind, name, unit in (("workdays", "days", "个工作日"), ("months", "months", "个月")):
        least = [(f"clocks[0].{name}", "办结期限至少为1")]
        assert across(clocks=[{"kind": kind, name: f"0{unit}"}]) == least
        assert across(clocks=[{"kind": kind, name: f"1{unit}"}]) == []


def test_entries_written_twice_are_told_once_whatever_else_stands_there() -> None:
    for section, key in problems_across.KEYS:
        entries = [{key: "x"}, "odd", {key: "x", "decides": "people", "value": 1}, {key: 5}, {key: 5}, {}]
        assert across(**{section: entries}) == [(f"{section}[2].{key}", "“x”写了两次，只留一个")]
    for section in problems_across.LISTS:
        entries = [{"a": 1}, {"a": 2}, {"a": 1}]
        assert across(**{section: entries}) == [(f"{section}[2]", f"与 {section}[0] 完全一样，只留一个")]
    texts = {"label": "figure:x", "levy": [{"note": "figure:x", "of": ["figure:y"]}]}
    assert across(**texts) == [("levy[0].of[0]", "引用了公布数 y，请在 [[figures]] 中声明")]
    assert across(**texts, figures=[{"name": "y"}]) == []


def test_the_documents_days_agree_with_its_period_and_with_their_gloss() -> None:
    first, last = date(2022, 1, 1), date(2022, 12, 31)
    before, after = date(2021, 12, 31), date(2023, 1, 1)
    assert (
        across(effective=first, ends=last, period={"to": last}) == across(effective=first, ends=first) == []
    )
    assert across(effective=first, ends=before) == [("ends", "ends 不能早于 effective")]
    assert across(ends=date(2022, 12, 30), period={"to": last}) == [
        ("ends", "ends 不能早于本期最后一天：请写成 2022-12-31，或更正 [period] 的 to")
    ]
    assert across(effective=last, period={"to": last}) == []
    assert across(effective=after, period={"to": last}) == [
        ("effective", "effective 不能晚于本期最后一天 2022-12-31")
    ]
    assert across(effective="x", ends=datetime(2021, 1, 1), period={"to": 5}) == []
    gloss = {"一": "自2022年1月1日起，到2022年12月31日止。"}
    dated = {
        "effective": first,
        "effective_article": "一",
        "ends": last,
        "ends_article": "一",
        "gloss": gloss,
    }
    assert across(**dated) == []
    words = "释义“一”里没有写到2023年1月1日；请在 [gloss] 该条中写明，或更正此数"
    assert across(**{**dated, "ends": after}) == [("ends", words)]
    assert across(**{**dated, "effective_article": "二"}) == [
        ("effective_article", '[gloss] 里没有“二”的释义，请补写 "二" = "…"')
    ]


def test_a_band_that_ends_before_it_begins_is_told_beside_other_faults() -> None:
    for over, to, said in (("800元", "500元", True), ("800元", "800元", True), ("800元", "801元", False)):
        data: dict[str, Any] = {"x": {"bands": [{"over": over, "to": to}, {"over": "x", "to": "5元"}]}}
        told = [(one.path, one.message) for one in problems_raw.beyond_types(data, ())]
        assert told == ([("x.bands[0].to", "to 必须大于 over")] if said else [])


def test_a_problem_points_at_its_key_or_at_the_head_of_the_table_that_lacks_it() -> None:
    found = lines(changed((', amount = "16000元"', ""), text=CRITICAL))
    assert found["benefit.deductible.amount"].startswith("deductible = ")
    two = CRITICAL + LEVY + 'term = "3个月"\n' + LEVY + 'note = "y"\n'
    assert lines(two)["levy[1].term"] == "[[levy]]"
    with pytest.raises(DocumentError) as error:
        load(two.encode())
    lacking = next(problem for problem in error.value.problems if problem.path == "levy[1].term")
    assert lacking.line == len(two.splitlines()) - 5
    assert lines(changed(('name = "某市大病保险"\n', ""), text=CRITICAL)) == {"name": ""}
    assert lines(changed(('name = "某市大病保险"', "name = 5"), text=CRITICAL)) == {"name": "name = 5"}


def test_a_broken_draft_is_still_told_which_bands_do_not_touch() -> None:
    """One band cannot be read, so the types alone would not have come to the gap."""
    gap = 'over = "50001元", to = "100000元", pays = "70%"'
    text = changed(('over = "50000元", to = "100000元", pays = "70%"', gap), text=CRITICAL)
    assert set(wrong(text)) == {"benefit.bands", "benefit.bands[1].over"}  # the gap, and no such figure
    broken = changed(('pays = "80%"', "pays = 80"), text=text)
    said = wrong(broken)
    assert '与上一段不相接：请写成 "50000元"，或更正上一段的 to' in messages(broken)
    assert set(said) == {"benefit.bands[1].over", "benefit.bands[2].pays"}
    elsewhere = changed(('accumulates = "settlement_year"', 'accumulates = "x"'), text=text)
    assert set(wrong(elsewhere)) == {"benefit.accumulates", "benefit.bands", "benefit.bands[1].over"}
    assert not [words for words in messages(elsewhere) if words.startswith("与上一段不相接")]


def test_bands_in_tables_are_looked_at_too_and_ends_that_cannot_be_read_are_left_alone() -> None:
    for over, said in (("20001元", True), ("2万", False), ("20000元", False)):
        text = changed(
            ('over = "20000元", to = "50000元", own = "8%"', f'over = "{over}", to = "50000元", own = 8')
        )
        path = "benefit.tables[0].bands[1].over"
        touching = [
            one for one in raw(text) if one == (path, '与上一段不相接：请写成 "20000元"，或更正上一段的 to')
        ]
        assert bool(touching) == said
    for to in ("2万", 20_000, "20000人"):
        odd: dict[str, Any] = {"bands": [{"to": to}, {"over": "30000元"}]}
        assert problems_raw.beyond_types(odd, ()) == []
        turned: dict[str, Any] = {"x": {"bands": [{"to": "30000元"}, {"over": to}]}}
        assert problems_raw.beyond_types(turned, ()) == []
    for odd in ({"bands": ["x"]}, {"bands": "figure:bands"}, {"other": [{"to": "1元"}, {"over": "2元"}]},
                {"bands": [{"to": "1元"}, {"over": "1元"}]}):  # fmt: skip
        assert problems_raw.beyond_types(odd, ()) == []
    deep: dict[str, Any] = {"a": [{"bands": [{"to": "1元"}, {"over": "2元"}]}]}
    assert [one.path for one in problems_raw.beyond_types(deep, ())] == ["a[0].bands[1].over"]
    assert problems_raw.beyond_types(deep, {"a[0].bands"}) == []


def raw(text: str) -> list[tuple[str, str]]:
    return [(one.path, one.message) for one in problems_raw.beyond_types(tomllib.loads(text), ())]


@pytest.mark.parametrize(
    ("mark", "said"), [("", True), ("provisional = false", True), ("provisional = true", False)]
)
def test_a_figure_that_the_gloss_lacks_is_said_unless_it_is_provisional(mark: str, said: bool) -> None:
    gloss = '[gloss]\n"一" = "3元，0元"\n'
    text = HEAD + gloss + f'[x]\narticle = "一"\n{mark}\namount = "5元"\nnone = "0元"\ny = "3元"\n'
    expected = ("x.amount", "释义“一”里没有写到5元；请在 [gloss] 该条中写明，或更正此数")
    assert raw(text) == ([expected] if said else [])
    listed = text.replace('"5元"', '["3元", "5元", 2024-01-02, 7]')
    dated = ("x.amount", "释义“一”里没有写到2024年1月2日；请在 [gloss] 该条中写明，或更正此数")
    assert raw(listed) == ([expected, dated] if said else [])


ODD = st.sampled_from([None, 0, -1, True, "", "x", "5元", "30%", "bands", [], ["x"], [[]], {},
                       {"kind": "bands"}, {"x": {}}, [{}], [{"kind": "plan"}], "figure:x"])  # fmt: skip
FILES = [tomllib.loads(path.read_text(encoding="utf-8")) for path in shipped()]


@given(st.data())
def test_whatever_stands_where_something_else_belongs_is_said(data: st.DataObject) -> None:
    changed_ = copy.deepcopy(data.draw(st.sampled_from(FILES)))
    for _ in range(data.draw(st.integers(1, 3))):
        here: Any = changed_
        while True:
            keys = sorted(here) if isinstance(here, dict) else list(range(len(here)))
            key = data.draw(st.sampled_from(keys)) if keys else None
            if key is None:
                break
            if isinstance(here[key], dict | list) and data.draw(st.booleans()):
                here = here[key]
                continue
            here[key] = copy.deepcopy(data.draw(ODD))
            break
    document, found = problems.build(Document, changed_)
    assert (document is None) == bool(found)
    if document is None:
        found += problems_raw.beyond_types(changed_, {problem.path for problem in found})
    found += problems_across.across(changed_) + readings.unsettled(changed_)
    assert all(problem.message for problem in found)


def test_the_checker_reads_a_million_bytes_thirty_levels_and_tells_two_hundred_faults() -> None:
    assert source_text.parse(b"#" * 1_000_000) == {}
    assert "a" in source_text.parse(b"a = " + b"[" * 29 + b"]" * 29)
    for text, words in ((b"#" * 1_000_001, "1 MB"), (b"a = " + b"[" * 30 + b"]" * 30, "套得太深")):
        with pytest.raises(DocumentError, match=words):
            source_text.parse(text)
    faults = [problems.Problem(f"x[{number}]", "y") for number in range(201)]
    assert len(source_text.with_lines(faults[:200], b"")) == 200
    told = source_text.with_lines(faults, b"")
    assert (len(told), told[-1].message) == (201, "还有1处，改正以上各处后再检查")
