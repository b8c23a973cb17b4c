"""Fixtures of the stories about claims. Models are imported late: Django is not set up yet here."""

import pytest


@pytest.fixture
def region(db):
    from tests.support.claims import build_region

    return build_region()


@pytest.fixture
def book(region):
    from tests.support.claims import open_with_money

    return open_with_money(region)
