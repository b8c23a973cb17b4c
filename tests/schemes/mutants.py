"""Mutation testing of the rules core: change one thing, and some test must fail.

    python tests/schemes/mutants.py [--seconds N] [module ...]

Each mutant runs in a fork of a process that has everything else imported; the
pure tests of tests/schemes are the judges. Survivors are printed with their line.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "schemes" / "rules"
JUDGES = ["test_cases", "test_bands", "test_mechanisms", "test_new_city", "test_waterfall", "test_documents",
          "test_survivors", "test_edges"]  # fmt: skip
PURE = [
    "account", "assistance", "banded", "bands", "base", "benefit", "career", "corridor", "cover", "due",
    "exclusions", "guarantee", "join", "late_fee", "levy", "plans", "pool", "quota", "routing", "target",
    "terms", "units", "waiting", "waterfall", "windows",
]  # fmt: skip
COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
           ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot,
           ast.IsNot: ast.Is}  # fmt: skip
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Add}
SWAPS = {"min": "max", "max": "min"}


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a node may be replaced with."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARE:
        other = copy.deepcopy(node)
        other.ops = [COMPARE[type(node.ops[0])]()]
        yield other
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in BINARY:
        changed = copy.deepcopy(node)
        changed.op = BINARY[type(node.op)]()
        yield changed
    elif isinstance(node, ast.BoolOp):
        flipped = copy.deepcopy(node)
        flipped.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
        yield flipped
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield ast.Constant(not node.value)
    elif isinstance(node, ast.Name) and node.id in SWAPS:
        yield ast.Name(SWAPS[node.id], node.ctx)
    elif isinstance(node, ast.If | ast.IfExp):
        turned = copy.deepcopy(node)
        turned.test = ast.UnaryOp(ast.Not(), turned.test)
        yield turned


def places(tree: ast.AST) -> Iterator[tuple[ast.AST, str, int | None, ast.AST]]:
    """Parent, field, index and node of everything that may be changed."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list") or isinstance(tree, ast.Raise | ast.JoinedStr):
            continue
        for number, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, ast.AST):
                yield tree, name, number if isinstance(value, list) else None, item
                yield from places(item)


def mutants(source: str) -> Iterator[tuple[int, str, str]]:
    """Line, what was changed, the whole changed source."""
    tree = ast.parse(source)
    for parent, name, number, node in list(places(tree)):
        if isinstance(parent, ast.Expr) and isinstance(node, ast.Constant):
            continue
        for other in changes(node):
            _put(parent, name, number, other)
            text = ast.unparse(ast.fix_missing_locations(tree))
            _put(parent, name, number, node)
            words = f"{ast.unparse(node)[:60]} → {ast.unparse(other)[:60]}"
            yield getattr(node, "lineno", 0), words.replace("\n", " "), text


def _put(parent: ast.AST, name: str, number: int | None, node: ast.AST) -> None:
    if number is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[number] = node


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module another source."""

    def __init__(self, module: str, source: str) -> None:
        self.module, self.source = module, source

    def find_spec(self, name, path, target=None) -> importlib.machinery.ModuleSpec | None:  # type: ignore[no-untyped-def]
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
    changed = [name for name in new if name in old and old[name] != new[name]]
    done = False
    for name in changed:
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


def killed(module: str, old: str, new: str, limit: int) -> bool:
    """Whether some judge fails in a fork in which the module has the new source."""
    child = os.fork()
    if child == 0:
        _judge(module, old, new, limit)
    return os.waitpid(child, 0)[1] != 0


def _judge(module: str, old: str, new: str, limit: int) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
    name = f"schemes.rules.{module}"
    codes = [functions(compile(text, name, "exec")) for text in (old, new)]
    if patched(sys.modules[name], *codes):
        _cases_first()
    else:
        for loaded in [key for key in sys.modules if key.startswith(("schemes", "tests"))]:
            del sys.modules[loaded]
        sys.meta_path.insert(0, Changed(name, new))
    files = [str(path) for each in JUDGES if (path := ROOT / "tests" / "schemes" / f"{each}.py").exists()]
    code = pytest.main(["-x", "-q", "--noconftest", "-p", "no:cacheprovider", "-p", "no:django",
                        "-W", "ignore", *files])  # fmt: skip
    os._exit(0 if code == 0 else 1)


def _cases_first() -> None:
    """The worked cases kill most; they need no test runner."""
    support = sys.modules["tests.schemes.support"]
    cases = sys.modules["schemes.rules.cases"]
    for path, case in support.all_cases():
        found = support.ask(support.loaded(path), cases.request_of(case))
        if cases.differences(case["answer"], found["answer"]):
            os._exit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=0, help="stop after so long; 0: never")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the mutants to try")
    parser.add_argument("modules", nargs="*", default=PURE)
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    settings.register_profile("mutants", max_examples=25, derandomize=True, database=None, deadline=None)
    settings.load_profile("mutants")
    support = importlib.import_module("tests.schemes.support")
    for module in PURE:
        importlib.import_module(f"schemes.rules.{module}")
    for path in support.shipped():
        support.loaded(path)
    started, tried, alive = time.monotonic(), 0, 0
    chance = random.Random(1)
    for module in options.modules:
        source = (RULES / f"{module}.py").read_text(encoding="utf-8")
        original = ast.unparse(ast.parse(source))
        for line, words, changed in mutants(source):
            if chance.random() >= options.sample:
                continue
            if options.seconds and time.monotonic() - started > options.seconds:
                print(f"stopped in {module}: {tried} tried, {alive} survived", flush=True)
                return
            tried += 1
            if not killed(module, original, changed, 60):
                alive += 1
                print(f"{module}.py:{line}: {words}", flush=True)
        print(
            f"# {time.monotonic() - started:.0f} s, {module} done: {tried} tried, {alive} survived",
            flush=True,
        )


if __name__ == "__main__":
    main()
