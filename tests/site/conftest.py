"""A small organisation and its people; one of everything that a page shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def offices(db: None) -> dict[str, Any]:
    """A centre (00), two offices (23, 24) and an agency point below each, by code."""
    from core.models import Office, OfficeKind

    centre = Office.objects.create(code="00", name="省中心", kind=OfficeKind.CENTER)
    found = {"00": centre}
    for code, name in (("23", "楚雄办事处"), ("24", "玉溪办事处")):
        found[code] = Office.objects.create(code=code, name=name, kind=OfficeKind.OFFICE, parent=centre)
        point = Office.objects.create(
            code=f"{code}01", name=f"{name[:2]}代办点", kind=OfficeKind.AGENCY, parent=found[code]
        )
        found[point.code] = point
    return found


@pytest.fixture
def person(offices: dict[str, Any]) -> Callable[..., Any]:
    """Make a user with one role at an office: person(role, code, unit_code="")."""
    from core.models import StaffRole, User

    def make(role: str, code: str, unit_code: str = "", name: str = "") -> User:
        user = User.objects.create_user(name or f"{role}-{code}-{unit_code}", display_name=f"{role} {code}")
        StaffRole.objects.create(
            user=user, office=offices[code], role=role, unit_code=unit_code, since=LONG_AGO
        )
        return user

    return make


@pytest.fixture
def world(db: None) -> Any:
    """See tests/site/world.py."""
    from tests.site.world import build

    return build()
