"""A role counts at its own place: in forms, disclosures and files, and after the tree has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from tests.support.claims import SINCE, person

if TYPE_CHECKING:
    from tests.site.world import World

pytestmark = pytest.mark.django_db


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_what_hangs_below_an_office_moves_with_it(offices: dict[str, Any]) -> None:
    from core.models import Office

    offices["23"].code = "25"
    offices["23"].save()
    assert Office.objects.get(code="2301").path == "00/25/2301/"
    point = Office.objects.get(code="2301")
    point.parent = offices["24"]
    point.save()
    assert Office.objects.get(code="2301").path == "00/24/2301/"
    assert sorted(Office.objects.values_list("path", flat=True)) == [
        "00/", "00/24/", "00/24/2301/", "00/24/2401/", "00/25/",
    ]  # fmt: skip


def test_an_office_does_not_hang_below_itself(offices: dict[str, Any]) -> None:
    offices["23"].parent = offices["2301"]
    with pytest.raises(ValidationError):
        offices["23"].full_clean()


def roles_form(user: Any, role: Any, office: Any) -> dict[str, Any]:
    """The account's page with the role it has and one more at an office."""
    inline = {"user": user.pk, "unit_code": "", "since": "2020-01-01", "until": ""}
    rows = [
        {"id": role.pk, "office": role.office_id, "role": role.role, **inline},
        {"id": "", "office": office.pk, "role": "auditor", **inline},
    ]
    return {
        "username": user.username, "display_name": "x", "email": "", "is_active": "on",
        "roles-TOTAL_FORMS": 2, "roles-INITIAL_FORMS": 1, "roles-MIN_NUM_FORMS": 0, "roles-MAX_NUM_FORMS": 9,
        **{f"roles-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()},
    }  # fmt: skip


def test_an_operator_gives_roles_in_their_own_part_of_the_tree_alone(
    offices: dict[str, Any], person: Any
) -> None:
    clerk, client = person("reviewer", "2301"), client_of(person("operator", "23"))
    role, page = clerk.roles.get(), reverse("admin:core_user_change", args=[clerk.pk])
    for above in ("00", "24", "2401"):
        assert client.post(page, roles_form(clerk, role, offices[above])).status_code == 200
        assert clerk.roles.count() == 1
    assert client.post(page, roles_form(clerk, role, offices["2301"])).status_code == 302
    assert clerk.roles.count() == 2


def test_a_user_s_roles_elsewhere_are_not_shown(offices: dict[str, Any], person: Any) -> None:
    from core.models import StaffRole

    clerk = person("reviewer", "2301")
    StaffRole.objects.create(user=clerk, office=offices["24"], role="cashier", since=SINCE)
    page = client_of(person("operator", "23")).get(reverse("admin:core_user_change", args=[clerk.pk]))
    assert page.context["inline_admin_formsets"][0].formset.initial_form_count() == 1


@pytest.fixture
def both(world: World) -> Any:
    """An auditor of the whole who reviews for office 90 alone."""
    from core.models import StaffRole

    user = person("both", world.region.center, "auditor")
    StaffRole.objects.create(user=user, office=world.region.other, role="reviewer", since=SINCE)
    return user


def test_a_secret_is_shown_where_the_reader_s_role_discloses_not_where_they_only_read(
    world: World, both: Any
) -> None:
    client = client_of(both)
    for claim, status in ((world.claim, 403), (world.stranger_claim, 200)):
        assert client.get(reverse("claim", args=[claim.number])).status_code == 200
        shown = client.post(reverse("claim-reveal", args=[claim.number]), {"field": "id_number"})
        assert shown.status_code == status
        shown = client.post(reverse("admin:claims_claim_reveal", args=[claim.pk, "card_number"]))
        assert shown.status_code == status


def test_the_template_with_last_period_s_people_goes_to_those_who_import_there(
    world: World, both: Any
) -> None:
    code = f"{world.region.period.scheme.code}_{world.region.period.code}"
    client = client_of(both)
    for unit, status in ((world.region.unit, 404), (world.region.stranger, 200)):
        assert client.get(reverse("roster-template", args=[unit.pk, code])).status_code == status


def test_rejected_rows_hold_whole_numbers_and_go_to_those_who_import_alone(world: World) -> None:
    from core import files
    from core.models import Run

    text = "姓名,身份证号,人员类别\n张三,530102,在职\n".encode()
    kept = files.keep(name="a.csv", content=text, by=world.people["agent"], office=world.region.agency)
    Run.objects.filter(pk=world.run.pk).update(file=kept)
    page = reverse("run-rejected", args=[world.run.pk])
    for who, status in (("agent", 200), ("clerk", 200), ("policy", 403), ("operator", 403), ("auditor", 403)):
        assert client_of(world.people[who]).get(page).status_code == status, who
    assert client_of(world.people["other_officer"]).get(page).status_code == 404
