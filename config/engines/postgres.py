"""One embedded PostgreSQL server: made, started, recognised, ended."""

from __future__ import annotations

import locale
import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from config.engines.places import Account, EngineError, Place, named_accounts
from config.engines.server import Server

SUPERUSER = "office"
DATABASE = "office"
PORT = 5432  # part of the socket's file name only
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


def data_folder(place: Place) -> Path:
    """Where the cluster lies."""
    return place.data.resolve() / "postgres"


def is_disposable(place: Place) -> bool:
    """Whether the data may be thrown away: tests make theirs anew."""
    return place.purpose.startswith("tests")


class Postgres(Server):
    """PostgreSQL 18 from its package."""

    name = "PostgreSQL"
    end = signal.SIGINT  # "fast": rolls back, writes a checkpoint
    must_end = signal.SIGQUIT  # "immediate": recovers at the next start

    def answers(self) -> bool:
        """Whether the server in our socket folder is the one that keeps our data."""
        try:
            with psycopg.connect(url(self.place, "postgres"), connect_timeout=5) as connection:
                found = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        return found is not None and Path(found[0]) == data_folder(self.place)

    def start(self) -> None:
        """Bring the server up with an empty database of our name in it."""
        try:
            super().start()
        except EngineError:
            if not is_disposable(self.place):
                raise
            shutil.rmtree(data_folder(self.place), ignore_errors=True)
            super().start()
        self._make_database()

    def prepare(self) -> None:
        """Make the cluster if there is none; forget pids, which may be somebody else's by now."""
        self._make()
        (data_folder(self.place) / "postmaster.pid").unlink(missing_ok=True)
        for left in self.place.sockets.glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)

    def command(self) -> list[str]:
        """The server with its settings."""
        settings = COMMON | (QUICK if is_disposable(self.place) else SAFE)
        settings["unix_socket_directories"] = str(self.place.sockets)
        room = os.statvfs("/dev/shm") if Path("/dev/shm").exists() else None
        if room is None or room.f_bavail * room.f_frsize < SMALL_SHARED_MEMORY:
            settings["dynamic_shared_memory_type"] = "mmap"
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self.place.postgres_bin / "postgres"), "-D", str(data_folder(self.place)), *options]

    def stop_stranger(self) -> None:
        """End a server that another keeper left running."""
        subprocess.run(
            [
                str(self.place.postgres_bin / "pg_ctl"),
                *("-D", str(data_folder(self.place)), "-m", "fast", "-w", "-t", "60", "stop"),
            ],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            **self.place.popen(),
        )

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

    def _make_database(self) -> None:
        with psycopg.connect(url(self.place, "postgres"), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


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


def identity(place: Place) -> str:
    """The number that initdb gave this cluster: another one after the data was made anew."""
    with psycopg.connect(url(place, "postgres")) as connection:
        found = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    return str(found[0]) if found else ""
