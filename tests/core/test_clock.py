"""One business date per request, read once; a date that is moved meanwhile is read again."""

from __future__ import annotations

from datetime import date

import pytest

from core import clock
from core.models import BusinessDate

pytestmark = pytest.mark.django_db
DAY = date(2022, 12, 20)


def test_a_request_reads_the_business_date_once(django_assert_num_queries):
    with clock.one_day(), django_assert_num_queries(1):
        assert {clock.today() for _each in range(50)} == {clock.TRAINING_START}


def test_outside_a_request_every_question_is_asked_anew():
    assert clock.today() == clock.TRAINING_START
    BusinessDate.objects.create(only=True, day=DAY)
    assert clock.today() == DAY


def test_a_date_moved_inside_a_request_holds_at_once():
    with clock.one_day():
        assert clock.today() == clock.TRAINING_START
        BusinessDate.objects.create(only=True, day=DAY)
        clock.moved()
        assert clock.today() == DAY


def test_the_next_request_reads_it_again():
    with clock.one_day():
        clock.today()
    BusinessDate.objects.create(only=True, day=DAY)
    with clock.one_day():
        assert clock.today() == DAY
