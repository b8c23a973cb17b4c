"""Run every benchmark, print a table, write benchmarks/results.json: `make bench [SIZE=small|full]`.

Each module runs in a process and an empty, migrated database of its own. The results of a whole run are kept.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg

from benchmarks import Result
from config import embedded

SIZES = {"small": 40_000, "full": 1_000_000}
MODULES = (
    "scalar", "roster_import", "levies", "posting", "claim", "population", "simulation", "pages",
    "batches",
)  # fmt: skip
RESULTS = Path(__file__).with_name("results.json")
MARK = "results: "
PREFIX, TEMPLATE = "office_bench_", "BENCH_TEMPLATE"


def main() -> int:
    """Exit 1 when a figure does not reach what it should, or a module fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--module", choices=MODULES, help="measure this one here (what the harness calls)")
    parser.add_argument("only", nargs="*", help=f"some of: {', '.join(MODULES)}")
    options = parser.parse_args()
    embedded.join_unset("bench")
    if options.module:
        return measure(options.module, SIZES[options.size])
    with template():
        rows = [row for name in options.only or MODULES for row in of_module(name, options.size)]
    if not options.only:
        RESULTS.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    return 1 if any(row["met"] is False for row in rows) else 0


def of_module(name: str, size: str) -> list[dict]:
    """The rows of one module, measured in a process of its own. Raises CalledProcessError."""
    command = [sys.executable, "-m", "benchmarks", "--module", name, "--size", size]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told = [line for line in done.stdout.splitlines() if line.startswith(MARK)]
    rows: list[dict] = json.loads(told[-1].removeprefix(MARK))
    for row in rows:
        sys.stdout.write(line_of(row))
    sys.stdout.flush()
    return rows


def line_of(row: dict) -> str:
    """A row of the table."""
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f} × {row['against']}"
    reach = "" if row["reach"] is None else f"reach {row['reach']:g}"
    mark = {True: "met", False: "NOT MET", None: ""}[row["met"]]
    return f"{row['name']:<44}{row['value']:>12,.0f} {row['unit']:<14}{ratio:<40}{reach:<14}{mark}\n"


def measure(name: str, size: int) -> int:
    """Measure one module here, in an empty database."""
    with fresh_database():
        module = importlib.import_module(f"benchmarks.{name}")
        results: list[Result] = module.measure(size)
        django.db.connections.close_all()
    sys.stdout.write(MARK + json.dumps([result.row() for result in results], ensure_ascii=False) + "\n")
    return 0


@contextmanager
def template() -> Iterator[None]:
    """A migrated database that every module's own one is a copy of."""
    name = f"{PREFIX}template_{os.getpid()}"
    with _maintenance() as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        try:
            environment = {**os.environ, "DATABASE_URL": _address(name)}
            migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--no-input"]
            subprocess.run(migrate, env=environment, check=True)
            os.environ[TEMPLATE] = name
            yield
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def fresh_database() -> Iterator[None]:
    """A migrated database on the bench's own engines or DATABASE_URL's server; gone afterwards."""
    name = f"{PREFIX}{os.getpid()}"
    with _maintenance() as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {os.environ[TEMPLATE]}")
        before = os.environ["DATABASE_URL"]
        os.environ["DATABASE_URL"] = _address(name)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        try:
            django.setup()
            yield
        finally:
            os.environ["DATABASE_URL"] = before
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _address(name: str) -> str:
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))


def _maintenance() -> psycopg.Connection:
    return psycopg.connect(_address("postgres"), autocommit=True)


if __name__ == "__main__":
    raise SystemExit(main())
