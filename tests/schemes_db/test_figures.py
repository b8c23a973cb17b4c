"""What a notice announces: recorded by one, checked by another, used by year, corrected by a new row."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Moved, NotAllowed
from core.models import Role
from core.roles import system_user
from schemes import figures
from schemes.models import AnnouncedFigure
from schemes.quotes import quote
from schemes.versions import NoDocument
from tests.schemes_db.conftest import ON

pytestmark = pytest.mark.django_db
CHUXIONG = "chuxiong-large-expense"
GUANGXI = "guangxi-critical-illness"
NOTICE = {"notice_number": "楚医保发〔2023〕1号", "notice_date": date(2022, 12, 31), "on": ON}


@pytest.fixture
def recorded(li) -> AnnouncedFigure:
    return figures.record(
        scheme=CHUXIONG, name="unit_levy_per_head", year=2023, value="520.50", by=li, **NOTICE
    )


def levy(year: int = 2023) -> dict:
    request = {
        "scheme": CHUXIONG,
        "on": f"{year}-06-01",
        "ask": "levy",
        "facts": {"person": {"kind": "active"}},
    }
    return quote(request)["answer"]


def test_a_figure_is_used_once_a_second_person_has_checked_it(recorded, wang):
    assert figures.announced(CHUXIONG, 2023) == {}
    figures.check(figure=recorded, by=wang, on=ON)
    assert figures.announced(CHUXIONG, 2023) == {"unit_levy_per_head": 52050}
    assert figures.for_year(CHUXIONG, 2023) == {"unit_levy_per_head": 52050, "individual_levy": 3500}
    assert figures.announced(CHUXIONG, 2024) == {}


def test_a_figure_of_the_year_stands_over_the_documents_default(li, wang):
    row = figures.record(scheme=CHUXIONG, name="individual_levy", year=2024, value="40元", by=li, **NOTICE)
    figures.check(figure=row, by=wang, on=ON)
    assert figures.for_year(CHUXIONG, 2024)["individual_levy"] == 4000
    assert figures.for_year(CHUXIONG, 2023)["individual_levy"] == 3500


def test_a_correction_is_a_new_row_and_counts_from_its_check(recorded, li, wang):
    first = figures.check(figure=recorded, by=wang, on=ON)
    with pytest.raises(figures.FigureExists):
        figures.record(scheme=CHUXIONG, name="unit_levy_per_head", year=2023, value="530.00", by=li, **NOTICE)
    second = figures.record(
        scheme=CHUXIONG,
        name="unit_levy_per_head",
        year=2023,
        value="530.00",
        by=wang,
        correction=True,
        **NOTICE,
    )
    assert second.supersedes == first
    assert figures.announced(CHUXIONG, 2023) == {"unit_levy_per_head": 52050}
    second = figures.check(figure=second, by=li, on=ON)
    assert figures.announced(CHUXIONG, 2023) == {"unit_levy_per_head": 53000}
    assert figures.announced(CHUXIONG, 2023, as_of=first.checked_at) == {"unit_levy_per_head": 52050}


def test_the_same_figure_again_is_the_same_row(recorded, wang):
    again = figures.record(
        scheme=CHUXIONG, name="unit_levy_per_head", year=2023, value="520.50", by=wang, **NOTICE
    )
    assert again == recorded


def test_who_records_does_not_check(recorded, li):
    with pytest.raises(figures.OwnFigure):
        figures.check(figure=recorded, by=li, on=ON)
    with pytest.raises(NotAllowed):
        figures.check(figure=recorded, by=system_user("night"), on=ON)


def test_what_was_corrected_is_not_checked_any_more(recorded, li, wang, person):
    figures.record(
        scheme=CHUXIONG, name="unit_levy_per_head", year=2023, value="1.00", by=li, correction=True, **NOTICE
    )
    with pytest.raises(Moved):
        figures.check(figure=recorded, by=wang, on=ON)


def test_a_second_check_has_no_effect(recorded, wang, person):
    figures.check(figure=recorded, by=wang, on=ON)
    with pytest.raises(Moved):
        figures.check(figure=recorded, by=person("zhao"), on=ON)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.POLICY])
def test_other_roles_read_figures_and_write_none(role, person, recorded):
    other = person("other", role)
    assert recorded in AnnouncedFigure.objects.visible_to(other, on=ON)
    with pytest.raises(NotAllowed):
        figures.record(
            scheme=CHUXIONG, name="unit_levy_per_head", year=2024, value="1.00", by=other, **NOTICE
        )
    with pytest.raises(NotAllowed):
        figures.check(figure=recorded, by=other, on=ON)


@pytest.mark.parametrize("value", ["", "-1", "1.005", "12%", "abc", "1e3", "9" * 13])
def test_an_amount_that_is_none_is_refused(li, value):
    with pytest.raises(figures.BadFigure):
        figures.record(scheme=CHUXIONG, name="unit_levy_per_head", year=2023, value=value, by=li, **NOTICE)


@pytest.mark.parametrize("value", ["", "0", "32", "1.5", "３"])
def test_a_day_lies_in_a_month(value):
    with pytest.raises(figures.BadFigure):
        figures._values("due_day", value)


@pytest.mark.parametrize(
    "value", [[], "", [["1.00"]], [["100.00", "5%"], ["50.00", "6%"]], [["1.00", "5%"], ["1.00", "6%"]]]
)
def test_bands_rise(value):
    with pytest.raises(figures.BadFigure):
        figures._values("bands", value)


@given(st.integers(min_value=0, max_value=10**10), st.integers(min_value=0, max_value=10**6))
def test_a_value_comes_back_to_the_fen_and_the_millionth(fen, ppm):
    from schemes.rules.units import percent, yuan

    row = AnnouncedFigure(unit="yuan", **figures._values("average_wage", yuan(fen)))
    assert (figures.value_of(row), figures.shown(row)) == (fen, yuan(fen))
    rate = AnnouncedFigure(unit="percent", **figures._values("account_share", percent(ppm)))
    assert (figures.value_of(rate), figures.shown(rate)) == (ppm, percent(ppm))
    bands = AnnouncedFigure(unit="bands", **figures._values("bands", [[yuan(fen), percent(ppm)]]))
    assert figures.value_of(bands) == ((fen, ppm),)


def test_a_figure_that_the_document_does_not_know_is_refused(li):
    with pytest.raises(figures.UnknownFigure) as refusal:
        figures.record(scheme=CHUXIONG, name="base_floor", year=2023, value="1.00", by=li, **NOTICE)
    assert "individual_levy" in str(refusal.value)


def test_a_year_without_a_document_has_no_figures(li):
    with pytest.raises(NoDocument):
        figures.for_year(CHUXIONG, 2022)


def test_what_next_year_lacks_is_listed_with_what_stops(li, wang):
    lacking = {item.name: item for item in figures.missing(CHUXIONG, 2024)}
    assert "individual_levy" not in lacking
    unit = lacking["unit_levy_per_head"]
    assert any(path.startswith("levy[") for path, _article in unit.stops)
    assert all(article for _path, article in unit.stops)
    assert not unit.waiting
    row = figures.record(scheme=CHUXIONG, name="average_wage", year=2024, value="98730.00", by=li, **NOTICE)
    assert {item.name: item.waiting for item in figures.missing(CHUXIONG, 2024)}["average_wage"]
    figures.check(figure=row, by=wang, on=ON)
    assert not {"unit_levy_per_head", "average_wage"} & {
        item.name for item in figures.missing(CHUXIONG, 2024)
    }


# --- the database keeps it ---


def refused(statement: str, *values: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
    except (IntegrityError, DatabaseError):
        return True
    return False


def test_the_database_appends_and_lets_a_check_be_written_once(recorded, li, wang):
    update = "UPDATE schemes_announcedfigure SET "
    where = f" WHERE id = {recorded.pk}"
    assert refused(f"{update} amount = 1{where}")
    assert refused(f"{update} checked_at = now(), checked_by_id = %s{where}", li.pk)
    assert refused(f"{update} checked_at = now(){where}")
    assert refused("DELETE FROM schemes_announcedfigure")
    assert refused("TRUNCATE schemes_announcedfigure")
    assert not refused(f"{update} checked_at = now(), checked_by_id = %s{where}", wang.pk)
    assert refused(f"{update} checked_at = NULL, checked_by_id = NULL{where}")
    assert AnnouncedFigure.objects.get().amount == Decimal("520.50")


def test_the_database_takes_one_figure_per_year_and_a_chain_of_corrections(recorded):
    columns = (
        "scheme_id, name, unit, year, amount, bands, notice_number, notice_date, recorded_at, recorded_by_id"
    )
    insert = f"INSERT INTO schemes_announcedfigure ({columns}, supersedes_id) SELECT "
    source = f" FROM schemes_announcedfigure WHERE id = {recorded.pk}"
    assert refused(f"{insert} {columns}, NULL{source}")
    assert refused(f"{insert} {columns.replace('year', 'year + 1')}, id{source}")
    assert refused(f"{insert} {columns.replace('amount', '1.005')}, id{source}")
    assert not refused(f"{insert} {columns}, id{source}")
    assert refused(f"{insert} {columns}, id{source}")


# --- quotes ask the register ---


def test_a_quote_takes_the_years_figure_unless_the_request_gives_its_own(recorded, wang):
    assert levy()["error"] == "figure_missing"
    figures.check(figure=recorded, by=wang, on=ON)
    assert (levy()["unit"], levy()["individual"]) == ("520.50", "35.00")
    assert levy(2024)["error"] == "figure_missing"
    request = {
        "scheme": CHUXIONG,
        "on": "2023-06-01",
        "ask": "levy",
        "facts": {"person": {"kind": "active"}, "figures": {"unit_levy_per_head": "500.00"}},
    }
    assert quote(request)["answer"]["unit"] == "500.00"


def test_a_quote_as_of_a_moment_knows_no_later_figure(recorded, wang):
    figure = figures.check(figure=recorded, by=wang, on=ON)
    request = {"scheme": CHUXIONG, "on": "2023-06-01", "ask": "levy", "facts": {"person": {"kind": "active"}}}
    assert quote(request, as_of=figure.checked_at)["answer"]["unit"] == "520.50"
    before = figure.checked_at - timedelta(microseconds=1)
    assert quote(request, as_of=before)["answer"]["error"] == "figure_missing"


def test_a_figure_that_only_stands_instead_of_the_documents_tables_stops_nothing():
    def told(scheme: str) -> dict[str, tuple[int, int]]:
        return {item.name: (len(item.stops), len(item.goes_on)) for item in figures.missing(scheme, 2023)}

    basic = told("lianyungang-basic")
    assert basic["pool_ratio"] == basic["deductible"] == (0, 1)
    assert basic["account_share"][0] and not basic["account_share"][1]
    assert basic["due_day"] == basic["base_floor"] == (0, 0)
    critical = told("lianyungang-critical-illness")
    assert critical["bands"] == critical["critical_fee_pool"] == (0, 1)
    assert critical["critical_fee_individual"] == (2, 0)
    assert told(GUANGXI)["bands"] == (1, 0), "the city alone states the bands"


def test_each_stay_is_paid_by_the_figures_of_its_own_year(li, wang):
    for year, value in ((2013, "10000.00"), (2014, "12000.00")):
        row = figures.record(scheme=GUANGXI, name="deductible", year=year, value=value, by=li, **NOTICE)
        figures.check(figure=row, by=wang, on=ON)
    stays = [{"base": "20000.00", "discharged": day} for day in ("2013-12-31", "2014-01-01")]
    given = {"bands": [{"over": "0.00", "rate": "50%"}]}

    def paid(**more) -> list[str]:
        facts = {"stays": stays, "figures": {**given, **more}}
        answer = quote({"scheme": GUANGXI, "ask": "benefit", "facts": facts})["answer"]
        return [stay["amount"] for stay in answer["stays"]]

    assert paid() == ["5000.00", "4000.00"]
    assert paid(deductible="15000.00") == ["2500.00", "2500.00"]
    year = {
        "scheme": GUANGXI,
        "period": "2013",
        "ask": "benefit",
        "facts": {"stays": stays, "figures": given},
    }
    assert [stay["amount"] for stay in quote(year)["answer"]["stays"]] == ["5000.00", "5000.00"]
