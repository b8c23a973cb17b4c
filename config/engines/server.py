"""What both embedded servers share: recognised by connecting, alive as long as a lock is held."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from config.engines import locks
from config.engines.places import EngineError, Place

START_SECONDS = 90
STOP_SECONDS = 30
PR_SET_PDEATHSIG = 1


def die_with_parent(number: int) -> Callable[[], None]:
    """What a child runs before its program: a signal of its own when the parent dies (Linux)."""
    parent = os.getpid()

    def tether() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:
                os.kill(os.getpid(), signal.SIGKILL)

    return tether


class Server:
    """One server of one place, as its keeper sees it."""

    name: str
    end: signal.Signals  # asks for an orderly end
    must_end: signal.Signals

    def __init__(self, place: Place) -> None:
        self.place = place
        self.process: subprocess.Popen[bytes] | None = None
        self.log = place.locks / f"{self.name.lower()}.log"

    def answers(self) -> bool:
        """Whether our server takes connections at this moment."""
        raise NotImplementedError

    def command(self) -> Sequence[str]:
        """The command line that runs the server in the foreground."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Bring the data and the sockets' folder into order; no process of this server lives."""

    def stop_stranger(self) -> None:
        """End a running server that another keeper started."""
        raise NotImplementedError

    def start(self) -> None:
        """Bring the server up, or recognise one that is.

        Every process of a server holds the lock `<name>.alive`, inherited from here. Whoever
        gets it knows that none is left, whatever a pid file says.

        Raises:
            EngineError: it does not come up; the message quotes the end of its log.
        """
        self.process = None
        alive = locks.open_lock(self.place.locks / f"{self.name.lower()}.alive")
        try:
            self._until(lambda: self.answers() or locks.grab(alive))
            if self.answers():
                return
            self.prepare()
            with self.log.open("wb") as log:
                self.process = subprocess.Popen(
                    self.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[alive],
                    start_new_session=True,
                    preexec_fn=die_with_parent(self.end),
                    **self.place.popen(),
                )
        finally:
            os.close(alive)
        self._until(self.answers)

    def died(self) -> bool:
        """Whether the server that we started has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """End the server in order, and hard only when it does not listen."""
        if self.process is None:
            if self.answers():
                self.stop_stranger()
            return
        for number in (self.end, self.must_end, signal.SIGKILL):
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=STOP_SECONDS)
                return

    def _until(self, happened: Callable[[], bool]) -> None:
        until = time.monotonic() + START_SECONDS
        while not happened():
            if self.died() or time.monotonic() > until:
                end = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
                raise EngineError(f"The embedded {self.name} did not start ({self.log}):\n{end}")
            time.sleep(0.02)
