"""One embedded Valkey server."""

from __future__ import annotations

import contextlib
import signal
from urllib.parse import quote

import redis

from config.engines.places import Place
from config.engines.server import Server

DATABASES = 64


def url(place: Place, number: int = 0) -> str:
    """The address of a numbered database on this server, as redis-py reads it."""
    return f"unix://{quote(str(place.sockets / 'valkey.sock'))}?db={number}"


class Valkey(Server):
    """Valkey from its package, with every write on disk within a second."""

    name = "Valkey"
    end = signal.SIGTERM
    must_end = signal.SIGTERM

    def answers(self) -> bool:
        """Whether the server takes commands at this moment."""
        try:
            with redis.Redis.from_url(url(self.place), socket_timeout=5) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def command(self) -> list[str]:
        """The server with its settings."""
        folder = self.place.folder(self.place.data.resolve() / "valkey")
        return [
            str(self.place.valkey_server),
            *("--port", "0", "--unixsocket", str(self.place.sockets / "valkey.sock")),
            *("--unixsocketperm", "700", "--dir", str(folder), "--databases", str(DATABASES)),
            *("--appendonly", "yes", "--save", "", "--daemonize", "no", "--loglevel", "warning"),
        ]

    def stop_stranger(self) -> None:
        """End a server that another keeper left running."""
        with redis.Redis.from_url(url(self.place)) as client, contextlib.suppress(redis.ConnectionError):
            client.shutdown()
