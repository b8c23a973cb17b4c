#!/usr/bin/env python3
"""Run a command of the product. Without DATABASE_URL it brings its own PostgreSQL and Valkey."""

import importlib.util
import os
import sys
from pathlib import Path

VENV_PYTHON = Path(__file__).resolve().parent / ".venv" / "bin" / "python"


def main() -> None:
    """Hand the command to Django, after its servers are there."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if importlib.util.find_spec("django") is None:
        if not VENV_PYTHON.exists() or sys.prefix == str(VENV_PYTHON.parent.parent):
            sys.exit("The product is not installed here yet: run `make install`.")
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), *sys.argv])
    run()


def run() -> None:
    """The part that needs the installed packages."""
    from django.core.management import execute_from_command_line  # may be missing above

    from config import embedded

    try:
        embedded.join_for_command(sys.argv[1:])
    except embedded.EngineError as error:
        sys.exit(str(error))
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
