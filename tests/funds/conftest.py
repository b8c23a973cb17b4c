"""Offices for the stories of the books; imports wait until Django is set up."""

from __future__ import annotations

import pytest


@pytest.fixture
def trust(db):
    """An office that keeps its book by the trade-union chart."""
    from tests.funds.support import make_office

    return make_office()


@pytest.fixture
def fund(db):
    """An office that keeps its book by the social-insurance chart, with accounts in parts."""
    from tests.funds.support import make_office

    return make_office("social-insurance-fund", details="employee-basic")
