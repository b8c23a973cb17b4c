"""The PostgreSQL and Valkey that ship with the product, for whoever has set no other.

Only the outermost process calls `join`; its children find DATABASE_URL and REDIS_URL set.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import environ

from config.engines import locks, places, postgres, valkey
from config.engines.places import BASE_DIR, EngineError, Place
from config.engines.postgres import Postgres
from config.engines.valkey import Valkey

__all__ = ["EngineError", "Engines", "celery_url", "join", "join_for_command", "keep_tables_current"]

WAIT_SECONDS = 90
_joined: list[Engines] = []  # what this process uses; at most one in practice
GOES_WITHOUT = frozenset(
    "help version check check_scheme compilemessages makemessages collectstatic findstatic diffsettings "
    "startapp startproject".split()
)
MAKES_TABLES = frozenset(
    "migrate makemigrations showmigrations sqlmigrate squashmigrations optimizemigration flush "
    "dbshell".split()
)


def celery_url(redis_url: str) -> str:
    """The same broker in Celery's spelling: a unix socket has another scheme there."""
    parts = urlsplit(redis_url)
    if parts.scheme not in ("unix", "redis+socket"):
        return redis_url
    query = parse_qs(parts.query)
    number = (query.get("db") or query.get("virtual_host") or ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={number}"


@dataclass
class Engines:
    """A share in the running servers of one purpose; `leave` gives it back."""

    place: Place
    users: int  # holds the shared lock; children that get it keep the servers up too
    database_url: str
    redis_url: str

    def revive(self) -> None:
        """Start the servers again if their keeper was killed."""
        keeper = self.place.locks / "keeper"
        if locks.is_free(keeper):
            with locks.held(self.place.locks / "start"):
                if locks.is_free(keeper):
                    _start_keeper(self.place)

    def leave(self) -> None:
        """Give the share back, and wait for the servers to end if it was the last."""
        if self.users < 0:
            return
        os.close(self.users)
        self.users = -1
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until and not locks.is_free(self.place.locks / "keeper"):
            fd = locks.open_lock(self.place.locks / "users")
            try:
                if not locks.grab(fd) and locks.grab(fd, shared=True):
                    return  # others go on using them
            finally:
                os.close(fd)
            time.sleep(0.02)


def join(purpose: str) -> Engines:
    """Use this purpose's servers: those that run, else new ones.

    Raises:
        EngineError: they do not start; the message quotes the log.
    """
    place = places.find(purpose)
    users = locks.open_lock(place.locks / "users")
    locks.wait(users, shared=True)  # waits for servers that are being ended
    try:
        with locks.held(place.locks / "start"):
            if locks.is_free(place.locks / "keeper"):
                _start_keeper(place)
            _wait_for_answers(place)
    except BaseException:
        os.close(users)
        raise
    return Engines(place, users, postgres.url(place), valkey.url(place))


def _start_keeper(place: Place) -> None:
    with (place.locks / "keeper.log").open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "config.engines.keeper", place.purpose],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    if keeper.stdout is None:
        raise EngineError("The keeper of the embedded servers has no output.")
    with keeper.stdout as answer:
        said = answer.read().decode(errors="replace").strip()
    if said != "ready":
        raise EngineError(said.removeprefix("failed: ") or f"See {place.locks / 'keeper.log'}.")
    keeper.returncode = 0  # it outlives us when others use the servers: nothing to wait for


def _wait_for_answers(place: Place) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while not (Postgres(place).answers() and Valkey(place).answers()):
        if time.monotonic() > until:
            raise EngineError(f"The embedded servers do not answer; see the logs in {place.locks}.")
        time.sleep(0.05)


def join_unset(purpose: str) -> Engines | None:
    """Use the embedded servers for whichever address is unset, and hand both on by environment."""
    if (BASE_DIR / ".env").exists():
        environ.Env.read_env(BASE_DIR / ".env")
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return None
    engines = join(purpose)
    _joined.append(engines)
    atexit.register(engines.leave)
    os.environ.setdefault("DATABASE_URL", engines.database_url)
    os.environ.setdefault("REDIS_URL", engines.redis_url)
    return engines


def shares() -> list[int]:
    """What a child inherits so that the servers outlive it, even if we are killed."""
    return [engines.users for engines in _joined if engines.users >= 0]


def revive() -> None:
    """Start the servers that this process uses again if their keeper was killed."""
    for engines in _joined:
        engines.revive()


def join_for_command(arguments: list[str]) -> Engines | None:
    """What manage.py needs before it runs a command: servers, and tables in them.

    Raises:
        EngineError: they do not start, or the tables cannot be made.
    """
    command = arguments[0] if arguments else "help"
    if command in GOES_WITHOUT and "--database" not in arguments:
        return None
    if command.startswith("-") or {"-h", "--help"} & set(arguments):
        return None
    if command == "quote" and any(argument.startswith("--document") for argument in arguments):
        return None  # a file answers, no table is read
    own = not os.environ.get("DATABASE_URL")
    engines = join_unset("demo")
    if engines and own and os.environ["DATABASE_URL"] == engines.database_url and command not in MAKES_TABLES:
        keep_tables_current(engines)
    return engines


def keep_tables_current(engines: Engines) -> None:
    """Migrate the embedded database when it is new or the product has changed.

    Raises:
        EngineError: the migration failed; its output was shown.
    """
    mark = engines.place.locks / "migrated"
    with locks.held(engines.place.locks / "migrate"):
        wanted = _migrations_digest()
        cluster = postgres.identity(engines.place)
        if mark.exists() and mark.read_text() == f"{cluster} {wanted}":
            return
        done = subprocess.run(
            [sys.executable, str(BASE_DIR / "manage.py"), "migrate", "--no-input", "--verbosity", "0"],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        )
        if done.returncode:
            raise EngineError("The embedded database could not be migrated.")
        mark.write_text(f"{cluster} {wanted}")


def _migrations_digest() -> str:
    """Names a state of the migrations, and of the documents that they load."""
    found = hashlib.sha256()
    for pattern in ("*/migrations/*.py", "schemes/documents/**/*.toml", "requirements.txt"):
        for path in sorted(BASE_DIR.glob(pattern)):
            if not path.relative_to(BASE_DIR).parts[0].startswith("."):
                found.update(f"{path.relative_to(BASE_DIR)}\n".encode() + path.read_bytes())
    return found.hexdigest()


def is_embedded(database_url: str, purpose: str = "demo") -> bool:
    """Whether an address names the embedded database of this purpose, and so nobody's production."""
    folder: Path = places.find(purpose).sockets
    return parse_qs(urlsplit(database_url).query).get("host") == [str(folder)]
