"""Every admin class with every role: open for who may view, no 500 for anybody, nothing deleted."""

from __future__ import annotations

from datetime import date

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.site.test_walk import EVERYONE, STAFF
from tests.site.world import World

pytestmark = pytest.mark.django_db


def classes():
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


ALIKE = {"second_clerk", "officer", "other_officer", "stranger_agent"}  # the same roles at other places


@pytest.mark.parametrize("who", ["nobody", *sorted(EVERYONE - ALIKE)])
def test_each_role_opens_the_lists_that_it_may_view(world: World, who: str) -> None:
    user, client, wrong = world.people[who], Client(raise_request_exception=False), []
    client.force_login(user)
    for model in classes():
        meta = model._meta
        name = f"{meta.app_label}_{meta.model_name}"
        answer = client.get(reverse(f"admin:{name}_changelist"), {"q": "x"})
        may = who in STAFF and (
            user.has_perm(f"{meta.app_label}.view_{meta.model_name}")
            or user.has_perm(f"{meta.app_label}.change_{meta.model_name}")
        )
        special = meta.label in {"core.RunIssue"}
        if answer.status_code >= 500 or (not special and (answer.status_code == 200) != may):
            wrong.append((name, answer.status_code))
        row = model._default_manager.order_by("pk").first()
        if row is not None and may:
            for page in ("change", "history", "delete"):
                status = client.get(reverse(f"admin:{name}_{page}", args=[row.pk])).status_code
                if status >= 500 or (page == "delete" and status == 200):
                    wrong.append((name, page, status))
    assert wrong == []


def test_an_admin_list_holds_only_the_readers_part_of_the_tree(world: World) -> None:
    client = Client()
    client.force_login(world.people["other_officer"])
    listed = client.get(reverse("admin:claims_claim_changelist")).content.decode()
    assert world.stranger_claim.number in listed and world.claim.number not in listed
    answer = client.get(reverse("admin:claims_claim_change", args=[world.claim.pk]))
    assert answer.status_code == 302


def test_a_person_s_numbers_are_masked_and_showing_one_is_logged(world: World) -> None:
    from core.models import Access
    from enrollment.models import Affiliation

    client = Client()
    client.force_login(world.people["clerk"])
    member = world.claim.member
    Affiliation.objects.create(member=member, unit=world.region.unit, kind="active", since=date(2020, 1, 1))
    page = client.get(reverse("admin:enrollment_member_change", args=[member.pk])).content.decode()
    assert member.id_number not in page and member.masked_id in page
    shown = client.post(
        reverse("admin:enrollment_member_reveal", args=[member.pk, "id_number"])
    ).content.decode()
    assert member.id_number in shown
    logged = Access.objects.get(act="disclose")
    assert logged.user == world.people["clerk"] and member.id_number not in logged.subject
    client.force_login(world.people["auditor"])
    assert (
        client.post(reverse("admin:enrollment_member_reveal", args=[member.pk, "id_number"])).status_code
        == 403
    )


def test_an_export_holds_what_the_list_shows_and_is_logged(world: World) -> None:
    from io import BytesIO

    import openpyxl

    from core.models import Access

    client = Client()
    client.force_login(world.people["other_officer"])
    answer = client.get(reverse("admin:claims_claim_export"))
    cells = [
        str(cell) for row in openpyxl.load_workbook(BytesIO(answer.content)).active.values for cell in row
    ]
    assert world.stranger_claim.number in cells and world.claim.number not in cells
    assert Access.objects.filter(act="export", user=world.people["other_officer"]).exists()
    client.force_login(world.people["policy"])
    assert client.get(reverse("admin:claims_claim_export")).status_code == 403
