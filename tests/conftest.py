"""The test session: engines of its own, a migrated template, clones for real commits, a browser.

docs/developers.md says which fixture is for what.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import django
import pytest
import redis

from config import embedded
from config.engines import locks, valkey
from config.engines.places import BASE_DIR, EngineError, new_folder

SESSION_SLOTS = 8
REAL_COMMITS = {"committed", "live_site", "worker", "page"}
FLUSHING = {"transactional_db", "live_server", "django_db_reset_sequences", "django_db_serialized_rollback"}
USE_COMMITTED = "Flushing is forbidden (guards refuse TRUNCATE): use the fixture `committed` instead."
NO_CHROMIUM = "no Chromium on this machine"
_session: list[int] = []  # the lock of this session's slot, held until the process ends


def pytest_configure(config: pytest.Config) -> None:
    """Start the engines in the outermost process; everyone else finds them in the environment."""
    if config.option.help or config.option.version:
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not hasattr(config, "workerinput"):
        _start_engines()
    django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(specs: list) -> None:
    """Give each process of the session a numbered database of the broker."""
    if os.environ["TEST_BROKER"] == "embedded":
        for place, spec in enumerate(specs):
            number = 1 + place % (valkey.DATABASES - 1)
            spec.env["REDIS_URL"] = os.environ["REDIS_URL"].split("?")[0] + f"?db={number}"


def _start_engines() -> None:
    os.environ["TEST_BROKER"] = "given" if os.environ.get("REDIS_URL") else "embedded"
    os.environ["TEST_DATABASE"] = "given" if os.environ.get("DATABASE_URL") else "embedded"
    if "embedded" in (os.environ["TEST_BROKER"], os.environ["TEST_DATABASE"]):
        try:
            embedded.join_unset(_own_slot())
        except EngineError as error:
            pytest.exit(str(error), returncode=3)
    os.environ["TEST_SERVER_URL"] = os.environ["DATABASE_URL"]


def _own_slot() -> str:
    """A purpose that no other test session of this clone uses at the moment."""
    data = new_folder(BASE_DIR / ".data", 0o755 if os.geteuid() == 0 else 0o700)
    for number in range(1, SESSION_SLOTS + 1):
        purpose = "tests" if number == 1 else f"tests-{number}"
        fd = locks.open_lock(data / f"{purpose}.session")
        if locks.grab(fd):
            _session.append(fd)
            return purpose
        os.close(fd)
    raise EngineError(f"{SESSION_SLOTS} test sessions already run in this clone.")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Clear away what a killed session of this slot has left."""
    if not hasattr(session.config, "workerinput") and os.environ.get("TEST_DATABASE") == "embedded":
        from tests.support import databases

        databases.drop_leftovers(templates=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Leave nothing on a server that is not ours."""
    if not hasattr(session.config, "workerinput") and os.environ.get("TEST_DATABASE") == "given":
        from tests.support import databases

        databases.drop(databases.template_name())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by what a test uses: `browser` for pages, `database` for everything else with tables."""
    for item in items:
        used = set(getattr(item, "fixturenames", ()))
        if used & {"page", "browser"}:
            item.add_marker(pytest.mark.browser)
        elif used & {"db", *REAL_COMMITS} or item.get_closest_marker("django_db"):
            item.add_marker(pytest.mark.database)


def would_flush(marker: pytest.Mark | None, fixtures: Iterable[str]) -> bool:
    """Whether a test asks for tables that are emptied after it instead of a rollback or a clone."""
    asked = marker is not None and (len(marker.args) > 0 or bool(set(marker.kwargs) - {"databases"}))
    return asked or bool(FLUSHING & set(fixtures))


@pytest.fixture(autouse=True)
def _no_flushing(request: pytest.FixtureRequest) -> None:
    if would_flush(request.node.get_closest_marker("django_db"), request.fixturenames):
        pytest.fail(USE_COMMITTED, pytrace=False)


@pytest.fixture(scope="session")
def migrated_template(django_test_environment: None, django_db_blocker) -> str:
    """The name of the migrated template database."""
    from tests.support import databases

    with django_db_blocker.unblock():
        return databases.template()


@pytest.fixture(scope="session")
def django_db_setup(migrated_template: str, django_db_blocker) -> Iterator[None]:
    """This process's own database, in which ordinary tests roll back."""
    from tests.support import databases

    with django_db_blocker.unblock():
        name = databases.clone(migrated_template)
        with databases.pointed_at(name):
            yield
        databases.drop(name)


@pytest.fixture
def _django_db_helper(request: pytest.FixtureRequest) -> None:
    """Ordinary tests roll back; a test with real commits gets them although a fixture asks for `db`."""
    request.getfixturevalue("committed" if REAL_COMMITS & set(request.fixturenames) else "_rolled_back")


@pytest.fixture
def _rolled_back(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker) -> Iterator[None]:
    from django.test import TestCase

    class RolledBack(TestCase):
        @classmethod
        def setUpClass(cls) -> None:
            super(TestCase, cls).setUpClass()

        @classmethod
        def tearDownClass(cls) -> None:
            super(TestCase, cls).tearDownClass()

    with django_db_blocker.unblock():
        RolledBack.setUpClass()
        case = RolledBack(methodName="__init__")
        case._pre_setup()
        yield
        case._post_teardown()
        RolledBack.tearDownClass()
        RolledBack.doClassCleanups()


@pytest.fixture
def committed(migrated_template: str, django_db_blocker):
    """A database of this test's own, where commits are real (see tests/support/office.py)."""
    from tests.support import databases
    from tests.support.office import Committed

    with django_db_blocker.unblock():
        if os.environ["TEST_BROKER"] == "embedded":
            with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
                broker.flushdb()
        name = databases.clone(migrated_template)
        try:
            with databases.pointed_at(name):
                yield Committed(name, databases.address(name))
        finally:
            databases.drop(name)


@pytest.fixture
def worker(committed, tmp_path: Path):
    """A real worker process on this test's database, started; `kill()`, `start()`, `stop()`."""
    from tests.support.workers import Worker

    child = Worker(committed.env(), tmp_path / "worker.log")
    try:
        child.start()
        yield child
    finally:
        child.stop()


@pytest.fixture
def live_site(committed) -> Iterator[str]:
    """The site, served from a thread on this test's database; its address."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.test.testcases import LiveServerThread

    server = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@pytest.fixture(scope="session")
def browser():
    """The machine's Chromium, headless."""
    from tests.support import browsers

    if browsers.chromium() is None:
        if os.environ.get("CI"):
            pytest.fail(f"A browser test may not skip in CI: {NO_CHROMIUM}.", pytrace=False)
        pytest.skip(NO_CHROMIUM)
    # playwright keeps a loop in this thread, from here to the end of the session
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with browsers.launched() as running:
        yield running


@pytest.fixture
def open_page(browser, live_site: str) -> Iterator[Callable]:
    """A function that opens a page in a profile of its own: one per person in the story."""
    from tests.support import browsers

    strangers: list[str] = []
    problems: list[str] = []
    contexts = []

    def opened(**options):
        context = browsers.open_context(browser, live_site, strangers, **options)
        contexts.append(context)
        return browsers.watch(context.new_page(), problems)

    yield opened
    for context in contexts:
        context.close()
    assert strangers == [], "A page asked for something from outside."
    assert problems == [], "A page complained."


@pytest.fixture
def page(open_page):
    """One page of a browser on the live site, 1280 wide; relative addresses work."""
    return open_page(viewport={"width": 1280, "height": 900})


def pytest_terminal_summary(terminalreporter) -> None:
    """Say out loud which browser tests did not run."""
    missed = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and NO_CHROMIUM in report.longrepr[2]
    ]
    if missed:
        terminalreporter.section("browser tests", yellow=True, bold=True)
        terminalreporter.line(
            f"{len(missed)} browser tests DID NOT RUN: {NO_CHROMIUM}.", yellow=True, bold=True
        )
