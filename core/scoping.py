"""The one mechanism that limits what a reader sees to their part of the office tree."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from core.models import User


@dataclass(frozen=True)
class Scope:
    """Where a model hangs in the tree.

    `office`: look-up of the path of its office; `unit`: look-up of its unit's code, by which a union
    agent is limited (without one, agents see nothing). `everyone`: reference data that each role with
    the permission sees whole.
    """

    office: str = ""
    unit: str = ""
    everyone: bool = False

    def narrowed(self, holdings: list[Any]) -> Q:
        """The condition for the union of what each role reaches."""
        if not holdings:
            return Q(pk__in=[])
        if self.everyone:
            return Q()
        reach = Q(pk__in=[])
        for holding in holdings:
            if holding.unit_code:
                if self.unit:
                    reach |= Q(**{self.unit: holding.unit_code})
            elif holding.office.parent_id is None:
                return Q()
            elif self.office:
                reach |= Q(**{f"{self.office}__startswith": holding.office.path})
        return reach


class ScopedQuerySet(models.QuerySet):
    """A query set that can be limited to what a user may reach; each list, page, export and job uses it."""

    def visible_to(self, user: User, *, on: date, permission: str = "") -> Self:
        """The rows that the user's roles reach on a business date.

        `permission` defaults to the model's view permission; a role counts when it grants it.
        """
        from_model = self.model._meta
        needed = permission or f"{from_model.app_label}.view_{from_model.model_name}"
        holdings = [role for role in user.roles_on(on) if needed in granted_to(role.role)]
        scope: Scope = self.model.scope  # type: ignore[attr-defined]
        return self.filter(scope.narrowed(holdings))


GRANTS: dict[str, set[str]] = {}


def grant(role: str, *permissions: str) -> None:
    """Give a role permissions (`app.verb_model`); each app says so when it is ready."""
    GRANTS.setdefault(role, set()).update(permissions)


def granted_to(role: str) -> set[str]:
    """What a role may do."""
    return GRANTS.get(role, set())
