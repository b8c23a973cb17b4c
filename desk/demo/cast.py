"""The people of the demo: one log-in per role, and further ones where duties are apart."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.hashers import make_password

from core.models import Office, StaffRole, User
from core.role import Role

PASSWORD = "training-2022"
SINCE = date(2020, 1, 1)
HOSPITAL_UNIT = "1253230093857083KB"
SCHOOL_UNIT = "12532300216463146P"

# user name, name, role, office, unit
CAST = (
    ("agent", "李经办", Role.AGENT, "2301", HOSPITAL_UNIT),
    ("agent2", "普经办", Role.AGENT, "2301", SCHOOL_UNIT),
    ("agency", "王审核（代办点）", Role.REVIEWER, "2301", ""),
    ("office", "张审核（办事处）", Role.REVIEWER, "23", ""),
    ("center", "陈审核（省中心）", Role.REVIEWER, "00", ""),
    ("cashier", "周出纳", Role.CASHIER, "00", ""),
    ("cashier23", "段出纳（办事处）", Role.CASHIER, "23", ""),
    ("accountant", "赵会计", Role.ACCOUNTANT, "00", ""),
    ("accountant23", "和会计（办事处）", Role.ACCOUNTANT, "23", ""),
    ("policy", "孙政策", Role.POLICY, "00", ""),
    ("policy2", "吴政策", Role.POLICY, "00", ""),
    ("auditor", "刘审计", Role.AUDITOR, "00", ""),
    ("operator", "杨运维", Role.OPERATOR, "00", ""),
)
SHOWN = (
    "agent",
    "agency",
    "office",
    "center",
    "cashier",
    "accountant",
    "policy",
    "policy2",
    "auditor",
    "operator",
)


def user(name: str) -> User:
    """Somebody of the cast."""
    return User.objects.get(username=name)


def hire() -> list[User]:
    """Create the log-ins with their roles; again changes nothing. One hash serves their one password."""
    hashed = make_password(PASSWORD)
    return [_hire(*entry, hashed) for entry in CAST]


def _hire(username: str, name: str, role: Role, office: str, unit: str, hashed: str) -> User:
    found, _created = User.objects.get_or_create(
        username=username, defaults={"display_name": name, "is_staff": role != Role.AGENT, "password": hashed}
    )
    StaffRole.objects.get_or_create(
        user=found,
        office=Office.objects.get(code=office),
        role=role,
        unit_code=unit,
        until=None,
        defaults={"since": SINCE},
    )
    return found
