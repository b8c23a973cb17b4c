"""Which role may do what in schemes."""

from __future__ import annotations


def declare() -> None:
    """Tell core what each role may do."""
