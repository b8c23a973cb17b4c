"""Persons' secrets: ciphers that name their key, and keyed digests for look-ups.

A value is `version byte | length of key name | key name | nonce (12) | ciphertext and tag`.
The version names the cipher: A = AES-256-GCM, S = SM4-GCM (its key is the first 16 bytes).
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

NONCE = 12
TAG = 16
CIPHERS = {"AES-256-GCM": b"A", "SM4-GCM": b"S"}


@lru_cache(maxsize=1)
def _keys() -> dict[bytes, bytes]:
    keys = {}
    for entry in settings.PERSON_KEYS:
        name, _, secret = entry.partition(":")
        keys[name.encode()] = base64.b64decode(secret)
    if not keys:
        raise ImproperlyConfigured("PERSON_KEYS is empty: no key for persons' data")
    if any(len(key) != 32 for key in keys.values()):
        raise ImproperlyConfigured("each key in PERSON_KEYS is 32 bytes in base64")
    return keys


@lru_cache(maxsize=8)
def _aes(key: bytes) -> AESGCM:
    return AESGCM(key)


@lru_cache(maxsize=1)
def _current() -> tuple[bytes, bytes, bytes]:
    name, key = next(iter(_keys().items()))
    version = CIPHERS[settings.PERSON_CIPHER]
    return version, key, version + bytes([len(name)]) + name


@lru_cache(maxsize=1)
def _digest_key() -> bytes:
    if not settings.DIGEST_KEY:
        raise ImproperlyConfigured("DIGEST_KEY is empty: no key for look-ups of persons' data")
    return base64.b64decode(settings.DIGEST_KEY)


def encrypt(plain: bytes) -> bytes:
    """Encrypt with the first key of the ring."""
    version, key, head = _current()
    nonce = os.urandom(NONCE)
    if version == b"A":
        return head + nonce + _aes(key).encrypt(nonce, plain, head)
    encryptor = Cipher(SM4(key[:16]), modes.GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(head)
    return head + nonce + encryptor.update(plain) + encryptor.finalize() + encryptor.tag


def decrypt(value: bytes) -> bytes:
    """Decrypt with the key that the value names.

    Raises cryptography's InvalidTag for a changed value, KeyError for a key that is not in the ring.
    """
    value = bytes(value)
    length = 2 + value[1]
    head, nonce, sealed = value[:length], value[length : length + NONCE], value[length + NONCE :]
    key = _keys()[head[2:]]
    if head[:1] == b"A":
        return _aes(key).decrypt(nonce, sealed, head)
    decryptor = Cipher(SM4(key[:16]), modes.GCM(nonce, sealed[-TAG:])).decryptor()
    decryptor.authenticate_additional_data(head)
    return decryptor.update(sealed[:-TAG]) + decryptor.finalize()


def digest(plain: str) -> bytes:
    """The keyed digest (16 bytes) under which a secret is found again."""
    return hashlib.blake2b(plain.encode(), digest_size=16, key=_digest_key()).digest()


def forget_keys() -> None:
    """Read the key ring anew (after the settings changed)."""
    for cached in (_keys, _aes, _current, _digest_key):
        cached.cache_clear()
