"""The site in one process's care, and single commands, in a copy of the product without any data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.support.processes import children, lives, running
from tests.support.workers import until

pytestmark = pytest.mark.slow
SERVE = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from config import embedded, supervise
engines = embedded.join_for_command(["demo"])
try:
    with supervise.serve() as site:
        print(site.address, flush=True)
        site.wait()
except supervise.AlreadyRunning as error:
    raise SystemExit(f"already at {error.address}")
"""


def environment(**more: str) -> dict[str, str]:
    """Ours, without what says which servers to use."""
    ours = {"DATABASE_URL", "REDIS_URL", "CELERY_QUEUE"}
    return {name: value for name, value in os.environ.items() if name not in ours} | more


def serve(top: Path, database_url: str) -> subprocess.Popen[str]:
    """The site on a migrated database and a broker of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=top,
        env=environment(DATABASE_URL=database_url),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def address_of(process: subprocess.Popen[str]) -> str:
    address = process.stdout.readline().strip()
    if not address:
        process.wait()
        raise AssertionError(process.stderr.read())
    return address


def test_a_served_site_answers_and_ends_whole(copy_of_product, committed):
    process = serve(copy_of_product, committed.url)
    address = address_of(process)
    with urllib.request.urlopen(f"{address}/healthz") as answer:
        assert json.load(answer)["ok"] is True
    family = children(process.pid) | set(running(str(copy_of_product)))
    second = serve(copy_of_product, committed.url)
    assert f"already at {address}" in second.communicate()[1]
    assert second.returncode == 1
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode == 0
    assert len(family) >= 7
    assert not {pid for pid in family if lives(pid)}


def test_a_killed_site_leaves_nothing_and_starts_again(copy_of_product, committed):
    process = serve(copy_of_product, committed.url)
    address_of(process)
    family = children(process.pid) | set(running(str(copy_of_product)))
    process.kill()
    process.communicate()
    until(lambda: not any(map(lives, family)), what="the children of a killed site to end")
    again = serve(copy_of_product, committed.url)
    address_of(again)
    again.terminate()
    again.communicate()
    assert again.returncode == 0


COUNT = [sys.executable, "manage.py", "shell", "-v", "0", "-c"]
COUNT += ["from core.models import User; print(User.objects.count())"]


def test_two_first_commands_at_once_share_one_new_database(copy_of_product, tmp_path):
    above = {folder: folder.stat().st_mode for folder in copy_of_product.parents}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    both = [
        subprocess.Popen(COUNT, cwd=copy_of_product, env=environment(), stdin=subprocess.DEVNULL, **pipes)
        for _ in range(2)
    ]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert all(output.strip().isdigit() for output, _errors in said)
    assert not running(str(copy_of_product))
    assert {folder: folder.stat().st_mode for folder in copy_of_product.parents} == above
    data = (copy_of_product / ".data" / "demo" / "data").resolve()
    closed = any(mode & 0o001 == 0 for mode in above.values())
    if os.geteuid() == 0 and closed:
        assert not data.is_relative_to(tmp_path)
        assert (data / "postgres" / "PG_VERSION").exists()
