"""The judges of mutants: the pure tests of tests/schemes, collected once, run in a fork per mutant.

A first run notes which function of the rules each test calls; a mutant is then shown only to
the tests that call what was changed, the last killers first. A change inside a function is
put into the living process by giving the function its new code; any other change (a default,
a constant, a class) needs the rules and the tests imported anew.
"""

from __future__ import annotations

import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import struct
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import _lru_cache_wrapper
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import django
import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, Phase, settings

from tests.schemes.mutant_changes import RULES, Mutant, modules

HERE = Path(__file__).resolve().parent
MOST_SECONDS = 20
RULES_FOLDER = str(RULES) + os.sep
NOT_JUDGES = {
    "test_fuzz.py",  # seeks crashes, long
    "test_mutants.py",  # of the tool
    "test_adopted.py", "test_probes.py", "test_twin.py",  # need the database
}  # fmt: skip
Called = set[tuple[str, str]]


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another source."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.util.spec_from_loader(name, self) if name == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.source, self.module, "exec"), module.__dict__)


def functions(code: CodeType) -> dict[str, CodeType]:
    """The code of every function of a module (not of functions inside functions), by qualified name."""
    found = {}
    for inner in code.co_consts:
        if isinstance(inner, CodeType) and "<locals>" not in inner.co_qualname:
            found[inner.co_qualname] = inner
            found.update(functions(inner))
    return found


def patched(module: ModuleType, old: dict[str, CodeType], new: dict[str, CodeType]) -> bool:
    """Give the module's functions their changed code; False where the change is outside functions."""
    done = False
    for name in [name for name in new if name in old and old[name] != new[name]]:
        target: Any = module
        *owners, last = name.split(".")
        for owner in owners:
            target = vars(target).get(owner)
        found = vars(target).get(last) if target is not None else None
        for unwrap in ("func", "fget", "__func__", "__wrapped__"):
            found = getattr(found, unwrap, found)
        if isinstance(found, FunctionType) and len(found.__code__.co_freevars) == len(new[name].co_freevars):
            found.__code__ = new[name]
            done = True
    return done


@contextmanager
def watching(called: Called) -> Iterator[None]:
    """Note every function of the rules that is called."""

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(RULES_FOLDER):
            module = code.co_filename[len(RULES_FOLDER) : -len(".py")]
            called.add((module, code.co_qualname.split(".<locals>")[0]))

    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(None)


def forget() -> None:
    """Drop everything that functions and documents have remembered."""
    for remembers in _caches:
        remembers.cache_clear()
    for document in _documents:
        for name in set(vars(document)) - set(type(document).model_fields):
            del document.__dict__[name]


_documents: list[Any] = []
_caches: list[Any] = []


def find_caches() -> None:
    """Find what ``forget`` has to reach: functions that remember, documents that tests hold."""
    kind = sys.modules["schemes.rules.document"].Document
    _documents[:] = [item for item in gc.get_objects() if isinstance(item, kind)]
    ours = [module for name, module in sys.modules.items() if name.startswith(("schemes", "tests.schemes"))]
    found = [value for module in ours for value in vars(module).values()]
    _caches[:] = [
        value for value in found if isinstance(value, _lru_cache_wrapper) and value.__name__ != "loaded"
    ]


class Judges:
    """The collected tests, which functions each calls and how long it takes."""

    def __init__(self, items: Iterable[pytest.Item]) -> None:
        self.items: list[pytest.Item] = []
        self.seconds: list[float] = []
        self.calls: dict[tuple[str, str], set[int]] = defaultdict(set)
        self.killers: dict[str, list[int]] = defaultdict(list)
        self.loading: Called = set()
        self.slow_order: list[str] = []
        self._old: dict[str, dict[str, CodeType]] = {}
        find_caches()
        self._read_everything()
        for item in items:
            self._try_out(item)

    def _read_everything(self) -> None:
        support = sys.modules["tests.schemes.support"]
        with watching(self.loading):
            for path in support.shipped():
                support.load_file(path)
            for path in support.CHAINS.glob("*.toml"):
                support.load_chain(path)

    def _try_out(self, item: pytest.Item) -> None:
        forget()
        called: Called = set()
        started, elsewhere = time.process_time(), _children()
        with watching(called):
            failed = fails(item)
        if failed:
            print(f"not a judge, it fails as it is: {item.nodeid}", flush=True)
        elif _children() == elsewhere:
            number = len(self.items)
            self.items.append(item)
            self.seconds.append(time.process_time() - started)
            for key in called:
                self.calls[key].add(number)

    def kills(self, mutant: Mutant) -> bool:
        """Whether some judge fails where the module has the new source."""
        key = (mutant.module, mutant.function)
        name = f"schemes.rules.{mutant.module}"
        new = functions(compile(mutant.source, name, "exec"))
        old = self._codes(mutant.module)
        inside = mutant.function in new and any(
            old[each] != code and not _is_class(name, each) for each, code in new.items() if each in old
        )
        if inside and self._fork(key, lambda: self._fast(name, old, new, self._order(key))):
            return True
        if inside and key not in _importing:
            return False
        return self._fork(key, lambda: _slow(name, mutant.source, self._names(key)))

    def undisturbed(self, module: str) -> bool:
        """Whether the rules as they stand still satisfy the judges: nobody edits them meanwhile."""
        name = f"schemes.rules.{module}"
        source = (RULES / f"{module}.py").read_text(encoding="utf-8")
        return not self._fork((module, ""), lambda: _slow(name, source, self._names((module, ""))))

    def _codes(self, module: str) -> dict[str, CodeType]:
        if module not in self._old:
            name = f"schemes.rules.{module}"
            text = ast.unparse(ast.parse((RULES / f"{module}.py").read_text(encoding="utf-8")))
            self._old[module] = functions(compile(text, name, "exec"))
        return self._old[module]

    def _order(self, key: tuple[str, str]) -> list[int]:
        """Who judges: recent killers, then the quick before the slow."""
        numbers = self.calls.get(key, set())
        rest = set(range(len(self.items))) - numbers if key in self.loading else set()
        recent = {number: place for place, number in enumerate(self.killers[key[0]])}

        def rank(number: int) -> tuple[int, float]:
            return (-recent.get(number, -1), self.seconds[number])

        return [*sorted(numbers, key=rank), *sorted(rest, key=rank)]

    def _names(self, key: tuple[str, str]) -> list[str]:
        """For a whole new import: the tests by name, killers first."""
        every = sorted(range(len(self.items)), key=lambda number: self.seconds[number])
        recent = list(reversed(self.killers[key[0]]))
        return [self.items[number].nodeid for number in dict.fromkeys([*recent, *every])]

    def _fork(self, key: tuple[str, str], act: Callable[[], int | None]) -> bool:
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            _alone()
            killer = act()
            if killer is not None:
                os.write(write, struct.pack("i", killer))
            os._exit(0 if killer is None else 1)
        os.close(write)
        status = os.waitpid(child, 0)[1]
        said = os.read(read, 4)
        os.close(read)
        if said and (number := struct.unpack("i", said)[0]) >= 0:
            killers = self.killers[key[0]]
            if number in killers:
                killers.remove(number)
            killers.append(number)
        return status != 0

    def _fast(self, name: str, old: dict[str, CodeType], new: dict[str, CodeType], order: list[int]) -> Any:
        patched(sys.modules[name], old, new)
        forget()
        sys.modules["tests.schemes.support"].loaded.cache_clear()
        return next((number for number in order if fails(self.items[number])), None)


def _is_class(module: str, name: str) -> bool:
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part, None)
    return isinstance(found, type)


def _children() -> float:
    """Seconds spent in other processes: what runs there is not changed here."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime


def fails(item: pytest.Item) -> bool:
    """Whether a test fails, without a word."""
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def _alone() -> None:
    """In the fork: say nothing, and end in time."""
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


class _Again:
    """In the fork that imported anew: run the tests that are judges, in this order."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.killer: int | None = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        found = {item.nodeid: item for item in session.items}
        failing = (name for name in self.names if name in found and fails(found[name]))
        self.killer = None if next(failing, None) is None else -1
        return True


def _slow(name: str, source: str, names: list[str]) -> int | None:
    for loaded in list(sys.modules):
        if loaded.startswith(("schemes.rules", "tests.schemes.support", "tests.schemes.test_")) or (
            loaded == "schemes.quotes"
        ):
            del sys.modules[loaded]
    sys.meta_path.insert(0, Changed(name, source))
    again = _Again(names)
    code = pytest.main(arguments(), plugins=[again])
    return -1 if code not in (0, 5) else again.killer


def arguments() -> list[str]:
    """How the judges are collected."""
    files = [str(path) for path in sorted(HERE.glob("test_*.py")) if path.name not in NOT_JUDGES]
    without = ("cacheprovider", "django", "faker", "logging", "terminal", "valkey", "xdist")
    plugins = [word for name in without for word in ("-p", f"no:{name}")]
    return [
        "-o",
        "addopts=",
        "--import-mode=importlib",
        "--noconftest",
        "-s",
        "-W",
        "ignore",
        *plugins,
        *files,
    ]


class _Loop:
    """Takes the place of the tests' own loop."""

    def __init__(self, act: Callable[[Judges], Any]) -> None:
        self.act = act
        self.result: Any = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            raise SystemExit("the tests cannot be collected")
        started = time.monotonic()
        judges = Judges(session.items)
        spent = f"{time.monotonic() - started:.0f} s ({sum(judges.seconds):.0f} s of tests)"
        print(f"# {len(judges.items)} judges, tried out in {spent}", flush=True)
        self.result = self.act(judges)
        return True


_importing: Called = set()


def with_judges(act: Callable[[Judges], Any]) -> Any:
    """Collect the judges and act with them; nothing may reach a database."""
    os.environ.update(DATABASE_URL="postgres://nobody@localhost:1/none", REDIS_URL="redis://localhost:1/0")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    settings.register_profile(
        "mutants", max_examples=25, derandomize=True, database=None, deadline=None,
        phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    settings.load_profile("mutants")
    with watching(_importing):
        for module in modules():
            importlib.import_module(f"schemes.rules.{module}")
    django.setup()
    loop = _Loop(act)
    code = pytest.main(arguments(), plugins=[loop])
    if loop.result is None:
        raise SystemExit(f"pytest ended with {code}")
    return loop.result
