"""Places of a document in words; adoption says who may; what a page shows is never a code."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from desk.policy_paths import difference_words, place_words
from schemes import adoption, paths
from schemes.models import SchemeVersion
from tests.policy.conftest import ON, YUNNAN

pytestmark = pytest.mark.django_db
CODE = re.compile(r"\b[a-z]+_[a-z_]+\b|\b[a-z]+\[\d+\]|\b[a-z]+\.[a-z]+\b")


def words_of(page: str) -> str:
    """What a reader reads of a page's middle: no tags, no attributes, no code of a text that is edited."""
    middle = page.split("<main")[1].split("</main>")[0]
    middle = re.sub(r"<(code|pre|textarea|script)\b.*?</\1>", " ", middle, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", middle)


def test_a_place_is_said_in_words_with_what_the_entry_is() -> None:
    data = paths.data_of(SchemeVersion.objects.filter(scheme__code="lianyungang-basic")[0].document)
    assert place_words(data, "document") == "整份文件"
    assert place_words(data, "levy[1].rate") == "交费 第2项 (个人按比例缴费) › 比例"
    assert place_words(data, "gloss.第七条") == "条文要点 › 第七条"
    assert "住院" in place_words(data, "benefit.tables[0].ceiling")
    assert place_words({}, "windows[1].akt") == "办理时限 第2项 › akt"
    assert place_words(data, "cases") == "算例"


def test_no_page_of_a_shipped_version_shows_a_code(as_: Any) -> None:
    client, wrong = as_("policy"), []
    for version in SchemeVersion.objects.filter(shipped=True).select_related("scheme"):
        readings = " ".join(item["reading"] for item in paths.data_of(version.document).get("settings", []))
        for name in ("policy-version", "policy-compare"):
            page = client.get(reverse(name, args=[version.pk])).content.decode()
            wrong += [
                (version.scheme.code, name, found)
                for found in CODE.findall(words_of(page))
                if found not in readings
            ]
    assert wrong == []


def test_figures_that_are_missing_name_what_stops_in_words(as_: Any) -> None:
    page = as_("policy").get(reverse("policy-figures"), {"year": "2023"}).content.decode()
    assert CODE.findall(words_of(page)) == []
    assert "缴费年限 › 补缴 › 基数" in words_of(page)


def test_a_draft_full_of_errors_names_their_places(as_: Any, person: Any, shipped: Any) -> None:
    wrong = shipped.document.replace('act = "pay"', 'akt = "pay"').replace(
        'level = "office"', 'level = "offce"'
    )
    draft = adoption.draft(scheme=YUNNAN, text=wrong, by=person("li"), on=ON)
    page = as_("policy").get(reverse("policy-edit", args=[draft.pk])).content.decode()
    assert "办理时限 第2项 › 行为" in page and "审核权限 第2项 (offce)" in page and "windows[1]" not in page


def test_who_proposed_is_told_that_somebody_else_adopts(as_: Any, person: Any, shipped: Any) -> None:
    li = person("li")
    text = shipped.document + "\n# 只改了一句说明\n"
    draft = adoption.draft(scheme=YUNNAN, text=text, cases=shipped.cases, by=li, on=ON)
    page = as_("policy", "li").get(reverse("policy-propose", args=[draft.pk])).content.decode()
    assert "须先通过检查" in page and "button danger" not in page
    draft, check = adoption.record_check(version=draft, by=li, on=ON)
    assert check.clean
    page = as_("policy", "wang").get(reverse("policy-adopt", args=[draft.pk])).content.decode()
    assert "须先有人提请采用" in page
    adoption.propose_adoption(version=draft, by=li, on=ON)
    address = reverse("policy-adopt", args=[draft.pk])
    own, second = (as_("policy", name).get(address).content.decode() for name in ("li", "wang"))
    assert "须由另一人采用" in own and "button danger" not in own
    assert "您是第二人" in second and "button danger" in second


@pytest.mark.parametrize(
    "name", ["policy-copy", "policy-check", "policy-propose", "policy-adopt", "policy-edit"]
)
def test_the_auditor_changes_nothing_by_any_form(as_: Any, draft: Any, name: str) -> None:
    before = list(SchemeVersion.objects.order_by("pk").values_list("pk", "state", "revision", "document"))
    answer = as_("auditor").post(reverse(name, args=[draft.pk]), {"text": "x", "revision": "1"})
    assert answer.status_code == 403
    after = list(SchemeVersion.objects.order_by("pk").values_list("pk", "state", "revision", "document"))
    assert before == after


def test_an_agent_reads_rules_in_the_calculator_alone(as_: Any, shipped: Any) -> None:
    agent = as_("agent")
    assert agent.get(reverse("calculator")).status_code == 200
    assert agent.get(reverse("policy-version", args=[shipped.pk])).status_code == 403


def test_a_red_case_says_in_words_what_differs() -> None:
    said = difference_words('answer.stays[0].amount：应为 "1260.00"，实为 "1680.00"')
    assert said == '住院 1 › 补助：应为 "1260.00"，实为 "1680.00"'
    assert difference_words("算例没有写完") == "算例没有写完"
