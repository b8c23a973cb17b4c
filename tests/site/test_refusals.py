"""Why a run was refused is said in the language of who reads it, whatever the worker spoke."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core import runs
from core.errors import NotAllowed, Refused, kept_sentence, told
from core.models import Run

if TYPE_CHECKING:
    from tests.site.world import World


@pytest.mark.django_db
@pytest.mark.parametrize("spoken", ["zh-hans", "en"])
def test_a_refused_run_speaks_the_reader_s_language(
    world: World, spoken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(run: Run) -> bool:
        raise NotAllowed()

    monkeypatch.setitem(runs.JOBS, "import_roster", refuses)
    with translation.override(spoken):
        run = runs.work(world.run.pk)
    client = Client()
    client.force_login(world.people["agent"])
    for language, says in (("zh-hans", "您的角色"), ("en", "Your role does not allow this.")):
        client.cookies["django_language"] = language
        assert says in client.get(reverse("run", args=[run.pk])).content.decode()
        with translation.override(language):
            issue = runs.report(run)["issues"][0]
            assert issue["code"] == "not_allowed" and says in issue["message"]
            assert "refusal" not in runs.report(run)


def test_facts_are_kept_in_no_language() -> None:
    facts = {"what": _("Claims"), "day": date(2022, 3, 1), "sum": Decimal("1.20"), "n": 3}
    with translation.override("zh-hans"):
        kept = json.loads(json.dumps(kept_sentence(_("Claims"), facts)))
    assert kept == {
        "sentence": "Claims",
        "facts": {"what": {"say": "Claims"}, "day": "2022-03-01", "sum": "1.20", "n": 3},
    }
    kept["sentence"] = "%(what)s %(day)s %(sum)s %(n)s"
    with translation.override("en"):
        assert told(kept) == "Claims 2022-03-01 1.20 3"
    with translation.override("zh-hans"):
        assert told(kept).endswith(" 2022-03-01 1.20 3") and "Claims" not in told(kept)


def test_a_sentence_without_facts_keeps_its_per_cent_signs() -> None:
    assert told(Refused(sentence="100% of it").kept()) == "100% of it"
    assert told({}) == ""


@pytest.mark.django_db
def test_a_run_s_issues_are_counted_where_they_lie(world: World, django_assert_num_queries: Any) -> None:
    from core.models import RunIssue
    from desk.views.runs import _counts

    RunIssue.objects.bulk_create(
        RunIssue(run=world.run, row=row, severity=severity, code="x")
        for severity, many in (("error", 3), ("warning", 2))
        for row in range(many)
    )
    with django_assert_num_queries(1) as asked:
        assert _counts(world.run) == {"error": 3, "warning": 2, "info": 0}
    assert "GROUP BY" in asked.captured_queries[0]["sql"]
