"""Tokens of the API: issued by an operator, shown once, kept as a digest."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from core import clients, clock
from core.errors import Moved, NotAllowed
from core.models import ApiClient, Office, StaffRole, User

pytestmark = pytest.mark.django_db


def test_an_operator_issues_a_client_and_sees_its_token_once(operator: Any, center: Any) -> None:
    client = Client()
    client.force_login(operator)
    form = {"name": "州人民医院", "office": center.pk, "operations": ["quotes"]}
    page = client.post(reverse("admin:core_apiclient_add"), form)
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    token = re.search(r"uio_[\w-]+", page.content.decode())
    assert token is not None
    issued = ApiClient.objects.get()
    assert clients.client_of(token[0], on=clock.today()) == issued
    assert (
        token[0] not in client.get(reverse("admin:core_apiclient_change", args=[issued.pk])).content.decode()
    )
    assert token[0] not in str(ApiClient.objects.values()) + str(ApiClient.history.values())


def test_an_operator_revokes_a_client_in_the_admin(operator: Any, token: str) -> None:
    client, issued = Client(), ApiClient.objects.get()
    client.force_login(operator)
    client.post(reverse("admin:core_apiclient_change", args=[issued.pk]), {"revoke": "on"})
    issued.refresh_from_db()
    assert issued.revoked_by == operator and clients.client_of(token, on=clock.today()) is None
    with pytest.raises(Moved):
        clients.revoke(client=issued, by=operator, on=clock.today())


def test_a_token_ends_with_its_last_day(operator: Any, center: Any) -> None:
    on = clock.today()
    _client, token = clients.issue(
        name="短期", office=center, operations=["quotes"], by=operator, on=on, expires_on=on
    )
    assert clients.client_of(token, on=on) is not None
    assert clients.client_of(token, on=on + timedelta(days=1)) is None


def test_a_client_does_something_that_exists(operator: Any, center: Any) -> None:
    for operations in ([], ["everything"]):
        with pytest.raises(clients.NoOperation):
            clients.issue(name="x", office=center, operations=operations, by=operator, on=clock.today())


def test_others_and_operators_of_other_offices_issue_nothing(center: Any) -> None:
    below = Office.objects.create(code="23", name="办事处", kind="office", parent=center)
    on = clock.today()
    for role, place in (("reviewer", center), ("policy", center), ("operator", below)):
        user = User.objects.create(username=f"{role}-{place.code}")
        StaffRole.objects.create(user=user, office=place, role=role, since=on)
        with pytest.raises(NotAllowed):
            clients.issue(name="x", office=center, operations=["quotes"], by=user, on=on)
