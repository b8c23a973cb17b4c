"""What `make check` looks at. Run as `python -m config.checks`; no server is needed.

Each step runs as a process; two at a time, all of them, then what failed is printed.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from config.engines.places import BASE_DIR

KEY = base64.b64encode(bytes(range(32))).decode()
NOWHERE = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
PRODUCTION = {
    **NOWHERE,
    "TRAINING": "false",
    "SECRET_KEY": base64.b64encode(bytes(range(60, 120))).decode(),
    "ALLOWED_HOSTS": "office.example.cn",
    "CSRF_TRUSTED_ORIGINS": "https://office.example.cn",
    "PERSON_KEYS": f"check:{KEY}",
    "DIGEST_KEY": KEY,
}


@dataclass(frozen=True)
class Step:
    """One thing to check: its name, its command after `python -m`, its environment."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str] = field(default_factory=lambda: NOWHERE)


STEPS = (
    Step("types", ("mypy",)),
    Step("format", ("ruff", "format", "--check", ".")),
    Step("lint", ("ruff", "check", ".")),
    Step("layers", ("config.layers",)),
    Step("templates", ("djlint", "templates", "--lint", "--quiet")),
    Step("migrations complete", ("django", "makemigrations", "--check", "--dry-run")),
    Step("migrations linear", ("config.history",)),
    Step("translations complete", ("config.translations",)),
    Step("deployment", ("django", "check", "--deploy", "--fail-level", "WARNING"), PRODUCTION),
)


def run(step: Step) -> tuple[Step, float, subprocess.CompletedProcess[str]]:
    """Run one step to its end; how long it took and what it said."""
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-W", "ignore::RuntimeWarning", "-m", *step.command],
        cwd=BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", **step.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return step, time.monotonic() - begun, done


def main() -> int:
    """Run every step; 0 when all are content."""
    failed = []
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as pool:
        for step, seconds, done in pool.map(run, STEPS):
            print(
                f"{'ok    ' if done.returncode == 0 else 'FAILED'} {step.name} ({seconds:.1f} s)", flush=True
            )
            if done.returncode:
                failed.append(step.name)
                print(done.stdout, flush=True)
    print(f"Not content: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
