"""The algorithms that seal: AES-256-GCM with HMAC-SHA-256, or SM4-GCM with HMAC-SM3 (GB/T 39786)."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from functools import cached_property, lru_cache

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256, SM3, HashAlgorithm
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.vocabulary.errors import SetupProblem

_NONCE = 12
_TAG = 16


class Suite(ABC):
    """One suite: keys are derived for one use each; a ciphertext begins with its nonce."""

    name: str
    key_bytes: int

    @abstractmethod
    def _hash(self) -> HashAlgorithm: ...

    @abstractmethod
    def encrypt(self, key: bytes, text: bytes, place: bytes) -> bytes:
        """The nonce and the ciphertext of a text, bound to a place."""

    @abstractmethod
    def decrypt(self, key: bytes, sealed: bytes, place: bytes) -> bytes:
        """The text; InvalidTag where key or place is another."""

    def derived(self, secret: bytes, use: str) -> bytes:
        """The key of one use."""
        return _derived(self, secret, use)

    def derive(self, secret: bytes, use: str) -> bytes:
        info = f"market-1039/{self.name}/{use}".encode()
        return HKDF(self._hash(), self.key_bytes, None, info).derive(secret)

    def digest(self, key: bytes, text: bytes) -> str:
        """A keyed digest, in hexadecimal digits."""
        made = HMAC(key, self._hash())
        made.update(text)
        return made.finalize().hex()

    @cached_property
    def is_available(self) -> bool:
        """Whether this machine's OpenSSL has the algorithms."""
        try:
            key = self.derive(b"probe", "probe")
            return self.decrypt(key, self.encrypt(key, b"text", b""), b"") == b"text" and bool(self.digest(key, b""))
        except UnsupportedAlgorithm:
            return False


@lru_cache(maxsize=256)
def _derived(suite: Suite, secret: bytes, use: str) -> bytes:
    return suite.derive(secret, use)


class _Aes(Suite):
    name = "aes"
    key_bytes = 32

    def _hash(self) -> HashAlgorithm:
        return SHA256()

    def encrypt(self, key: bytes, text: bytes, place: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(key).encrypt(nonce, text, place)

    def decrypt(self, key: bytes, sealed: bytes, place: bytes) -> bytes:
        if len(sealed) < _NONCE + _TAG:
            raise InvalidTag
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], place)

    @staticmethod
    def _former(secret: bytes, use: bytes) -> bytes:
        return HKDF(SHA256(), 32, None, b"market-1039/" + use).derive(secret)

    def open_former(self, secret: bytes, sealed: bytes, purpose: bytes) -> bytes:
        """The text of a value as 0.1.0 sealed it."""
        return self.decrypt(self._former(secret, b"seal"), sealed, purpose)

    def former_index(self, secret: bytes, text: str) -> str:
        """The blind index as 0.1.0 wrote it."""
        return self.digest(self._former(secret, b"index"), text.encode())


class _Gm(Suite):
    name = "gm"
    key_bytes = 16

    def _hash(self) -> HashAlgorithm:
        return SM3()

    def encrypt(self, key: bytes, text: bytes, place: bytes) -> bytes:
        nonce = os.urandom(_NONCE)
        made = Cipher(SM4(key), GCM(nonce)).encryptor()
        made.authenticate_additional_data(place)
        return nonce + made.update(text) + made.finalize() + made.tag

    def decrypt(self, key: bytes, sealed: bytes, place: bytes) -> bytes:
        if len(sealed) < _NONCE + _TAG:
            raise InvalidTag
        opened = Cipher(SM4(key), GCM(sealed[:_NONCE], sealed[-_TAG:])).decryptor()
        opened.authenticate_additional_data(place)
        return opened.update(sealed[_NONCE:-_TAG]) + opened.finalize()


AES = _Aes()
GM = _Gm()
SUITES: dict[str, Suite] = {each.name: each for each in (AES, GM)}


def suite_named(name: str) -> Suite:
    """The suite that new values are sealed by; SetupProblem where OpenSSL lacks its algorithms."""
    if not SUITES[name].is_available:
        raise SetupProblem(f"SEALING_SUITE={name}: the OpenSSL of this installation has no SM4-GCM or no SM3")
    return SUITES[name]
