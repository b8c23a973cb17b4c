"""A centre, an operator, and a client of the API with its token."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from core.models import Office, User

SINCE = date(2020, 1, 1)
ADDRESS = "/api/v1/quotes"


@pytest.fixture
def center(db: None) -> Office:
    from core.models import Office

    return Office.objects.get_or_create(code="00", defaults={"name": "省中心", "kind": "center"})[0]


@pytest.fixture
def operator(center: Office) -> User:
    from core.models import StaffRole, User

    user = User.objects.create_user("operator", password="x")
    StaffRole.objects.create(user=user, office=center, role="operator", since=SINCE)
    return user


@pytest.fixture
def token(center: Office, operator: User) -> str:
    from core import clients, clock

    on = clock.today()
    return clients.issue(name="县医院", office=center, operations=["quotes"], by=operator, on=on)[1]


@pytest.fixture
def ask(token: str) -> Any:
    """POST a body with the client's token: ask(body, content_type)."""
    client = Client(raise_request_exception=True, headers={"Authorization": f"Bearer {token}"})

    def ask(body: Any) -> Any:
        return client.post(ADDRESS, body, content_type="application/json")

    return ask
