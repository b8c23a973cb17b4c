"""What the test session itself promises."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError

from core.models import User


@pytest.mark.django_db
def test_an_ordinary_test_sees_a_migrated_database():
    assert User.objects.filter(username="nobody").count() == 0


def test_a_committed_test_sees_commits_of_other_threads(committed):
    def add(name: str):
        return lambda: User.objects.create(username=name).pk

    assert all(committed.together(add("ada"), add("bo")))
    assert set(User.objects.values_list("username", flat=True)) >= {"ada", "bo"}


def test_commits_of_one_test_are_not_seen_by_another(committed):
    assert not User.objects.filter(username="ada").exists()


def test_a_fixture_that_asks_for_db_joins_real_commits(committed, db):
    assert connection.settings_dict["NAME"] == committed.name
    with transaction.atomic():
        User.objects.create(username="kim")
    assert connection.in_atomic_block is False


def test_the_database_collates_by_code_point(committed):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'Z' < 'a', 'a' < 'é'")
        assert cursor.fetchone() == (True, True)
