"""Policy staff in the admin: drafts through the functions, adopted versions read, registers kept."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from core.models import Office, Role
from schemes import adoption, figures, illness, rulings
from schemes.models import AnnouncedFigure, IllnessList, Ruling, SchemeVersion
from tests.schemes_db.conftest import ON, YUNNAN

pytestmark = pytest.mark.django_db
CHUXIONG = "chuxiong-large-expense"
MODELS = ["scheme", "schemeversion", "period", "announcedfigure", "illnesslist", "ruling", "rulingcase"]


@pytest.fixture
def desk(client, li):
    client.force_login(li, backend="core.roles.RoleBackend")
    return client


def address(model: str, page: str, *args: object) -> str:
    return reverse(f"admin:schemes_{model}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("role", list(Role))
def test_each_list_opens_for_those_who_may_read_it(client, person, role, model):
    client.force_login(person("reader", role), backend="core.roles.RoleBackend")
    answer = client.get(address(model, "changelist"))
    rulings_too = {Role.POLICY, Role.REVIEWER, Role.ACCOUNTANT, Role.AUDITOR}
    allowed = role != Role.AGENT and (not model.startswith("ruling") or role in rulings_too)
    assert answer.status_code in ({200} if allowed else {302, 403})


@pytest.mark.parametrize("role", [role for role in Role if role != Role.POLICY])
@pytest.mark.parametrize("model", MODELS)
def test_nobody_else_adds_anything(client, person, role, model):
    client.force_login(person("reader", role), backend="core.roles.RoleBackend")
    assert client.get(address(model, "add")).status_code in {302, 403}


def test_a_draft_is_written_changed_and_shown_with_its_problems(desk, better, li):
    desk.post(address("schemeversion", "add"), {"document": better, "cases": "[]", "seen": ""})
    version = SchemeVersion.objects.get(state="draft")
    assert (version.document, version.written_by) == (better, li)
    page = address("schemeversion", "change", version.pk)
    broken = better.replace('"40%"', '"40元"')
    desk.post(page, {"document": broken, "cases": "[]", "seen": version.revision})
    version.refresh_from_db()
    assert (version.document, version.revision) == (broken, 2)
    assert "benefit.bands[0].pays" in desk.get(page).content.decode()


def test_an_editor_who_saw_an_older_text_is_told(desk, better, li):
    version = adoption.draft(scheme=YUNNAN, text=better, by=li, on=ON)
    adoption.edit(version=version, text=better + "\n# other\n", by=li, on=ON)
    page = address("schemeversion", "change", version.pk)
    desk.post(page, {"document": better + "\n# mine\n", "cases": "[]", "seen": version.revision})
    version.refresh_from_db()
    assert version.document.endswith("# other\n")


def test_a_text_without_a_scheme_is_refused_in_the_form(desk):
    answer = desk.post(address("schemeversion", "add"), {"document": "x = 1", "cases": "[]", "seen": ""})
    assert answer.status_code == 200
    assert not SchemeVersion.objects.filter(state="draft").exists()


def test_an_adopted_version_is_read_only(desk, shipped):
    page = address("schemeversion", "change", shipped.pk)
    assert "第七条" in desk.get(page).content.decode()
    assert desk.post(page, {"document": "x", "cases": "[]", "seen": 1}).status_code == 403
    assert SchemeVersion.objects.get(pk=shipped.pk).document == shipped.document


def test_readers_do_not_open_a_draft(client, person, better, li):
    version = adoption.draft(scheme=YUNNAN, text=better, by=li, on=ON)
    client.force_login(person("reader", Role.REVIEWER), backend="core.roles.RoleBackend")
    assert client.get(address("schemeversion", "change", version.pk)).status_code == 302


def test_a_figure_is_recorded_here_and_checked_by_somebody_else(desk, client, shipped, wang):
    scheme = SchemeVersion.objects.get(scheme__code=CHUXIONG).scheme
    given = {
        "scheme": scheme.pk,
        "name": "unit_levy_per_head",
        "year": 2024,
        "value": "520.50",
        "notice_number": "号",
        "notice_date": "2023-12-01",
    }
    desk.post(address("announcedfigure", "add"), given)
    figure = AnnouncedFigure.objects.get()
    assert figures.shown(figure) == "520.50"
    action = {"action": "check_chosen", "_selected_action": [figure.pk]}
    desk.post(address("announcedfigure", "changelist"), action)
    assert AnnouncedFigure.objects.get().checked_by is None
    client.force_login(wang, backend="core.roles.RoleBackend")
    client.post(address("announcedfigure", "changelist"), action)
    assert AnnouncedFigure.objects.get().checked_by == wang
    assert "520.50" in client.get(address("announcedfigure", "change", figure.pk)).content.decode()


def test_a_wrong_value_becomes_a_sentence(desk):
    scheme = SchemeVersion.objects.get(scheme__code=CHUXIONG).scheme
    given = {"scheme": scheme.pk, "name": "due_day", "year": 2024, "value": "40", "notice_number": "号"}
    answer = desk.post(address("announcedfigure", "add"), {**given, "notice_date": "2023-12-01"})
    assert answer.status_code == 200
    assert "due_day" in answer.content.decode()
    assert not AnnouncedFigure.objects.exists()


FIGURES = """scheme,name,year,value,notice_number,notice_date,correction
chuxiong-large-expense,unit_levy_per_head,2024,520.50,号,2023年12月1日,
chuxiong-large-expense,individual_levy,2024,36,号,2023-12-01,否
"""


def imported(client, model: str, content: str):
    """Upload, look at the preview, confirm."""
    upload = SimpleUploadedFile("figures.csv", content.encode(), content_type="text/csv")
    preview = client.post(address(model, "import"), {"import_file": upload, "format": "0"})
    form = preview.context.get("confirm_form")
    if form is None:
        return preview
    return client.post(address(model, "process_import"), form.initial)


def test_figures_are_imported_through_the_same_function(desk, li):
    imported(desk, "announcedfigure", FIGURES)
    found = AnnouncedFigure.objects.order_by("name").values_list("name", "amount", "recorded_by")
    assert [(name, str(amount), by) for name, amount, by in found] == [
        ("individual_levy", "36.0000", li.pk),
        ("unit_levy_per_head", "520.5000", li.pk),
    ]
    imported(desk, "announcedfigure", FIGURES)
    assert AnnouncedFigure.objects.count() == 2


def test_a_wrong_row_keeps_the_file_out_and_is_named(desk):
    page = imported(desk, "announcedfigure", FIGURES.replace("520.50", "viel"))
    assert "viel" in page.content.decode()
    assert not AnnouncedFigure.objects.exists()


def test_illnesses_are_imported_and_ended(desk, li):
    header = "scheme,listing,code,name,valid_from,valid_to"
    rows = f"{header}\n{CHUXIONG},major_illness,N18.5,透析,2023-01-01,\n"
    imported(desk, "illnesslist", rows)
    entry = IllnessList.objects.get()
    desk.post(address("illnesslist", "change", entry.pk), {"name": "透析", "valid_to": "2023-06-30"})
    entry.refresh_from_db()
    assert entry.valid_to == date(2023, 6, 30)
    assert entry.history.count() == 2
    assert desk.get(address("illnesslist", "history", entry.pk)).status_code == 200


@pytest.mark.parametrize("model", ["announcedfigure", "illnesslist"])
def test_only_policy_staff_import(client, person, model):
    client.force_login(person("reader", Role.AUDITOR), backend="core.roles.RoleBackend")
    assert client.get(address(model, "import")).status_code == 403


def test_a_ruling_is_entered_and_never_changed(desk, shipped, li):
    given = {
        "scheme": shipped.scheme_id,
        "number": "1",
        "decided_on": "2022-05-01",
        "setting": "bought_insurance_deducted",
        "value": "true",
        "question": "？",
        "decision": "。",
        "supersedes": "",
    }
    desk.post(address("ruling", "add"), {**given, "setting": "no_such"})
    assert not Ruling.objects.exists()
    desk.post(address("ruling", "add"), given)
    ruling = Ruling.objects.get()
    assert rulings.waiting(YUNNAN) == [ruling]
    page = address("ruling", "change", ruling.pk)
    assert "bought_insurance_deducted" in desk.get(page).content.decode()
    assert desk.post(page, {**given, "value": "false"}).status_code == 403


def test_a_listed_illness_does_not_overlap_in_the_form(desk, li):
    entry = illness.enter(
        scheme=CHUXIONG, listing="x", code="A", name="a", valid_from=date(2023, 1, 1), by=li, on=ON
    )
    given = {"scheme": entry.scheme_id, "listing": "x", "code": "A", "name": "b", "valid_from": "2023-05-01"}
    answer = desk.post(address("illnesslist", "add"), {**given, "valid_to": ""})
    assert answer.status_code == 200
    assert IllnessList.objects.count() == 1


def test_figures_of_places_are_imported_with_their_offices(desk, center):
    """Two cities of one file; a place that is no office keeps the file out."""
    for code, name in (("4502", "柳州市"), ("4507", "钦州市")):
        Office.objects.create(code=code, name=name, kind="office", parent=center)
    header = "scheme,place,name,year,value,notice_number,notice_date"
    rows = [
        f"guangxi-critical-illness,{place},deductible,2013,{value},号,2013-01-10"
        for place, value in (("4502", "10000"), ("4507", "15000"), ("", "12000"))
    ]
    page = imported(desk, "announcedfigure", "\n".join([header, *rows, rows[0].replace("4502", "4599")]))
    assert "4599" in page.content.decode() and not AnnouncedFigure.objects.exists()
    imported(desk, "announcedfigure", "\n".join([header, *rows]))
    found = AnnouncedFigure.objects.order_by("amount").values_list("office__code", "amount")
    assert [(place, int(amount)) for place, amount in found] == [
        ("4502", 10000),
        (None, 12000),
        ("4507", 15000),
    ]


def test_a_figure_of_a_place_is_recorded_in_the_admin(desk, center):
    office = Office.objects.create(code="4502", name="柳州市", kind="office", parent=center)
    scheme = SchemeVersion.objects.filter(scheme__code="guangxi-critical-illness")[0].scheme
    given = {
        "scheme": scheme.pk,
        "office": office.pk,
        "name": "deductible",
        "year": 2013,
        "value": "10000.00",
    }
    desk.post(
        address("announcedfigure", "add"), {**given, "notice_number": "号", "notice_date": "2013-01-10"}
    )
    assert AnnouncedFigure.objects.get().office == office
