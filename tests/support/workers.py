"""A real Celery worker process that a test can kill and start again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

from config.celery import app
from config.engines.places import BASE_DIR
from config.engines.server import die_with_parent

READY_SECONDS = 60
POLL_SECONDS = 0.05


class Worker:
    """One worker on the test's database and broker; its output is in `log`."""

    def __init__(self, env: dict[str, str], log: Path, processes: int = 1) -> None:
        self.env = env
        self.log = log
        self.processes = processes
        self.name = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes jobs."""
        self.name = f"test-{uuid4().hex[:8]}@localhost"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "config.celery", "worker"),
                    *("-P", "prefork", "-c", str(self.processes), "-n", self.name, "-l", "INFO"),
                    *("--without-gossip", "--without-mingle"),
                ],
                cwd=BASE_DIR,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        until = time.monotonic() + READY_SECONDS
        while not app.control.ping(destination=[self.name], timeout=0.5):
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"The worker did not start:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """End it and its children without warning, as a power cut would (kill -9)."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it in order, after the job at hand."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
        self.process = None


def until(condition, *, seconds: float = 60, what: str = "it") -> None:
    """Wait for something that another process does, no longer than needed."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"Waited {seconds} s for {what} in vain.")
        time.sleep(POLL_SECONDS)
