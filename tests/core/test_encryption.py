"""Secrets are unreadable at rest, found by digest, and a change is noticed."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from core.encryption import decrypt, digest, encrypt, forget_keys
from core.fields import masked


@given(st.binary(max_size=300))
def test_what_was_sealed_comes_back(plain):
    assert decrypt(encrypt(plain)) == plain


def test_the_same_number_is_sealed_differently_each_time_and_found_by_one_digest():
    assert encrypt(b"532301199604196171") != encrypt(b"532301199604196171")
    assert digest("532301199604196171") == digest("532301199604196171")
    assert digest("532301199604196171") != digest("532301199604196172")


@pytest.mark.parametrize("place", [0, 5, -1, -20])
def test_one_changed_byte_is_noticed(place):
    sealed = bytearray(encrypt(b"6228483473571432174"))
    sealed[place] ^= 1
    with pytest.raises((InvalidTag, KeyError)):
        decrypt(bytes(sealed))


def test_an_old_key_still_opens_what_it_sealed(settings):
    old = encrypt(b"secret")
    settings.PERSON_KEYS = ["new:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", *settings.PERSON_KEYS]
    forget_keys()
    try:
        assert decrypt(old) == b"secret"
        assert encrypt(b"secret")[2:5] == b"new"
    finally:
        settings.PERSON_KEYS = settings.PERSON_KEYS[1:]
        forget_keys()


def test_sm4_can_be_chosen_and_both_ciphers_are_read(settings):
    aes = encrypt(b"secret")
    settings.PERSON_CIPHER = "SM4-GCM"
    forget_keys()
    try:
        sm4 = encrypt(b"secret")
        assert sm4[:1] == b"S"
        assert decrypt(sm4) == decrypt(aes) == b"secret"
    finally:
        settings.PERSON_CIPHER = "AES-256-GCM"
        forget_keys()


def test_a_mask_shows_only_the_ends():
    assert masked("532301199604196171") == "5323**********6171"
    assert masked("1234") == "****"
