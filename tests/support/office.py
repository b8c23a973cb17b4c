"""A committed database as the tests see it: real commits, real processes, real threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connections

from config.engines.places import BASE_DIR


@dataclass(frozen=True)
class Committed:
    """A clone of the migrated template; the default connection leads there for one test."""

    name: str
    url: str

    def env(self, **more: str) -> dict[str, str]:
        """The environment of a child process that works on this database."""
        return {**os.environ, "DATABASE_URL": self.url, "PYTHONWARNINGS": "default", **more}

    def manage(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run `manage.py` with these arguments as a process of its own, to its end."""
        return subprocess.run(
            [sys.executable, "manage.py", *map(str, arguments)],
            cwd=BASE_DIR,
            env=self.env(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def together(self, *calls: Callable[[], Any]) -> list[Any]:
        """Run the calls at the same moment, each on a connection of its own.

        Returns:
            What each call returned, or the exception that it raised.
        """
        start = threading.Barrier(len(calls))
        results: list[Any] = [None] * len(calls)

        def run(place: int, call: Callable[[], Any]) -> None:
            start.wait()
            try:
                results[place] = call()
            except BaseException as error:  # handed to the test, whatever it is
                results[place] = error
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results
