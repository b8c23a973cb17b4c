"""File locks: the kernel forgets them with their holder, so kill -9 leaves none behind."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_lock(path: Path) -> int:
    """A file descriptor to lock, closed on exec unless it is handed on by name."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def grab(fd: int, *, shared: bool = False) -> bool:
    """Take the lock if nobody stands in the way; True when it is ours."""
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def wait(fd: int, *, shared: bool = False) -> None:
    """Take the lock, however long that takes."""
    fcntl.flock(fd, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock for itself alone at this moment."""
    fd = open_lock(path)
    try:
        return grab(fd, shared=True)
    finally:
        os.close(fd)


@contextmanager
def held(path: Path) -> Iterator[int]:
    """The lock for the length of a block, after waiting for it."""
    fd = open_lock(path)
    try:
        wait(fd)
        yield fd
    finally:
        os.close(fd)
