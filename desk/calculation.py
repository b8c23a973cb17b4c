"""A calculation line by line, in words: what quotes answer and adjudications keep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from schemes.models import SchemeVersion
from schemes.versions import parsed


@dataclass(frozen=True)
class Step:
    """One line as it is shown: the article, words, the basis, the rate, what it pays (None: a deduction)."""

    article: str
    words: str
    basis: Decimal
    rate: str
    amount: Decimal | None
    gloss: str = ""


def in_words(
    lines: Iterable[Mapping[str, Any]],
    gloss: Mapping[str, str],
    *,
    total: Decimal | None = None,
    base: Decimal | None = None,
) -> list[Step]:
    """The lines of a benefit, with the gloss of their articles; notes of the document are shown as they are.

    total, base (of one stay): what the deductions begin from, and what they leave.
    """
    steps = [_step(line, gloss) for line in lines]
    deductions = sum(step.amount is None for step in steps)
    if total is not None and base is not None and deductions:
        article = steps[0].article
        steps.insert(deductions, Step(article, _("base of this stay"), base, "", None, steps[0].gloss))
        steps.insert(0, Step(article, _("total cost"), total, "", None, steps[0].gloss))
    return steps


def gloss_by_sha(sha: str) -> Mapping[str, str]:
    """The articles in our own words, of the document that a calculation rests on."""
    version = SchemeVersion.objects.filter(sha=sha).first()
    return parsed(version.sha, version.document).gloss if version else {}


def _step(line: Mapping[str, Any], gloss: Mapping[str, str]) -> Step:
    rule = str(line["rule"])
    basis, amount, rate = Decimal(line["basis"]), Decimal(line["amount"]), str(line.get("rate") or "")
    note = str(line.get("note") or "")
    article = str(line["article"])
    about = gloss.get(article) or gloss.get(article.split("(")[0].split("（")[0], "")
    if rule.startswith("base."):
        return Step(article, note or _("deducted from the base"), -basis, "", None, about)
    words = note or _("pays %(rate)s") % {"rate": rate or "100%"}
    return Step(article, words, basis, rate, amount, about)
