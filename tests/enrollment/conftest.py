"""A small province with an open period 18; models are imported late, after Django is set up."""

from functools import partial

import pytest


@pytest.fixture
def by(db):
    from core.roles import system_user

    return system_user("test")


@pytest.fixture
def other(db):
    """Whoever takes what `by` hands in."""
    from core.roles import system_user

    return system_user("other")


@pytest.fixture
def period(db):
    from tests.support.rosters import build_province

    return build_province()


@pytest.fixture
def hospital(period):
    from enrollment.models import Unit

    return Unit.objects.get(code="1253230093857083KB")


@pytest.fixture
def school(period):
    from enrollment.models import Unit

    return Unit.objects.get(code="12532300216463146P")


@pytest.fixture
def read(period):
    from tests.support.rosters import read_roster

    return partial(read_roster, period=period)


@pytest.fixture
def opening(period):
    from tests.support.rosters import opening_data

    return opening_data()


@pytest.fixture
def staff(period):
    from tests.support.rosters import somebody

    return somebody
