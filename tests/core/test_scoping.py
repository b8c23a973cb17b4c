"""A reader reaches their part of the tree, their unit, and nothing else."""

from datetime import date

import pytest

from core.errors import NotAllowed
from core.models import Office, Role, Run, StaffRole, User
from core.roles import permissions_of, require, roles_for, system_user
from core.scoping import GRANTS, grant

ON = date(2022, 6, 1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def view_runs(monkeypatch):
    monkeypatch.setattr("core.scoping.GRANTS", {role: set(perms) for role, perms in GRANTS.items()})
    for role in (Role.AGENT, Role.REVIEWER):
        grant(role, "core.view_run")


@pytest.fixture
def tree():
    center = Office.objects.create(code="00", name="centre", kind="center")
    west = Office.objects.create(code="23", name="west", kind="office", parent=center)
    east = Office.objects.create(code="90", name="east", kind="office", parent=center)
    point = Office.objects.create(code="2301", name="point", kind="agency", parent=west)
    for office, unit in ((west, ""), (point, "U1"), (point, "U2"), (east, "U3")):
        Run.objects.create(
            job="x",
            key=f"{office}{unit}",
            office=office,
            unit_code=unit,
            started_by=system_user("t"),
            business_date=ON,
        )
    return {"center": center, "west": west, "east": east, "point": point}


def person(role, office, unit="", since=date(2020, 1, 1), until=None):
    user = User.objects.create(username=f"{role}-{office}-{unit}-{since}")
    StaffRole.objects.create(user=user, office=office, role=role, unit_code=unit, since=since, until=until)
    return user


def seen(user, on=ON):
    return sorted(run.unit_code for run in Run.objects.visible_to(user, on=on))


def test_each_reader_sees_their_part(tree):
    assert seen(person("reviewer", tree["center"])) == ["", "U1", "U2", "U3"]
    assert seen(person("reviewer", tree["west"])) == ["", "U1", "U2"]
    assert seen(person("reviewer", tree["point"])) == ["U1", "U2"]
    assert seen(person("agent", tree["point"], "U1")) == ["U1"]
    assert seen(User.objects.create(username="nobody")) == []


def test_a_role_counts_only_while_it_is_in_force(tree):
    user = person("reviewer", tree["west"], since=date(2022, 1, 1), until=date(2022, 6, 30))
    assert seen(user, on=date(2022, 6, 30)) == ["", "U1", "U2"]
    assert seen(user, on=date(2022, 7, 1)) == []
    assert permissions_of(user, on=date(2021, 12, 31)) == set()


def test_a_write_asks_for_the_place(tree):
    user = person("agent", tree["point"], "U1")
    require(user, "core.view_run", on=ON, path=tree["point"].path, unit_code="U1")
    with pytest.raises(NotAllowed):
        require(user, "core.view_run", on=ON, path=tree["point"].path, unit_code="U2")
    assert roles_for(person("reviewer", tree["east"]), "core.view_run", on=ON, path=tree["point"].path) == []
