"""Logs as JSON lines with the request's id and without personal data."""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Here:
    """What is known of the request that is being answered."""

    request_id: str = ""
    ip: str | None = None


NOWHERE = Here()
here: ContextVar[Here] = ContextVar("here", default=NOWHERE)

SECRETS = re.compile(r"\d{6,}[0-9Xx]*")


def redacted(text: str) -> str:
    """The text without anything that could be an identity, card or telephone number."""
    return SECRETS.sub("***", text)


class RequestIdFilter(logging.Filter):
    """Give each record the id of the request it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = here.get().request_id
        return True


class JsonFormatter(logging.Formatter):
    """One JSON object a line: an exception as its type and places, never its message (it may quote a row)."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "request": getattr(record, "request_id", ""),
            "message": redacted(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(record.exc_info[2])
            ][-12:]
        return json.dumps(line, ensure_ascii=False)
