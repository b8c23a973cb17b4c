"""One click, one effect; inner writes join the outer one."""

import pytest

from core.models import Office, Once
from core.write import write

pytestmark = pytest.mark.django_db


@write
def open_center(*, code: str) -> Office:
    return Office.objects.create(code=code, name="centre", kind="center")


@write
def open_two(*, fail: bool) -> Office:
    first = open_center(code="00")
    if fail:
        raise RuntimeError
    return first


def test_the_second_click_returns_the_first_result():
    first = open_center(code="00", once="form-1")
    assert open_center(code="00", once="form-1") == first
    assert Office.objects.count() == 1


def test_a_failed_outer_write_takes_the_inner_one_with_it():
    with pytest.raises(RuntimeError):
        open_two(fail=True)
    assert Office.objects.count() == 0


def test_a_failed_write_gives_its_key_back():
    with pytest.raises(RuntimeError):
        open_two(fail=True, once="form-2")
    assert Once.objects.count() == 0
    assert open_two(fail=False, once="form-2").code == "00"
