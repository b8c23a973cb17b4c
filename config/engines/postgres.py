"""One embedded PostgreSQL server: made, started, recognised, ended."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.engines import locks
from config.engines.locks import open_lock
from config.engines.places import Account, EngineError, Place, named_accounts

SUPERUSER = "office"
DATABASE = "office"
PORT = 5432  # part of the socket's file name only
START_SECONDS = 90
SMALL_SHARED_MEMORY = 512 * 1024 * 1024

COMMON = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
    "logging_collector": "off",
}
SAFE = {"fsync": "on"}
QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def url(place: Place, database: str = DATABASE) -> str:
    """The address of a database on this server, as libpq and django-environ both read it."""
    return f"postgres://{SUPERUSER}@/{database}?host={quote(str(place.sockets))}&port={PORT}"


def answers(place: Place) -> bool:
    """Whether our server takes connections at this moment."""
    try:
        with psycopg.connect(url(place, "postgres"), connect_timeout=5) as connection:
            found = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError:
        return False
    return found is not None and Path(found[0]) == data_folder(place)


def data_folder(place: Place) -> Path:
    """Where the cluster lies."""
    return place.data.resolve() / "postgres"


def is_disposable(place: Place) -> bool:
    """Whether the data may be thrown away: tests make theirs anew."""
    return place.purpose.startswith("tests")


class Postgres:
    """The server of one place, as its keeper sees it."""

    name = "PostgreSQL"

    def __init__(self, place: Place) -> None:
        self.place = place
        self.process: subprocess.Popen[bytes] | None = None
        self.log = place.locks / "postgres.log"

    def start(self) -> None:
        """Bring the server up, or recognise one that is.

        Raises:
            EngineError: it does not come up; the message quotes the end of its log.
        """
        if answers(self.place):
            return
        with locks.held(self.place.locks / "postgres.alive") as alive:
            self._make()
            self._forget_the_dead()
            self._launch(alive)
        self._wait_until_it_answers()
        self._make_database()

    def died(self) -> bool:
        """Whether the server that we started has ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """End the server: fast, in order, and hard only when it does not listen."""
        control = [str(self.place.postgres_bin / "pg_ctl"), "-D", str(data_folder(self.place)), "-w"]
        if self.process is None and not answers(self.place):
            return
        for mode in ("fast", "immediate"):
            subprocess.run(
                [*control, "-t", "30", "-m", mode, "stop"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **self.place.popen(),
            )
            if self.process is None or self.process.poll() is not None:
                return
            try:
                self.process.wait(timeout=5)
                return
            except subprocess.TimeoutExpired:
                continue

    def _make(self) -> None:
        """Make the cluster beside its place and move it there whole."""
        data = data_folder(self.place)
        if (data / "PG_VERSION").exists():
            return
        shutil.rmtree(data, ignore_errors=True)
        draft = data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        maker = self._maker()
        draft.mkdir(mode=0o700)
        if maker:
            os.chown(draft, maker.uid, maker.gid)
        done = subprocess.run(
            [
                str(self.place.postgres_bin / "initdb"),
                *("-D", str(draft), "-U", SUPERUSER, "-E", "UTF8", "--no-sync", "--no-instructions"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", f"--locale={_system_locale()}"),
                *("--auth-local=trust", "--auth-host=reject"),
            ],
            cwd="/",
            env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            **(maker.popen() if maker else {}),
        )
        if done.returncode:
            raise EngineError(f"initdb failed:\n{done.stderr.decode(errors='replace')[-2000:]}")
        self._give(draft)
        draft.rename(data)

    def _maker(self) -> Account | None:
        """initdb insists on an account with a name; ours has only a number."""
        if self.place.account is None:
            return None
        return named_accounts()[0]

    def _give(self, top: Path) -> None:
        account = self.place.account
        if account is None:
            return
        for folder, _folders, files in os.walk(top):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                os.chown(path, account.uid, account.gid, follow_symlinks=False)

    def _forget_the_dead(self) -> None:
        """Remove what names a process: its number may be somebody else's by now.

        Each process of a server holds the lock `postgres.alive` that it inherited, and we
        hold it now, so none is left.
        """
        (data_folder(self.place) / "postmaster.pid").unlink(missing_ok=True)
        for left in self.place.sockets.glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)

    def _launch(self, alive: int) -> None:
        settings = COMMON | (QUICK if is_disposable(self.place) else SAFE)
        settings["unix_socket_directories"] = str(self.place.sockets)
        room = os.statvfs("/dev/shm") if Path("/dev/shm").exists() else None
        if room is None or room.f_bavail * room.f_frsize < SMALL_SHARED_MEMORY:
            settings["dynamic_shared_memory_type"] = "mmap"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(self.place.postgres_bin / "postgres"), "-D", str(data_folder(self.place)), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[alive],
                start_new_session=True,
                **self.place.popen(),
            )

    def _wait_until_it_answers(self) -> None:
        until = time.monotonic() + START_SECONDS
        while not answers(self.place):
            if self.died():
                raise EngineError(f"PostgreSQL did not start:\n{self._end_of_log()}")
            if time.monotonic() > until:
                raise EngineError(f"PostgreSQL did not answer in {START_SECONDS} s:\n{self._end_of_log()}")
            time.sleep(0.02)

    def _make_database(self) -> None:
        with psycopg.connect(url(self.place, "postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _end_of_log(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]


def _system_locale() -> str:
    """C.UTF-8 where the system knows it (glibc before 2.35 may not), else C."""
    known = locale.setlocale(locale.LC_COLLATE)
    try:
        locale.setlocale(locale.LC_COLLATE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_COLLATE, known)
    return "C.UTF-8"


def open_alive(place: Place) -> int:
    """The lock that every process of this place's server holds."""
    return open_lock(place.locks / "postgres.alive")
