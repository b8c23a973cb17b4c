"""The commands of policy staff."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from schemes import adoption, figures
from tests.schemes_db.conftest import ON, YUNNAN

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
