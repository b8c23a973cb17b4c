"""The rules service for other systems: one question or a list, never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import clients, clock
from core.models import ApiClient
from desk.api.quotes import MOST_REQUESTS
from schemes import quotes
from schemes.rules.quote import ASKS
from tests.api.conftest import ADDRESS

pytestmark = pytest.mark.django_db

QUESTION = {
    "scheme": "yunnan-mutual-aid",
    "period": "18",
    "ask": "benefit",
    "facts": {"stays": [{"base": "5000.00", "discharged": "2022-03-10"}]},
}


def test_a_hospital_asks_what_a_stay_pays(ask: Any) -> None:
    answer = ask(QUESTION)
    assert answer.status_code == 200
    assert answer.json()["answer"]["total"] == "1260.00"
    assert answer.json() == json.loads(json.dumps(quotes.quote(QUESTION)))


def test_a_list_is_answered_as_a_list_and_a_wrong_request_in_its_place(ask: Any) -> None:
    found = ask([QUESTION, {**QUESTION, "nonsense": 1}, QUESTION]).json()
    assert [each["answer"].get("total") for each in found] == ["1260.00", None, "1260.00"]
    assert found[1]["answer"]["error"] == "unknown_field" and found[1]["answer"]["path"] == "nonsense"


@pytest.mark.parametrize("body", ["", "{", "NaN", "[1,]", b"\xff\xfe\xfd", '{"a": Infinity}', "1" * 5000])
def test_what_is_no_json_is_told_so(ask: Any, body: Any) -> None:
    answer = ask(body)
    assert answer.status_code == 400 and answer.json()["error"] == "bad_request"


@pytest.mark.parametrize("body", ["[" * 100_000, "[" * 200 + "]" * 200, '{"a":' * 40 + "1" + "}" * 40])
def test_what_is_nested_too_deeply_is_told_so(ask: Any, body: str) -> None:
    assert ask(body).status_code == 400


def test_a_list_that_is_too_long_or_a_body_that_is_too_large_is_told_so(ask: Any) -> None:
    assert ask([{}] * MOST_REQUESTS).status_code == 200
    assert ask([{}] * (MOST_REQUESTS + 1)).status_code == 413
    too_large = ask(json.dumps([QUESTION] * 40_000))
    assert too_large.status_code == 413 and too_large.json()["error"] == "too_large"


def test_nobody_enters_without_a_log_in_or_a_token(center: Any) -> None:
    answer = Client().post(ADDRESS, QUESTION, content_type="application/json")
    assert answer.status_code == 401 and answer.json()["error"] == "not_logged_in"
    wrong = Client(headers={"Authorization": "Bearer uio_wrong"})
    assert wrong.post(ADDRESS, QUESTION, content_type="application/json").status_code == 401


def test_a_person_s_session_needs_the_csrf_token(operator: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(operator)
    assert client.post(ADDRESS, QUESTION, content_type="application/json").status_code == 403
    client.get("/password/")
    headers = {"X-CSRFToken": client.cookies["csrftoken"].value}
    assert client.post(ADDRESS, QUESTION, content_type="application/json", headers=headers).status_code == 200


def test_a_client_needs_no_csrf_token(token: str) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})
    assert client.post(ADDRESS, QUESTION, content_type="application/json").status_code == 200


def test_a_wrong_token_is_not_replaced_by_a_session(operator: Any) -> None:
    client = Client(headers={"Authorization": "Bearer uio_wrong"})
    client.force_login(operator)
    assert client.post(ADDRESS, QUESTION, content_type="application/json").status_code == 401


def test_a_revoked_or_expired_token_opens_nothing(ask: Any, operator: Any) -> None:
    assert ask(QUESTION).status_code == 200
    client = ApiClient.objects.get()
    assert client.last_used_on == clock.today()
    clients.revoke(client=client, by=operator, on=clock.today())
    assert ask(QUESTION).status_code == 401


def test_the_description_stands_behind_the_log_in_and_names_the_question(operator: Any) -> None:
    client = Client()
    assert client.get("/api/v1/docs").status_code == 302
    client.force_login(operator)
    assert client.get("/api/v1/docs").status_code == 200
    found = client.get("/api/v1/openapi.json").json()
    assert set(found["paths"]) == {ADDRESS}
    post = found["paths"][ADDRESS]["post"]
    assert {"200", "400", "401", "403", "413"} <= set(map(str, post["responses"]))


TEXTS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            "yunnan-mutual-aid",
            "chuxiong",
            "18",
            "2022-03-10",
            "9999-12-31",
            "100.00",
            "1e9",
            "-1",
            "60%",
            "\0",
        ]
    ),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    "person kind stays base bill total admitted discharged settled hospital level figures bands over "
    "rate amount act on "
    "periods paid_on from arrears due payments premium claims unit active new history plans "
    "event units stay sex".split()
)
FACTS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=15,
)
SCHEMES = st.sampled_from(
    [
        "yunnan-mutual-aid",
        "lianyungang-basic",
        "municipal-mutual-plans",
        "guangxi-critical-illness",
        "chuxiong",
        "x\0",
    ]
)
PLAUSIBLE = st.fixed_dictionaries(
    {
        "scheme": SCHEMES,
        "ask": st.sampled_from([*ASKS, "waterfall"]),
        "facts": st.dictionaries(NAMES, FACTS, max_size=5),
    },
    optional={"period": TEXTS, "on": TEXTS},
)
QUICK = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUICK
@given(body=ANYTHING | PLAUSIBLE | st.lists(PLAUSIBLE, max_size=3))
def test_no_json_ever_breaks_the_service(ask: Any, body: Any) -> None:
    text = json.dumps(body)
    answer = ask(text)
    assert answer.status_code in {200, 400}
    found = json.loads(answer.content, parse_constant=lambda name: pytest.fail(name))
    if answer.status_code == 200:
        assert isinstance(found, list) == isinstance(body, list)


@QUICK
@given(body=st.binary(max_size=60))
def test_no_bytes_ever_break_the_service(ask: Any, body: bytes) -> None:
    assert ask(body).status_code in {200, 400}
