"""How states, deadlines and amounts are said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _l

from claims.adjudication import PROVISIONAL
from claims.models import Claim, ClaimState

TONES = {
    "ok": {
        "done",
        "accepted",
        "frozen",
        "paid",
        "covered",
        "approved",
        "posted",
        "confirmed",
        "settled",
        "applied",
    },
    "warn": {"returned", "waiting", "held", "submitted", "checked", "part_paid", "suspended", "planned"},
    "bad": {"rejected", "failed", "refused", "removed", "withdrawn", "error", "cancelled"},
    "busy": {
        "running",
        "queued",
        "in_review",
        "filed",
        "enrolling",
        "claiming",
        "released",
        "open",
        "listed",
        "review",
    },
}
DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ("", "拾", "佰", "仟")
GROUPS = ("", "万", "亿", "万亿")


def tone_of(state: str) -> str:
    """The tone of a state: ok, warn, bad, busy, or plain."""
    return next((tone for tone, states in TONES.items() if state in states), "")


def days_left(left: int | None) -> tuple[str, str]:
    """(tone, words) of the working days that are left; None where no clock runs."""
    if left is None:
        return "", _("no clock")
    if left < 0:
        return "bad", _("%(n)s working days overdue") % {"n": -left}
    if left == 0:
        return "bad", _("due today")
    return ("warn" if left <= 2 else "ok"), _("%(n)s working days left") % {"n": left}


def _group(number: int) -> str:
    """Four digits in words, zeros inside joined to one."""
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit:
            text += (DIGITS[0] if gap and text else "") + DIGITS[digit] + PLACES[place]
            gap = False
        else:
            gap = True
    return text


def in_capitals(amount: Decimal) -> str:
    """An amount in words: 1234.50 is 壹仟贰佰叁拾肆元伍角; whole yuan end with 整."""
    fen = int(abs(amount).quantize(Decimal("0.01")) * 100)
    whole, jiao, cent = fen // 100, fen // 10 % 10, fen % 10
    text, gap = "", False
    for index in (3, 2, 1, 0):
        group = whole // 10_000**index % 10_000
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < 1000):
            text += DIGITS[0]
        text += _group(group) + GROUPS[index]
        gap = False
    text = f"{text}元" if text else ""
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif cent and text:
        text += DIGITS[0]
    if cent:
        text += f"{DIGITS[cent]}分"
    text = text or "零元"
    sign = "负" if amount < 0 else ""
    return sign + text + ("" if cent else "整")


def plain_status(claim: Claim, *, due: date | None) -> tuple[str, str]:
    """(tone, sentence) of a claim's state in plain words: what is, what comes next."""
    tone, sentence = STATUS[claim.state]
    if claim.state == ClaimState.FILED and claim.held_because:
        tone, sentence = "warn", HELD_PROVISIONAL if claim.held_because == PROVISIONAL else HELD
    facts = {
        "amount": f"{claim.amount:,.2f}",
        "due": due.isoformat() if due else "—",
        "by": claim.complete_by.isoformat() if claim.complete_by else "—",
    }
    return tone, str(sentence) % facts


HELD = _l(
    "Filed. The unit's fee has not been paid in full yet; the calculation begins by itself once it has."
)
HELD_PROVISIONAL = _l(
    "Filed. The rules of this period are still provisional; the calculation begins once they are settled."
)
STATUS: dict[str, tuple[str, Promise]] = {
    ClaimState.DRAFT: ("", _l("A draft. Nobody else sees it as filed; complete the tasks and send it.")),
    ClaimState.FILED: ("", _l("Filed. The benefit is being calculated.")),
    ClaimState.REVIEW: ("", _l("Under review; a decision is due by %(due)s.")),
    ClaimState.RETURNED: (
        "warn",
        _l("Returned: something is missing. Complete it and send it again by %(by)s."),
    ),
    ClaimState.APPROVED: ("ok", _l("Approved: %(amount)s yuan. The payment is being prepared.")),
    ClaimState.PAYING: ("ok", _l("Approved: %(amount)s yuan are on their way to the bank.")),
    ClaimState.PAID: ("ok", _l("Paid: %(amount)s yuan went to the member's own account.")),
    ClaimState.CARD: ("warn", _l("The bank returned the payment. A correct bank card is needed.")),
    ClaimState.REJECTED: ("bad", _l("Rejected. The article and the reason stand below.")),
    ClaimState.WITHDRAWN: ("", _l("Withdrawn by the unit.")),
}
