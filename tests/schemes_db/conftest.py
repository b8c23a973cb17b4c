"""Policy staff at the centre, and texts of documents to work with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.models import Office, User
    from schemes.models import SchemeVersion

ON = date(2022, 6, 1)
YUNNAN = "yunnan-mutual-aid"


@pytest.fixture
def center(db) -> Office:
    from core.models import Office

    return Office.objects.get_or_create(code="00", defaults={"name": "centre", "kind": "center"})[0]


@pytest.fixture
def person(center) -> Callable[..., User]:
    from core.models import StaffRole, User

    def person(name: str, role: str = "policy") -> User:
        user = User.objects.create(username=name, is_active=True)
        unit = "U1" if role == "agent" else ""
        StaffRole.objects.create(user=user, office=center, role=role, unit_code=unit, since=date(2020, 1, 1))
        return user

    return person


@pytest.fixture
def li(person) -> User:
    return person("li")


@pytest.fixture
def wang(person) -> User:
    return person("wang")


@pytest.fixture
def shipped(db) -> SchemeVersion:
    from schemes.versions import document_for

    return document_for(YUNNAN, period="18").version


@pytest.fixture
def better(shipped) -> str:
    """Period 18 with the first band at 40%, stated and glossed."""
    text = shipped.document.replace('pays = "30%"', 'pays = "40%"')
    return text.replace("至10000元的部分补30%", "至10000元的部分补40%")
