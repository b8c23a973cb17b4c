"""Every address of the policy pages with every role; drafts are for policy staff and auditors alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.urls import reverse

from core import clock, runs
from desk import simulation
from desk.policy_urls import urlpatterns
from schemes import figures, rulings
from schemes.periods import open_period
from tests.policy.conftest import ON, ROLES, YUNNAN

pytestmark = pytest.mark.django_db

STAFF, READERS = set(ROLES) - {"agent"}, {"policy", "auditor"}
POLICY = {"policy"}


class Place(NamedTuple):
    name: str
    who: set[str]
    args: Callable[[Any], list[Any]] = lambda world: []
    post: dict[str, str] | None = None


def adopted(world: Any) -> list[Any]:
    return [world["shipped"].pk]


def draft(world: Any) -> list[Any]:
    return [world["draft"].pk]


PLACES = [
    Place("policy", STAFF),
    Place("policy-new", POLICY),
    Place("policy-figures", STAFF),
    Place("policy-figure-check", POLICY, lambda w: [w["figure"].pk], {}),
    Place("policy-simulations", READERS),
    Place("policy-simulations", POLICY, post={}),
    Place("policy-simulation", READERS, lambda w: [w["run"].pk]),
    Place("policy-simulation", READERS, lambda w: [w["done"].pk]),
    Place("policy-simulation-tables", set(), lambda w: [w["run"].pk]),
    Place("policy-simulation-tables", READERS, lambda w: [w["done"].pk]),
    Place("policy-simulation-changes", set(), lambda w: [w["run"].pk]),
    Place("policy-simulation-changes", READERS, lambda w: [w["done"].pk]),
    Place("policy-recalculation", set(), lambda w: [w["run"].pk]),
    Place("policy-recalculation-apply", set(), lambda w: [w["run"].pk], {}),
    Place("policy-version", STAFF, adopted),
    Place("policy-version", READERS, draft),
    Place("policy-text", STAFF, adopted),
    Place("policy-text", READERS, draft),
    Place("policy-file", STAFF, adopted),
    Place("policy-file", READERS, draft),
    Place("policy-compare", STAFF, adopted),
    Place("policy-compare", READERS, draft),
    Place("policy-copy", POLICY, adopted),
    Place("policy-edit", set(), adopted),
    Place("policy-edit", POLICY, draft),
    Place("policy-check", POLICY, draft, {}),
    Place("policy-propose", POLICY, draft),
    Place("policy-adopt", POLICY, draft),
    Place("policy-withdraw", POLICY, adopted),
    Place("policy-recalculate", POLICY, adopted, {}),
    Place("policy-scheme", STAFF, lambda w: [YUNNAN]),
    Place("policy-figures-of", STAFF, lambda w: [YUNNAN]),
    Place("policy-rulings", {"policy", "reviewer", "accountant", "auditor"}, lambda w: [YUNNAN]),
    Place("policy-ruling-case", {"reviewer"}, lambda w: [w["ruling"].pk], {}),
]


def test_every_address_stands_in_the_walk() -> None:
    assert {pattern.name for pattern in urlpatterns} == {place.name for place in PLACES}


@pytest.fixture
def world(shipped: Any, draft: Any, person: Any) -> dict[str, Any]:
    li = person("li")
    period = open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    figure = figures.record(
        scheme="lianyungang-basic", name="base_floor", year=2023, value="3000.00",
        notice_number="〔2022〕1号", notice_date=ON, by=li, on=clock.today(),
    )  # fmt: skip
    run = simulation.start(period=period, version=draft, by=li, on=ON)
    text = draft.document.replace('"40%"', '"50%"').replace("补40%", "补50%")
    done = runs.work(simulation.start(period=period, text=text, by=li, on=ON).pk)
    ruling = rulings.record(
        scheme=YUNNAN, number="裁1", question="问", decision="答", setting="benefit.bands[0].pays",
        value="30%", decided_on=ON, by=person("li"), on=ON,
    )  # fmt: skip
    return {
        "shipped": shipped, "draft": draft, "figure": figure, "run": run, "done": done, "ruling": ruling,
    }  # fmt: skip


@pytest.mark.parametrize("role", ["", *ROLES])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_role_opens_what_is_theirs_and_nothing_else(
    world: Any, as_: Any, client: Any, role: str, language: str
) -> None:
    browser = as_(role, f"walker-{role}") if role else client
    browser.cookies["django_language"] = language
    wrong = []
    for place in PLACES:
        address = reverse(place.name, args=place.args(world))
        answer = browser.get(address) if place.post is None else browser.post(address, place.post)
        to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/login/")
        opened = answer.status_code in {200, 302} and not to_login
        if answer.status_code >= 500 or opened != (role in place.who):
            wrong.append((place.name, place.args(world), answer.status_code))
    assert wrong == []


def test_a_draft_is_listed_for_policy_staff_and_auditors_alone(world: Any, as_: Any) -> None:
    for role in ROLES:
        page = as_(role, f"reader-{role}").get(reverse("policy-scheme", args=[YUNNAN])).content.decode()
        address = reverse("policy-version", args=[world["draft"].pk])
        assert (address in page) == (role in READERS), role


def test_what_one_may_not_do_is_not_offered(world: Any, as_: Any) -> None:
    page = as_("auditor").get(reverse("policy-version", args=[world["draft"].pk])).content.decode()
    for name in ("policy-edit", "policy-check", "policy-copy", "policy-simulations"):
        args = [] if name == "policy-simulations" else [world["draft"].pk]
        assert reverse(name, args=args) not in page
