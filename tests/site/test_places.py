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


def test_a_role_s_own_page_gives_it_to_people_and_at_places_that_the_operator_reaches(
    offices: dict[str, Any], person: Any
) -> None:
    from core.models import StaffRole

    client = client_of(person("operator", "23"))
    near, far = person("reviewer", "2301"), person("cashier", "24")
    page = reverse("admin:core_staffrole_add")
    fields = {"role": "auditor", "unit_code": "", "since": "2020-01-01", "until": ""}
    for user, office in ((far, "23"), (near, "24"), (near, "00")):
        client.post(page, fields | {"user": user.pk, "office": offices[office].pk})
        assert StaffRole.objects.filter(role="auditor").count() == 0
    assert client.post(page, fields | {"user": near.pk, "office": offices["23"].pk}).status_code == 302
    assert StaffRole.objects.get(role="auditor").user == near


def test_who_has_a_role_above_is_not_shut_out_from_below(offices: dict[str, Any], person: Any) -> None:
    from core.models import StaffRole

    clerk, client = person("reviewer", "2301"), client_of(person("operator", "23"))
    page = reverse("admin:core_user_change", args=[clerk.pk])
    above = StaffRole.objects.create(user=clerk, office=offices["00"], role="cashier", since=SINCE)
    form = roles_form(clerk, clerk.roles.get(role="reviewer"), offices["23"])
    del form["is_active"]
    assert client.post(page, form).status_code == 302
    clerk.refresh_from_db()
    assert clerk.is_active and clerk.display_name != "x" and clerk.roles.count() == 3
    StaffRole.objects.filter(pk=above.pk).update(until=SINCE)
    roles = clerk.roles.filter(role="reviewer")
    form = roles_form(clerk, roles.get(), offices["23"]) | {"roles-TOTAL_FORMS": 1}
    del form["is_active"]
    assert client.post(page, form).status_code == 302
    clerk.refresh_from_db()
    assert not clerk.is_active


def test_a_person_s_time_in_another_office_is_not_shown(world: World) -> None:
    from enrollment.models import Affiliation, Enrollment

    region = world.region
    member = world.claim.member
    Affiliation.objects.create(member=member, unit=region.unit, kind="active", since=SINCE)
    Affiliation.objects.create(member=member, unit=region.stranger, kind="active", since=SINCE)
    assert Enrollment.objects.filter(member=member).count() == 1
    page = reverse("admin:enrollment_member_change", args=[member.pk])
    for who, own, other in (
        ("clerk", region.unit, region.stranger), ("other_officer", region.stranger, region.unit),
    ):  # fmt: skip
        text = client_of(world.people[who]).get(page)
        sets = {
            one.opts.model.__name__: one.formset.queryset for one in text.context["inline_admin_formsets"]
        }
        assert [one.unit for one in sets["Affiliation"]] == [own]
        assert all(one.unit != other for one in sets["Enrollment"])
        assert sets["Enrollment"].count() == (1 if who == "clerk" else 0)


def test_numbers_are_offered_where_they_may_be_shown(world: World, both: Any) -> None:
    for claim, offered in ((world.claim, False), (world.stranger_claim, True)):
        page = client_of(both).get(reverse("claim", args=[claim.number]))
        assert (reverse("claim-reveal", args=[claim.number]) in page.content.decode()) == offered


def test_settlements_come_in_at_the_office_that_may_import(world: World, both: Any) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from core.models import Run

    file = SimpleUploadedFile("a.csv", "结算编号,姓名\nA,张三\n".encode(), content_type="text/csv")
    client_of(both).post(reverse("settlements"), {"file": file})
    assert Run.objects.get(job="import_settlements").office == world.region.other


def test_a_proof_names_the_faults_of_one_s_own_books_alone(world: World) -> None:
    from django.db import connection
    from django.utils import translation

    from core import runs
    from desk import proofs
    from funds.models import Balance
    from tests.support.claims import MAY

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE funds_balance SET debit = debit + 1 WHERE id = %s", [Balance.objects.first().pk]
        )
    for who, whole in (("accountant", True), ("other_officer", False)):
        run = proofs.start(by=world.people[who], on=MAY, key=who)
        run = runs.work(run.pk)
        assert bool(run.report["faults"]) == whole and (run.report["elsewhere"] > 0) != whole
        page = client_of(world.people[who]).get(reverse("run", args=[run.pk])).content.decode()
        assert "以下核对不符" in page and ("账套之外" in page) != whole
        with translation.override("en"):
            assert all(any(letter.isascii() for letter in line) for line in proofs.told(run))
