"""What runs on this machine, as the tests of starting and ending see it (Linux)."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def running(*words: str) -> dict[int, str]:
    """Living processes whose command line or environment-given name holds one of the words."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if any(word in line for word in words):
                found[int(folder.name)] = line.strip()
    return found


def children(pid: int) -> set[int]:
    """Every living descendant of a process."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(folder.name)] = int(parent)
    found: set[int] = set()
    more = {pid}
    while more:
        more = {child for child, parent in parents.items() if parent in more} - found
        found |= more
    return found


def lives(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_9(pids: set[int]) -> None:
    """End processes without warning."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
