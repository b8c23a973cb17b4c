"""Which level decides, by the amount of one application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from pydantic_core import PydanticCustomError

from schemes.rules.model import Rule
from schemes.rules.units import Fen

if TYPE_CHECKING:
    from schemes.rules.document import Document

Level = Literal["agency", "office", "center"]


class Route(Rule):
    """Amounts up to and including ``to`` are decided at ``level``; the last has no ``to``."""

    level: Level
    to: Fen | None = None


def rising(routes: Sequence[Route]) -> Sequence[Route]:
    """Check that limits rise and that only the last level is open.

    Raises:
        PydanticCustomError: otherwise.
    """
    tops = [route.to for route in routes[:-1]]
    if any(top is None for top in tops) or (routes and routes[-1].to is not None):
        raise PydanticCustomError("routing", "除最后一级外每级都要写 to，最后一级不写 to")
    limits = [int(top) for top in tops if top is not None]
    if limits != sorted(set(limits)):
        raise PydanticCustomError("routing", "各级的 to 必须逐级增大")
    return routes


def level_of(routes: Sequence[Route], amount: int) -> Route | None:
    """The route of an amount (fen); None when nothing is paid or nothing is routed."""
    if amount <= 0:
        return None
    for route in routes:
        if route.to is None or amount <= route.to:
            return route
    return None


def level(document: Document, amount: int) -> Level | None:
    """The level that decides an application of this amount (fen); None: nothing to pay."""
    route = level_of(document.routing, amount)
    return None if route is None else route.level
