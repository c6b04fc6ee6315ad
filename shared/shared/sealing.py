"""Protects numbers, names, accounts: ciphertext, keyed blind index, mask (V66, ARCHITECTURE.md#personal-data)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from typing import Annotated

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BeforeValidator

from shared.events.registry import Sealed
from shared.vocabulary.identifiers import former_identities, indexed_identity, mask_identity

IDENTITY_PURPOSE = "subject.identity"
"""What a subject's identity number is sealed for; every service that looks for one by its index names it too."""


def _mask(value: object) -> object:
    return value.mask if isinstance(value, Sealed) else value


Mask = Annotated[str, BeforeValidator(_mask)]
"""A sealed value as callers see it: ciphertext and blind index are nobody's to read (V66)."""


class Sealer:
    """Seals with one key; `purpose` (table.column or field name) binds a ciphertext to its place."""

    def __init__(self, secret: str) -> None:
        self._cipher = AESGCM(self._derived(secret, b"seal"))
        self._index_key = self._derived(secret, b"index")

    @staticmethod
    def _derived(secret: str, use: bytes) -> bytes:
        return HKDF(SHA256(), 32, None, b"market-1039/" + use).derive(secret.encode())

    def seal(self, text: str, *, purpose: str, mask: str | None = None) -> Sealed:
        """A sealed value; equal texts of one purpose have equal blind indexes and different ciphertexts."""
        nonce = os.urandom(12)
        ciphertext = nonce + self._cipher.encrypt(nonce, text.encode(), purpose.encode())
        return Sealed(
            mask=mask_identity(text) if mask is None else mask,
            blind_index=self.blind_index(text, purpose=purpose),
            ciphertext="k1." + base64.b64encode(ciphertext).decode(),
        )

    def blind_index(self, text: str, *, purpose: str) -> str:
        """What equality is searched by."""
        return hmac.new(self._index_key, f"{purpose}\x00{text}".encode(), hashlib.sha256).hexdigest()

    def identity_index(self, kind: str, number: str, country: str) -> str:
        """The blind index of a subject's identity in every service; InvalidIdentifier where it is none (R-FILE-4)."""
        return self.blind_index(indexed_identity(kind, number, country), purpose=IDENTITY_PURPOSE)

    def former_identity_indexes(self, kind: str, number: str, country: str) -> list[str]:
        """The blind indexes that rows of earlier releases may have for the same identity."""
        texts = former_identities(kind, number, country)
        return [self.blind_index(text, purpose=IDENTITY_PURPOSE) for text in texts]

    def open(self, sealed: Sealed, *, purpose: str) -> str:
        """The text; raises InvalidTag where the ciphertext was made for another purpose or key."""
        raw = base64.b64decode(sealed.ciphertext.removeprefix("k1."))
        return self._cipher.decrypt(raw[:12], raw[12:], purpose.encode()).decode()
