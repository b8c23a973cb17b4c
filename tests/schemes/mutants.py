"""Mutation testing of the rules core: change one thing, and some test must fail.

    python -m tests.schemes.mutants [--more] [--report FILE] [--sample 0.1] [--seconds N] [module ...]

Every pure module of schemes/rules is changed in one place at a time; the tests of
tests/schemes that need no database are the judges (``mutant_judges``). A mutant that no judge
notices has survived. What cannot be noticed, because the changed code does the same, stands
with its reason in explained.toml. ``--more`` also leaves out single conditions and steps.
Exit code 1: a survivor is not explained, or an
explanation fits no surviving mutant any more.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.schemes.mutant_changes import Mutant, modules, mutants
from tests.schemes.mutant_judges import Judges, with_judges

EXPLAINED = Path(__file__).resolve().parent / "explained.toml"


@dataclass(slots=True)
class Tally:
    """How the mutants of one module fared."""

    tried: int = 0
    killed: int = 0
    explained: int = 0
    unexplained: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return (
            f"{self.tried} tried, {self.killed} killed, {self.explained} explained, "
            f"{self.unexplained} unexplained, {self.seconds:.0f} s"
        )


@dataclass(slots=True)
class Report:
    """The whole run."""

    modules: dict[str, Tally] = field(default_factory=dict)
    survivors: list[dict[str, Any]] = field(default_factory=list)
    stale: list[dict[str, str]] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        """All modules together."""
        rows = self.modules.values()
        names = ("tried", "killed", "explained", "unexplained", "seconds")
        return Tally(*(sum(getattr(row, name) for row in rows) for name in names))

    def as_dict(self) -> dict[str, Any]:
        """As it is written to a file."""

        def row(tally: Tally) -> dict[str, Any]:
            shown = {name: getattr(tally, name) for name in ("tried", "killed", "explained", "unexplained")}
            return {**shown, "seconds": round(tally.seconds)}

        modules = {name: row(tally) for name, tally in self.modules.items()}
        return {"total": row(self.total), "modules": modules,
                "survivors": self.survivors, "stale": self.stale}  # fmt: skip


Key = tuple[str, str, str, str]


def explained(path: Path = EXPLAINED) -> dict[Key, str]:
    """The changes that do the same, each with its reason."""
    found: dict[Key, str] = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("explained", []):
        for was, becomes in entry["changes"]:
            found[entry["module"], entry["function"], was, becomes] = entry["reason"]
    return found


def chosen(options: argparse.Namespace) -> dict[str, list[Mutant]]:
    """The mutants to try, by module."""
    chance = random.Random(1)
    found: dict[str, list[Mutant]] = {}
    for name in options.names or modules():
        module, _, function = name.partition(".")
        found.setdefault(module, []).extend(
            mutant
            for mutant in mutants(module, more=options.more)
            if (not function or mutant.function == function) and chance.random() < options.sample
        )
    return found


def judge(options: argparse.Namespace, judges: Judges) -> Report:
    """Try every chosen mutant and print what survives."""
    reasons, report, started = explained(), Report(), time.monotonic()
    needed: set[Key] = set()
    for module, found in chosen(options).items():
        begun, tally = time.monotonic(), report.modules.setdefault(module, Tally())
        for mutant in found:
            if options.seconds and time.monotonic() - started > options.seconds:
                print("stopped: the time is up", flush=True)
                return report
            tally.tried += 1
            if judges.kills(mutant):
                tally.killed += 1
            elif mutant.key in reasons:
                tally.explained += 1
                needed.add(mutant.key)
            else:
                tally.unexplained += 1
                _tell(report, mutant)
        if not judges.undisturbed(module):
            raise SystemExit(f"{module}: the rules or their tests changed meanwhile; nothing is proved")
        tally.seconds = time.monotonic() - begun
        print(f"# {module}: {tally}", flush=True)
    if options.sample == 1.0:
        report.stale = _stale(reasons, needed, options)
    return report


def _tell(report: Report, mutant: Mutant) -> None:
    print(f"{mutant.module}.py:{mutant.line} {mutant.function}", flush=True)
    print(f"    {mutant.was}\n    {mutant.becomes}", flush=True)
    shown = {"line": mutant.line, "module": mutant.module, "function": mutant.function}
    report.survivors.append({**shown, "was": mutant.was, "becomes": mutant.becomes})


def _stale(reasons: dict[Key, str], needed: set[Key], options: argparse.Namespace) -> list[dict[str, str]]:
    """Explanations of the chosen modules that fit no mutant, or one that is killed."""
    whole = {name for name in options.names or modules() if "." not in name}
    tried = {mutant.key for module in whole for mutant in mutants(module, sources=False, more=options.more)}
    possible = {mutant.key for module in whole for mutant in mutants(module, sources=False)}
    left_out = possible - tried
    found = [key for key in reasons if key[0] in whole and key not in needed | left_out]
    if not options.names:
        found += [key for key in reasons if key[0] not in whole]
    for key in found:
        print(f"explained.toml: no such survivor: {key}", flush=True)
    return [dict(zip(("module", "function", "was", "becomes"), key, strict=True)) for key in found]


def main() -> int:
    parser = argparse.ArgumentParser(description="Change the rules in one place at a time.")
    parser.add_argument("--seconds", type=int, default=0, help="stop after so long; 0: never")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the mutants to try")
    parser.add_argument("--more", action="store_true", help="also leave out single conditions and steps")
    parser.add_argument("--report", type=Path, help="write the figures to this JSON file")
    parser.add_argument("names", nargs="*", help="module or module.function; all without one")
    options = parser.parse_args()
    report: Report = with_judges(lambda judges: judge(options, judges))
    print(f"# total: {report.total}", flush=True)
    if options.report:
        text = json.dumps(report.as_dict(), ensure_ascii=False, indent=1)
        options.report.write_text(text + "\n", encoding="utf-8")
    return 1 if report.survivors or report.stale else 0


if __name__ == "__main__":
    sys.exit(main())
