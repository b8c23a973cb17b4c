"""The period before: which one it is, whether it is known, and who was in it (第四条)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from enrollment.models import Enrollment, OpeningMembership
from schemes.models import Period
from schemes.rules.levy import HistoryFee
from schemes.versions import document_of


@dataclass(frozen=True)
class Previous:
    """The codes that make somebody continuing, our own periods among them, and whether they are loaded."""

    scheme_id: int
    codes: Sequence[str]
    period_ids: Sequence[int]
    loaded: bool


def previous_of(period: Period) -> Previous:
    """What decides whether a member of this period is continuing.

    Where no fee names the periods that count, it is the one before this. A period counts as loaded once
    opening data name it or somebody was covered in it here.
    """
    named = {code for charge in document_of(period).document.levy for code in _codes(charge)}
    codes = sorted(named) if named else [str(int(period.code) - 1)]
    periods = list(
        Period.objects.filter(scheme=period.scheme_id, code__in=codes).values_list("pk", flat=True)
    )
    loaded = (
        OpeningMembership.objects.filter(scheme=period.scheme_id, period_code__in=codes).exists()
        or Enrollment.objects.filter(roster__period__in=periods, state=Enrollment.State.COVERED).exists()
    )
    return Previous(period.scheme_id, codes, periods, loaded)


def _codes(charge: object) -> tuple[str, ...]:
    return charge.in_any_of if isinstance(charge, HistoryFee) else ()
