"""Fixtures of the stories about claims. Models are imported late: this file is read before Django is set up."""

import pytest


@pytest.fixture
def region(db):
    from tests.support.claims import build_region

    return build_region()


@pytest.fixture
def book(region):
    from tests.support.claims import open_with_money

    return open_with_money(region)
