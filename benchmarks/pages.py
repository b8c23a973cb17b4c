"""The pages that people open all day, over many claims and over a thousand: time, queries, plans."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import Result, seconds
from claims.models import Claim
from core.models import Role, User
from tests.support import stock
from tests.support.claims import person

FEW = 1_000
RUNS, TURNS = 2, 3
MOST_TIMES = 1.5
LARGE = 20_000
"""A table of so many rows is read by an index or not at all."""
READ = re.compile(r"\s*(SELECT|WITH)\b", re.IGNORECASE)
Address = Callable[[], str]
Key = tuple[str, str]


@dataclass(frozen=True)
class Seen:
    """How long a page took, how many statements it asked, which of them read a large table row by row."""

    seconds: float
    queries: int
    scans: tuple[str, ...]


def measure(size: int) -> list[Result]:
    """Each page by each reader with few claims and with many; the worst reader's figures count."""
    place = stock.place()
    people = _people(place)
    stock.grow(place, FEW, tidy="VACUUM ANALYZE")
    with _copied() as copy:
        stock.grow(place, size, tidy="VACUUM ANALYZE")
        few, many = _look(people, copy)
    results = []
    for page in PAGES:
        pairs = [(few[name, page], many[name, page]) for name in people if (name, page) in few]
        worst = max(pairs, key=lambda pair: pair[1].seconds / pair[0].seconds)
        times = worst[1].seconds / worst[0].seconds
        name = f"page {page}, many claims against few"
        value, against = worst[1].seconds * 1000, f"{FEW} claims"
        results.append(Result(name, value, "ms", against, MOST_TIMES / times, 1))
    asked = [(few[key].queries, many[key].queries) for key in few]
    scans = sorted({scan for seen in many.values() for scan in seen.scans})
    same = sum(before == after for before, after in asked)
    return [
        *results,
        Result("pages with the same number of queries", same, "pages", "all", same / len(asked), 1),
        Result("statements of pages that scan a table", len(scans), "statements", "none", _none(scans), 1),
    ]


def _none(scans: list[str]) -> float:
    for scan in scans:
        sys.stderr.write(f"scanned: {scan}\n")
    return 1 / (1 + len(scans))


def _people(place: stock.Stock) -> dict[str, User]:
    """A reviewer at an agency point, one at the centre, an auditor of an office."""
    return {
        "clerk": person("clerk", place.offices["2301"], Role.REVIEWER),
        "chief": person("chief", place.offices["00"], Role.REVIEWER),
        "auditor": person("auditor", place.offices["10"], Role.AUDITOR),
    }


def _newest_claim() -> str:
    return str(Claim.objects.filter(office__code="2301").order_by("pk").values_list("number", flat=True)[7])


PAGES: dict[str, tuple[Address, tuple[str, ...]]] = {
    "workbench": (lambda: reverse("admin:index"), ("clerk", "chief", "auditor")),
    "inbox": (lambda: reverse("inbox"), ("clerk",)),
    "claim list": (lambda: reverse("claims"), ("clerk", "chief")),
    "claim list, by state": (lambda: f"{reverse('claims')}?state=returned", ("clerk", "chief")),
    "claim page": (lambda: reverse("claim", args=[_newest_claim()]), ("clerk", "chief")),
}


@contextmanager
def _copied() -> Iterator[str]:
    """The database as it is now, under another name: both are looked at in turns."""
    name = f"{connection.settings_dict['NAME']}_few"
    address = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(urlunsplit(address._replace(path="/postgres")), autocommit=True) as server:
        source = connection.settings_dict["NAME"]
        connection.close()
        server.execute(f"CREATE DATABASE {name} TEMPLATE {source}")
        try:
            yield name
        finally:
            connection.close()
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def _in(name: str) -> Iterator[None]:
    """Questions go to the database of this name."""
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before


def _look(people: dict[str, User], copy: str) -> tuple[dict[Key, Seen], dict[Key, Seen]]:
    """Every page by everybody who opens it: with few claims, with many."""
    few, many = {}, {}
    for page, (address, readers) in PAGES.items():
        for name in readers:
            found: dict[str, list[Seen]] = {copy: [], connection.settings_dict["NAME"]: []}
            for _turn in range(TURNS):
                for database, seen in found.items():
                    with _in(database):
                        client = Client(SERVER_NAME="localhost")
                        client.force_login(people[name])
                        seen.append(_seen(client, address(), asks=not seen))
            few[name, page], many[name, page] = (_best(seen) for seen in found.values())
    return few, many


def _best(seen: list[Seen]) -> Seen:
    return replace(seen[0], seconds=min(one.seconds for one in seen))


def _seen(client: Client, address: str, *, asks: bool) -> Seen:
    """How a page is now; `asks`: its statements too, and how they are planned."""

    def opened() -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)

    opened()
    queries, scans = 0, []
    if asks:
        with CaptureQueriesContext(connection) as asked:
            opened()
        queries, scans = len(asked), [scan for each in asked for scan in _scans(each["sql"])]
    return Seen(seconds(opened, runs=RUNS), queries, tuple(scans))


def _scans(sql: str) -> list[str]:
    """The large tables that a statement reads row by row, each with the statement's beginning."""
    if not READ.match(sql):
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}", ())
        plan = cursor.fetchone()[0]
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > %s", [LARGE])
        large = {row[0] for row in cursor.fetchall()}
    tree = json.loads(plan) if isinstance(plan, str) else plan
    return [f"{table}: {sql[:200]}" for table in _scanned(tree[0]["Plan"]) if table in large]


def _scanned(node: dict) -> list[str]:
    here = [node["Relation Name"]] if node["Node Type"] == "Seq Scan" else []
    return here + [table for child in node.get("Plans", []) for table in _scanned(child)]
