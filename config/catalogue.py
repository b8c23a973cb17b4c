"""Compile the catalogues of translations with polib: a user's machine has no gettext.

Run as `python -m config.catalogue`; compiles what is older than its source.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import polib

from config.engines.places import BASE_DIR


def compile_all(top: Path = BASE_DIR / "locale") -> list[Path]:
    """Write each `.mo` that is missing or older than its `.po`; the files written.

    Raises:
        OSError: a source cannot be read, or is no catalogue.
    """
    written = []
    for source in sorted(top.glob("*/LC_MESSAGES/*.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        draft = target.with_suffix(f".{os.getpid()}")
        polib.pofile(str(source)).save_as_mofile(str(draft))
        draft.replace(target)
        written.append(target)
    return written


if __name__ == "__main__":
    try:
        compile_all()
    except OSError as error:
        sys.exit(str(error))
