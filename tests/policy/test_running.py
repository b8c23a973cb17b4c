"""Simulation and recalculation on the pages, over claims that were really filed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from tests.policy.conftest import ON, YUNNAN

if TYPE_CHECKING:
    from tests.support.claims import Region

pytestmark = pytest.mark.django_db


@pytest.fixture
def region(db: None) -> Region:
    from tests.support.claims import build_region, enroll, file_claim, open_with_money

    region = build_region()
    open_with_money(region)
    for base in ("5000.00", "20000.00", "500.00"):
        file_claim(region, enroll(region), base)
    return region


def test_a_simulation_shows_who_gains_by_how_much_and_why(region: Any, draft: Any, as_: Any) -> None:
    from core import runs
    from core.models import Run

    li = as_("policy", "li")
    form = li.get(reverse("policy-simulations") + f"?version={draft.pk}").content.decode()
    assert f'<option value="{draft.pk}" selected>' in form
    li.post(reverse("policy-simulations"), {"version": draft.pk, "period": region.period.pk})
    run = Run.objects.get(job="simulate")
    runs.work(run.pk)
    page = li.get(reverse("policy-simulation", args=[run.pk])).content.decode()
    for words in ("11,020.00", "12,360.00", "+12.16%", 'class="bar second"', "示例州办事处", "第七条(一)"):
        assert words in page, words
    assert "style=" not in page


def test_after_an_adoption_a_second_person_applies_the_recalculation(
    region: Any, draft: Any, as_: Any, person: Any
) -> None:
    from claims.models import Claim
    from core import runs
    from core.models import Run
    from schemes import adoption

    version, _found = adoption.record_check(version=draft, by=person("li"), on=ON)
    version = adoption.propose_adoption(version=version, by=person("li"), on=ON)
    version = adoption.adopt(version=version, by=person("wang"), on=ON)
    li, wang = as_("policy", "li"), as_("policy", "wang")
    answer = li.post(reverse("policy-recalculate", args=[version.pk]))
    preview = Run.objects.get(job="recalculation_preview")
    address = reverse("policy-recalculation", args=[preview.pk])
    assert answer.headers["Location"] == address
    assert 'http-equiv="refresh"' in li.get(address).content.decode()
    runs.work(preview.pk)
    apply = reverse("policy-recalculation-apply", args=[preview.pk])
    assert "1,680.00" in li.get(address).content.decode()
    li.post(apply)
    assert not Run.objects.filter(job="recalculation_apply").exists()
    wang.post(apply)
    runs.work(Run.objects.get(job="recalculation_apply").pk)
    amounts = sorted(Claim.objects.filter(period=region.period).values_list("amount", flat=True))
    assert Decimal("1680.00") in amounts and Decimal("1260.00") not in amounts


def test_the_simulation_of_a_text_that_cannot_be_read_is_refused_in_words(
    region: Any, as_: Any, person: Any
) -> None:
    from schemes import adoption

    broken = adoption.draft(scheme=YUNNAN, text="a = [", by=person("li"), on=ON)
    li = as_("policy", "li")
    page = li.post(reverse("policy-simulations"), {"version": broken.pk, "period": region.period.pk})
    assert page.status_code == 200 and "error-summary" in page.content.decode()


def test_adopting_on_the_page_shows_what_it_changes_before_anything_is_written(
    region: Any, draft: Any, as_: Any, person: Any
) -> None:
    from claims.models import Adjudication
    from core import runs
    from core.models import Run
    from schemes import adoption

    before = Adjudication.objects.count()
    version, _found = adoption.record_check(version=draft, by=person("li"), on=ON)
    version = adoption.propose_adoption(version=version, by=person("li"), on=ON)
    li, wang = as_("policy", "li"), as_("policy", "wang")
    answer = wang.post(reverse("policy-adopt", args=[version.pk]), {"revision": version.revision})
    preview = Run.objects.get(job="recalculation_preview")
    address = reverse("policy-recalculation", args=[preview.pk])
    assert answer.headers["Location"] == address
    runs.work(preview.pk)
    assert "1,680.00" in li.get(address).content.decode()
    assert Adjudication.objects.count() == before
    li.post(reverse("policy-recalculation-apply", args=[preview.pk]))
    runs.work(Run.objects.get(job="recalculation_apply").pk)
    page = wang.get(address).content.decode()
    assert reverse("policy-recalculation-apply", args=[preview.pk]) not in page, "applied once"
    answer = wang.post(reverse("policy-withdraw", args=[version.pk]), {"reason": "印错了"})
    back = Run.objects.filter(job="recalculation_preview").latest("pk")
    assert answer.headers["Location"] == reverse("policy-recalculation", args=[back.pk])
    runs.work(back.pk)
    assert "1,260.00" in li.get(answer.headers["Location"]).content.decode()
