"""Whether every text of the product has its translation, with the same placeholders.

Run as `python -m config.translations`; reads sources and catalogue, needs no gettext.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
import polib
from django.utils.translation.template import templatize

from config.engines.places import BASE_DIR

CATALOGUE = BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
PACKAGES = ("config", "core", "schemes", "enrollment", "funds", "contributions", "claims", "desk")
NAMES = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext",
    "pgettext_lazy",
}
WITH_CONTEXT = {"pgettext", "pgettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[-#0 +]*[\d.]*[a-z]|%[a-z]|\{\w*\}")
Text = tuple[str | None, str]  # context, msgid


def texts_of_python(source: str) -> Iterator[Text]:
    """The literal texts that Python source hands to gettext."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in NAMES:
            continue
        literals = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if name in WITH_CONTEXT and len(literals) > 1:
            yield literals[0], literals[1]
        elif name not in WITH_CONTEXT and literals:
            yield None, literals[0]


CALL = re.compile(r"(?<![\w.])(?:gettext|_|pgettext|ngettext)\(\s*(u?(?P<q>['\"])(?:\\.|(?!(?P=q)).)*(?P=q))")


def texts_of_template(source: str, origin: str) -> Iterator[Text]:
    """The texts of `translate` and `blocktranslate` tags."""
    for found in CALL.finditer(templatize(source, origin=origin)):
        yield None, ast.literal_eval(found.group(1).removeprefix("u"))


def texts() -> dict[Text, str]:
    """Every text of the product and where it stands."""
    found: dict[Text, str] = {}
    for package in PACKAGES:
        for path in sorted((BASE_DIR / package).rglob("*.py")):
            for text in texts_of_python(path.read_text()):
                found.setdefault(text, str(path.relative_to(BASE_DIR)))
    folders = [BASE_DIR / "templates", *(BASE_DIR / package / "templates" for package in PACKAGES)]
    for path in (path for folder in folders for path in sorted(folder.rglob("*.*")) if path.is_file()):
        for text in texts_of_template(path.read_text(), str(path)):
            found.setdefault(text, str(path.relative_to(BASE_DIR)))
    return {text: place for text, place in found.items() if text[1]}


def missing(catalogue: Path = CATALOGUE) -> list[str]:
    """One sentence per text without a good translation."""
    known = {(e.msgctxt, e.msgid): e for e in polib.pofile(str(catalogue)) if not e.obsolete}
    problems = []
    for (context, msgid), place in texts().items():
        entry = known.get((context, msgid))
        if entry is None or not (entry.msgstr or entry.msgstr_plural.get(0)):
            problems.append(f"{place}: not translated: {msgid!r}")
        elif entry.fuzzy:
            problems.append(f"{place}: translation not confirmed: {msgid!r}")
    for (_context, msgid), entry in known.items():
        said = entry.msgstr or entry.msgstr_plural.get(0, "")
        if said and set(PLACEHOLDER.findall(msgid)) != set(PLACEHOLDER.findall(said)):
            problems.append(f"{catalogue.name}: other placeholders: {msgid!r} → {said!r}")
    return problems


def main() -> int:
    """Print what is missing; 0 when nothing is."""
    django.setup()
    problems = missing()
    print("\n".join(problems) or "Every text is translated.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
