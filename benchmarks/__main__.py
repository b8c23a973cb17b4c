"""Run every benchmark, print a table, write benchmarks/results.json: `make bench [SIZE=small|full]`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from django.core.management import call_command

from benchmarks import Result
from config import embedded

SIZES = {"small": 100_000, "full": 1_000_000}
MODULES = ("scalar", "roster_import", "levies", "posting", "claim", "population")
DATABASE = "office_bench"
RESULTS = Path(__file__).with_name("results.json")


def main() -> int:
    """Exit 1 when a figure does not reach what it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("only", nargs="*", help=f"some of: {', '.join(MODULES)}")
    options = parser.parse_args()
    results: list[Result] = []
    for name in options.only or MODULES:
        module = __import__(f"benchmarks.{name}", fromlist=["measure"])
        results += module.measure(SIZES[options.size])
    show(results)
    RESULTS.write_text(json.dumps([result.row() for result in results], ensure_ascii=False, indent=1) + "\n")
    return 1 if any(result.met is False for result in results) else 0


def show(results: list[Result]) -> None:
    """The table so far."""
    sys.stdout.write("\n")
    for result in results:
        ratio = "" if result.ratio is None else f"{result.ratio:.2f} × {result.against}"
        reach = "" if result.reach is None else f"reach {result.reach:g}"
        mark = {True: "met", False: "NOT MET", None: ""}[result.met]
        sys.stdout.write(
            f"{result.name:<44}{result.value:>12,.0f} {result.unit:<14}{ratio:<40}{reach:<14}{mark}\n"
        )
    sys.stdout.flush()


def fresh_database() -> None:
    """An empty, migrated database of the benchmark's own, on its own engines or on DATABASE_URL's server."""
    embedded.join_unset("bench")
    server = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(urlunsplit(server._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
    os.environ["DATABASE_URL"] = urlunsplit(server._replace(path=f"/{DATABASE}"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


if __name__ == "__main__":
    fresh_database()
    raise SystemExit(main())
