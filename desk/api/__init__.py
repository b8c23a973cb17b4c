"""The API that other systems call, at /api/v1/; its description stands at /api/v1/docs."""

from __future__ import annotations

from desk.api.door import api
from desk.api.quotes import router

api.add_router("", router)

__all__ = ["api"]
