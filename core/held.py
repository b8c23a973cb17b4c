"""What a worker keeps open between two chunks of a run: one thing per thread, for threads take runs of their
own."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

from core.models import Run

Open = TypeVar("Open")


class Held(threading.local, Generic[Open]):
    """The last run that this thread worked on, and what it has open for it."""

    def __init__(self) -> None:
        self._run: int | None = None
        self._open: Open | None = None

    def of(self, run: Run) -> Open | None:
        """What is open for this run in this thread, if anything is."""
        return self._open if self._run == run.pk else None

    def keep(self, run: Run, opened: Open) -> Open:
        """Keep this for the run's next chunk, instead of whatever was kept."""
        self._run, self._open = run.pk, opened
        return opened

    def let_go(self) -> Open | None:
        """Keep nothing; returns what was kept, to be closed."""
        held, self._run, self._open = self._open, None, None
        return held
