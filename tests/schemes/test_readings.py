"""A setting decides: its field says the same, its value is built, or people follow it."""

from __future__ import annotations

import tomllib
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.rules import facts, readings, waterfall
from schemes.rules.asks_waterfall import slip_of
from schemes.rules.document import DocumentError, LoadedDocument, load
from schemes.rules.errors import OutsideDocument
from tests.schemes.support import DOCUMENTS, ask, shipped
from tests.schemes.test_edges import changed, wrong
from tests.schemes.test_new_city import BASIC

CHUXIONG = (DOCUMENTS / "chuxiong-large-expense" / "2023-01-01.toml").read_text(encoding="utf-8")
LIANYUNGANG = (DOCUMENTS / "lianyungang-basic" / "2021-01-01.toml").read_text(encoding="utf-8")


def said(value: Any, decides: str | None = None, name: str = "x", **data: Any) -> list[tuple[str, str]]:
    """What is said of one setting beside other fields."""
    setting = {"name": name, "value": value, **({} if decides is None else {"decides": decides})}
    return [(one.path, one.message) for one in readings.unsettled({**data, "settings": [setting]})]


@pytest.mark.parametrize("path", shipped(), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_setting_that_ships_decides(path: Any) -> None:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    assert readings.unsettled(data) == []


def test_every_built_reading_stands_in_a_document() -> None:
    texts = [tomllib.loads(path.read_text(encoding="utf-8")) for path in shipped()]
    named = {item["name"] for data in texts for item in data.get("settings", [])}
    assert set(readings.BUILT) | set(readings.FIELDS) <= named


def test_a_setting_and_its_field_say_the_same_or_both_places_are_named() -> None:
    start = CHUXIONG.index('name = "version_by"')
    text = CHUXIONG[:start] + CHUXIONG[start:].replace('value = "settlement"', 'value = "discharge"', 1)
    assert wrong(text) == {
        "settings[0].value": "设定 version_by 写的是 discharge，version_by 写的是 settlement；两处要一致"
    }
    field = changed(('version_by = "settlement"', 'version_by = "discharge"'), text=text)
    assert load(field.encode()).version_by == "discharge"


def test_what_the_field_holds_is_compared_as_it_is_written() -> None:
    assert said("2022-01-01", "effective", effective=date(2022, 1, 1)) == []
    assert said("2022-01-02", "effective", effective=date(2022, 1, 1)) != []
    assert said("a、b", "levy[0].of", levy=[{"of": ["a", "b"]}]) == []
    assert said(value=False, decides="cover.x", cover={"x": False}) == []
    assert said(value=0, decides="cover.x", cover={"x": False}) != []
    assert said(12, "cover.x", cover={"x": 12}) == []
    for nowhere in ("version_by", "levy[1].of", "", "settings", "settings[0].value"):
        ((path, words),) = said("a", nowhere, levy=[{"of": ["a"]}])
        assert path == "settings[0].decides"
        expected = f"文件里没有写 {nowhere}；请写由这项设定决定的那一项，例如 version_by、benefit.accumulates"
        assert words == expected


def test_another_value_of_a_built_reading_is_refused_with_what_may_be_written() -> None:
    for name, value, shown in (("bought_insurance_deducted", True, "false"), ("headcount_month", 11, "12"),
                               ("late_fee", "0.05%", '"none"')):  # fmt: skip
        words = f"“{name}”的这种读法还没有做出来，写了也不起作用；现在只能写 value = {shown}"
        assert said(value, name=name) == [("settings[0].value", words)]
    assert said(value=False, name="bought_insurance_deducted") == said(12, name="headcount_month") == []
    ((path, words),) = said(value=False, decides="people", name="bought_insurance_deducted")
    assert (path, words) == (
        "settings[0].decides",
        "“bought_insurance_deducted”由系统照办，不是由人掌握的，请删去 decides",
    )


def test_a_name_that_the_product_does_not_know_says_what_decides_or_that_people_do() -> None:
    ((path, words),) = said(value=True)
    assert path == "settings[0].name"
    assert words == (
        '系统里没有“x”这种读法：由文件中某一项决定的，写 decides = "那一项的位置"；'
        '由人掌握、系统不照办的，写 decides = "people"'
    )
    assert said(value=True, decides="people") == said("center", name="pays_benefit") == []


def test_a_known_field_is_compared_where_decides_is_left_out() -> None:
    year = {"benefit": {"accumulates": "settlement_year"}}
    assert said("settlement", name="cap_year_by", **year) == []
    assert said("settlement_year", name="cap_year_by", **year) == []
    assert said("discharge", name="cap_year_by", **year) == [(
        "settings[0].value",
        "设定 cap_year_by 写的是 discharge_year，benefit.accumulates 写的是 settlement_year；两处要一致",
    )]  # fmt: skip
    assert said("settlement", name="version_by") != []  # the field is not written


def test_only_settings_that_can_be_read_are_compared() -> None:
    for odd in ({}, {"settings": "x"}, {"settings": ["x", {}]}, {"settings": [{"name": "x"}]},
                {"settings": [{"name": 1, "value": 1}]}, {"settings": [{"name": "x", "value": 1.5}]},
                {"settings": [{"name": "x", "value": "y", "decides": 1}]}):  # fmt: skip
        assert readings.unsettled(odd) == []
        assert readings.decided(odd, "y") is None
    two = {"settings": [1, {"name": "x", "value": "y"}]}
    assert [one.path for one in readings.unsettled(two)] == ["settings[1].name"]


def test_what_a_document_says_on_a_reading_is_its_field() -> None:
    data: dict[str, Any] = {
        "version_by": "discharge",
        "settings": [
            {"name": "v", "value": "settlement", "decides": "version_by"},
            {"name": "w", "value": True, "decides": "people"},
            {"name": "u", "value": 3},
            {"name": "t", "value": "z", "decides": 5},
        ],
    }
    assert [readings.decided(data, name) for name in "vwutx"] == ["discharge", "true", "3", "z", None]


def test_a_units_contribution_may_be_reckoned_from_its_members_bases() -> None:
    both = changed(
        ('value = "payroll_last_year"', 'value = "member_bases"'),
        ('of = ["payroll_last_year"]', 'of = ["member_bases"]'), text=LIANYUNGANG,
    )  # fmt: skip
    request = {"scheme": "lianyungang-basic", "ask": "levy", "facts": {"unit": {"member_bases": "1000.00"}}}
    found = ask(LoadedDocument(load(both.encode()), "", None), request)["answer"]
    assert (found["unit"], found["base"]) == ("80.00", "1000.00")
    alone = changed(('value = "payroll_last_year"', 'value = "member_bases"'), text=LIANYUNGANG)
    assert list(wrong(alone)) == ["settings[1].value"]


@given(st.sampled_from([True, False, 0, 1, 12, "true", "12", "x", ""]), st.sampled_from([True, 1, "1", "x"]))
def test_a_setting_stands_exactly_where_both_are_told_alike(value: Any, held: Any) -> None:
    assert (said(value, "a", a=held) == []) == (readings.told(value) == readings.told(held))


OVER_NEW_YEAR = {"discharged": "2023-12-30", "settled": "2024-01-04"}


def _governs(version_by: str, year: int = 2024, key_date: str | None = None, **days: str) -> bool:
    """Whether the document of one year, of a scheme that goes by one of the two days, governs a step."""
    text = BASIC.replace("[instrument]", f'version_by = "{version_by}"\n[instrument]', 1)
    loaded = LoadedDocument(load(text.encode()), "sha", None)
    parts = {"scheme": "new-city", "base": "columns", "pays_into": "basic_paid", "key_date": key_date}
    slip = slip_of(facts.read(facts.ChainStay, {"total": "1.00", **days}, "facts.stay"), date(2024, 1, 1))
    found = waterfall._in_force(
        waterfall.Step.model_validate(parts), slip, lambda _scheme, day: loaded if day.year == year else None
    )
    assert found in (loaded, None)
    return found is loaded


def test_a_step_of_a_chain_goes_by_the_day_of_its_scheme() -> None:
    assert _governs("settlement", **OVER_NEW_YEAR) and not _governs("discharge", **OVER_NEW_YEAR)
    assert _governs("discharge", 2023, **OVER_NEW_YEAR) and not _governs("settlement", 2023, **OVER_NEW_YEAR)
    for version_by in ("settlement", "discharge"):
        assert _governs(version_by)  # the request's own day
        assert _governs(version_by, key_date=version_by, discharged="2024-02-01", settled="2024-02-02")


def test_a_chain_that_names_another_day_than_the_scheme_is_refused() -> None:
    for key_date, version_by in (("settlement", "discharge"), ("discharge", "settlement")):
        with pytest.raises(OutsideDocument) as refused:
            _governs(version_by, key_date=key_date, discharged="2024-02-01")
        words = "链条给 new-city 写的 key_date 与该制度的 version_by 不同，请删去 key_date"
        assert (refused.value.message, refused.value.path) == (words, "scheme")
    with pytest.raises(OutsideDocument):
        _governs("discharge", 2023, key_date="settlement", **OVER_NEW_YEAR)


def test_a_chain_file_is_told_from_a_document(tmp_path: Any) -> None:
    for text, chain in (('chain = "x"', True), ('chain = "x"\nscheme = "y"', False), ('scheme = "y"', False)):
        (tmp_path / "x.toml").write_text(text, encoding="utf-8")
        assert waterfall.is_chain(tmp_path / "x.toml") is chain
    (tmp_path / "x.toml").write_text('chain = "x"\nname = "x"\n[[steps]]\nbase = 5\n', encoding="utf-8")
    with pytest.raises(DocumentError) as error:
        waterfall.load_chain(tmp_path / "x.toml")
    assert {one.path: one.line for one in error.value.problems}["steps[0].base"] == 4
