"""A province in small for the stories of money in; imports wait until Django is set up."""

from __future__ import annotations

import pytest


@pytest.fixture
def province(db):
    """Period 18, a centre and an office with books, an agency point, one unit: 7 continuing, 3 new."""
    from tests.contributions.support import Province

    return Province()
