"""Vouchers one by one against pgbench's TPC-B, and in bulk against a bare COPY of the same lines."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection

from benchmarks import Result, in_turns, seconds
from config.engines import places
from core.models import Office, OfficeKind, User
from core.roles import system_user
from funds.books import open_book
from funds.models import Book, Voucher
from funds.posting import COPY_LINES, Part, Posting, post, post_many
from funds.proof import prove
from schemes.models import Scheme

ON = date(2022, 1, 10)
ROUNDS, SECONDS = 5, 1  # both sides take turns, so that a busy moment of the machine meets both
LINES_OF_A_VOUCHER = 100


def measure(size: int) -> list[Result]:
    """Vouchers per second, and lines per second in bulk."""
    book, by = _book()
    theirs, ours = in_turns(_pgbench(), _one_by_one(book, by), rounds=ROUNDS)
    lines = size * 2 // 5
    bulk, bare = _in_bulk(book, by, lines)
    if prove(book):
        raise AssertionError(str(prove(book)[0]))
    return [
        Result("voucher posted", ours, "vouchers/s", "pgbench TPC-B", ours / theirs, 0.4),
        Result("lines posted in bulk", lines / bulk, "lines/s", "bare COPY", bare / bulk, 0.4),
    ]


def _book() -> tuple[Book, User]:
    by = system_user("bench")
    office = Office.objects.filter(parent=None).first()
    if office is None:
        office = Office.objects.create(code="00", name="centre", kind=OfficeKind.CENTER)
    scheme = Scheme.objects.create(code="bench-posting", name="bench")
    book = open_book(scheme=scheme, office=office, chart="trade-union-trust", by=by, on=ON)
    post(_posting(book, by, "fee_received", "float", [Part(Decimal("900000000.00"), {"period": "18"})]))
    return book, by


def _posting(book: Book, by: User, event: str, key: str, parts: list[Part]) -> Posting:
    return Posting(book=book, on=ON, event=event, key=key, source=("bench", 1), checked_by=by, parts=parts)


def _one_by_one(book: Book, by: User) -> Callable[[], float]:
    """Vouchers per second, each its own transaction; benefits, whose accounts are strict."""
    parts = [Part(Decimal("12.34"), {"period": "18"})]
    keys = (f"one{n}" for n in count())

    def rate() -> float:
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < SECONDS:
            post(_posting(book, by, "benefit_paid", next(keys), parts))
            done += 1
        return done / (time.perf_counter() - began)

    for _ in range(50):
        post(_posting(book, by, "benefit_paid", next(keys), parts))
    return rate


def _in_bulk(book: Book, by: User, lines: int) -> tuple[float, float]:
    """Seconds of posting so many lines, and of copying the same rows into an empty table of the same kind."""
    vouchers = max(lines // LINES_OF_A_VOUCHER, 1)
    runs = iter(range(9))

    def ours() -> None:
        run = next(runs)
        post_many(
            [
                _posting(book, by, "fee_received", f"bulk{run}:{n}", _parts(LINES_OF_A_VOUCHER // 2, n))
                for n in range(vouchers)
            ]
        )

    taken = seconds(ours)
    last = Voucher.objects.filter(key__startswith="bulk1:")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT voucher_id, account_id, account_code, account_name, debit, credit, dimension, subject"
            " FROM funds_line WHERE voucher_id IN (SELECT id FROM funds_voucher WHERE key LIKE 'bulk1:%')"
        )
        rows = cursor.fetchall()
    assert last.count() == vouchers
    return taken, seconds(lambda: _copy(rows))


def _parts(many: int, n: int) -> list[Part]:
    return [Part(Decimal("1.25"), {"period": "18"}, subject=f"unit {n} {m}") for m in range(many)]


def _copy(rows: list[tuple]) -> None:
    """COPY into an empty table of the same definition, without our triggers."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bench_line")
        cursor.execute("CREATE TABLE bench_line (LIKE funds_line INCLUDING ALL)")
        for column, table in (("voucher_id", "funds_voucher"), ("account_id", "funds_account")):
            reference = f"FOREIGN KEY ({column}) REFERENCES {table} DEFERRABLE INITIALLY DEFERRED"
            cursor.execute(f"ALTER TABLE bench_line ADD {reference}")
        with cursor.copy(COPY_LINES.replace("funds_line", "bench_line")) as copy:
            for row in rows:
                copy.write_row(row)


def _pgbench() -> Callable[[], float]:
    """Transactions per second of pgbench's own script, one client, on the same server."""
    server = urlsplit(os.environ["DATABASE_URL"])
    address = urlunsplit(server._replace(path="/bench_tpcb"))
    with psycopg.connect(urlunsplit(server._replace(path="/postgres")), autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS bench_tpcb WITH (FORCE)")
        admin.execute("CREATE DATABASE bench_tpcb")
    program = str(places.find("bench").postgres_bin / "pgbench")
    subprocess.run([program, "-i", "-q", "-s", "10", address], check=True, capture_output=True)

    def rate() -> float:
        command = [program, "-c", "1", "-T", str(SECONDS), address]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if found is None:
            raise AssertionError(done.stdout)
        return float(found[1])

    return rate
