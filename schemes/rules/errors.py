"""Named errors of the rules core; ``code`` is the quote's error code."""

from __future__ import annotations


class RuleError(Exception):
    """A calculation that cannot be answered: code, message (Chinese), path."""

    code = "unknown_field"

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.path = path


class BillInconsistent(RuleError):
    """The slip's columns contradict each other (deductions above the total)."""

    code = "bill_inconsistent"


class UnknownField(RuleError):
    """A fact, value or question that this document does not know."""

    code = "unknown_field"


class FigureMissing(RuleError):
    """An announced figure or a fact that the calculation needs is not there."""

    code = "figure_missing"


class OutsideDocument(RuleError):
    """A date that this document does not govern; the message names who does."""

    code = "no_document"


class BadAmount(RuleError):
    """Not an amount in yuan with two decimals."""

    code = "bad_amount"


class BadDate(RuleError):
    """Not an ISO date, or dates in the wrong order."""

    code = "bad_date"


class DocumentError(Exception):
    """Everything that is wrong with a scheme document, at once."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems


class Problem:
    """One thing wrong in a document: where, and what to write instead."""

    __slots__ = ("line", "message", "path")

    def __init__(self, path: str, message: str, line: int | None = None) -> None:
        self.path = path
        self.message = message
        self.line = line

    def __str__(self) -> str:
        return f"{self.path}：{self.message}" if self.path else self.message

    def __repr__(self) -> str:
        return f"Problem({self.path!r}, {self.message!r})"
