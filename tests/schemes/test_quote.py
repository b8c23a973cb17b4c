"""Quotes by function and by command: strict about facts, complete about reasons."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from schemes.quotes import quote, understood
from schemes.rules.document import load_file
from tests.schemes.support import DOCUMENTS

PATH = DOCUMENTS / "yunnan-mutual-aid" / "2022-01-01.toml"
YUNNAN = load_file(PATH)


def ask(facts: object, ask: str = "benefit", **other: object) -> dict[str, Any]:
    request = {"scheme": "yunnan-mutual-aid", "period": "18", "ask": ask, "facts": facts, **other}
    found: dict[str, Any] = quote(request, document=YUNNAN)
    return found


def error(facts: object, kind: str = "benefit", **other: object) -> tuple[str, str]:
    found = ask(facts, kind, **other)["answer"]
    return found["error"], found["path"]


def test_an_answer_names_scheme_period_sha_and_its_lines() -> None:
    found = ask({"stays": [{"base": "5000.00"}]})
    assert found["scheme"] == {"code": "yunnan-mutual-aid", "period": "18", "sha": YUNNAN.sha}
    assert found["lines"] == [
        {"article": "第七条(一)", "rule": "benefit.below", "basis": "800.00", "rate": "0%",
         "amount": "0.00", "note": "起付线以内"},
        {"article": "第七条(一)", "rule": "benefit.bands[0]", "basis": "4200.00", "rate": "30%",
         "amount": "1260.00", "note": ""},
    ]  # fmt: skip
    assert "provisional" not in found


def test_the_lines_of_a_bill_add_up_to_its_total() -> None:
    bill = {"total": "60000.00", "basic_paid": "40000.00", "self_funded": "6000.00"}
    found = ask({"stays": [{"bill": bill}]})
    assert sum(int(line["basis"].replace(".", "")) for line in found["lines"]) == 6_000_000


@pytest.mark.parametrize(
    ("facts", "code", "path"),
    [
        ({}, "figure_missing", "facts.stays"),
        ({"stays": [{}]}, "figure_missing", "facts.stays[0].base"),
        ({"stays": [{"base": "1"}], "x": 1}, "unknown_field", "facts.x"),
        ({"stays": {"base": "1"}}, "unknown_field", "facts.stays"),
        ({"stays": [{"base": 1.5}]}, "bad_amount", "facts.stays[0].base"),
        ({"stays": [{"base": "1,000.00"}]}, "bad_amount", "facts.stays[0].base"),
        ({"stays": [{"base": None}]}, "figure_missing", "facts.stays[0].base"),
        ({"stays": [{"bill": {"totl": "1.00"}}]}, "unknown_field", "facts.stays[0].bill.totl"),
        ({"stays": [{"base": "1", "exclusion": "war"}]}, "unknown_field", "facts.stays[0].exclusion"),
        ({"stays": [{"base": "1", "discharged": "2022/01/01"}]}, "bad_date", "facts.stays[0].discharged"),
        ({"stays": [{"base": "1", "discharged": "2022-01-02", "settled": "2022-01-01"}]}, "bad_date",
         "facts.stays[0].settled"),
        ({"stays": [{"base": "1"}], "person": {"kind": "child"}}, "unknown_field", "facts.person.kind"),
        ({"stays": [{"base": "1"}], "event": {"plan": "a", "units": 1}}, "unknown_field", "facts.event"),
        ({"event": {"plan": "a", "units": 1}}, "unknown_field", "facts.event.plan"),
        ({"stays": [{"base": "1"}], "figures": {"bands": [{"over": "2", "rate": "1%"},
                                                          {"over": "1", "rate": "2%"}]}},
         "bad_amount", "facts.figures.bands"),
        ({"stays": [{"base": "1"}], "figures": {"bands": []}}, "bad_amount", "facts.figures.bands"),
        ({"stays": [{"base": "1"}], "figures": {"pool_ratio": "0.9"}}, "bad_amount",
         "facts.figures.pool_ratio"),
    ],
)  # fmt: skip
def test_a_fact_that_cannot_be_understood_is_named_by_its_path(facts: object, code: str, path: str) -> None:
    assert error(facts) == (code, path)


@pytest.mark.parametrize(
    ("kind", "facts", "code", "path"),
    [
        ("sing", {}, "unknown_field", "ask"),
        ("levy", {}, "figure_missing", "facts.person"),
        ("levy", {"person": {}, "unit": {}}, "unknown_field", "facts.unit"),
        ("quota", {"active_insured": 5}, "figure_missing", "facts.active_joining"),
        ("quota", {"active_insured": -5, "active_joining": 1}, "bad_amount", "facts.active_insured"),
        ("quota", {"active_insured": True, "active_joining": 1}, "bad_amount", "facts.active_insured"),
        ("window", {"act": "fly", "on": "2022-01-01"}, "unknown_field", "facts.act"),
        ("due", {"act": "pay", "from": "2022-01-01"}, "unknown_field", "facts.act"),
        ("cover", {"last_month_paid": "2022-13"}, "bad_date", "facts.last_month_paid"),
        ("cover", {"stay": {"admitted": "2022-02-01", "discharged": "2022-01-01"}}, "bad_date",
         "facts.stay.discharged"),
        ("late_fee", {"arrears": "1.00", "due": "2022-01-01", "payments": []}, "unknown_field", "ask"),
        ("career", {"sex": "M"}, "unknown_field", "ask"),
        ("corridor", {"premium": "1.00", "claims": "1.00", "target": "5%"}, "unknown_field", "ask"),
        ("waterfall", {}, "unknown_field", "scheme"),
    ],
)  # fmt: skip
def test_questions_are_as_strict_as_benefits(kind: str, facts: object, code: str, path: str) -> None:
    assert error(facts, kind) == (code, path)


@pytest.mark.parametrize(
    ("request_", "code", "path"),
    [
        ("hello", "unknown_field", ""),
        ({"ask": "benefit"}, "unknown_field", "scheme"),
        ({"scheme": "yunnan-mutual-aid"}, "unknown_field", "ask"),
        ({"scheme": "yunnan-mutual-aid", "ask": "quota", "note": "x"}, "unknown_field", "note"),
        ({"scheme": "yunnan-mutual-aid", "ask": "quota", "period": 18}, "unknown_field", "period"),
        ({"scheme": "yunnan-mutual-aid", "ask": "quota", "period": "18", "on": "2022-01-01"},
         "unknown_field", "on"),
        ({"scheme": "yunnan-mutual-aid", "ask": "quota", "on": "yesterday"}, "bad_date", "on"),
        ({"scheme": "yunnan-mutual-aid", "ask": "quota", "facts": []}, "unknown_field", "facts"),
        ({"scheme": "chuxiong-large-expense", "ask": "quota"}, "no_document", "scheme"),
        ({"scheme": "yunnan-mutual-aid", "ask": "quota", "period": "17"}, "no_document", "period"),
        ({"scheme": "yunnan-mutual-aid", "ask": "quota", "on": "2021-12-31"}, "no_document", "on"),
        ({"scheme": "chuxiong", "ask": "waterfall", "period": "18"}, "unknown_field", "period"),
    ],
)  # fmt: skip
def test_a_request_is_checked_before_its_facts(request_: object, code: str, path: str) -> None:
    found = quote(request_, document=YUNNAN)
    assert (found["answer"]["error"], found["answer"]["path"]) == (code, path)


def test_a_list_is_answered_as_a_list_and_one_bad_request_does_not_stop_the_others() -> None:
    good = {"scheme": "yunnan-mutual-aid", "period": "18", "ask": "route", "facts": {"amount": "1.00"}}
    found = quote([good, {**good, "facts": {}}, {**good, "x": 1}], document=YUNNAN)
    assert [item["answer"].get("level", item["answer"].get("error")) for item in found] == [
        "agency", "figure_missing", "unknown_field",
    ]  # fmt: skip
    assert not understood(found) and understood(found[:2])


def test_before_the_first_day_of_a_scheme_the_older_rules_are_named() -> None:
    chuxiong = load_file(DOCUMENTS / "chuxiong-large-expense" / "2023-01-01.toml")
    request = {"scheme": "chuxiong-large-expense", "on": "2022-12-31", "ask": "levy", "facts": {}}
    found = quote(request, document=chuxiong)["answer"]
    assert found["error"] == "no_document"
    assert "州政发〔2000〕23号" in found["message"] and "楚政通〔2004〕45号" in found["message"]


def test_provisional_figures_are_listed_only_where_an_answer_rests_on_them() -> None:
    basic = load_file(DOCUMENTS / "lianyungang-basic" / "2021-01-01.toml")
    stay = {"base": "5000.00", "hospital": {"level": "first"}}

    def listed(**facts: object) -> list[str]:
        request = {"scheme": "lianyungang-basic", "on": "2022-06-01", "ask": "benefit",
                   "facts": {"stays": [stay], **facts}}  # fmt: skip
        found: list[str] = quote(request, document=basic).get("provisional", [])
        return found

    assert "benefit.tables[0]" in listed()
    assert not any(path.startswith("benefit.tables[1]") for path in listed())
    assert listed(figures={"pool_ratio": "85%"}) == []


def run(*args: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command as a process of its own, on a database that does not exist."""
    code = "from django.core.management import execute_from_command_line as run; import sys; run(sys.argv)"
    env = {**os.environ, "DATABASE_URL": "postgres://nobody@localhost:1/none"}
    return subprocess.run([sys.executable, "-c", code, "quote", *args], input=stdin, capture_output=True,
                          env=env, cwd=DOCUMENTS.parents[1], check=False)  # fmt: skip


def test_the_command_answers_a_file_without_a_database_when_it_is_given_a_document(tmp_path: Path) -> None:
    good = {"scheme": "yunnan-mutual-aid", "period": "18", "ask": "due",
            "facts": {"act": "review", "from": "2022-01-26"}}  # fmt: skip
    file = tmp_path / "q.json"
    file.write_text(json.dumps(good), encoding="utf-8")
    found = run(str(file), "--document", str(PATH))
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout)["answer"] == {"due": "2022-02-07"}
    assert "第十条" in found.stdout.decode("utf-8")
    bad = run("-", "--document", str(PATH), stdin=json.dumps([good, {**good, "when": 1}]).encode())
    assert bad.returncode == 2
    assert [item["answer"].get("error") for item in json.loads(bad.stdout)] == [None, "unknown_field"]


def test_text_that_is_no_text_is_answered_in_its_place_and_bottomless_json_is_refused() -> None:
    odd = run("-", "--document", str(PATH), stdin=b'[{"scheme": "\\ud800", "ask": "\\ud800"}, {}]')
    assert odd.returncode == 2, odd.stderr
    assert [item["answer"]["path"] for item in json.loads(odd.stdout)] == ["scheme", "scheme"]
    deep = run("-", "--document", str(PATH), stdin=b"[" * 200_000)
    assert (deep.returncode, b"Traceback" in deep.stderr) == (2, False)


def test_a_refusal_by_rule_is_an_answer() -> None:
    request = {"scheme": "yunnan-mutual-aid", "period": "18", "ask": "window",
               "facts": {"act": "pay", "on": "2022-02-26"}}  # fmt: skip
    found = run("-", "--document", str(PATH), stdin=json.dumps(request).encode())
    assert found.returncode == 0
    answer = json.loads(found.stdout)["answer"]
    assert answer["accepted"] is False
    assert [reason["article"] for reason in answer["reasons"]] == ["第五条"]


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe"])
def test_what_is_no_json_is_refused_whole(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "q.json"
    file.write_bytes(content)
    with pytest.raises(CommandError) as raised:
        call_command("quote", str(file), document=PATH)
    assert raised.value.returncode == 2
    with pytest.raises(CommandError):
        call_command("quote", str(tmp_path / "none.json"), document=PATH)
    with pytest.raises(CommandError):
        call_command("quote", str(file), document=tmp_path / "none.toml")


def test_check_scheme_says_everything_at_once_with_lines(tmp_path: Path) -> None:
    text = PATH.read_text(encoding="utf-8").replace('pays = "30%"', 'pays = "30"').replace('60%"', '60"')
    file = tmp_path / "draft.toml"
    file.write_text(text, encoding="utf-8")
    out = io.StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("check_scheme", str(file), stdout=out)
    assert stopped.value.code == 1
    said = out.getvalue()
    assert "benefit.bands[0].pays" in said and "quota.ratio" in said and f"{file}:" in said


def test_check_scheme_runs_the_cases_beside_the_document(tmp_path: Path) -> None:
    file = tmp_path / "draft.toml"
    file.write_bytes(PATH.read_bytes())
    out = io.StringIO()
    call_command("check_scheme", str(file), stdout=out)
    case = {"id": "red", "scheme": "yunnan-mutual-aid", "period": "18", "ask": "route",
            "facts": {"amount": "1.00"}, "answer": {"level": "office"}}  # fmt: skip
    file.with_suffix(".cases.json").write_text(json.dumps([case]), encoding="utf-8")
    with pytest.raises(SystemExit):
        call_command("check_scheme", str(file), stdout=out)
    assert "red" in out.getvalue() and '"office"' in out.getvalue()
