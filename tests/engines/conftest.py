"""Places for engines that only these tests use, removed afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.engines import places
from config.engines.places import BASE_DIR, Place
from tests.support.processes import kill_9, running

PARTS = ("config", "core", "schemes", "enrollment", "funds", "contributions", "claims", "desk")


@pytest.fixture
def probe() -> Iterator[Place]:
    """A place of its own; whatever runs there at the end is ended."""
    place = places.find(f"tests-probe-{os.getpid()}")
    yield place
    kill_9(set(running(place.purpose, str(place.sockets))))
    places.find.cache_clear()
    for folder in (place.data, place.locks, place.sockets):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def user_of() -> Iterator[Callable[[Place], subprocess.Popen[str]]]:
    """A function that starts another process which uses a place until its input ends."""
    script = textwrap.dedent(
        """
        import sys
        from config import embedded
        engines = embedded.join(sys.argv[1])
        print("joined", flush=True)
        sys.stdin.read()
        engines.leave()
        """
    )
    started: list[subprocess.Popen[str]] = []

    def start(place: Place) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", script, place.purpose],
            cwd=BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "joined\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def copy_of_product(tmp_path: Path) -> Iterator[Path]:
    """The product in another folder, with no data yet, as after a fresh clone."""
    top = tmp_path / "clone"
    top.mkdir()
    for part in (*PARTS, "templates", "static", "locale"):
        if (BASE_DIR / part).exists():
            shutil.copytree(BASE_DIR / part, top / part)
    for name in ("manage.py", "requirements.txt"):
        shutil.copy(BASE_DIR / name, top)
    yield top
    kill_9(set(running(str(top))))
    outside = top / ".data" / "demo" / "data"
    if outside.is_symlink():
        shutil.rmtree(outside.resolve().parent, ignore_errors=True)
