"""A policy officer's way from a copy to adoption, and what the pages say on it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from core.models import Office
from schemes import figures
from schemes.models import AnnouncedFigure, Ruling, SchemeVersion
from schemes.versions import document_for
from tests.policy.conftest import YUNNAN
from tests.support.worked import worked

pytestmark = pytest.mark.django_db


def edited(version: Any, **changes: Any) -> dict[str, Any]:
    version.refresh_from_db()
    return {"text": version.document, "cases": version.cases, "revision": version.revision, **changes}


def test_a_version_is_copied_edited_checked_proposed_and_adopted_by_another(
    shipped: Any, better: str, as_: Any
) -> None:
    li, wang = as_("policy", "li"), as_("policy", "wang")
    answer = li.post(reverse("policy-copy", args=[shipped.pk]))
    draft = SchemeVersion.objects.get(adopted_at=None)
    assert answer.headers["Location"] == reverse("policy-edit", args=[draft.pk])
    page = li.post(answer.headers["Location"], edited(draft, text=better, cases="[]", check="1"), follow=True)
    draft.refresh_from_db()
    assert draft.state == "draft" and "还没有算例" in page.content.decode()
    cases = worked(better, shipped.cases)
    page = li.post(
        answer.headers["Location"], edited(draft, text=better, cases=cases, check="1"), follow=True
    )
    draft.refresh_from_db()
    assert draft.state == "checked" and "pays" in page.content.decode()
    li.post(reverse("policy-propose", args=[draft.pk]), {"revision": draft.revision})
    said = wang.get(reverse("policy-adopt", args=[draft.pk])).content.decode()
    assert "40%" in said and "30%" in said
    draft.refresh_from_db()
    li.post(reverse("policy-adopt", args=[draft.pk]), {"revision": draft.revision})
    draft.refresh_from_db()
    assert draft.adopted_at is None
    wang.post(reverse("policy-adopt", args=[draft.pk]), {"revision": draft.revision})
    assert document_for(YUNNAN, period="18").version == draft
    old = li.get(reverse("policy-version", args=[shipped.pk])).content.decode()
    assert reverse("policy-version", args=[draft.pk]) in old
    wang.post(reverse("policy-withdraw", args=[draft.pk]), {"reason": "印错了"})
    assert document_for(YUNNAN, period="18").version == shipped


def test_a_change_of_somebody_else_meanwhile_is_noticed(draft: Any, as_: Any) -> None:
    li, wang = as_("policy", "li"), as_("policy", "wang")
    address = reverse("policy-edit", args=[draft.pk])
    mine = edited(draft, text=draft.document + "\n# li")
    wang.post(address, edited(draft, text=draft.document + "\n# wang"))
    page = li.post(address, mine)
    assert page.status_code == 200 and "# li" in page.content.decode()
    draft.refresh_from_db()
    assert draft.document.endswith("# wang")


def test_what_is_wrong_stands_beside_its_line(draft: Any, as_: Any) -> None:
    li = as_("policy", "li")
    wrong = draft.document.replace('over = "10000元"', 'over = "9000元"').replace(
        'act = "pay"', 'akt = "pay"'
    )
    page = li.post(
        reverse("policy-edit", args=[draft.pk]), edited(draft, text=wrong), follow=True
    ).content.decode()
    lines = [n for n, line in enumerate(wrong.split("\n"), start=1) if 'akt = "pay"' in line]
    assert 'class="wrong-line"' in page and any(f'href="#line-{n}"' in page for n in lines)
    assert SchemeVersion.objects.get(pk=draft.pk).state == "draft"


@pytest.mark.parametrize(
    "text",
    [
        "a = [",
        "= = =",
        "[[benefit]]\nx = 1",
        'gloss = 3\nbenefit = "x"\nlevy = [1]',
        "figures = [{}]\nrouting = [{}]",
    ],
)
def test_a_text_that_is_no_document_yet_still_has_its_pages(draft: Any, as_: Any, text: str) -> None:
    li = as_("policy", "li")
    assert li.post(reverse("policy-edit", args=[draft.pk]), edited(draft, text=text)).status_code == 302
    for name in ("policy-version", "policy-text", "policy-compare", "policy-edit"):
        assert li.get(reverse(name, args=[draft.pk])).status_code == 200


def test_the_page_shows_bands_as_a_table_and_a_chart_and_every_case(shipped: Any, as_: Any) -> None:
    page = as_("reviewer").get(reverse("policy-version", args=[shipped.pk])).content.decode()
    for words in (
        "800元",
        "30%",
        "第七条(一)",
        "100000元",
        'class="step"',
        "120元",
        "第四条",
        "2022-03-01",
        "绿",
    ):
        assert words in page, words
    assert "style=" not in page and "<script" not in page


def test_every_shipped_document_reads_as_a_page_in_both_languages(as_: Any) -> None:
    client = as_("auditor")
    for language in ("zh-hans", "en"):
        client.cookies["django_language"] = language
        for version in SchemeVersion.objects.all():
            answer = client.get(reverse("policy-version", args=[version.pk]))
            assert answer.status_code == 200, version


def test_no_key_of_a_shipped_document_is_shown_untranslated() -> None:
    from desk.policy_reading import read
    from desk.policy_words import KEYS

    assert KEYS
    with translation.override("zh-hans"):
        for version in SchemeVersion.objects.all():
            stack = [entry for section in read(version.document).sections for entry in section.entries]
            while stack:
                entry = stack.pop()
                stack += entry.inner
                plain = [label for label, _value in entry.facts if label.isascii()]
                assert not plain, (version, entry.path, plain)
                assert not entry.title or not entry.title.isascii(), (version, entry.path, entry.title)


def test_a_figure_is_recorded_by_one_checked_by_another_and_then_counts(as_: Any) -> None:
    li, wang = as_("policy", "li"), as_("policy", "wang")
    address = reverse("policy-figures-of", args=["lianyungang-basic"]) + "?year=2023"
    form = {
        "name": "base_floor",
        "value": "4000.00",
        "notice_number": "连医保〔2022〕9号",
        "notice_date": "2022-12-01",
    }
    assert li.post(address, form | {"value": "much"}).status_code == 200
    li.post(address, form)
    figure = AnnouncedFigure.objects.get()
    assert "base_floor" not in figures.announced("lianyungang-basic", 2023)
    li.post(reverse("policy-figure-check", args=[figure.pk]))
    assert figures.announced("lianyungang-basic", 2023) == {}
    wang.post(reverse("policy-figure-check", args=[figure.pk]))
    assert figures.announced("lianyungang-basic", 2023) == {"base_floor": 400_000}


def test_the_figures_page_names_what_stops(as_: Any) -> None:
    page = as_("accountant").get(reverse("policy-figures") + "?year=2024").content.decode()
    lacks = [item for _place, items in figures.missing_by_place("lianyungang-basic", 2024) for item in items]
    assert lacks and all(item.label in page for item in lacks)
    assert "第二十六条" in page and "individual_levy" not in page
    for odd in ("0000", "x", "99999", "３０００", "1950"):
        assert as_("accountant").get(reverse("policy-figures"), {"year": odd}).status_code == 200


def test_a_new_scheme_begins_as_a_draft(as_: Any) -> None:
    li = as_("policy", "li")
    answer = li.post(
        reverse("policy-new"), {"scheme": "new-city", "text": 'scheme = "new-city"\nname = "新市"\n'}
    )
    draft = SchemeVersion.objects.get(scheme__code="new-city")
    assert answer.headers["Location"] == reverse("policy-edit", args=[draft.pk])
    assert li.post(reverse("policy-new"), {"scheme": "x y", "text": "a"}).status_code == 200


def test_a_simulation_runs_and_shows_bars_tables_and_workbooks(draft: Any, as_: Any, person: Any) -> None:
    from core import runs
    from core.models import Run
    from schemes.periods import open_period
    from tests.policy.conftest import ON

    li, period = as_("policy", "li"), open_period(scheme=YUNNAN, code="18", by=person("li"), on=ON)
    li.post(reverse("policy-simulations"), {"version": draft.pk, "period": period.pk})
    run = Run.objects.get(job="simulate")
    waiting = li.get(reverse("policy-simulation", args=[run.pk])).content.decode()
    assert 'http-equiv="refresh"' in waiting and "<progress" in waiting
    runs.work(run.pk)
    assert li.get(reverse("policy-simulation", args=[run.pk])).status_code == 200
    for name in ("policy-simulation-tables", "policy-simulation-changes"):
        answer = li.get(reverse(name, args=[run.pk]))
        assert answer.status_code == 200 and answer.content.startswith(b"PK")


def test_figures_of_places_are_recorded_and_missed_by_place(as_: Any) -> None:
    center = Office.objects.get(parent=None)
    for code, name in (("4502", "柳州市"), ("4507", "钦州市")):
        Office.objects.create(code=code, name=name, kind="office", parent=center)
    li = as_("policy", "li")
    address = reverse("policy-figures-of", args=["guangxi-critical-illness"]) + "?year=2013"
    before = li.get(address).content.decode()
    assert before.count("<h3>") == 2, "each pilot city lacks its figures"
    given = {"name": "deductible", "place": "4502", "value": "10000.00", "notice_number": "柳政办〔2013〕1号"}
    li.post(address, {**given, "notice_date": "2013-01-10"})
    row = AnnouncedFigure.objects.get()
    assert row.office and row.office.code == "4502"
    as_("policy", "wang").post(reverse("policy-figure-check", args=[row.pk]))
    lacks = figures.missing_by_place("guangxi-critical-illness", 2013)
    assert [(place.name, len(items)) for place, items in lacks if place] == [("柳州市", 1), ("钦州市", 2)]
    assert "柳州市" in li.get(reverse("policy-figures") + "?year=2013").content.decode()


def test_a_ruling_is_entered_binds_a_setting_and_keeps_its_cases(shipped: Any, better: str, as_: Any) -> None:
    li, reviewer = as_("policy", "li"), as_("reviewer", "reviewer")
    address = reverse("policy-rulings", args=[YUNNAN])
    given = {
        "number": "裁〔2022〕1号", "decided_on": "2022-05-01", "setting": "benefit.bands[0].pays",
        "value": "40%", "question": "第一段按多少补？", "decision": "按40%补。",
    }  # fmt: skip
    wrong = li.post(address, {**given, "setting": "nowhere"}).content.decode()
    assert "nowhere" in wrong and not Ruling.objects.exists()
    li.post(address, given)
    ruling = Ruling.objects.get()
    assert "现行版本尚未这样写" in li.get(address).content.decode()
    version = li.get(reverse("policy-version", args=[shipped.pk])).content.decode()
    assert "裁〔2022〕1号" in version and "40%" in version
    reviewer.post(reverse("policy-ruling-case", args=[ruling.pk]), {"number": "18-000000001"})
    assert "18-000000001" in reviewer.get(address).content.decode()
    assert reviewer.post(address, {**given, "number": "裁2"}).status_code == 200
    assert Ruling.objects.count() == 1, "a reviewer enters none"
    assert li.post(reverse("policy-ruling-case", args=[ruling.pk]), {"number": "x"}).status_code == 403
    assert as_("agent", "agent").get(address).status_code == 403
