"""The tool that changes the rules: it changes what it says, where it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.schemes import mutant_changes
from tests.schemes.mutant_changes import Mutant, modules, mutants
from tests.schemes.mutants import explained

SOURCE = '''
"""A rule."""
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from x import y
MOST: int = 5

class Rule:
    open: bool = True

    def pays(self, base: int) -> int:
        """No figure of this 5 is changed."""
        if not self.open or base <= 0:
            raise ValueError(1 + 1)
        return min(base * 2, MOST) if base in (1, 2) else max(base // 3, -base)
'''


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Mutant]]:
    (tmp_path / "rule.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.setattr(mutant_changes, "RULES", tmp_path)
    yield list(mutants("rule"))


def test_every_change_is_one_change_of_its_statement(found: list[Mutant]) -> None:
    said = {(mutant.function, mutant.was, mutant.becomes) for mutant in found}
    head = "if not self.open or base <= 0:"
    whole = "return min(base * 2, MOST) if base in (1, 2) else max(base // 3, -base)"
    assert {
        ("", "MOST: int = 5", "MOST: int = 6"),
        ("Rule", "open: bool = True", "open: bool = False"),
        ("Rule.pays", head, "if not self.open and base <= 0:"),
        ("Rule.pays", head, "if self.open or base <= 0:"),
        ("Rule.pays", head, "if not self.open or base < 0:"),
        ("Rule.pays", head, "if not self.open or base <= 1:"),
        ("Rule.pays", head, "if not (not self.open or base <= 0):"),
        ("Rule.pays", whole, whole.replace("min(", "max(")),
        ("Rule.pays", whole, whole.replace("base // 3", "base * 3")),
        ("Rule.pays", whole, whole.replace("base in", "base not in")),
        ("Rule.pays", whole, whole.replace("-base", "base")),
        ("Rule.pays", head, "if not self.open:"),
        ("Rule.pays", head, "if base <= 0:"),
    } <= said
    assert len(said) == len(found)
    fewer = {mutant.becomes for mutant in mutants("rule", more=False)}
    assert "if not self.open:" not in fewer and "if self.open or base <= 0:" in fewer


def test_types_messages_and_docstrings_are_left_alone(found: list[Mutant]) -> None:
    assert not any("ValueError" in mutant.becomes or "TYPE_CHECKING" in mutant.becomes for mutant in found)
    assert all('"""No figure of this 5 is changed."""' in mutant.source for mutant in found)


def test_every_explanation_names_a_change_of_a_module_and_says_why() -> None:
    reasons = explained()
    named = {key[0] for key in reasons}
    assert named <= set(modules())
    possible = {mutant.key for module in named for mutant in mutants(module, sources=False)}
    assert set(reasons) <= possible
    assert all(len(reason) >= 20 for reason in reasons.values())
