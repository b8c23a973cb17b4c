"""What a quote answers, to the last line: each article's trace, without a stray fen."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from schemes.rules.document import Document, LoadedDocument
from schemes.rules.model import Rule
from tests.schemes.support import ask, document

YUNNAN, LIANYUNGANG = document("yunnan-mutual-aid"), document("lianyungang-basic")
CHUXIONG, GUANGXI = document("chuxiong-large-expense"), document("guangxi-critical-illness")
Line = tuple[str, str, str, str, str]


def quoted(of: LoadedDocument, kind: str, facts: dict[str, Any], **more: Any) -> tuple[Any, list[Line]]:
    """The answer and its lines: rule, basis, rate, amount, note."""
    found = ask(of, {"scheme": of.document.scheme, "ask": kind, "facts": facts, **more})
    names = ("rule", "basis", "rate", "amount", "note")
    return found["answer"], [tuple(line[name] for name in names) for line in found["lines"]]  # type: ignore[misc]


def changed(of: LoadedDocument, **update: Any) -> LoadedDocument:
    return LoadedDocument(of.document.model_copy(update=update), "sha", of.period_code)


def edited(rule: Rule | None, **update: Any) -> Rule:
    assert rule is not None
    return rule.model_copy(update=update)


def test_a_quota_is_met_or_the_answer_says_by_how_many_it_is_not() -> None:
    met, lines = quoted(YUNNAN, "quota", {"active_insured": 100, "active_joining": 60})
    assert met == {"minimum": 60, "accepted": True}
    assert lines == [("quota", "0.00", "60%", "0.00", "60人参加，至少60人")]
    short, lines = quoted(YUNNAN, "quota", {"active_insured": 100, "active_joining": 57})
    assert (short["accepted"], short["minimum"]) == (False, 60)
    assert short["reasons"] == [{"code": "quota_not_met", "article": "第一条", "note": "还差3人，至少60人"}]
    assert lines == [("quota", "0.00", "60%", "0.00", "57人参加，至少60人")]


def test_each_reason_against_joining_has_its_line() -> None:
    facts = {"person": {"kind": "retired"}, "basic": True, "already_enrolled": True}
    answer, lines = quoted(YUNNAN, "join", facts)
    assert [reason["code"] for reason in answer["reasons"]] == ["not_in_large", "already_enrolled"]
    assert lines == [
        ("join.not_in_large", "0.00", "", "0.00", "未参加大病补充（大额）医疗保险"),
        ("join.already_enrolled", "0.00", "", "0.00", "本期已参加，每人限一份"),
    ]
    assert quoted(YUNNAN, "join", {"basic": True, "large": True}) == ({"accepted": True, "reasons": []}, [])


def test_a_window_and_a_clock_name_their_article_and_no_amount() -> None:
    answer, lines = quoted(YUNNAN, "window", {"act": "pay", "on": "2022-02-25"})
    assert answer == {"accepted": True, "from": "2021-12-20", "to": "2022-02-25", "reasons": []}
    assert lines == [("windows.pay", "0.00", "", "0.00", "")]
    answer, lines = quoted(GUANGXI, "due", {"act": "pay", "from": "2022-01-31"})
    assert (answer, lines) == ({"due": "2022-02-28"}, [("clocks.pay", "0.00", "", "0.00", "")])


def test_an_amount_is_routed_with_the_amount_as_its_basis() -> None:
    answer, lines = quoted(YUNNAN, "route", {"amount": "3000.01"})
    assert (answer, lines) == ({"level": "office"}, [("routing.office", "3000.01", "", "0.00", "")])
    assert quoted(YUNNAN, "route", {"amount": "0.00"}) == ({"level": None}, [])


def test_who_leaves_gets_nothing_back_and_the_articles_say_so() -> None:
    answer, lines = quoted(YUNNAN, "cover", {"withdrawn": "2022-06-01"})
    assert answer == {"period": "18", "ends": "2022-06-01", "refund": "0.00"}
    assert lines == [("cover.ends.withdrawn", "0.00", "", "0.00", "已交费用不退")]
    silent = changed(YUNNAN, cover=edited(YUNNAN.document.cover, refund_article=""))
    answer, lines = quoted(silent, "cover", {"withdrawn": "2022-06-01"})
    assert answer == {"period": "18", "ends": "2022-06-01"}
    assert lines == [("cover.ends.withdrawn", "0.00", "", "0.00", "")]
    request = {"ask": "cover", "facts": {"withdrawn": "2022-06-01"}}
    articles = [ask(of, request)["lines"][0]["article"] for of in (YUNNAN, silent)]
    assert articles == ["第四条", "第十四条"]


def test_cover_is_answered_for_a_stay_or_for_periods_and_names_the_period_only_where_it_counts() -> None:
    day = {"admitted": "2022-06-01", "discharged": "2022-06-01"}
    answer, lines = quoted(YUNNAN, "cover", {"stay": day})
    assert (answer, lines) == ({"covered": True, "reasons": [], "period": "18"}, [])
    answer, lines = quoted(YUNNAN, "cover", {"periods": ["17"]})
    assert answer["covered"] is False
    assert lines == [("cover.not_enrolled", "0.00", "", "0.00", "未参加第18期")]
    not_by_period = changed(YUNNAN, cover=edited(YUNNAN.document.cover, by_period=False))
    assert "period" not in quoted(not_by_period, "cover", {"stay": day})[0]
    without_period = changed(YUNNAN, period=None)
    assert "period" not in quoted(without_period, "cover", {"stay": day})[0]
    answer, _ = quoted(CHUXIONG, "cover", {"stay": {"discharged": "2023-06-01"}})
    assert answer == {"covered": True, "reasons": []}


def test_waiting_begins_with_the_first_payment_and_unpaid_months_are_counted() -> None:
    answer, lines = quoted(LIANYUNGANG, "cover", {"first_paid": "2022-01-15"})
    assert answer == {"pool_from": "2022-04-15", "account_from": "2022-01-15"}
    assert lines == [("cover.start", "0.00", "", "0.00", "统筹待遇自2022年4月15日起")]
    answer, _ = quoted(LIANYUNGANG, "cover", {"last_month_paid": "2021-12", "resumed_on": "2022-05-10"})
    assert answer == {"pool_from": "2022-08-11", "account_from": "2022-05-10", "unpaid_months": 4}


def test_the_guarantee_names_its_article_and_a_scheme_without_one_says_so() -> None:
    answer, lines = quoted(YUNNAN, "guarantee", {"history": {"periods": ["15", "16", "17", "18"]}})
    assert (answer, lines) == ({"guaranteed": True, "reasons": []}, [("guarantee", "0.00", "", "0.00", "")])
    request = {"ask": "guarantee", "facts": {"history": {}}}
    found = ask(YUNNAN, request)
    assert found["lines"][0]["article"] == "第十五条"
    assert len(found["answer"]["reasons"]) == 4
    assert ask(CHUXIONG, request)["answer"]["path"] == "ask"


def test_months_that_suffice_have_a_line_and_months_that_do_not_have_one_each() -> None:
    record = {"sex": "F", "total_months": 240, "actual_months": 120, "continuous": True}
    answer, lines = quoted(LIANYUNGANG, "career", record)
    assert answer == {"retiree_benefit": True, "months_to_add": 0, "reasons": []}
    assert lines == [("career", "0.00", "", "0.00", "")]
    none = {"sex": "M", "total_months": 0, "actual_months": 0, "continuous": True}
    answer, lines = quoted(LIANYUNGANG, "career", none)
    assert answer["months_to_add"] == 300
    assert lines == [
        ("career.total_months", "0.00", "", "0.00", "累计缴费年限还差300个月"),
        ("career.actual_months", "0.00", "", "0.00", "实际缴费年限还差120个月"),
    ]


def test_a_top_up_costs_months_times_base_times_rate_and_goes_to_the_pool() -> None:
    facts = {"months_to_add": 2, "figures": {"top_up_base": "5000.00", "top_up_rate": "9%"}}
    answer, lines = quoted(LIANYUNGANG, "career", facts)
    assert (answer["cost"], answer["to_pool"], answer["to_account"]) == ("900.00", "900.00", "0.00")
    assert lines == [("career.top_up", "0.00", "", "900.00", "补缴2个月")]


def test_a_corridor_shows_premium_target_and_balance() -> None:
    facts = {"premium": "1000.00", "claims": "1100.00", "target": "5%"}
    answer, lines = quoted(GUANGXI, "corridor", facts)
    assert (answer["fund_bears"], answer["insurer_bears"]) == ("25.00", "75.00")
    assert lines == [("corridor", "1000.00", "5%", "-100.00", "盈亏")]


def test_a_scheme_answers_from_its_first_day_to_its_last() -> None:
    limited = changed(CHUXIONG, ends=date(2023, 12, 31))

    def refused(on: str, of: LoadedDocument = limited) -> str | None:
        answer, _ = quoted(of, "levy", {"person": {}, "figures": {"average_wage": "1.00"}}, on=on)
        return answer.get("message") if answer.get("error") == "no_document" else None

    assert refused("2023-01-01") is None and refused("2023-12-31") is None
    assert "适用至2023年12月31日" in (refused("2024-01-01") or "")
    assert "此前适用州政发〔2000〕23号、楚政通〔2004〕45号" in (refused("2022-12-31") or "")
    assert "此前适用旧办法" in (refused("2022-12-31", changed(CHUXIONG, before="旧办法")) or "")
    repeals = CHUXIONG.document.repeals[:1]
    assert "此前适用州政发〔2000〕23号" in (
        refused("2022-12-31", changed(CHUXIONG, before="", repeals=repeals)) or ""
    )
    bare = refused("2022-12-31", changed(CHUXIONG, before="", repeals=()))
    assert bare == "楚雄州职工大额医疗费用补助自2023年1月1日起适用"


@pytest.mark.parametrize("version_by", ["discharge", "settlement"])
def test_the_day_that_decides_the_version_is_the_documents_choice(version_by: str) -> None:
    """Discharged in the old year, settled in the new: the choice decides which rules pay."""
    of = changed(CHUXIONG, version_by=version_by)
    stay = {"base": "100.00", "discharged": "2022-12-30", "settled": "2023-01-04"}
    answer, _ = quoted(of, "benefit", {"stays": [stay]})
    if version_by == "settlement":
        assert answer["total"] == "90.00"
    else:
        assert (answer["error"], answer["path"]) == ("no_document", "facts.stays[0].settled")
    for day in ("discharged", "settled"):
        old, _ = quoted(of, "benefit", {"stays": [{"base": "100.00", day: "2022-12-30"}]})
        assert old["error"] == "no_document"


@pytest.mark.parametrize("unit", [{"new": 11}, {"continuing": 11}, {"continuing": 4, "new": 7}])
def test_all_of_a_unit_may_join(unit: dict[str, int]) -> None:
    everybody = {"active": 8, "retired": 2, "flexible": 1, **unit}
    assert "error" not in quoted(YUNNAN, "levy", {"unit": everybody})[0]
    more = {**everybody, "new": unit.get("new", 0) + 1}
    assert quoted(YUNNAN, "levy", {"unit": more})[0]["path"] == "facts.unit.new"


@pytest.mark.parametrize("overs", [("1.00", "0.00"), ("0.00", "0.00"), ("0.00", "2.00", "1.00")])
def test_announced_bands_begin_ever_higher(overs: tuple[str, ...]) -> None:
    def asked(rates: list[str]) -> Any:
        bands = [{"over": over, "rate": rate} for over, rate in zip(overs, rates, strict=True)]
        facts = {"stays": [{"base": "1.00"}], "figures": {"deductible": "0.00", "bands": bands}}
        return quoted(GUANGXI, "benefit", facts)[0]["path"]

    assert asked(["50%"] * len(overs)) == "facts.figures.bands"
    assert asked(["50%", "60%", "70%"][: len(overs)]) == "facts.figures.bands"


def test_in_and_out_on_one_day_is_a_stay() -> None:
    day = "2022-06-01"
    stay = {"base": "900.00", "admitted": day, "discharged": day, "settled": day}
    assert quoted(YUNNAN, "benefit", {"stays": [stay]})[0]["total"] == "100.00"


def test_one_person_pays_one_share_whatever_the_staff() -> None:
    plans = document("municipal-mutual-plans")
    facts = {"person": {"new_member": True}, "plans": {"medical": 1}}
    answer, lines = quoted(plans, "levy", facts)
    assert answer["total"] == "65.00"
    assert [line[-1] for line in lines] == ["会费，1人", "1人 × 1份 × 55元"]


def test_the_documents_are_what_the_answers_rest_on() -> None:
    assert isinstance(YUNNAN.document, Document)
    assert "provisional" not in ask(YUNNAN, {"ask": "route", "facts": {"amount": "1.00"}})
    draft = changed(YUNNAN, provisional=True)
    assert ask(draft, {"ask": "route", "facts": {"amount": "1.00"}})["provisional"] == ["document"]
