"""A chain at its edges: what each step pays on, what a slip already carries, what is said of a faulty one."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from schemes.rules import benefit, pool, waterfall
from schemes.rules.asks_waterfall import answer_chain
from schemes.rules.base import Deduction, base_of, check_payers
from schemes.rules.document import LoadedDocument
from schemes.rules.errors import BillInconsistent
from schemes.rules.stay import Stay
from schemes.rules.trace import Line
from tests.schemes.support import ask_chain, document
from tests.schemes.test_new_city import basic

POOR = {"groups": ["sanwu"]}
CITY = basic.model_copy(update={"base": document("yunnan-mutual-aid").document.base})


def asked(chain: str, stay: dict[str, Any], **facts: Any) -> dict[str, Any]:
    request = {"scheme": chain, "on": "2013-06-01", "ask": "waterfall", "facts": {"stay": stay, **facts}}
    answer: dict[str, Any] = ask_chain(request)["answer"]
    return answer


def guangxi(deductible: str, **stay: str) -> dict[str, Any]:
    figures = {"deductible": deductible, "bands": [{"over": "0", "rate": "50%"}]}
    return asked("guangxi", stay, person=POOR, figures=figures)


def test_where_only_the_scope_is_known_the_total_is_the_scope_and_what_is_out_of_it() -> None:
    found = guangxi("15.00", in_scope="100.00", self_funded="20.00", basic_paid="40.00")
    # 60 left: 15 the person's, half of 45; then all the rest for who has nothing. 20 stay out of scope.
    assert found["steps"] == {"guangxi-critical-illness": "22.50", "guangxi-medical-assistance": "37.50"}
    assert (found["own"], found["places"]["cash_paid"]) == ("20.00", "20.00")
    nothing = guangxi("0.00", in_scope="0.00")
    assert (nothing["own"], nothing["steps"]["guangxi-medical-assistance"]) == ("0.00", "0.00")
    slip = waterfall.Slip({"self_funded": 5, "over_limit": 2}, Stay(), date(2013, 6, 1))
    assert (slip.total, slip.scope) == (7, 0)


def test_what_a_slip_carries_stands_and_its_check_takes_the_same_base() -> None:
    """The slip's own 10.00 of critical illness is not what others have paid before it."""
    found = guangxi("10.00", in_scope="100.00", basic_paid="40.00", critical_paid="10.00")
    assert found["steps"] == {"guangxi-critical-illness": "10.00", "guangxi-medical-assistance": "50.00"}
    assert found["checks"] == {"guangxi-critical-illness": "25.00"}
    assert found["sources"]["guangxi-critical-illness"] == "slip"
    assert set(found["documents"]) == {"guangxi-medical-assistance"}


def test_a_basic_slip_is_checked_without_its_own_payment() -> None:
    stay = {"discharged": "2022-06-01", "total": "10000.00", "basic_paid": "7000.00"}
    figures = {"deductible": "1000.00", "pool_ratio": "80%"}
    found = asked("lianyungang", stay, figures=figures)
    assert found["checks"] == {"lianyungang-basic": "7200.00"}  # (10,000 − 1,000) × 80 %
    without = asked("lianyungang", {"discharged": "2022-06-01", "total": "10000.00"}, figures=figures)
    assert without["steps"]["lianyungang-basic"] == "7200.00"
    assert "checks" not in without


def test_other_subsidies_come_off_the_base_of_mutual_aid() -> None:
    stay = {
        "discharged": "2022-05-01",
        "total": "20000.00",
        "basic_paid": "12000.00",
        "other_paid": "1000.00",
    }
    found = asked("chuxiong", stay)
    assert found["steps"]["yunnan-mutual-aid"] == "1860.00"  # (7,000 − 800) × 30 %
    assert (found["places"]["other_paid"], found["places"]["yunnan-mutual-aid"]) == ("1000.00", "1860.00")


def test_where_others_paid_more_than_the_scope_nothing_is_left_to_pay_on() -> None:
    found = guangxi(
        "0.00", total="200.00", self_funded="100.00", basic_paid="90.00", civil_servant_paid="20.00"
    )
    assert set(found["steps"].values()) == {"0.00"}
    assert (found["own"], found["places"]["cash_paid"]) == ("90.00", "90.00")


def test_reasons_stand_beside_the_scheme_that_gives_them_and_nowhere_else() -> None:
    stay = {"discharged": "2022-05-01", "total": "20000.00", "basic_paid": "12000.00"}
    outpatient = asked("chuxiong", {**stay, "care": "outpatient"})
    assert {name: [item["code"] for item in found] for name, found in outpatient["reasons"].items()} == {
        "yunnan-mutual-aid": ["care_not_covered"]
    }
    assert "reasons" not in asked("chuxiong", stay)


@pytest.mark.parametrize(
    ("stay", "path"),
    [
        ({"total": "200.00", "in_scope": "200.01"}, "facts.stay.in_scope"),
        ({"total": "200.00", "in_scope": "150.00", "self_funded": "50.01"}, "facts.stay.in_scope"),
        ({"bill": {"total": "200.00", "over_package": "50.01"}, "in_scope": "150.00"}, "facts.stay.in_scope"),
        ({"total": "200.00", "self_funded": "200.01"}, "facts.stay"),
        ({"total": "200.00", "in_scope": "150.00", "above_ceiling": "150.01"}, "facts.stay.above_ceiling"),
        ({"total": "300.00", "basic_paid": "100.00", "above_ceiling": "200.01"}, "facts.stay.above_ceiling"),
        ({"total": "300.00", "basic_paid": "300.00", "above_ceiling": "0.01"}, "facts.stay.above_ceiling"),
        ({"total": "100.00", "account_paid": "100.06"}, "facts.stay"),
        ({"bill": {"total": "100.00", "account_paid": "100.06"}}, "facts.stay.bill"),
    ],
)  # fmt: skip
def test_a_slip_that_contradicts_itself_is_refused_where_it_does(stay: dict[str, Any], path: str) -> None:
    answer = asked("chuxiong", {"discharged": "2022-05-01", **stay})
    assert (answer["error"], answer["path"]) == ("bill_inconsistent", path)


def test_a_slip_at_its_limits_is_none_that_contradicts_itself() -> None:
    day = "2023-05-01"
    edge = {"admitted": day, "discharged": day, "settled": day, "total": "200.00", "in_scope": "200.00",
            "above_ceiling": "200.00"}  # fmt: skip
    assert asked("chuxiong", edge)["steps"]["chuxiong-large-expense"] == "180.00"
    assert (
        asked("chuxiong", {"discharged": day, "total": "200.00", "self_funded": "200.00"})["own"] == "200.00"
    )
    above = asked(
        "chuxiong", {"discharged": day, "total": "300.00", "basic_paid": "100.00", "above_ceiling": "200.00"}
    )
    assert above["steps"]["chuxiong-large-expense"] == "180.00"


def test_a_stay_that_no_table_fits_is_named_by_its_care() -> None:
    """The new city's pool pays for third-level hospitals only."""
    step = waterfall.Step(scheme="new-city", base="columns", pays_into="basic_paid", key_date="discharge")
    chain = waterfall.Chain(chain="x", name="x", steps=(step,))
    for columns in ({"total": "100.00"}, {"bill": {"total": "100.00"}}):
        stay = {"discharged": "2024-06-01", "hospital": {"level": "first"}, **columns}
        found = answer_chain(
            chain, {"facts": {"stay": stay}}, lookup=lambda *_: LoadedDocument(CITY, "sha", None), on=None
        )["answer"]
        assert (found["error"], found["path"]) == ("figure_missing", "facts.stay.care")


def test_the_account_pays_before_cash_and_never_more_than_is_left() -> None:
    stay = {"discharged": "2022-05-01", "total": "1000.00", "hospital_part": "30.00", "basic_paid": "500.00",
            "account_paid": "300.00", "family_account_paid": "200.00"}  # fmt: skip
    found = asked("chuxiong", stay)
    assert found["own"] == "470.00"
    shown = [found["places"][name] for name in ("hospital_part", "account_paid", "family_account_paid")]
    assert shown == ["30.00", "300.00", "170.00"]
    assert "cash_paid" not in found["places"]


def test_a_chain_of_one_scheme_is_a_chain(tmp_path: Path) -> None:
    file = tmp_path / "one.toml"
    step = 'scheme = "a"\nbase = "columns"\npays_into = "basic_paid"\nkey_date = "discharge"\n'
    file.write_text(f'chain = "x"\nname = "x"\n[[steps]]\n{step}', encoding="utf-8")
    assert len(waterfall.load_chain(file).steps) == 1


def lianyungang(figures: dict[str, Any] | None = None, **stay: Any) -> dict[str, Any]:
    given = {"discharged": "2022-06-01", "hospital": {"level": "third"}, **stay}
    request = {
        "scheme": "lianyungang",
        "ask": "waterfall",
        "facts": {"stay": given, "figures": figures or {}},
    }
    return ask_chain(request)


def test_what_the_ceiling_took_away_is_read_from_the_highest_slice_down() -> None:
    def line(rule: str, basis: int, rate: int | None, amount: int) -> Line:
        return Line("一", f"benefit.tables[0].{rule}", basis, rate, amount)

    slices = [line("deductible", 100, 0, 0), line("bands[0]", 1000, 500_000, 500),
              line("bands[1]", 1000, 800_000, 800)]  # fmt: skip
    above = line("above", 70, 0, 0)
    assert pool.cost_above(slices) == 0
    assert pool.cost_above([*slices, above]) == 70
    assert pool.cost_above([*slices, line("ceiling", 0, None, -400)]) == 500
    assert pool.cost_above([*slices, above, line("ceiling", 0, None, -800)]) == 1070
    assert pool.cost_above([*slices, line("room", 0, None, -801)]) == 1002  # half the lower slice's fen each
    assert pool.cost_above([*slices, line("ceiling", 0, None, -1300)]) == 2000  # the deductible lies below
    free = line("bands[2]", 30, 0, 0)
    assert pool.cost_above([*slices, free, line("ceiling", 0, None, -400)]) == 530
    assert pool.cost_above([*slices, free]) == 0


def test_the_flat_ratio_stops_at_the_ceiling_and_says_on_what_it_rests() -> None:
    city = document("lianyungang-basic").document
    flat: dict[str, Any] = {"pool_ratio": 800_000}
    below = benefit.assess(city, stays=[Stay(base=31_250_000, level="third")], figures=flat)
    assert (below.total, below.provisional) == (25_000_000, [])
    above = benefit.assess(city, stays=[Stay(base=31_250_001, level="third")], figures=flat)
    assert (above.total, above.stays[0].lines[-1].amount) == (25_000_000, -1)
    assert all(path.startswith("benefit.tables[2]") for path in above.provisional)
    assert above.provisional
    again = [Stay(base=20_000_000, level="third")] * 2
    assert [one.amount for one in benefit.assess(city, stays=again, figures=flat).stays] == [
        16_000_000,
        9_000_000,
    ]


def test_the_room_that_is_left_counts_where_it_is_less_than_the_ceiling() -> None:
    city = document("lianyungang-basic").document
    stay = Stay(base=1_090_000, level="third")  # (10,900 − 900) × 80 % = 8,000
    for room, paid in ((799_999, 799_999), (800_000, 800_000), (0, 0), (90_000_000, 800_000)):
        found = benefit.assess(city, stays=[stay], figures={"pool_room": room})
        assert found.total == paid
        assert (found.lines[-1].rule == "benefit.announced.room") is (paid < 800_000)
    far = benefit.assess(
        city, stays=[Stay(base=90_000_000, level="third")], figures={"pool_room": 90_000_000}
    )
    assert (far.total, far.lines[-1].rule) == (25_000_000, "benefit.tables[2].ceiling")


def test_nobody_pays_more_than_is_left_in_scope_and_a_line_says_so() -> None:
    figures = {"deductible": "0.00", "bands": [{"over": "0", "rate": "100%"}]}
    stay = {"total": "100.00", "basic_paid": "60.00", "civil_servant_paid": "25.00"}
    request = {"scheme": "guangxi", "on": "2013-06-01", "ask": "waterfall",
               "facts": {"stay": stay, "figures": figures}}  # fmt: skip
    found = ask_chain(request)
    assert found["answer"]["steps"]["guangxi-critical-illness"] == "15.00"
    assert found["answer"]["own"] == "0.00"
    left = [line for line in found["lines"] if line["rule"].endswith(":left")]
    assert [(line["rule"], line["basis"], line["rate"], line["amount"]) for line in left] == [
        ("guangxi-critical-illness:left", "0.00", "", "-25.00")
    ]
    assert left[0]["article"] == "分段报销"
    stay["civil_servant_paid"] = "0.00"
    assert all(not line["rule"].endswith(":left") for line in ask_chain(request)["lines"])


def test_what_lies_above_the_ceiling_is_told_in_the_pool_s_lines() -> None:
    found = lianyungang(total="1000.00", class_b_own="300.00", above_ceiling="800.00")
    # Class B is no base of the pool: nothing of the 700 that are lies below.
    basic = [line for line in found["lines"] if line["rule"].startswith("lianyungang-basic:")]
    assert [(line["basis"], line["rate"], line["amount"]) for line in basic] == [
        ("300.00", "", "0.00"), ("700.00", "", "0.00"),
    ]  # fmt: skip
    assert (basic[1]["rule"], basic[1]["article"]) == ("lianyungang-basic:above_ceiling", "第三十条")
    assert found["answer"]["steps"]["lianyungang-basic"] == "0.00"
    assert found["answer"]["steps"]["lianyungang-large-expense"] == "720.00"


def test_a_basic_payment_that_differs_leaves_the_large_expense_to_the_slip() -> None:
    same = lianyungang(total="400000.00", basic_paid="250000.00")["answer"]
    assert same["sources"]["lianyungang-large-expense"] == "document"
    other = lianyungang(total="400000.00", basic_paid="249999.99")["answer"]
    assert other["checks"]["lianyungang-basic"] == "250000.00"
    assert (other["sources"]["lianyungang-large-expense"], other["steps"]["lianyungang-large-expense"]) == (
        "slip", "0.00",
    )  # fmt: skip


def test_a_stay_that_the_pool_excludes_says_nothing_of_its_ceiling() -> None:
    found = lianyungang(total="400000.00", exclusion="third_party")["answer"]
    assert found["sources"]["lianyungang-large-expense"] == "slip"
    assert set(found["steps"].values()) == {"0.00"}


def test_the_account_pays_own_shares_in_scope_and_is_told_only_when_it_wanted_more() -> None:
    enough = lianyungang(total="1000.00", self_funded="900.00", basic_paid="50.00", account_paid="50.00")[
        "answer"
    ]
    assert (enough["places"]["account_paid"], "warnings" in enough) == ("50.00", False)
    family = lianyungang(
        total="1000.00",
        self_funded="900.00",
        basic_paid="50.00",
        account_paid="30.00",
        family_account_paid="20.01",
    )["answer"]
    assert (family["places"]["family_account_paid"], family["places"]["cash_paid"]) == ("20.00", "900.00")
    assert [item["code"] for item in family["warnings"]] == ["account_out_of_scope"]


def test_a_ratio_of_the_pool_takes_the_deductible_only_where_a_pool_stands_in_the_chain() -> None:
    figures = {"deductible": "10.00", "pool_ratio": "80%", "bands": [{"over": "0", "rate": "50%"}]}
    found = asked("guangxi", {"total": "100.00", "basic_paid": "40.00"}, figures=figures)
    assert found["steps"]["guangxi-critical-illness"] == "25.00"  # (60 − 10) × 50 %
    large = waterfall.Step(scheme="chuxiong-large-expense", base="above_ceiling", pays_into="large_paid")
    rest = waterfall.Step(scheme="guangxi-critical-illness", base="columns", pays_into="critical_paid")
    chain = waterfall.Chain(chain="x", name="x", steps=(large, rest))
    facts = {"stay": {"discharged": "2023-06-01", "total": "100.00"}, "figures": figures}
    answer = answer_chain(chain, {"facts": facts}, lookup=lambda code, _day: document(code), on=None)[
        "answer"
    ]
    assert (answer["error"], answer["path"]) == ("figure_missing", "facts.figures.deductible")


def test_what_the_person_paid_comes_off_only_where_the_document_names_it() -> None:
    rule = document("yunnan-mutual-aid").document.base
    assert rule is not None
    account = Deduction(article="一", column="account_paid")
    city = CITY.model_copy(update={"base": rule.model_copy(update={"keeps": (), "less": (account,)})})
    step = waterfall.Step(scheme="new-city", base="columns", pays_into="basic_paid")
    chain = waterfall.Chain(chain="x", name="x", steps=(step,))
    stay = {"discharged": "2024-06-01", "hospital": {"level": "third"}, "total": "20000.00"}
    paid = []
    for own in ({"account_paid": "1000.00"}, {"cash_paid": "1000.00"}, {}):
        found = answer_chain(
            chain,
            {"facts": {"stay": {**stay, **own}}},
            lookup=lambda *_: LoadedDocument(city, "sha", None),
            on=None,
        )
        paid.append(found["answer"]["steps"]["new-city"])
    assert paid[0] < paid[1] == paid[2]


def test_a_slip_without_a_total_has_one_of_nothing() -> None:
    check_payers({"cash_paid": 5})
    with pytest.raises(BillInconsistent):
        check_payers({"cash_paid": 6})


def test_an_in_scope_cost_beside_columns_is_what_the_base_starts_from_and_is_named() -> None:
    rule = document("yunnan-mutual-aid").document.base
    assert rule is not None
    assert base_of(rule, {"basic_paid": 40, "self_funded": 70}, 100).base == 60  # no total: nothing to exceed
    with pytest.raises(BillInconsistent, match="各方支付合计"):
        base_of(rule, {"total": 100, "cash_paid": 106}, 50)
    with pytest.raises(BillInconsistent, match=r"超过政策范围内费用0\.50元"):
        base_of(rule, {"total": 100, "basic_paid": 51}, 50)
    with pytest.raises(BillInconsistent, match=r"超过总费用1\.00元"):
        base_of(rule, {"total": 100, "self_funded": 101})
