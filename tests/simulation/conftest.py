"""A small region with claims, policy staff, and a better document. Models are imported late."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from core.models import User
    from schemes.models import SchemeVersion
    from tests.support.claims import Region

ON = date(2022, 6, 1)


@pytest.fixture
def region(db) -> Region:
    from tests.support.claims import build_region

    return build_region()


@pytest.fixture
def province(db):
    """Period 18, a centre and an office with books, an agency point, one unit: 7 continuing, 3 new."""
    from tests.contributions.support import Province

    return Province()


@pytest.fixture
def policy(region) -> User:
    from tests.support.claims import person

    return person("policy", region.center, "policy")


@pytest.fixture
def second_policy(region) -> User:
    from tests.support.claims import person

    return person("second_policy", region.center, "policy")


@pytest.fixture
def changed(region) -> Callable[..., str]:
    """The text of period 18's document with its first band at another rate."""

    def changed(rate: str) -> str:
        text = region.period.version.document.replace('pays = "30%"', f'pays = "{rate}"')
        return text.replace("至10000元的部分补30%", f"至10000元的部分补{rate}")

    return changed


@pytest.fixture
def better(changed) -> str:
    return changed("40%")


@pytest.fixture
def drafted(region, policy) -> Callable[[str], SchemeVersion]:
    from schemes import adoption
    from tests.support.worked import worked

    def drafted(text: str) -> SchemeVersion:
        cases = worked(text, region.period.version.cases)
        return adoption.draft(scheme="yunnan-mutual-aid", text=text, cases=cases, by=policy, on=ON)

    return drafted


@pytest.fixture
def adopted(drafted, policy, second_policy) -> Callable[[str], SchemeVersion]:
    """Drafted, checked, proposed by one person, adopted by another."""
    from schemes import adoption

    def adopted(text: str) -> SchemeVersion:
        version, found = adoption.record_check(version=drafted(text), by=policy, on=ON)
        assert found.clean, (found.problems, found.red)
        version = adoption.propose_adoption(version=version, by=policy, on=ON)
        return adoption.adopt(version=version, by=second_policy, on=ON)

    return adopted


def amounts(claims: list) -> list[Decimal]:
    """What the claims pay as they stand in the database now."""
    from claims.models import Claim

    return [Claim.objects.get(pk=claim.pk).amount for claim in claims]
