"""Requests as strangers write them: contradictions, gaps, words."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemes.quotes import quote
from schemes.rules.document import load_file

DOCUMENTS = Path(__file__).resolve().parents[2] / "schemes" / "documents"
YUNNAN = load_file(DOCUMENTS / "yunnan-mutual-aid" / "2022-01-01.toml")
CHAIN = {
    "total": "500000.00", "basic_paid": "100000.00", "above_ceiling": "300000.00",
    "discharged": "2022-12-28", "settled": "2023-01-04",
}  # fmt: skip


@pytest.mark.parametrize(
    ("stay", "path"),
    [
        ({**CHAIN, "above_ceiling": "500000.01"}, "facts.stay.above_ceiling"),
        ({**CHAIN, "basic_paid": "600000.00"}, "facts.stay"),
        ({"bill": {"total": "5.00", "basic_paid": "6.00"}, "discharged": "2022-12-28"}, "facts.stay.bill"),
    ],
)
def test_a_chain_that_contradicts_itself_names_the_place(stay: dict[str, object], path: str) -> None:
    request = {"scheme": "chuxiong", "ask": "waterfall", "facts": {"stay": stay}}
    found = quote(request, document=YUNNAN)["answer"]
    assert (found["error"], found["path"]) == ("bill_inconsistent", path)


def test_what_may_be_written_is_listed_in_chinese() -> None:
    facts = {"act": "dance", "on": "2022-03-01"}
    request = {"scheme": "yunnan-mutual-aid", "period": "18", "ask": "window", "facts": facts}
    message = quote(request, document=YUNNAN)["answer"]["message"]
    assert " or " not in message and '"summary" 或 "remit"' in message


@pytest.mark.django_db
def test_an_unknown_scheme_a_day_before_the_first_document_and_no_day_at_all_are_told_apart() -> None:
    def error(scheme: str, **more: object) -> dict[str, str]:
        facts = {"stays": [{"base": "900.00"}]}
        return quote({"scheme": scheme, "ask": "benefit", "facts": facts, **more})["answer"]

    assert error("atlantis")["path"] == "scheme"
    early = error("chuxiong-large-expense", on="2022-12-31")
    assert early["error"] == "no_document" and "楚政通〔2004〕45号" in early["message"]
    assert error("chuxiong-large-expense")["total"] == "810.00"
