"""What the test session itself promises."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from config.celery import app
from core.models import User
from tests.conftest import would_flush


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


def test_a_worker_can_be_killed_and_takes_jobs_again(committed, worker):
    assert app.control.ping(destination=[worker.name], timeout=5)
    worker.kill()
    assert not app.control.ping(destination=[worker.name], timeout=1)
    worker.start()
    assert app.control.ping(destination=[worker.name], timeout=5)


def test_a_command_runs_as_a_process_on_the_tests_own_database(committed):
    done = committed.manage("showmigrations", "--plan")
    assert done.returncode == 0, done.stderr
    assert "[ ]" not in done.stdout


def test_the_browser_reaches_the_site_and_its_own_database(page):
    answer = page.goto("/")
    assert answer.status == 200
    assert page.locator("html").get_attribute("lang") == "zh-hans"


def test_flushing_is_refused():
    assert would_flush(pytest.mark.django_db(transaction=True).mark, [])
    assert would_flush(pytest.mark.django_db(reset_sequences=True).mark, [])
    assert would_flush(None, ["request", "transactional_db"])
    assert would_flush(None, ["live_server"])


def test_rolling_back_and_clones_are_not_refused():
    assert not would_flush(pytest.mark.django_db.mark, ["db"])
    assert not would_flush(None, ["committed", "live_site", "worker"])
