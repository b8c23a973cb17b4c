"""Papers and uploads: typed by content, encrypted in chunks, kept outside the web root."""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.encryption import decrypt, encrypt
from core.errors import Refused
from core.models import Attachment, Office, User
from core.write import write

CHUNK = 1024 * 1024
SHEETS = frozenset({"xlsx", "csv"})
PAPERS = frozenset({"pdf", "png", "jpg"})
TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
}


class FileRefused(Refused):
    """The file is too large, empty, or not of a kind that is taken here."""

    code = "file_kind"
    sentence = _("This file cannot be taken. Please upload one of: %(kinds)s.")


def kind_of(head: bytes) -> str:
    """The kind by content: xlsx, csv, pdf, png, jpg, zip, ole, or unknown."""
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        return "ole"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # text in UTF-16, as spreadsheets save "Unicode text"
        return "csv"
    return "unknown" if b"\0" in head else "csv"


def _kind(content: BinaryIO) -> str:
    kind = kind_of(content.read(4096))
    content.seek(0)
    if kind != "zip":
        return kind
    try:
        names = zipfile.ZipFile(content).namelist()
    except zipfile.BadZipFile:
        return "unknown"
    finally:
        content.seek(0)
    return "xlsx" if "xl/workbook.xml" in names and "xl/vbaProject.bin" not in names else "zip"


@write
def keep(
    *,
    name: str,
    content: bytes | BinaryIO,
    by: User,
    kinds: frozenset[str] = SHEETS | PAPERS,
    office: Office | None = None,
    unit_code: str = "",
) -> Attachment:
    """Store a file encrypted and record it.

    Raises FileRefused: empty, over UPLOAD_MAX_BYTES, or of a kind that is not in `kinds`.
    """
    stream = BytesIO(content) if isinstance(content, bytes) else content
    kind = _kind(stream)
    if kind not in kinds:
        raise FileRefused(kinds=", ".join(sorted(kinds)))
    stored_as = uuid.uuid4().hex
    size, sha = _seal(stream, _path(stored_as))
    if size == 0:
        _path(stored_as).unlink()
        raise FileRefused(code="file_empty", sentence=_("This file is empty."))
    return Attachment.objects.create(
        name=Path(name).name[:200],
        content_type=TYPES[kind],
        size=size,
        sha256=sha,
        stored_as=stored_as,
        office=office,
        unit_code=unit_code,
        uploaded_by=by,
    )


def _path(stored_as: str) -> Path:
    folder = Path(settings.MEDIA_ROOT) / stored_as[:2]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder / stored_as


def _seal(stream: BinaryIO, path: Path) -> tuple[int, str]:
    """Write `length, encrypt(index + chunk)` records; (size, SHA-256 of the plain content)."""
    sha, size, index = hashlib.sha256(), 0, 0
    with open(path, "wb") as out:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > settings.UPLOAD_MAX_BYTES:
                path.unlink()
                raise FileRefused(
                    code="file_too_large",
                    sentence=_("This file is larger than %(mb)s MB. Please split it."),
                    mb=settings.UPLOAD_MAX_BYTES // CHUNK,
                )
            sha.update(chunk)
            sealed = encrypt(struct.pack(">Q", index) + chunk)
            out.write(struct.pack(">I", len(sealed)) + sealed)
            index += 1
        out.flush()
        os.fsync(out.fileno())
    return size, sha.hexdigest()


def plain_chunks(attachment: Attachment) -> Iterator[bytes]:
    """The plain content, chunk by chunk. Raises ValueError when records are missing or out of order."""
    size = 0
    with open(_path(attachment.stored_as), "rb") as sealed:
        index = 0
        while head := sealed.read(4):
            plain = decrypt(sealed.read(struct.unpack(">I", head)[0]))
            if struct.unpack(">Q", plain[:8])[0] != index:
                raise ValueError("a stored file has been rearranged")
            yield plain[8:]
            size += len(plain) - 8
            index += 1
    if size != attachment.size:
        raise ValueError("a stored file has lost a part")


def plain_bytes(attachment: Attachment) -> bytes:
    """The whole plain content."""
    return b"".join(plain_chunks(attachment))


@contextmanager
def plain_path(attachment: Attachment) -> Iterator[Path]:
    """A temporary plain copy (0600) with the file's own suffix, gone afterwards."""
    with tempfile.NamedTemporaryFile(suffix=Path(attachment.name).suffix) as plain:
        for chunk in plain_chunks(attachment):
            plain.write(chunk)
        plain.flush()
        yield Path(plain.name)
