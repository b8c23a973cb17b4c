"""Every address with every role: who gets in, who does not, and nobody ever sees a 500."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from desk.urls import urlpatterns
from tests.site.world import World

pytestmark = pytest.mark.django_db

STAFF = {
    "clerk",
    "second_clerk",
    "officer",
    "chief",
    "other_officer",
    "cashier",
    "accountant",
    "auditor",
    "policy",
    "operator",
}
EVERYONE = STAFF | {"agent", "stranger_agent"}
REVIEWERS = {"clerk", "second_clerk", "officer", "chief", "other_officer"}
OURS = {"clerk", "second_clerk", "officer", "chief"}
CENTRE = {"cashier", "accountant", "auditor"}
CLAIM = OURS | CENTRE | {"agent"}


class Place(NamedTuple):
    """An address: how its arguments are found, who may open it, how it is asked."""

    name: str
    who: set[str]
    args: Callable[[World], list[Any]] = lambda world: []
    post: dict[str, str] | None = None


def claim(world: World) -> list[Any]:
    return [world.claim.number]


def draft(world: World) -> list[Any]:
    return [world.draft.number]


def unit(world: World) -> list[Any]:
    return [world.region.unit.pk, f"{world.region.period.scheme.code}_18"]


def roster(world: World) -> list[Any]:
    return [world.roster.pk]


def batch(world: World) -> list[Any]:
    return [world.batch.pk]


FILERS = OURS | {"agent"}
PLACES = [
    Place("home", EVERYONE | {"nobody"}),
    Place("login", EVERYONE | {"nobody", ""}),
    Place("password", EVERYONE | {"nobody"}),
    Place("healthz", EVERYONE | {"nobody", ""}),
    Place("language", EVERYONE | {"nobody", ""}, post={"language": "en"}),
    Place("logout", EVERYONE | {"nobody", ""}, post={}),
    Place("runs", EVERYONE),
    Place("run", OURS | CENTRE | {"agent", "policy", "operator"}, lambda w: [w.run.pk]),
    Place("run-undo", set(), lambda w: [w.run.pk]),
    Place("run-rejected", set(), lambda w: [w.run.pk]),
    Place("calculator", EVERYONE | {"nobody"}),
    Place("calculator", EVERYONE | {"nobody"}, post={}),
    Place("portal", {"agent", "stranger_agent"}),
    Place("unit", OURS | CENTRE | {"agent", "operator"}, lambda w: [w.region.unit.pk]),
    Place("roster", OURS | CENTRE | {"agent", "operator"}, unit),
    Place("roster-template", OURS | {"agent"}, unit),
    Place("roster-upload", OURS | {"agent"}, unit, post={}),
    Place("rosters", REVIEWERS),
    Place("roster-denominator", OURS | {"agent"}, roster, post={"active": "10"}),
    Place("roster-reasons", OURS | {"agent"}, roster, post={}),
    Place("roster-submit", OURS | {"agent"}, roster),
    Place("roster-form", OURS | CENTRE | {"agent", "operator"}, roster),
    Place("roster-remove", OURS | {"agent"}, roster, post={}),
    Place("roster-confirm", OURS, roster, post={"act": "papers", "place": "x"}),
    Place("roster-return", OURS, roster),
    Place("inbox", REVIEWERS),
    Place("take-next", REVIEWERS, post={}),
    Place("approve-many", REVIEWERS, post={}),
    Place("claims", EVERYONE - {"policy", "operator"}),
    Place("claim-new", REVIEWERS | {"agent", "stranger_agent"}),
    Place("paper", CLAIM, lambda w: [w.paper.pk]),
    Place("paper-file", CLAIM, lambda w: [w.paper.pk]),
    Place("claim", CLAIM, claim),
    Place("claim-take", {"clerk", "second_clerk"}, claim, post={}),
    Place("claim-reveal", OURS, claim, post={"field": "id_number"}),
    Place("claim-decide", {"clerk", "second_clerk"}, lambda w: [w.claim.number, "approve"]),
    Place("claim-tasks", FILERS, draft),
    Place("claim-papers", FILERS, draft),
    Place("claim-paper-off", set(), lambda w: [w.draft.number, w.paper.pk], post={}),
    Place("claim-page", FILERS, lambda w: [w.draft.number, "stay"]),
    Place("claim-check", FILERS, draft),
    Place("claim-receipt", FILERS, claim),
    Place("claim-withdraw", FILERS, draft, post={}),
    Place("claim-new-card", set(), claim),
    Place("batches", {"cashier", "accountant", "auditor"}),
    Place("batch-build", {"cashier"}, post={}),
    Place("recoveries", REVIEWERS | {"cashier", "accountant", "auditor"}),
    Place("recovery-approve", set(), lambda w: [0], {}),
    Place("recovery-waive", set(), lambda w: [0], {}),
    Place("batch", {"cashier", "accountant", "auditor"}, batch),
    Place("batch-file", {"cashier"}, batch, post={}),
    Place("batch-result", {"cashier", "accountant"}, batch, post={}),
    Place("batch-act", {"cashier", "accountant"}, lambda w: [w.batch.pk, "release"]),
    Place("receipts", EVERYONE - {"policy", "operator"}),
    Place("receipt-new", {"cashier"}),
    Place("summaries", REVIEWERS | CENTRE),
    Place("summary-make", set(), post={}),
    Place("summary", OURS - {"clerk", "second_clerk"} | CENTRE, lambda w: [w.summary.pk]),
    Place("remittance-confirm", set(), lambda w: [999], post={}),
    Place("settlements", REVIEWERS - {"clerk", "second_clerk"}),
    Place("today", {"operator"}),
    Place("books", REVIEWERS | CENTRE),
    Place("vouchers", CENTRE),
    Place("voucher", CENTRE, lambda w: [w.voucher.pk]),
    Place("proof", REVIEWERS | CENTRE),
    Place("prove", REVIEWERS | CENTRE, post={"once": "walk"}),
]


def names() -> set[str]:
    return {pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern) and pattern.name}


def test_every_address_of_the_desk_stands_in_the_walk() -> None:
    assert names() == {place.name for place in PLACES}


def answer_of(client: Client, place: Place, world: World) -> Any:
    address = reverse(place.name, args=place.args(world))
    return client.get(address) if place.post is None else client.post(address, place.post)


@pytest.mark.parametrize("who", ["", "nobody", *sorted(EVERYONE - {"second_clerk"})])
def test_each_role_opens_what_is_theirs_and_nothing_else(world: World, who: str) -> None:
    wrong = []
    for place in PLACES:
        client = Client(raise_request_exception=False)
        if who:
            client.force_login(world.people[who])
        answer = answer_of(client, place, world)
        to_login = answer.status_code == 302 and answer.headers["Location"].startswith("/login/")
        opened = answer.status_code in {200, 302} and not (to_login and place.name != "logout")
        if place.name == "healthz":
            opened = answer.status_code in {200, 503}
        if (answer.status_code >= 500 and place.name != "healthz") or opened != (who in place.who):
            wrong.append((place.name, answer.status_code))
    assert wrong == []


def test_an_object_of_another_office_does_not_exist_for_the_reader(world: World) -> None:
    client = Client()
    client.force_login(world.people["clerk"])
    assert client.get(reverse("claim", args=[world.stranger_claim.number])).status_code == 404
    listed = client.get(reverse("claims")).content.decode()
    assert world.claim.number in listed and world.stranger_claim.number not in listed
    assert client.get(reverse("unit", args=[world.region.stranger.pk])).status_code == 404


def test_who_filed_a_claim_is_not_offered_a_verdict_on_it(world: World) -> None:
    client = Client()
    client.force_login(world.people["agent"])
    assert client.get(reverse("claim-decide", args=[world.claim.number, "approve"])).status_code == 403


@pytest.mark.parametrize("who", ["", "nobody", *sorted(EVERYONE - {"second_clerk"})])
def test_the_api_opens_for_everybody_who_is_logged_in_and_for_nobody_else(world: World, who: str) -> None:
    client = Client(raise_request_exception=False)
    if who:
        client.force_login(world.people[who])
    for name in ("api-v1:openapi-json", "api-v1:openapi-view"):
        assert client.get(reverse(name)).status_code == (200 if who else 302)
    answer = client.post("/api/v1/quotes", "{}", content_type="application/json")
    assert answer.status_code < 500 and (answer.status_code == 401) == (not who)
    assert client.get("/api/v1/quotes").status_code == 405
