"""Sealed values as release 0.1.0 made them, written down once more: what it left must still be read."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def former_value(secret: str, text: str, purpose: str, *, mask: str, indexed: str = "") -> dict[str, str]:
    """The value as a document holds it; `indexed` is the text that it is searched by, where that is another."""
    nonce = hashlib.sha256(text.encode()).digest()[:12]
    sealed = nonce + AESGCM(_key(secret, "seal")).encrypt(nonce, text.encode(), purpose.encode())
    return {
        "mask": mask,
        "blind_index": former_index(secret, indexed or text, purpose),
        "ciphertext": "k1." + base64.b64encode(sealed).decode(),
    }


def former_index(secret: str, text: str, purpose: str) -> str:
    """The blind index of a text."""
    return hmac.new(_key(secret, "index"), f"{purpose}\x00{text}".encode(), hashlib.sha256).hexdigest()


def _key(secret: str, use: str) -> bytes:
    return HKDF(SHA256(), 32, None, f"market-1039/{use}".encode()).derive(secret.encode())
