"""Papers are kept sealed, typed by content, and come back whole."""

import pytest

from core import files
from core.models import Attachment
from core.roles import system_user

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9000


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def keep(content, name="slip.png", **more):
    return files.keep(name=name, content=content, by=system_user("test"), **more)


def test_a_paper_comes_back_to_the_byte_and_lies_sealed_on_disk(tmp_path):
    paper = keep(PNG)
    assert files.plain_bytes(paper) == PNG
    (stored,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert PNG[:64] not in stored.read_bytes()
    assert paper.content_type == "image/png"


def test_chunks_that_were_rearranged_or_cut_off_are_noticed(tmp_path):
    paper = keep(PNG)
    (stored,) = [p for p in tmp_path.rglob("*") if p.is_file()]
    whole = stored.read_bytes()
    first = 4 + int.from_bytes(whole[:4], "big")
    stored.write_bytes(whole[first:] + whole[:first])
    with pytest.raises(ValueError, match="rearranged"):
        files.plain_bytes(paper)
    stored.write_bytes(whole[:first])
    with pytest.raises(ValueError, match="lost"):
        files.plain_bytes(paper)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"\x00\x01MZ", "file_kind"),
        (b"\xd0\xcf\x11\xe0old", "file_kind"),
        (b"PK\x03\x04x", "file_kind"),
    ],
)
def test_what_is_no_paper_is_refused_and_leaves_nothing(content, code, tmp_path):
    with pytest.raises(files.FileRefused) as refusal:
        keep(content)
    assert refusal.value.code == code
    assert Attachment.objects.count() == 0
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_file_over_the_limit_is_refused(settings, tmp_path):
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(files.FileRefused) as refusal:
        keep(PNG)
    assert refusal.value.code == "file_too_large"
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


def test_a_name_with_folders_loses_them():
    assert keep(PNG, name="../../etc/passwd.png").name == "passwd.png"
