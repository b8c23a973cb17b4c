"""What a mutant is: one place of one module of the rules core, changed."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

RULES = Path(__file__).resolve().parents[2] / "schemes" / "rules"
NO_LOGIC = {"__init__"}
COMPARE = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
           ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot,
           ast.IsNot: ast.Is}  # fmt: skip
BINARY = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Add}
SWAPS = {"min": "max", "max": "min"}
QUANTIFIERS = {"any": "all", "all": "any"}
UNCHANGED = {"annotation", "returns", "decorator_list"}


class Mutant(NamedTuple):
    """One change: where, the statement before and after it, the module's whole changed source."""

    module: str
    function: str
    line: int
    was: str
    becomes: str
    source: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the change is, wherever the code has moved to."""
        return self.module, self.function, self.was, self.becomes

    @property
    def place(self) -> str:
        """The function as one writes it on the command line."""
        return f"{self.module}.{self.function}" if self.function else self.module


def modules() -> list[str]:
    """Every module of the rules that holds logic, by name."""
    return sorted(path.stem for path in RULES.glob("*.py") if path.stem not in NO_LOGIC)


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


def more_changes(node: ast.AST) -> Iterator[ast.AST]:
    """Further ones: a condition that is left out, a step that is not done, all for any."""
    if isinstance(node, ast.BoolOp):
        for number in range(len(node.values)):
            rest = [copy.deepcopy(value) for place, value in enumerate(node.values) if place != number]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Name) and node.id in QUANTIFIERS:
        yield ast.Name(QUANTIFIERS[node.id], node.ctx)
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.AugAssign | ast.Expr) and not _is_text(node):
        yield ast.Pass()


def _is_text(node: ast.AST) -> bool:
    """A docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


class Place(NamedTuple):
    """A node that may be changed: where it hangs, its function, the statement it is part of."""

    parent: ast.AST
    field: str
    index: int | None
    node: ast.AST
    function: str
    statement: ast.AST


def places(tree: ast.AST, owner: str = "", inside: bool = False, statement: Any = None) -> Iterator[Place]:
    """Everything below ``tree`` that may be changed; ``owner`` is a class or the outermost function."""
    for name, value in ast.iter_fields(tree):
        if name in UNCHANGED or isinstance(tree, ast.Raise | ast.JoinedStr):
            continue
        for number, item in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(item, ast.AST) or _only_for_types(item):
                continue
            whole = item if isinstance(item, ast.stmt | ast.match_case) else statement
            yield Place(tree, name, number if isinstance(value, list) else None, item, owner, whole)
            below, within = owner, inside
            if isinstance(item, ast.FunctionDef | ast.ClassDef) and not inside:
                below = f"{owner}.{item.name}" if owner else item.name
                within = isinstance(item, ast.FunctionDef)
            yield from places(item, below, within, whole)


def _only_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def mutants(module: str, *, sources: bool = True, more: bool = True) -> Iterator[Mutant]:
    """Every change of a module; without ``sources`` only what changes."""
    tree = ast.parse((RULES / f"{module}.py").read_text(encoding="utf-8"))
    for place in list(places(tree)):
        if isinstance(place.parent, ast.Expr) and isinstance(place.node, ast.Constant):
            continue
        was = _head(place.statement)
        for other in [*changes(place.node), *(more_changes(place.node) if more else ())]:
            _put(place, other)
            source = ast.unparse(ast.fix_missing_locations(tree)) if sources else ""
            becomes = _head(other if place.statement is place.node else place.statement)
            _put(place, place.node)
            line = getattr(place.node, "lineno", 0)
            yield Mutant(module, place.function, line, was, becomes, source)


def _put(place: Place, node: ast.AST) -> None:
    if place.index is None:
        setattr(place.parent, place.field, node)
    else:
        getattr(place.parent, place.field)[place.index] = node


def _head(statement: ast.AST) -> str:
    """A statement in one line, without the statements inside it."""
    shown = copy.copy(statement)
    for name in ("body", "orelse", "finalbody", "handlers", "cases", "decorator_list"):
        if isinstance(getattr(shown, name, None), list):
            setattr(shown, name, [])
    return " ".join(ast.unparse(shown).split())
