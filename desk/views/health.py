"""Is the service whole? For load balancers and operators; says nothing of persons."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from redis import Redis, RedisError


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return "down"
    return "ok" if _newest_migrations() <= applied.keys() else "migrations missing"


@lru_cache(maxsize=1)
def _newest_migrations() -> frozenset[tuple[str, str]]:
    """The last migration of each app, as this process' code has them."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _broker() -> dict[str, str]:
    client = Redis.from_url(
        settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True
    )
    try:
        client.ping()
        tick = client.get("beat:tick")
    except (RedisError, OSError):
        return {"broker": "down", "beat": "unknown"}
    finally:
        client.close()
    return {"broker": "ok", "beat": str(tick or "never")}


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database, migrations and broker are there, else 503; beat's last tick is named."""
    facts = {"database": _database(), **_broker()}
    whole = facts["database"] == "ok" and facts["broker"] == "ok"
    return JsonResponse({"ok": whole, **facts}, status=200 if whole else 503)
