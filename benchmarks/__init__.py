"""Speed as ratios in one run: against what a user would do instead, or the limit of the machine."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """One figure: `ratio` is ours ÷ theirs in rows or calls a second; `reach` the least that will do."""

    name: str
    value: float
    unit: str
    against: str = ""
    ratio: float | None = None
    reach: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether the figure reaches what it should; None where nothing is asked."""
        if self.reach is None:
            return None
        return (self.value if self.ratio is None else self.ratio) >= self.reach

    def row(self) -> dict[str, Any]:
        return {**asdict(self), "met": self.met}


def times(name: str, many: float, few: float, *, most: float, unit: str = "s") -> Result:
    """How many times more the greater amount of work costs, against how many times it may."""
    found = many / few
    return Result(name, many, unit, f"at most {most:g} ×, is {found:.2f} ×", most / found, 1)


def peak_of(pid: int | str = "self") -> float:
    """The greatest resident memory of a process so far, MB (Linux)."""
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def begin_peak() -> None:
    """From here on `peak_of` counts anew for this process."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")


def seconds(work: Callable[[], Any], *, runs: int = 2) -> float:
    """The better of some runs of a piece of work."""
    return min(_once(work) for _ in range(runs))


def median_seconds(work: Callable[[], Any], *, runs: int = 5) -> float:
    """The median of some runs, for work that repeats."""
    return statistics.median(_once(work) for _ in range(runs))


def in_turns(*sides: Callable[[], float], rounds: int) -> list[float]:
    """The median of what each side measures of itself, round by round: what slows one slows the others."""
    found = [[side() for side in sides] for _ in range(rounds)]
    return [statistics.median(side) for side in zip(*found, strict=True)]


def _once(work: Callable[[], Any]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
