"""Figures of places: Liuzhou and Qinzhou set their own deductible; counties share their city's."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from core.errors import NotAllowed
from core.models import Office, StaffRole, User
from schemes import figures
from schemes.models import AnnouncedFigure
from schemes.quotes import quote
from tests.schemes_db.conftest import ON

pytestmark = pytest.mark.django_db
GUANGXI = "guangxi-critical-illness"
CHUXIONG = "chuxiong-large-expense"
NOTICE = {"notice_number": "柳政办〔2013〕1号", "notice_date": date(2013, 1, 10), "on": ON}
BANDS = "0.00: 53%; 50000.00: 60%"


@pytest.fixture
def cities(center) -> dict[str, Office]:
    def office(code: str, name: str, parent: Office, kind: str = "office") -> Office:
        return Office.objects.create(code=code, name=name, kind=kind, parent=parent)

    liuzhou = office("4502", "柳州市", center)
    return {
        "liuzhou": liuzhou,
        "qinzhou": office("4507", "钦州市", center),
        "liujiang": office("450206", "柳江县", liuzhou, "agency"),
    }


@pytest.fixture
def announce(li, wang):
    def announce(name: str, value: str, place: str = "", scheme: str = GUANGXI, **more) -> AnnouncedFigure:
        row = figures.record(
            scheme=scheme, name=name, year=2013, value=value, place=place, by=li, **{**NOTICE, **more}
        )
        return figures.check(figure=row, by=wang, on=ON)

    return announce


def benefit(place: str | None = None) -> dict:
    request = {
        "scheme": GUANGXI,
        "on": "2013-06-01",
        "ask": "benefit",
        "facts": {"stays": [{"base": "40000.00"}]},
    }
    return quote(request | ({"place": place} if place else {}))["answer"]


def test_two_cities_of_one_deployment_pay_by_their_own_figures(cities, announce):
    for place, deductible, rate in (("4502", "10000.00", "53%"), ("4507", "15000.00", "60%")):
        announce("deductible", deductible, place)
        announce("bands", f"0.00: {rate}", place)
    assert benefit("4502")["total"] == "15900.00"
    assert benefit("4507")["total"] == "15000.00"
    assert benefit("450206") == benefit("4502"), "a county has its city's figures"


def test_the_nearest_place_wins_then_everywhere(cities, announce):
    announce("bands", "0.00: 50%")
    announce("deductible", "12000.00")
    assert benefit()["total"] == "14000.00"
    announce("deductible", "10000.00", "4502")
    announce("deductible", "8000.00", "450206")
    assert [benefit(place)["total"] for place in ("450206", "4502", "4507")] == [
        "16000.00",
        "15000.00",
        "14000.00",
    ]
    assert benefit()["total"] == "14000.00", "no place: what is announced everywhere"
    found = figures.for_year(GUANGXI, 2013, office=cities["liujiang"])
    assert (found["deductible"], found["bands"]) == (800_000, ((0, 500_000),))


def test_without_a_place_the_answer_names_the_places(cities, announce):
    announce("deductible", "10000.00", "4502")
    announce("bands", BANDS, "4502")
    answer = benefit()
    assert answer["error"] == "figure_missing"
    assert "4502 柳州市" in answer["message"] and "place" in answer["message"]
    assert benefit("4507")["error"] == "figure_missing"


def test_a_place_that_is_no_office_is_an_error_at_its_path(cities):
    assert benefit("9999") == {
        "error": "unknown_field",
        "message": "没有代码为 9999 的机构",
        "path": "place",
    }
    for odd in (4502, "", "\0", "4502 ", "4" * 30, ["4502"], {"code": "4502"}):
        answer = quote({"scheme": GUANGXI, "place": odd, "ask": "benefit", "facts": {}})["answer"]
        assert (answer["error"], answer["path"]) == ("unknown_field", "place"), odd


def test_a_figure_of_the_request_goes_before_that_of_its_place(cities, announce):
    announce("deductible", "10000.00", "4502")
    announce("bands", "0.00: 50%", "4502")
    request = {
        "scheme": GUANGXI,
        "on": "2013-06-01",
        "place": "4502",
        "ask": "benefit",
        "facts": {"stays": [{"base": "40000.00"}], "figures": {"deductible": "0.00"}},
    }
    assert quote(request)["answer"]["total"] == "20000.00"


def test_a_chain_asks_in_one_place(cities, announce):
    announce("deductible", "10000.00", "4502")
    announce("bands", "0.00: 50%", "4502")
    stay = {
        "discharged": "2013-06-01",
        "total": "50000.00",
        "in_scope": "50000.00",
        "basic_paid": "10000.00",
    }
    request = {"scheme": "guangxi", "ask": "waterfall", "facts": {"stay": stay}}
    there = quote({**request, "place": "4502"})["answer"]
    assert there["steps"]["guangxi-critical-illness"] == "15000.00"
    assert quote({**request, "place": "4507"})["answer"] != there


# --- the register ---


def test_the_same_figure_is_recorded_once_in_each_place(cities, announce, li):
    first = announce("deductible", "10000.00", "4502")
    announce("deductible", "12000.00")
    announce("deductible", "9000.00", "4507")
    with pytest.raises(figures.FigureExists):
        announce("deductible", "11000.00", "4502")
    second = announce("deductible", "11000.00", "4502", correction=True)
    assert second.supersedes == first
    assert [figures.shown(row) for row in AnnouncedFigure.objects.filter(successor=None, office=None)] == [
        "12000.00"
    ]


def test_the_database_takes_one_row_for_each_place_and_corrects_it_there(cities, announce):
    here = announce("deductible", "10000.00", "4502")
    all_over = announce("deductible", "12000.00")
    columns = (
        "scheme_id, name, unit, year, amount, bands, notice_number, notice_date, recorded_at, recorded_by_id"
    )

    def insert(source: AnnouncedFigure, office: int | None, supersedes: int | None) -> bool:
        statement = f"""INSERT INTO schemes_announcedfigure ({columns}, office_id, supersedes_id)
            SELECT {columns}, %s, %s FROM schemes_announcedfigure WHERE id = %s"""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [office, supersedes, source.pk])
        except DatabaseError:
            return False
        return True

    assert not insert(here, cities["liuzhou"].pk, None)
    assert not insert(all_over, None, None), "nothing twice everywhere either"
    assert not insert(here, cities["qinzhou"].pk, here.pk), "a correction stays in its place"
    assert not insert(here, None, here.pk)
    assert insert(here, cities["qinzhou"].pk, None)
    assert insert(here, cities["liuzhou"].pk, here.pk)


def test_a_place_that_is_not_there_is_refused(cities, li):
    with pytest.raises(figures.UnknownPlace) as refusal:
        figures.record(
            scheme=GUANGXI, name="deductible", year=2013, value="1.00", place="4599", by=li, **NOTICE
        )
    assert "4599" in str(refusal.value)


def test_a_citys_officer_records_for_that_city_alone(cities, wang):
    officer = User.objects.create(username="liuzhou", is_active=True)
    StaffRole.objects.create(
        user=officer, office=cities["liuzhou"], role="policy", unit_code="", since=date(2010, 1, 1)
    )

    def record(place: str) -> AnnouncedFigure:
        return figures.record(
            scheme=GUANGXI, name="deductible", year=2013, value="1.00", place=place, by=officer, **NOTICE
        )

    mine = record("4502")
    with pytest.raises(NotAllowed):
        record("4507")
    other = figures.record(
        scheme=GUANGXI, name="deductible", year=2013, value="1.00", place="4507", by=wang, **NOTICE
    )
    with pytest.raises(NotAllowed):
        figures.check(figure=other, by=officer, on=ON)
    assert figures.check(figure=mine, by=wang, on=ON).office == cities["liuzhou"]


def test_what_a_year_lacks_is_said_for_each_place(cities, announce, capsys):
    """The document names the pilot cities; the offices of these names are its places."""
    announce("bands", BANDS)
    announce("deductible", "10000.00", "4502")
    lacks = figures.missing_by_place(GUANGXI, 2013)
    assert [(office.code, [item.name for item in items]) for office, items in lacks] == [
        ("4507", ["deductible"])
    ]
    assert all(article for _path, article in lacks[0][1][0].stops) and lacks[0][1][0].stops
    call_command("figures", year=2013, scheme=GUANGXI)
    told = capsys.readouterr().out
    assert "[4507 钦州市] deductible" in told and "[4502 柳州市] deductible 10000.00" in told
    announce("deductible", "15000.00")
    assert figures.missing_by_place(GUANGXI, 2013) == []


def test_a_scheme_without_places_lacks_everywhere(center):
    ((office, items),) = figures.missing_by_place(CHUXIONG, 2024)
    assert office is None and "unit_levy_per_head" in {item.name for item in items}


def test_a_deductible_above_the_place_s_own_of_last_year_is_told(cities, announce):
    announce("deductible", "10000.00", "4502")

    def codes(deductible: str, place: str) -> list[str]:
        known = {"deductible": deductible, "bands": [{"over": "0.00", "rate": "53%"}]}
        request = {"scheme": GUANGXI, "on": "2014-06-01", "place": place, "ask": "benefit"}
        found = quote({**request, "facts": {"stays": [{"base": "40000.00"}], "figures": known}})["answer"]
        return [item["code"] for item in found.get("warnings", [])]

    assert codes("10000.01", "4502") == ["deductible_rose"]
    assert codes("10000.00", "4502") == codes("10000.01", "4507") == []


def test_as_of_a_moment_a_place_knows_no_later_figure(cities, announce):
    announce("bands", "0.00: 50%")
    everywhere = announce("deductible", "12000.00")
    announce("deductible", "10000.00", "4502")
    found = figures.announced(GUANGXI, 2013, office=cities["liuzhou"], as_of=everywhere.checked_at)
    assert found["deductible"] == 1_200_000
