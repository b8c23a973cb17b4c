"""Build `.venv` once for everyone: run by the Makefile with the system's own Python.

Usage: python3 config/environment.py run|dev

One builder at a time; others wait and then find it done. Built again when a requirement file
changes or the environment's Python has gone. Uses nothing but the standard library.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
VENV = BASE_DIR / ".venv"
PYTHON = VENV / "bin" / "python"
FILES = {"run": BASE_DIR / "requirements.txt", "dev": BASE_DIR / "requirements-dev.txt"}


def wanted(level: str) -> str:
    """Names what an environment of this level is made of."""
    found = hashlib.sha256(str(VENV).encode())
    for name in ("run", "dev") if level == "dev" else ("run",):
        found.update(FILES[name].read_bytes())
    return found.hexdigest()


def works(*arguments: str) -> bool:
    """Whether the environment's Python runs this; a moved or half-made one does not."""
    if not PYTHON.exists():
        return False
    done = subprocess.run([PYTHON, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def is_built(level: str) -> bool:
    """Whether the environment holds this level already; `dev` holds `run`."""
    if not works("-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
        return False
    marks = [VENV / f".built-{name}" for name in (("run", "dev") if level == "run" else ("dev",))]
    return any(mark.exists() and mark.read_text() == wanted(mark.name.split("-")[1]) for mark in marks)


def build(level: str) -> None:
    """Make the environment, or bring it up to date in its place."""
    if not works("-m", "pip", "--version"):
        print("Making .venv …", flush=True)
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV])
        if made.returncode:
            sys.exit("Python could not make .venv. On Debian: apt-get install python3-venv.")
    for mark in VENV.glob(".built-*"):
        mark.unlink()
    print(
        f"Installing {FILES[level].name} into .venv (the first time this takes a minute or two) …", flush=True
    )
    command: list[str | Path] = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command += ["--require-hashes", "-r", FILES[level]]
    done = subprocess.run(command, cwd=BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        sys.exit(f"{done.stdout}\npip could not install {FILES[level].name}.")
    (VENV / f".built-{level}").write_text(wanted(level))


def main() -> None:
    """Build what is missing, then compile the catalogue of translations where it is older."""
    if sys.version_info < (3, 11):
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    level = sys.argv[1] if len(sys.argv) > 1 else "run"
    with open(BASE_DIR / ".venv.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another make is building .venv; waiting for it …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), False)
        if not is_built(level):
            build(level)
        if subprocess.run([PYTHON, "-m", "config.catalogue"], cwd=BASE_DIR).returncode:
            sys.exit("The catalogue of translations could not be compiled.")


if __name__ == "__main__":
    main()
