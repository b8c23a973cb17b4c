"""What people do on the pages, from the roster's file to the verdict."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from claims.models import Claim, ClaimState, Decision
from core import runs
from core.models import BusinessDate, Run
from tests.site.world import PNG, World
from tests.support import rosters
from tests.support.claims import enroll, file_claim

pytestmark = pytest.mark.django_db


def as_user(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.people[who])
    return client


def on_day(day: date) -> None:
    BusinessDate.objects.update_or_create(only=True, defaults={"day": day})


def test_the_next_case_opens_after_a_verdict(world: World) -> None:
    other = file_claim(world.region, enroll(world.region), "4000.00")
    client = as_user(world, "clerk")
    address = reverse("claim-decide", args=[world.claim.number, "approve"])
    answer = client.post(address, {"version": world.claim.case.version, "once": "one"})
    assert answer.headers["Location"] == reverse("claim", args=[other.number])
    world.claim.refresh_from_db()
    assert world.claim.state == ClaimState.APPROVED
    client.post(address, {"version": world.claim.case.version, "once": "one"})
    assert Decision.objects.filter(case=world.claim.case).count() == 1


def test_a_return_needs_its_reason_and_the_error_leads_to_the_field(world: World) -> None:
    client = as_user(world, "clerk")
    address = reverse("claim-decide", args=[world.claim.number, "return"])
    page = client.post(address, {"version": 0, "reason": ""}).content.decode()
    assert 'href="#id_reason"' in page
    client.post(address, {"version": world.claim.case.version, "reason": "缺住院收据"})
    world.claim.refresh_from_db()
    assert world.claim.state == ClaimState.RETURNED
    told = as_user(world, "agent").get(reverse("claim-tasks", args=[world.claim.number])).content.decode()
    assert "缺住院收据" in told


def test_a_stale_page_decides_nothing(world: World) -> None:
    client = as_user(world, "clerk")
    address = reverse("claim-decide", args=[world.claim.number, "approve"])
    page = client.post(address, {"version": 99}).content.decode()
    assert "error-summary" in page and not Decision.objects.filter(case=world.claim.case).exists()


def test_many_are_approved_after_one_more_look(world: World) -> None:
    client = as_user(world, "clerk")
    case = world.claim.case
    asked = client.post(reverse("approve-many"), {"case": case.pk})
    assert asked.status_code == 200 and world.claim.number in asked.content.decode()
    client.post(reverse("approve-many"), {"case": case.pk, "sure": "yes"})
    world.claim.refresh_from_db()
    assert world.claim.state == ClaimState.APPROVED


def test_an_agent_types_a_slip_page_by_page_and_files_it(world: World) -> None:
    client, number = as_user(world, "agent"), world.draft.number
    stay = {
        "settlement_number": "YN2022-1",
        "hospital": "楚雄州人民医院",
        "designated": "1",
        "care": "inpatient",
        "admitted": "2022/5/1",
        "discharged": "2022年5月12日",
    }
    assert client.post(reverse("claim-page", args=[number, "stay"]), stay).status_code == 302
    wrong = client.post(reverse("claim-page", args=[number, "costs"]), {"total": "很多"}).content.decode()
    assert 'href="#id_total"' in wrong
    costs = {"total": "9,000.00元", "basic_paid": "3000", "cash_paid": "6000"}
    live = client.post(reverse("claim-page", args=[number, "costs"]), costs, headers={"HX-Request": "true"})
    assert "1,560.00" in live.content.decode() and "<html" not in live.content.decode()
    check = client.get(reverse("claim-check", args=[number])).content.decode()
    assert "error-summary" in check
    for kind in world.paper.kind.__class__.objects.filter(required=True):
        upload = SimpleUploadedFile(f"{kind.code}.png", PNG + kind.code.encode(), "image/png")
        client.post(reverse("claim-papers", args=[number]), {"kind": kind.pk, "file": upload})
    sent = client.post(reverse("claim-check", args=[number]), {"once": "click"})
    assert sent.headers["Location"] == reverse("claim-receipt", args=[number])
    claim = Claim.objects.get(number=number)
    assert claim.state == ClaimState.REVIEW and str(claim.amount) == "1560.00"
    receipt = client.get(reverse("claim-receipt", args=[number])).content.decode()
    assert number in receipt and "壹仟伍佰陆拾元整" in receipt


def test_a_claim_is_begun_once_however_often_one_clicks(world: World) -> None:
    client, before = as_user(world, "agent"), Claim.objects.count()
    for _click in range(2):
        client.post(reverse("claim-new"), {"bill": world.bill.pk, "once": "same"})
    assert Claim.objects.count() == before + 1


def test_a_roster_goes_from_template_to_run_and_back_with_reasons(db: None) -> None:
    period = rosters.build_province()
    on_day(rosters.ON)
    from core.models import Office, Role, StaffRole, User
    from enrollment.models import Unit

    agent = User.objects.create(username="agent")
    StaffRole.objects.create(
        user=agent,
        office=Office.objects.get(code="2301"),
        role=Role.AGENT,
        unit_code=rosters.HOSPITAL,
        since=date(2020, 1, 1),
    )
    unit, code = Unit.objects.get(code=rosters.HOSPITAL), f"{period.scheme.code}_18"
    client = Client()
    client.force_login(agent)
    book = openpyxl.load_workbook(
        BytesIO(client.get(reverse("roster-template", args=[unit.pk, code])).content)
    )
    sheet = book.active
    assert [cell.value for cell in sheet[3]][1:3] == ["姓名", "身份证号"] and sheet["C4"].number_format == "@"
    assert sheet.data_validations.dataValidation and rosters.HOSPITAL in sheet["A2"].value
    rows = [rosters.person(1), rosters.person(2, 身份证号="532301199001011234")]
    upload = SimpleUploadedFile("roster.csv", rosters.roster_csv(rows))
    answer = client.post(reverse("roster-upload", args=[unit.pk, code]), {"file": upload})
    run = Run.objects.get(job="import_roster")
    assert answer.headers["Location"] == reverse("run", args=[run.pk])
    waiting = client.get(reverse("run", args=[run.pk])).content.decode()
    assert "<progress" in waiting and 'http-equiv="refresh"' in waiting
    runs.work(run.pk)
    page = client.get(reverse("run", args=[run.pk])).content.decode()
    assert (
        reverse("run-rejected", args=[run.pk]) in page
        and '<td class="num" data-label="文件中的行号">5</td>' in page
    )
    rejected = openpyxl.load_workbook(
        BytesIO(client.get(reverse("run-rejected", args=[run.pk])).content)
    ).active
    cells = [cell.value for cell in rejected[2]]
    assert "532301199001011234" in cells and "5" in cells and cells[-1]


@pytest.mark.parametrize("name", ["inbox", "claims", "admin:index"])
def test_lists_ask_a_fixed_number_of_questions(world: World, name: str) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = as_user(world, "clerk")
    client.get(reverse(name))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(name))
    for _more in range(5):
        file_claim(world.region, enroll(world.region), "4000.00")
    with CaptureQueriesContext(connection) as many:
        client.get(reverse(name))
    assert len(many) == len(few)


def test_the_business_date_moves_forward_and_never_back(world: World) -> None:
    client = as_user(world, "operator")
    page = client.post(reverse("today"), {"to": "2022-12-01"}).content.decode()
    assert "error-summary" in page
    answer = client.post(reverse("today"), {"to": "2022-12-21"})
    run = Run.objects.get(job="advance")
    assert answer.headers["Location"] == reverse("run", args=[run.pk])
