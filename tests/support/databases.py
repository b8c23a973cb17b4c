"""Databases for tests: one migrated template, and clones of it."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from config.engines.places import BASE_DIR

TEMPLATE_SOURCES = (
    "*/migrations/*.py",
    "*/apps.py",
    "core/**/*.py",
    "schemes/**/*.py",
    "schemes/documents/**/*",
    "config/settings.py",
    "requirements.txt",
)
BUILD_LOCK = 7_202_218  # any number that all test processes of one server agree on
_numbers = itertools.count(1)


def address(database: str) -> str:
    """DATABASE_URL of another database on the session's server."""
    parts = urlsplit(os.environ["TEST_SERVER_URL"])
    return urlunsplit(parts._replace(path=f"/{database}"))


@contextlib.contextmanager
def maintenance() -> Iterator[psycopg.Connection]:
    """An autocommit connection to the server's own database."""
    with contextlib.closing(psycopg.connect(address("postgres"), autocommit=True)) as connection:
        yield connection


def template_name() -> str:
    """Names the template after everything that `migrate` puts into it."""
    found = hashlib.sha256(str(BASE_DIR).encode())
    for pattern in TEMPLATE_SOURCES:
        for path in sorted(BASE_DIR.glob(pattern)):
            if path.is_file() and path.relative_to(BASE_DIR).parts[0][0] != ".":
                found.update(str(path.relative_to(BASE_DIR)).encode() + path.read_bytes())
    return f"office_template_{found.hexdigest()[:12]}"


def template() -> str:
    """The migrated template, built by the first process that asks; its name."""
    name = template_name()
    with maintenance() as server:
        server.execute("SELECT pg_advisory_lock(%s)", [BUILD_LOCK])
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return name
        draft = f"{name}_draft"
        drop(draft)
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(draft)))
        with pointed_at(draft):
            call_command("migrate", verbosity=0, interactive=False)
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
        )
    return name


def clone(source: str) -> str:
    """A new database like the source; its name."""
    name = f"office_test_{os.getpid()}_{next(_numbers)}"
    with maintenance() as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
        )
    return name


def drop(name: str) -> None:
    """Remove a database, whoever is still connected."""
    with maintenance() as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def drop_leftovers(*, templates: bool) -> None:
    """Remove the databases of sessions that were killed; templates that nobody will ask for too."""
    current = template_name()
    with maintenance() as server:
        names = [row[0] for row in server.execute("SELECT datname FROM pg_database").fetchall()]
    for name in names:
        if name.startswith("office_test_") or (
            name.startswith("office_template_") and (templates or name != current)
        ):
            drop(name)


@contextlib.contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """The default connection, of every thread and of children, leads to this database."""
    connection = connections["default"]
    before = connection.settings_dict["NAME"], os.environ["DATABASE_URL"]

    def point(database: str, url: str) -> None:
        connection.close()
        for known in (
            connection.settings_dict,
            connections.settings["default"],
            settings.DATABASES["default"],
        ):
            known["NAME"] = database
        os.environ["DATABASE_URL"] = url

    point(name, address(name))
    try:
        yield
    finally:
        point(*before)


def data_folder() -> Path:
    """Where this clone keeps what its test sessions leave for the next."""
    return BASE_DIR / ".data"
