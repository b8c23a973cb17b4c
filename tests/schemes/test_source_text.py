"""Whatever file is handed to the checker, it says in Chinese what to write instead, all at once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from schemes.rules import source_text
from schemes.rules.document import DocumentError, Problem, load
from tests.schemes.support import DOCUMENTS, shipped

YUNNAN = (DOCUMENTS / "yunnan-mutual-aid" / "2022-01-01.toml").read_bytes()
CITY = (DOCUMENTS / "municipal-mutual-plans" / "2022-01-01.toml").read_bytes()
CHINESE = re.compile("[\u4e00-\u9fff]")
ENGLISH = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")


def wrong(text: bytes) -> list[Problem]:
    with pytest.raises(DocumentError) as error:
        load(text)
    for problem in error.value.problems:
        assert CHINESE.search(problem.message) and not ENGLISH.search(problem.message), problem
    return error.value.problems


def said(text: bytes) -> dict[str, str]:
    return {problem.path: problem.message for problem in wrong(text)}


def changed(document: bytes, old: str, new: str) -> bytes:
    assert document.decode().count(old), old
    return document.decode().replace(old, new, 1).encode()


def test_a_byte_order_mark_and_windows_lines_change_nothing() -> None:
    assert load(b"\xef\xbb\xbf" + YUNNAN) == load(YUNNAN) == load(YUNNAN.replace(b"\n", b"\r\n"))


@pytest.mark.parametrize("code", ["gb18030", "utf-16"])
def test_another_encoding_is_named(code: str) -> None:
    assert said(YUNNAN.decode().encode(code)) == {"": "文件不是 UTF-8 编码，请另存为 UTF-8"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('a = "b', None, "文件末尾不合 TOML 格式：引号没有成对"),
        ("第三条 = 1", 1, "中文名称要加引号"),
        ("a = 800元\n", 1, "带单位的数要加引号"),
        ("a = 元\n", 1, "带单位的数加引号"),
        ("a = 1\nb = [1", None, "方括号没有成对"),
        ("[a]\nb = 1\n[a]", 3, "这一节写了两次"),
        ("a = 1\na = 2\n", 2, "同一项写了两次"),
        ("a = 2022-02-30", 1, "没有这一天"),
        ("a = 1 b = 2", 1, "一行只写一项"),
        ("a = { b = 1\n}", 1, "花括号"),
        ("a" * 5 + " 1", 1, "名称后面要有等号"),
        ("[a\nb = 1", 1, "方括号没有成对"),
    ],
)
def test_what_is_no_toml_is_said_with_its_line_and_its_cure(text: str, line: int | None, words: str) -> None:
    (problem,) = wrong(text.encode())
    assert words in problem.message and problem.line == line


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "a." * 3000 + "b = 1", "a = " + "[" * 40 + "]" * 40])
def test_what_is_nested_too_deeply_is_said(text: str) -> None:
    (problem,) = wrong(text.encode())
    assert "套得太深" in problem.message


def test_a_file_far_too_large_is_no_document() -> None:
    (problem,) = wrong(b"#" * (source_text.MOST_BYTES + 1))
    assert "1 MB" in problem.message
    assert source_text.parse(b"#" * source_text.MOST_BYTES) == {}


def test_of_very_many_problems_the_first_are_told_and_the_rest_counted() -> None:
    text = YUNNAN + '\n[[exclusions]]\nreason = "fraud"\narticle = "第十二条"\n'.encode() * 300
    found = wrong(text)
    assert len(found) == source_text.MOST_TOLD + 1
    assert re.fullmatch(r"还有\d+处，改正以上各处后再检查", found[-1].message)
    assert all(problem.line for problem in found[:-1])


def test_an_empty_file_lacks_every_part_each_with_how_to_write_it() -> None:
    found = said(b"")
    assert found["scheme"] == "缺少这一项，请补写 scheme = …"
    assert found["instrument"] == "缺少这一节，请补写 [instrument] …"
    assert found["gloss"] == "缺少这一节，请补写 [gloss] …"
    without = said(re.sub(rb"(?s)\[\[benefit.bands\]\].*?\n\n", b"", YUNNAN))
    assert without["benefit.bands"] == "缺少这一节，请补写 [[benefit.bands]] …"


def test_a_list_of_sections_is_found_by_its_first_line() -> None:
    text = changed(
        YUNNAN, 'level = "center"\narticle = "第十条"', 'level = "center"\narticle = "第十条"\nto = "1元"'
    )
    problem = next(problem for problem in wrong(text) if problem.path == "routing")
    assert text.decode().splitlines()[(problem.line or 0) - 1] == "[[routing]]"


@pytest.mark.parametrize(
    ("document", "old", "new", "path", "words"),
    [
        (YUNNAN, 'care = ["inpatient", "home_bed", "day_ward"]', "care = []", "accepts.care", "至少写一项"),
        (YUNNAN, 'allowed = ["active", "retired", "new_form"]', "allowed = []", "join[1].allowed", "写一项"),
        (YUNNAN, 'needs = ["basic", "large"]', "needs = []", "join[0]", "needs（都要参加）或 any_of"),
        (YUNNAN, 'in_any_of = ["17"]', "in_any_of = []", "levy[0].in_any_of", "至少写一项"),
        (YUNNAN, 'in_any_of = ["17"]', 'in_any_of = ["十七"]', "levy[0].in_any_of[0]", '例如 "18"'),
        (YUNNAN, 'from_period = "19"', 'from_period = "十九"', "join[3].from_period", '例如 "18"'),
        (YUNNAN, 'scheme = "yunnan-mutual-aid"', 'scheme = "云南"', "scheme", "小写字母"),
        (YUNNAN, 'pays = "70%"', 'pays = "170%"', "benefit.bands[1].pays", "170%超过100%"),
        (YUNNAN, 'ratio = "60%"', 'ratio = "100.01%"', "quota.ratio", "100.01%超过100%"),
        (YUNNAN, 'unpaid_in = ["15",', 'unpaid_in = ["14", "15",', "guarantee.unpaid_in", "第14期不在"),
        (YUNNAN, 'days = "5个工作日"', 'days = "0个工作日"', "clocks[0].days", "至少为1"),
        (YUNNAN, "[quota]", '[[join]]\nkind = "once"\narticle = "第四条"\n\n[quota]', "join[5]",
         "与 join[4] 完全一样"),
        (YUNNAN, '[benefit]\nkind = "bands"', '[benefit]\nkind = "bands"\ndeductible = { article = "第七条", '
         'amount = "800元" }\ncap = { article = "第七条", amount = "800元", waived_for = "major_illness" }',
         "benefit", "waived_for 不能与 deductible"),
        (CITY, 'plan = "women"\nsex', 'plan = "ladies"\nsex', "join[3].plan", "没有计划“ladies”"),
        (CITY, 'women = "3份"', 'ladies = "3份"', "join[2].most.ladies", "medical、women"),
        (CITY, 'women = "3份"', 'women = "0份"', "join[2]", '至少 "1份"：women'),
        (CITY, "contains = { package = { medical", "contains = { packet = { medical",
         "join[2].contains.packet", "没有计划“packet”"),
        (CITY, "[benefit.plans.women]", "[benefit.plans.ladies]", "benefit.plans.ladies", "没有计划“ladies”"),
        (CITY, 'tested_on = "discharged"', 'tested_on = "discharged"\nby_period = true', "cover.by_period",
         "[period]"),
        (CITY, '[benefit]\nkind = "plans"', "[benefit]", "benefit", "kind"),
    ],
)  # fmt: skip
def test_a_mistake_of_sense_is_named_where_it_stands(
    document: bytes, old: str, new: str, path: str, words: str
) -> None:
    found = wrong(changed(document, old, new))
    assert [problem for problem in found if problem.path == path and words in problem.message]


def test_the_command_says_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in (b"", YUNNAN.decode().encode("gbk"), b"[" * 90_000, YUNNAN[:3001]):
        file = tmp_path / "draft.toml"
        file.write_bytes(content)
        with pytest.raises(SystemExit):
            call_command("check_scheme", str(file))
        assert CHINESE.search(capsys.readouterr().out)
    for missing in (tmp_path, tmp_path / "nothing.toml"):
        with pytest.raises(CommandError):
            call_command("check_scheme", str(missing))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_in_chinese_or_read(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([path.read_bytes() for path in shipped()]))
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 400)))
    put = data.draw(
        st.sampled_from([b"", b'"', b"[", b"]", b"=", b"\n", b"\\", b"800", "元".encode(), b"\x00"])
    )
    try:
        load(text[:start] + put + text[end:])
    except DocumentError as error:
        for problem in error.problems:
            assert CHINESE.search(problem.message) and not ENGLISH.search(problem.message), problem
