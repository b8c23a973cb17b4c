"""What `make check` would catch, and what `make` says."""

from __future__ import annotations

import re
import shutil
import subprocess

import polib
import pytest

from config import catalogue, checks, environment, history, layers, translations
from config.engines.places import BASE_DIR


@pytest.mark.parametrize(
    ("package", "source", "reason"),
    [
        ("core", "def f():\n    from desk import views\n", "import inside a function"),
        ("claims", "Model = apps.get_model('funds', 'Book')", "get_model"),
        ("core", "unit = models.ForeignKey('enrollment.Unit', models.PROTECT)", "against the arrow"),
        ("claims", "levy = models.OneToOneField(to='contributions.Levy')", "against the arrow"),
    ],
)
def test_ways_round_the_layers_are_found(package, source, reason):
    assert [why for _line, why in layers.ways_round(source, package) if reason in why]


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("claims", "book = models.ForeignKey('funds.Book', models.PROTECT)"),
        ("claims", "parent = models.ForeignKey('self', models.PROTECT)"),
        ("core", "class C(AppConfig):\n    def ready(self):\n        from core import checks\n"),
    ],
)
def test_what_follows_the_arrow_is_left_alone(package, source):
    assert list(layers.ways_round(source, package)) == []


def test_the_product_has_no_way_round():
    assert layers.problems() == []


def test_texts_are_found_in_python_and_in_templates():
    source = 'x = _("One %(n)s") % {"n": 1}\ny = pgettext("menu", "Two")\nz = _(name)\n'
    assert set(translations.texts_of_python(source)) == {(None, "One %(n)s"), ("menu", "Two")}
    template = '<a title="{% translate "Three" %}">{% blocktranslate %}Four {{ n }}{% endblocktranslate %}'
    assert list(translations.texts_of_template(template, "t.html")) == [(None, "Three"), (None, "Four %(n)s")]


def test_a_missing_a_doubtful_and_a_broken_translation_are_found(tmp_path, monkeypatch):
    wanted = {
        (None, "Fee"): "a.py",
        (None, "Cap"): "a.py",
        (None, "%(n)s rows"): "a.py",
        (None, "Good"): "a.py",
    }
    monkeypatch.setattr(translations, "texts", lambda: wanted)
    book = polib.POFile()
    book.append(polib.POEntry(msgid="Good", msgstr="好"))
    book.append(polib.POEntry(msgid="Cap", msgstr="封顶线", flags=["fuzzy"]))
    book.append(polib.POEntry(msgid="%(n)s rows", msgstr="%(m)s 行"))
    book.save(str(tmp_path / "django.po"))
    said = translations.missing(tmp_path / "django.po")
    assert {line.split(": ")[1] for line in said} == {
        "not translated",
        "translation not confirmed",
        "other placeholders",
    }


def test_a_catalogue_is_compiled_once_and_again_when_it_changes(tmp_path):
    folder = tmp_path / "zh_Hans" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    book = polib.POFile()
    book.append(polib.POEntry(msgid="Fee", msgstr="互助金"))
    book.save(str(folder / "django.po"))
    assert catalogue.compile_all(tmp_path) == [folder / "django.mo"]
    assert catalogue.compile_all(tmp_path) == []
    assert polib.mofile(str(folder / "django.mo")).find("Fee").msgstr == "互助金"


def test_migrations_form_one_line_per_app():
    own = {package for package in layers.ORDER if (BASE_DIR / package / "migrations").is_dir()}
    assert history.branches(own) == []


def test_make_check_runs_steps_that_exist():
    assert {step.name for step in checks.STEPS} >= {"types", "lint", "layers", "deployment"}
    good, _seconds, done = checks.run(checks.Step("good", ("config.history", "--help")))
    assert good.name == "good"
    assert done.returncode == 0, done.stdout


def test_the_environment_is_built_again_when_requirements_change(tmp_path, monkeypatch):
    for name in ("run", "dev"):
        (tmp_path / f"{name}.txt").write_text(name)
    monkeypatch.setattr(environment, "FILES", {name: tmp_path / f"{name}.txt" for name in ("run", "dev")})
    before = environment.wanted("run"), environment.wanted("dev")
    (tmp_path / "dev.txt").write_text("more")
    assert environment.wanted("run") == before[0]
    assert environment.wanted("dev") != before[1]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_explains_every_target():
    said = subprocess.run(["make"], cwd=BASE_DIR, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (BASE_DIR / "Makefile").read_text(), re.MULTILINE)
    for target in targets[1].split():
        assert target == "help" or f"make {target} " in said
