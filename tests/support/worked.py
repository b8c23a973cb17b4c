"""Worked cases for a text under test: one for each question that it answers, as it answers it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from schemes.quotes import quote
from schemes.rules.cases import request_of
from schemes.rules.document import LoadedDocument, load


def worked(text: str, cases: str) -> str:
    """The cases of another version with what this text answers, the first of each question; as JSON."""
    document = load(text.encode())
    period = document.period.code if document.period else None
    loaded = LoadedDocument(document, hashlib.sha256(text.encode()).hexdigest(), period)
    found: dict[str, dict[str, Any]] = {}
    for case in json.loads(cases):
        if case["ask"] not in found and "error" not in case["answer"]:
            answer = quote(request_of(case), document=loaded)["answer"]
            if "error" not in answer:
                found[case["ask"]] = {**case, "answer": answer}
    return json.dumps(list(found.values()), ensure_ascii=False)
