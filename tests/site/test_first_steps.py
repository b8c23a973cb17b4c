"""The door of the site, its error pages, and what every answer carries."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from core.models import Access
from core.role import Role

pytestmark = pytest.mark.django_db


def test_staff_begin_at_the_workbench_and_agents_at_their_unit(person) -> None:
    client = Client()
    client.force_login(person(Role.REVIEWER, "23", name="rev"))
    assert client.get("/").headers["Location"] == "/admin/"
    client.force_login(person(Role.AGENT, "2301", "91530000TESTUNIT01"))
    assert client.get("/").headers["Location"] == reverse("portal")


def test_a_log_in_a_failed_one_and_a_log_out_are_on_record(person) -> None:
    user = person(Role.REVIEWER, "23", name="rev")
    user.set_password("a long enough word")
    user.save()
    client = Client()
    assert client.post("/login/", {"username": "rev", "password": "wrong"}).status_code == 200
    assert client.post("/login/", {"username": "rev", "password": "a long enough word"}).status_code == 302
    client.post("/logout/")
    assert list(Access.objects.order_by("id").values_list("act", "username")) == [
        ("login_failed", "rev"),
        ("login", "rev"),
        ("logout", "rev"),
    ]


def test_nobody_comes_in_without_logging_in() -> None:
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/login/?next=")


def test_every_answer_has_a_number_and_says_what_may_load() -> None:
    answer = Client().get("/login/", headers={"X-Request-ID": "from-the-proxy-1"})
    assert answer.headers["X-Request-ID"] == "from-the-proxy-1"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    odd = Client().get("/login/", headers={"X-Request-ID": "<script>"})
    assert odd.headers["X-Request-ID"] != "<script>"


def test_error_pages_are_ours_in_chinese_with_the_request_number(person) -> None:
    client = Client(raise_request_exception=False)
    missing = client.get("/nothing-here/")
    assert missing.status_code == 404
    assert (
        "没有这个页面" in missing.content.decode()
        and missing.headers["X-Request-ID"] in missing.content.decode()
    )
    strict = Client(enforce_csrf_checks=True)
    expired = strict.post("/login/", {"username": "x"})
    assert expired.status_code == 403 and "表单已过期" in expired.content.decode()


def test_english_can_be_chosen(person) -> None:
    client = Client()
    client.post("/language/", {"language": "en", "next": "/login/"})
    assert "Log in" in client.get("/login/").content.decode()
    assert (
        client.post("/language/", {"language": "en", "next": "https://elsewhere.example/"}).headers[
            "Location"
        ]
        == "/"
    )
