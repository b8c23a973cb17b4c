"""Whether each app's migrations form one line, without branches or merges.

Run as `python -m config.history`; reads the files, needs no database.
"""

from __future__ import annotations

import sys
from collections import defaultdict

import django
from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from config.engines.places import BASE_DIR


def branches(own: set[str]) -> list[str]:
    """One sentence per migration of these apps that has two successors or two predecessors."""
    loader = MigrationLoader(None, ignore_no_migrations=True)
    after: dict[tuple[str, str], list[str]] = defaultdict(list)
    found = []
    for (app, name), migration in sorted(loader.disk_migrations.items()):
        if app not in own:
            continue
        before = [parent for parent in migration.dependencies if parent[0] == app]
        if len(before) > 1:
            found.append(f"{app}.{name} merges {len(before)} lines.")
        for parent in before:
            after[parent[0], parent[1]].append(name)
    for (app, name), followers in after.items():
        if len(followers) > 1:
            found.append(f"{app}.{name} is followed by {' and '.join(followers)}.")
    return found


def main() -> int:
    """Print what is not linear; 0 when nothing is."""
    django.setup()
    own = {config.label for config in apps.get_app_configs() if config.path.startswith(str(BASE_DIR))}
    found = branches({label for label in own if (BASE_DIR / label).is_dir()})
    print("\n".join(found) or "Each app's migrations form one line.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
