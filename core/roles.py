"""Permissions follow from the roles that a user holds on the business date."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.auth.backends import ModelBackend

from core import clock
from core.errors import NotAllowed
from core.models import StaffRole, User
from core.scoping import granted_to


class RoleBackend(ModelBackend):
    """Django's log-in, with permissions from `StaffRole` alone."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        return permissions_of(user_obj, on=clock.today())

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return perm in self.get_all_permissions(user_obj, obj)

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))


def permissions_of(user: User, *, on: date) -> set[str]:
    """Everything that the user's roles allow somewhere."""
    cached = user.__dict__.setdefault("_permissions_on", {})
    if on not in cached:
        cached[on] = set().union(*(granted_to(role.role) for role in user.roles_on(on)))
    return cached[on]


def roles_for(
    user: User, permission: str, *, on: date, path: str = "", unit_code: str = ""
) -> list[StaffRole]:
    """The user's roles that grant a permission at a place.

    path: the path of an office that the role must cover (none: the act has no place, any office will do);
    unit_code: the unit that an agent must hold.
    """
    found = []
    for role in user.roles_on(on):
        if permission not in granted_to(role.role):
            continue
        if role.unit_code:
            if role.unit_code == unit_code:
                found.append(role)
        elif not path or path.startswith(role.office.path):
            found.append(role)
    return found


def require(user: User, permission: str, *, on: date, path: str = "", unit_code: str = "") -> None:
    """Raise NotAllowed unless a role grants the permission at the place. Job users pass."""
    if user.username.startswith("system:"):
        return
    if not roles_for(user, permission, on=on, path=path, unit_code=unit_code):
        raise NotAllowed()


def system_user(name: str) -> User:
    """The named user that a job acts as; nobody can log in as it."""
    user, created = User.objects.get_or_create(username=f"system:{name}", defaults={"is_active": False})
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user
