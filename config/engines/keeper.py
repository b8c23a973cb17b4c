"""The process that runs the servers of one place for as long as somebody uses them.

Each user holds a shared lock on `users`; the kernel drops it when the user ends, kill -9
included. When the keeper gets that lock for itself alone, nobody is left: it ends Valkey,
then PostgreSQL, then itself. A server that dies meanwhile is started again.

Run as `python -m config.engines.keeper PURPOSE`; writes one line, "ready" or "failed: why".
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from config.engines import locks, places
from config.engines.places import EngineError
from config.engines.postgres import Postgres
from config.engines.valkey import Valkey

LOOK_SECONDS = 0.05


def keep(purpose: str) -> int:
    """Run both servers until nobody uses them; the exit code."""
    place = places.find(purpose)
    mine = locks.open_lock(place.locks / "keeper")
    if not _become_the_only(mine):
        return _say("ready")  # another keeper was quicker
    asked_to_end = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: asked_to_end.set())
    servers = [Postgres(place), Valkey(place)]
    users = locks.open_lock(place.locks / "users")
    try:
        for server in servers:
            server.start()
        _say("ready")
        while not asked_to_end.wait(LOOK_SECONDS) and not locks.grab(users):
            for server in servers:
                if server.died():
                    server.start()
    except EngineError as error:
        return _say(f"failed: {error}")
    finally:
        for server in reversed(servers):
            server.stop()
    return 0


def _become_the_only(lock: int) -> bool:
    """Take the keeper's lock; somebody may hold it for a moment to see whether it is free."""
    for _try in range(50):
        if locks.grab(lock):
            return True
        time.sleep(0.02)
    return False


def _say(line: str) -> int:
    """Tell whoever waits for us; nobody may wait any more."""
    try:
        os.write(1, f"{line}\n".encode())
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.close(null)
    except OSError:
        pass
    return int(line != "ready")


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1]))
