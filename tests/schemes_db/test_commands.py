"""The commands of policy staff."""

from __future__ import annotations

import json
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from schemes import adoption, figures
from schemes.models import SchemeVersion
from schemes.periods import open_period
from schemes.versions import document_for
from tests.schemes_db.conftest import ON, YUNNAN
from tests.support.worked import worked

pytestmark = pytest.mark.django_db
CHUXIONG = "chuxiong-large-expense"


def test_figures_lists_what_is_there_and_what_stops(li, capsys):
    figures.record(
        scheme=CHUXIONG,
        name="individual_levy",
        year=2024,
        value="36",
        notice_number="号",
        notice_date=date(2023, 12, 1),
        by=li,
        on=ON,
    )
    call_command("figures", "--year", "2024")
    out = capsys.readouterr().out
    assert "individual_levy 36.00 号" in out
    assert "unit_levy_per_head" in out and "levy[" in out
    assert YUNNAN not in out


def test_figures_of_a_scheme_without_a_document_that_year_names_the_gap():
    with pytest.raises(CommandError) as refusal:
        call_command("figures", "--year", "1999", "--scheme", CHUXIONG)
    assert "2023-01-01" in str(refusal.value)


def test_diff_between_a_version_and_a_file(shipped, better, tmp_path, capsys):
    path = tmp_path / "new.toml"
    path.write_text(better)
    call_command("diff_scheme", str(shipped.pk), str(path))
    out = capsys.readouterr().out
    assert "benefit.bands[0].pays: 30% → 40%" in out
    assert "+ 第七条(一): " in out and "- 第七条(一): " in out


def test_diff_between_two_versions(shipped, better, li, capsys):
    version = adoption.draft(scheme=YUNNAN, text=better, by=li, on=ON)
    call_command("diff_scheme", str(shipped.pk), str(version.pk))
    assert "30% → 40%" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["99999", "/nowhere.toml"])
def test_diff_says_what_it_cannot_read(shipped, name):
    with pytest.raises(CommandError):
        call_command("diff_scheme", str(shipped.pk), name)


def test_a_document_goes_from_a_file_into_force_with_two_signatures(
    better, shipped, li, wang, tmp_path, capsys
):
    folder = tmp_path / YUNNAN
    folder.mkdir()
    (folder / "2022-01-01.toml").write_text(better)
    (folder / "2022-01-01.cases.json").write_text(worked(better, shipped.cases))
    open_period(scheme=YUNNAN, code="18", by=li, on=ON)
    act = ["--on", "2022-06-01", "--by"]
    call_command("draft_scheme", str(folder / "2022-01-01.toml"), *act, "li")
    version = SchemeVersion.objects.get(state="checked")
    call_command("adopt_scheme", str(version.pk), *act, "li")
    with pytest.raises(CommandError):
        call_command("adopt_scheme", str(version.pk), *act, "li")
    assert document_for(YUNNAN, period="18").version == shipped
    call_command("adopt_scheme", str(version.pk), *act, "wang")
    assert document_for(YUNNAN, period="18").version == version
    assert "18" in capsys.readouterr().out


def test_a_draft_with_red_cases_is_kept_and_every_difference_is_said(shipped, li, tmp_path, capsys):
    path = tmp_path / "2022-01-01.toml"
    path.write_text(shipped.document.replace("# 数字", "# 改 数字", 1))
    case = {"id": "c1", "scheme": YUNNAN, "period": "18", "ask": "route", "facts": {"amount": "1.00"}}
    path.with_suffix(".cases.json").write_text(json.dumps([{**case, "answer": {"level": "center"}}]))
    with pytest.raises(CommandError):
        call_command("draft_scheme", str(path), "--by", "li", "--on", "2022-06-01")
    assert "c1: answer.level" in capsys.readouterr().err
    assert SchemeVersion.objects.get(state="draft").cases != "[]"


@pytest.mark.parametrize("arguments", [["draft_scheme", "/nowhere.toml"], ["adopt_scheme", "99999"]])
def test_what_is_not_there_is_said(arguments):
    with pytest.raises(CommandError):
        call_command(*arguments)
