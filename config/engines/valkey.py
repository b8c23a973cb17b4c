"""One embedded Valkey server: started, recognised, ended."""

from __future__ import annotations

import subprocess
import time
from urllib.parse import quote

import redis

from config.engines import locks
from config.engines.places import EngineError, Place

DATABASES = 64
START_SECONDS = 60


def url(place: Place, number: int = 0) -> str:
    """The address of a numbered database on this server, as redis-py reads it."""
    return f"unix://{quote(str(place.sockets / 'valkey.sock'))}?db={number}"


def answers(place: Place) -> bool:
    """Whether the server takes commands at this moment."""
    try:
        with redis.Redis.from_url(url(place), socket_timeout=5) as client:
            return bool(client.ping())
    except (redis.ConnectionError, redis.TimeoutError):
        return False


class Valkey:
    """The broker of one place, as its keeper sees it."""

    name = "Valkey"

    def __init__(self, place: Place) -> None:
        self.place = place
        self.process: subprocess.Popen[bytes] | None = None
        self.log = place.locks / "valkey.log"

    def start(self) -> None:
        """Bring the server up, or recognise one that is.

        Raises:
            EngineError: it does not come up; the message quotes the end of its log.
        """
        if answers(self.place):
            return
        with locks.held(self.place.locks / "valkey.alive") as alive:
            self._launch(alive)
        until = time.monotonic() + START_SECONDS
        while not answers(self.place):
            if self.died() or time.monotonic() > until:
                raise EngineError(f"Valkey did not start:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def died(self) -> bool:
        """Whether the server that we started has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """End the server after it has written what it knows."""
        try:
            with redis.Redis.from_url(url(self.place), socket_timeout=20) as client:
                client.shutdown()
        except (redis.ConnectionError, redis.TimeoutError):
            if self.process is None:
                return
            self.process.terminate()
        if self.process is not None:
            try:
                self.process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.process.kill()

    def _launch(self, alive: int) -> None:
        folder = self.place.folder(self.place.data.resolve() / "valkey")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    str(self.place.valkey_server),
                    *("--port", "0", "--unixsocket", str(self.place.sockets / "valkey.sock")),
                    *("--unixsocketperm", "700", "--dir", str(folder), "--databases", str(DATABASES)),
                    *("--appendonly", "yes", "--save", "", "--daemonize", "no", "--loglevel", "warning"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[alive],
                start_new_session=True,
                **self.place.popen(),
            )
