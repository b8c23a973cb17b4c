"""People by the thousand: a staging table filled by COPY, then set-based statements with their history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.db import connection, models

from core.encryption import digest, encrypt
from core.identifiers import id_birth_date, id_sex
from core.models import Run, User
from core.pinyin import sort_key
from enrollment.models import Member

HISTORY = {"history_id", "history_date", "history_type", "history_user_id", "history_change_reason"}


class Staged(NamedTuple):
    """One person as a file states them; secrets already encrypted, each with the digest it is found by."""

    row: int
    digest: bytes
    id_number: bytes
    name: str
    name_pinyin: str
    sex: str
    birth_date: date
    phone: bytes
    phone_digest: bytes | None
    bank_name: str
    card_number: bytes
    card_digest: bytes | None
    kind: str | None
    continuing: bool | None
    paid: Any
    ok: bool


STAGED_SQL = """
DROP TABLE IF EXISTS pg_temp.staged;
CREATE TEMP TABLE staged (
  row bigint, digest bytea, id_number bytea, name text, name_pinyin text, sex text, birth_date date,
  phone bytea, phone_digest bytea, bank_name text, card_number bytea, card_digest bytea,
  kind text, continuing boolean, paid numeric(14, 2), ok boolean
) ON COMMIT DROP
"""

NEW_MEMBERS_SQL = """
WITH new AS (
  INSERT INTO enrollment_member (id, id_number, id_digest, name, name_pinyin, sex, birth_date,
                                 phone, phone_digest, bank_name, card_number, card_digest)
  SELECT c.member_id, s.id_number, s.digest, s.name, s.name_pinyin, s.sex, s.birth_date,
         s.phone, s.phone_digest, s.bank_name, s.card_number, s.card_digest
  FROM checked c JOIN staged s USING (row)
  WHERE c.good AND c.is_new
  ORDER BY s.digest
  ON CONFLICT (id_digest) DO NOTHING
  RETURNING *
)
"""

FOUND_MEMBERS_SQL = """
UPDATE checked c SET member_id = m.id FROM enrollment_member m
WHERE c.is_new AND m.id_digest = c.digest AND m.id <> c.member_id
"""
NEXT_MEMBER = "nextval('enrollment_member_id_seq')"


def staged(
    *,
    row: int,
    id_number: str,
    name: str,
    phone: str = "",
    bank: str = "",
    card: str = "",
    kind: str | None = None,
    continuing: bool | None = None,
    paid: Any = None,
    ok: bool = True,
) -> Staged:
    """A person ready for COPY; sex and date of birth are those of the (sound) identity number."""
    return Staged(
        row,
        digest(id_number),
        encrypt(id_number.encode()),
        name,
        sort_key(name),
        id_sex(id_number),
        id_birth_date(id_number),
        encrypt(phone.encode()) if phone else b"",
        digest(phone) if phone else None,
        bank,
        encrypt(card.encode()) if card else b"",
        digest(card) if card else None,
        kind,
        continuing,
        paid,
        ok,
    )


def stage(people: Iterable[Staged]) -> None:
    """Fill the staging table of this transaction by COPY, row by row as they are read."""
    with connection.cursor() as cursor:
        cursor.execute(STAGED_SQL)
        with cursor.copy("COPY staged FROM STDIN") as copy:
            for person in people:
                copy.write_row(person)
        cursor.execute("ANALYZE staged (row, digest)")


def add_members(run: Run, *, expected: int) -> None:
    """Add the `expected` people of `checked` that are new, in the order of their digests.

    The order is the same in every run, so two imports that share people wait for each other, never crosswise.
    Whom another import has added meanwhile is found by digest.
    """
    if not expected:
        return
    with connection.cursor() as cursor:
        cursor.execute(NEW_MEMBERS_SQL + history_sql(Member, "new"), history_values("+", run))
        if cursor.rowcount < expected:
            cursor.execute(FOUND_MEMBERS_SQL)


def sign(row: models.Model, by: User, reason: str = "") -> None:
    """Who changes a record and why, for the history that its `save` or `delete` writes."""
    row._history_user = by  # type: ignore[attr-defined]
    row._change_reason = reason[:100]  # type: ignore[attr-defined]


def history_columns(model: type[models.Model]) -> Sequence[str]:
    """The columns that a model's history follows."""
    past = model.history.model  # type: ignore[attr-defined]
    return [field.column for field in past._meta.concrete_fields if field.column not in HISTORY]


def history_sql(model: type[models.Model], source: str) -> str:
    """The statement that writes history rows for the rows of a named query; see `history_values`."""
    columns = ", ".join(history_columns(model))
    table = model.history.model._meta.db_table  # type: ignore[attr-defined]
    return (
        f"INSERT INTO {table} ({columns}, history_date, history_type, history_user_id,"
        " history_change_reason) "
        f"SELECT {columns}, now(), %s, %s, %s FROM {source}"
    )


def history_values(kind: str, run: Run) -> list[Any]:
    """Kind (+ ~ -), the user, and the run as the reason."""
    return [kind, run.started_by_id, f"run:{run.pk}"]
