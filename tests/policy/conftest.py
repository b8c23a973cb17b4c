"""One person per role at the centre, and texts of documents to work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

if TYPE_CHECKING:
    from core.models import Office, User
    from schemes.models import SchemeVersion

ON = date(2022, 6, 1)
YUNNAN = "yunnan-mutual-aid"
ROLES = ("agent", "reviewer", "cashier", "accountant", "policy", "auditor", "operator")


@pytest.fixture
def center(db: None) -> Office:
    from core.models import Office

    return Office.objects.get_or_create(code="00", defaults={"name": "省中心", "kind": "center"})[0]


@pytest.fixture
def person(center: Office) -> Callable[..., User]:
    from core.models import StaffRole, User

    def person(name: str, role: str = "policy") -> User:
        user, created = User.objects.get_or_create(username=name)
        if created:
            unit = "U1" if role == "agent" else ""
            StaffRole.objects.create(
                user=user, office=center, role=role, unit_code=unit, since=date(2020, 1, 1)
            )
        return user

    return person


@pytest.fixture
def as_(person: Callable[..., User]) -> Callable[..., Client]:
    """A browser of somebody of a role: as_("policy"), as_("policy", "wang")."""

    def browser(role: str = "policy", name: str = "") -> Client:
        client = Client()
        client.force_login(person(name or role, role))
        return client

    return browser


@pytest.fixture
def shipped(db: None) -> SchemeVersion:
    from schemes.versions import document_for

    return document_for(YUNNAN, period="18").version


@pytest.fixture
def better(shipped: SchemeVersion) -> str:
    """Period 18 with the first band at 40%, stated and glossed."""
    text = shipped.document.replace('pays = "30%"', 'pays = "40%"')
    return text.replace("至10000元的部分补30%", "至10000元的部分补40%")


@pytest.fixture
def draft(shipped: SchemeVersion, better: str, person: Callable[..., Any]) -> SchemeVersion:
    from schemes import adoption
    from tests.support.worked import worked

    cases = worked(better, shipped.cases)
    return adoption.draft(scheme=YUNNAN, text=better, cases=cases, by=person("li"), on=ON)
