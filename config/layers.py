"""Whether imports point one way, and no way leads round it.

import-linter reads the imports (its contracts stand in pyproject.toml); this adds what it cannot
see: models fetched or named by string across apps, imports hidden in functions.
Run as `python -m config.layers`.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from importlinter.cli import lint_imports

from config.engines.places import BASE_DIR

ORDER = ("core", "schemes", "enrollment", "funds", "contributions", "claims", "desk", "config")
NEIGHBOURS = ({"contributions", "claims"},)
MODEL_NAME = re.compile(rf"^({'|'.join(ORDER)})\.[A-Z]\w+$")
RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField"}


def ways_round(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Line and reason of everything that goes round the layers in a module of this package."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "ready":  # AppConfig's
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield inner.lineno, "import inside a function"
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name == "get_model":
                yield node.lineno, "get_model"
            if name in RELATIONS:
                yield from _against_the_arrow(node, package)


def _against_the_arrow(call: ast.Call, package: str) -> Iterator[tuple[int, str]]:
    for value in (*call.args, *(word.value for word in call.keywords)):
        if not isinstance(value, ast.Constant) or not isinstance(value.value, str):
            continue
        found = MODEL_NAME.match(value.value)
        if found and found[1] != package and not allowed(package, found[1]):
            yield call.lineno, f"{value.value} by name, against the arrow"


def allowed(package: str, other: str) -> bool:
    """Whether a package may know another one."""
    if any({package, other} == pair for pair in NEIGHBOURS):
        return False
    return ORDER.index(other) <= ORDER.index(package)


def problems(top: Path = BASE_DIR) -> list[str]:
    """One sentence per way round in the whole product."""
    return [
        f"{path.relative_to(top)}:{line}: {reason}"
        for package in ORDER
        for path in sorted((top / package).rglob("*.py"))
        if "migrations" not in path.parts
        for line, reason in ways_round(path.read_text(), package)
    ]


def main() -> int:
    """Print both reports; 0 when both are content."""
    found = problems()
    print("\n".join(found))
    return lint_imports(no_cache=True) or (1 if found else 0)


if __name__ == "__main__":
    sys.exit(main())
