"""The facts of a stay and of the person, as the benefit mechanisms read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Person:
    """Who was ill; ``groups`` are valid on the day of discharge."""

    kind: str = "active"
    sex: str | None = None
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay; amounts in fen. ``base``, or the slip's columns in ``bill``, its ``in_scope`` cost, or both.

    ``parts`` holds own shares that a slip states by name (municipal plans);
    ``right_ended`` the article by which the right to claim ended before it was filed.
    """

    base: int | None = None
    in_scope: int | None = None
    bill: Mapping[str, int] | None = None
    admitted: date | None = None
    discharged: date | None = None
    settled: date | None = None
    care: str = "inpatient"
    designated: bool | None = None
    level: str | None = None
    major_illness: bool = False
    out_of_region: str | None = None
    exclusion: str | None = None
    plan: str | None = None
    parts: Mapping[str, int] | None = None
    right_ended: str = ""


class State(NamedTuple):
    """What a person's earlier stays of the year or period have used (fen, count).

    ``inside``: cumulated base; ``outside``: out-of-region base, ``unapproved`` the
    same without approval (where that is paid at all); ``waived``: base of
    stays without limit; ``stays``: stays counted for the deductible; ``pool_used``:
    in-scope cost for which the basic pool used up its room.
    """

    inside: int = 0
    outside: int = 0
    waived: int = 0
    stays: int = 0
    pool_used: int = 0
    unapproved: int = 0


NOTHING = State()
NOBODY = Person()
