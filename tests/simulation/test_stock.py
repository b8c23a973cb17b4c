"""The stock of claims that measurements use is one that the rules and the proof agree with."""

from __future__ import annotations

import pytest

from claims import proof
from claims.models import Claim
from tests.support import stock


@pytest.mark.django_db
def test_the_stock_of_claims_proves_to_the_fen_and_grows():
    place = stock.place()
    for size in (200, 800):
        stock.grow(place, size)
        assert Claim.objects.count() == size
    wrong = [fault for fault in proof.prove() if fault.code != "claims_spending"]
    assert wrong == [], sorted({(f.code, f.where, str(f.facts)) for f in wrong})[::9]
    assert set(Claim.objects.values_list("state", flat=True)) == {"review", "approved", "paid"}
