"""Which version holds: overlaps, gaps, moments, closed periods, rulings, what no raw statement can do."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from schemes import adoption, illness, rulings
from schemes import shipped as shipping
from schemes.models import Period, PeriodState, SchemeVersion
from schemes.periods import move, open_period
from schemes.quotes import quote
from schemes.versions import NoDocument, document_for, document_of, standing
from tests.schemes_db.conftest import ON, YUNNAN
from tests.support.worked import worked

pytestmark = pytest.mark.django_db
CITY = """
scheme = "new-city"
name = "新市职工互助"
effective = {effective}
{ends}
[instrument]
title = "办法"
number = "新工发〔2022〕1号"
issuer = "新市总工会"
date = 2022-12-01

[gloss]
"第一条" = "每人每年{fee}元。"

[[levy]]
kind = "per_head"
article = "第一条"
payer = "individual"
heads = ["active"]
amount = "{fee}元"
"""


@pytest.fixture
def adopted(li, wang):
    """Adopt a city's document: its first day, its fee, its last day."""

    def adopted(effective: str, fee: str, ends: str = "") -> SchemeVersion:
        text = CITY.format(effective=effective, fee=fee, ends=f"ends = {ends}" if ends else "")
        case = {
            "id": "levy", "scheme": "new-city", "on": effective, "ask": "levy", "article": "第一条",
            "facts": {"person": {"kind": "active"}}, "answer": {"individual": f"{fee}.00"},
        }  # fmt: skip
        return adopt(text, json.dumps([case]), "new-city")

    def adopt(text: str, cases: str, scheme: str) -> SchemeVersion:
        version = adoption.draft(scheme=scheme, text=text, cases=cases, by=li, on=ON)
        version, found = adoption.record_check(version=version, by=li, on=ON)
        assert found.clean, (found.problems, found.red)
        version = adoption.propose_adoption(version=version, by=li, on=ON)
        return adoption.adopt(version=version, by=wang, on=ON)

    adopted.text = adopt  # type: ignore[attr-defined]
    return adopted


def fee(day: str, **more) -> str:
    facts = {"person": {"kind": "active"}}
    answer = quote({"scheme": "new-city", "on": day, "ask": "levy", "facts": facts}, **more)["answer"]
    return answer.get("individual") or answer["message"]


# --- by event date and by moment -------------------------------------------------------------------------


def test_of_overlapping_versions_the_latest_adoption_holds_for_its_days_alone(adopted):
    first = adopted("2023-01-01", "100")
    second = adopted("2024-01-01", "110")
    third = adopted("2023-07-01", "105", ends="2023-12-31")
    assert [fee(day) for day in ("2023-06-30", "2023-07-01", "2023-12-31", "2024-01-01")] == [
        "100.00", "105.00", "105.00", "110.00",
    ]  # fmt: skip
    assert [standing(version) for version in (first, second, third)] == ["adopted"] * 3
    over_all = adopted("2023-01-01", "90")
    assert {fee(day) for day in ("2023-06-30", "2023-07-01", "2030-01-01")} == {"90.00"}
    assert [standing(version) for version in (first, second, third, over_all)] == [
        *["superseded"] * 3, "adopted",
    ]  # fmt: skip


def test_a_retroactive_version_answers_from_its_adoption_on_and_not_before(adopted):
    first = adopted("2023-01-01", "100")
    late = adopted("2023-03-01", "120")
    before = late.adopted_at - timedelta(microseconds=1)
    assert (fee("2023-06-01"), fee("2023-06-01", as_of=before)) == ("120.00", "100.00")
    assert fee("2023-06-01", as_of=late.adopted_at) == "120.00"
    told = fee("2023-06-01", as_of=first.adopted_at - timedelta(microseconds=1))
    assert "new-city" in told


def test_a_gap_between_two_versions_is_named_with_what_is_in_force_around_it(adopted):
    adopted("2023-01-01", "100", ends="2023-12-31")
    adopted("2025-01-01", "110")
    told = fee("2024-05-01")
    assert "2024-05-01" in told and "2023-01-01–2023-12-31" in told and "2025-01-01–" in told
    with pytest.raises(NoDocument) as refusal:
        document_for("new-city", on=date(2022, 12, 31))
    assert refusal.value.code == "no_document" and "没有" in str(refusal.value)


def test_after_the_only_version_is_withdrawn_a_quote_says_that_nothing_is_in_force(adopted, li):
    version = adopted("2023-01-01", "100")
    moment = version.adopted_at
    adoption.withdraw(version=version, reason="印错了", by=li, on=ON)
    answer = quote({"scheme": "new-city", "on": "2023-06-01", "ask": "levy", "facts": {"person": {}}})[
        "answer"
    ]
    assert answer["error"] == "no_document"
    assert fee("2023-06-01", as_of=moment) == "100.00"


def test_a_year_keeps_the_document_of_its_first_day_when_another_begins_in_the_middle(adopted, li):
    first = adopted("2023-01-01", "100")
    year = open_period(scheme="new-city", code="2023", by=li, on=ON)
    second = adopted("2023-07-01", "120")
    year.refresh_from_db()
    assert document_of(year).version == year.version == first
    assert adoption.touched_periods(second) == []
    assert fee("2023-08-01") == "120.00"
    following = open_period(scheme="new-city", code="2024", by=li, on=ON)
    assert following.version == second


# --- closed periods --------------------------------------------------------------------------------------


@pytest.fixture
def closed(shipped, li) -> Period:
    period = open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    for to in (PeriodState.FROZEN, PeriodState.CLAIMING, PeriodState.CLOSED):
        move(period=period, to=to, by=li, on=ON)
    return period


def test_a_closed_period_keeps_its_document(closed, shipped, better, li, wang):
    version = adoption.draft(scheme=YUNNAN, text=better, cases=worked(better, shipped.cases), by=li, on=ON)
    version, found = adoption.record_check(version=version, by=li, on=ON)
    assert version.state == "draft"
    assert "18" in str(found.problems[0]) and "已关闭" in str(found.problems[0])
    with pytest.raises(adoption.PeriodClosed) as refusal:
        adoption.withdraw(version=shipped, reason="x", by=li, on=ON)
    assert "18" in str(refusal.value)
    assert document_of(closed).version == shipped


def test_a_period_that_closes_after_the_check_is_not_adopted_over(shipped, better, li, wang):
    period = open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    cases = worked(better, shipped.cases)
    version = adoption.draft(scheme=YUNNAN, text=better, cases=cases, by=li, on=ON)
    version, _found = adoption.record_check(version=version, by=li, on=ON)
    version = adoption.propose_adoption(version=version, by=li, on=ON)
    Period.objects.filter(pk=period.pk).update(state=PeriodState.CLOSED)
    with pytest.raises(adoption.NotClean):
        adoption.adopt(version=version, by=wang, on=ON)


def test_a_closed_year_keeps_its_document_and_the_next_one_may_have_another(adopted, li):
    first = adopted("2023-01-01", "100")
    year = open_period(scheme="new-city", code="2023", by=li, on=ON)
    Period.objects.filter(pk=year.pk).update(state=PeriodState.CLOSED)
    with pytest.raises(AssertionError, match="2023"):
        adopted("2023-01-01", "90")
    later = adopted("2024-01-01", "90")
    assert document_for("new-city", period="2024").version == later
    assert document_of(year).version == first


def test_a_release_leaves_closed_periods_alone(closed, shipped, tmp_path, monkeypatch):
    folder = tmp_path / YUNNAN
    folder.mkdir()
    (folder / "2022-01-01.toml").write_text(shipped.document.replace("# 数字", "# 新版 数字", 1))
    monkeypatch.setattr(shipping, "FOLDER", tmp_path)
    (new,) = shipping.adopt_shipped()
    assert (new.state, document_of(closed).version) == ("draft", shipped)


# --- raw statements --------------------------------------------------------------------------------------


def refused(statement: str, *values: object) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, values)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError:
        return True
    return False


def test_no_draft_becomes_shipped_to_need_no_second_person(shipped, better, li):
    version = adoption.draft(scheme=YUNNAN, text=better, by=li, on=ON)
    adopt = "state = 'adopted', adopted_at = now(), adopted_by_id = %s"
    where = f"UPDATE schemes_schemeversion SET {adopt}, shipped = true WHERE id = %s"
    assert refused(where, li.pk, version.pk)
    assert refused("UPDATE schemes_schemeversion SET shipped = true WHERE id = %s", version.pk)
    assert refused("UPDATE schemes_schemeversion SET shipped = false WHERE id = %s", shipped.pk)


def test_an_adopted_version_is_not_lost_with_its_scheme(shipped):
    assert refused("DELETE FROM schemes_scheme WHERE id = %s", shipped.scheme_id)
    assert refused("TRUNCATE schemes_scheme CASCADE")
    assert refused("UPDATE schemes_schemeversion SET scheme_id = scheme_id + 1 WHERE id = %s", shipped.pk)


# --- rulings and lists -----------------------------------------------------------------------------------


def test_a_version_that_departs_from_a_ruling_says_so(shipped, li, adopted):
    name = rulings.settings_of(shipped)[0]
    says = rulings.setting_in(shipped, name)
    first = rulings.record(
        scheme=YUNNAN, number="裁1", question="问", decision="答", setting=name, value=says,
        decided_on=ON, by=li, on=ON,
    )  # fmt: skip
    path = rulings.record(
        scheme=YUNNAN, number="裁2", question="问", decision="答", setting="benefit.bands[0].pays",
        value="40%", decided_on=ON, by=li, on=ON,
    )  # fmt: skip
    assert rulings.departures(shipped) == [rulings.Departure(path, "30%")]
    assert rulings.waiting(YUNNAN) == [path]
    text = shipped.document.replace('pays = "30%"', 'pays = "40%"').replace("部分补30%", "部分补40%")
    follows = adoption.draft(scheme=YUNNAN, text=text, by=li, on=ON)
    assert rulings.departures(follows) == []
    start = text.index(f'name = "{name}"')
    gone = text[:start] + text[start:].replace(f'name = "{name}"', 'name = "another_reading"', 1)
    departs = adoption.draft(scheme=YUNNAN, text=gone, by=li, on=ON)
    assert rulings.departures(departs) == [rulings.Departure(first, None)]
    adopted.text(text, worked(text, shipped.cases), YUNNAN)
    assert rulings.waiting(YUNNAN) == []


def test_an_illness_counts_on_its_first_and_last_day_and_not_beside_them(shipped, li):
    entry = {"scheme": "chuxiong-large-expense", "listing": "major_illness", "code": "C50"}
    illness.enter(
        **entry, name="乳腺癌", valid_from=date(2023, 3, 1), valid_to=date(2023, 3, 31), by=li, on=ON
    )
    days = [date(2023, 2, 28), date(2023, 3, 1), date(2023, 3, 31), date(2023, 4, 1)]
    assert [illness.listed(**entry, on=day) for day in days] == [False, True, True, False]
    illness.enter(**entry, name="乳腺癌", valid_from=date(2023, 4, 1), by=li, on=ON)
    assert illness.listed(**entry, on=date(2023, 4, 1))
    with pytest.raises(illness.Overlaps):
        illness.enter(**entry, name="乳腺癌", valid_from=date(2023, 3, 31), by=li, on=ON)
