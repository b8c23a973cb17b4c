"""Run the site for a demonstration: web, worker and beat as children of one process.

Each child has a session of its own, so that Ctrl-C reaches us alone and we end them in order:
beat, web, worker. A child whose parent is killed gets a SIGTERM from the kernel (Linux).
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from config import embedded
from config.engines import locks
from config.engines.places import BASE_DIR, new_folder
from config.engines.server import die_with_parent

FIRST_PORT = 8000
READY_SECONDS = 90
STOP_SECONDS = 20
LOOK_SECONDS = 0.2
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class AlreadyRunning(Exception):
    """Another demonstration serves from this clone; `address` says where, "" while it starts."""

    def __init__(self, address: str) -> None:
        super().__init__(f"Already running here: {address or 'starting'}")
        self.address = address


class PortTaken(Exception):
    """The port that was asked for is in use."""


class ChildDied(Exception):
    """Web, worker or beat has ended by itself; the message quotes the end of its log."""


class Stopped(BaseException):
    """Somebody asked us to end: Ctrl-C, SIGTERM or a closed terminal."""


_only: list[int] = []  # the lock that says "a demonstration runs here", held until the process ends


def data_folder() -> Path:
    """Where the demonstration keeps its logs and its address."""
    mode = 0o755 if os.geteuid() == 0 else 0o700
    return new_folder(new_folder(BASE_DIR / ".data", mode) / "demo", mode)


def refuse_second() -> None:
    """Be the only demonstration of this clone until the process ends.

    Raises:
        AlreadyRunning: there is one, and where it serves.
    """
    if _only:
        return
    fd = locks.open_lock(data_folder() / "serving")
    if not locks.grab(fd):
        os.close(fd)
        raise AlreadyRunning((data_folder() / "address").read_text() if _has_address() else "")
    _only.append(fd)
    (data_folder() / "address").unlink(missing_ok=True)


def _has_address() -> bool:
    return (data_folder() / "address").exists()


class Child:
    """One process of the site with everything that it starts."""

    def __init__(
        self, name: str, command: Sequence[str], env: dict[str, str], pass_fds: Sequence[int] = ()
    ) -> None:
        self.name = name
        self.log = data_folder() / f"{name}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=BASE_DIR,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[*pass_fds, *embedded.shares()],
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),
            )

    def check(self) -> None:
        """Raise ChildDied if it has ended."""
        if self.process.poll() is not None:
            end = self.log.read_text(errors="replace")[-2000:]
            raise ChildDied(f"{self.name} ended with code {self.process.returncode} ({self.log}):\n{end}")

    def stop(self) -> None:
        """End it in order; whatever is left of its session is killed."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Site:
    """The running site; a context manager that ends it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.children: list[Child] = []  # in the order in which they end
        self.handlers: dict[signal.Signals, Any] = {}  # of the time before

    def wait(self) -> None:
        """Serve until somebody asks us to end (Ctrl-C, SIGTERM, closed terminal).

        Raises:
            ChildDied: web, worker or beat has ended by itself.
        """
        with contextlib.suppress(Stopped):
            while True:
                for child in self.children:
                    child.check()
                embedded.revive()
                time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """End beat, web and worker, in this order; a second Ctrl-C does not disturb it."""
        for number in self.handlers:
            signal.signal(number, signal.SIG_IGN)
        while self.children:
            self.children.pop(0).stop()
        (data_folder() / "address").unlink(missing_ok=True)
        for number, handler in self.handlers.items():
            signal.signal(number, handler)
        self.handlers.clear()

    def __enter__(self) -> Site:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.stop()
        return isinstance(error, Stopped)

    def heed_signals(self) -> None:
        """From here to `stop`, whoever asks us to end raises Stopped."""

        def end(_number: int, _frame: FrameType | None) -> None:
            raise Stopped

        for number in SIGNALS:
            self.handlers[number] = signal.getsignal(number)
            if number != signal.SIGHUP or self.handlers[number] is not signal.SIG_IGN:  # nohup
                signal.signal(number, end)


def serve(port: int | None = None, *, env: dict[str, str] | None = None) -> Site:
    """Start worker, web and beat on a loopback port and wait until `/healthz` answers 200.

    Args:
        port: the port to serve on; None takes 8000 or, if that is taken, any free one.
        env: what the children see besides our own environment.

    Raises:
        AlreadyRunning: another demonstration serves from this clone.
        PortTaken: the port that was asked for is in use.
        ChildDied: a child does not start.
        SystemExit: somebody asked us to end meanwhile; everything is ended.
    """
    refuse_second()
    listening = _listen(port)
    site = Site(f"http://127.0.0.1:{listening.getsockname()[1]}")
    seen = {**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})}
    site.heed_signals()
    try:
        with listening:
            _start(site, seen, listening)
            _wait_until_healthy(site)
    except Stopped:
        site.stop()
        sys.exit(130)
    except BaseException:
        site.stop()
        raise
    (data_folder() / "address").write_text(site.address)
    return site


def _listen(port: int | None) -> socket.socket:
    """A listening socket that the web server inherits: nobody can take the port in between."""
    for number in (FIRST_PORT, 0) if port is None else (port,):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", number))
            listening.listen(64)
        except OSError:
            listening.close()
            continue
        return listening
    raise PortTaken(f"Port {port} is in use; choose another with PORT=…")


def _start(site: Site, env: dict[str, str], listening: socket.socket) -> None:
    """Start the three; the list keeps the order in which they end."""
    celery = ["celery", "-A", "config.celery"]
    worker = [*celery, "worker", "-n", f"demo-{os.getpid()}@localhost", "-P", "prefork", "-c", "2"]
    worker += ["-l", "WARNING"]
    schedule = str(data_folder() / "beat-schedule")
    beat = [*celery, "beat", "-s", schedule, "--pidfile=", "-l", "WARNING"]
    fd = listening.fileno()
    web = [
        *("gunicorn", "config.wsgi:application", "--bind", f"fd://{fd}", "--workers", "2", "--threads", "4"),
        *("--graceful-timeout", "10", "--timeout", "120", "--log-level", "warning"),
    ]
    for name, command, fds in (("worker", worker, []), ("web", web, [fd]), ("beat", beat, [])):
        site.children.insert(0, Child(name, command, env, fds))
    site.children.sort(key=lambda child: ("beat", "web", "worker").index(child.name))


def _wait_until_healthy(site: Site) -> None:
    until = time.monotonic() + READY_SECONDS
    while not _is_healthy(site.address):
        for child in site.children:
            child.check()
        if time.monotonic() > until:
            raise ChildDied(f"The site does not answer at {site.address}/healthz; see {data_folder()}/*.log.")
        time.sleep(LOOK_SECONDS)


def _is_healthy(address: str) -> bool:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
