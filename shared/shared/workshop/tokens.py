"""Mints tokens for development and tests; production services refuse its issuer (ARCHITECTURE.md#who-may-do-what)."""

from __future__ import annotations

import time
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from shared.http.identity import FORMER_ROLES, OFFICERS
from shared.production import DEVELOPMENT_ISSUER_MARK

ISSUER = f"urn:market-1039:{DEVELOPMENT_ISSUER_MARK}"
AUDIENCE = "market-1039"
KEY_ID = f"{DEVELOPMENT_ISSUER_MARK}-1"


class TokenMint:
    """One signing key and the tokens it signs; the key may be kept as PEM."""

    def __init__(self, pem: bytes | None = None, *, key_id: str = KEY_ID) -> None:
        key = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if pem is None
            else serialization.load_pem_private_key(pem, None)
        )
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError("the signing key is not an RSA key")
        self._key = key
        self._key_id = key_id

    def pem(self) -> bytes:
        """The private key, unencrypted: for a development folder of mode 0700 only."""
        return self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def jwks(self) -> dict[str, Any]:
        """The public key set that services verify with."""
        public: dict[str, Any] = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": self._key_id, "use": "sig", "alg": "RS256"}]}

    def token(
        self,
        role: str,
        *,
        actor: str | None = None,
        pilot: str = "longshui",
        subject_id: UUID | str | None = None,
        bank_id: UUID | str | None = None,
        site_id: UUID | str | None = None,
        minutes: int = 15,
        issuer: str = ISSUER,
        more: dict[str, Any] | None = None,
    ) -> str:
        """A bearer token of one role; `actor` is the account and defaults to one per role and party.

        `more` are claims beside these, or instead of them.
        """
        party = subject_id or bank_id or site_id
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": issuer,
            "aud": AUDIENCE,
            "sub": actor or (f"{role}:{party}" if party else role),
            "iat": now,
            "nbf": now,
            "exp": now + minutes * 60,
            "role": role,
            "pilot": pilot,
        }
        parties = {"subject_id": subject_id, "bank_id": bank_id, "site_id": site_id}
        if FORMER_ROLES.get(role, role) in OFFICERS:
            claims["amr"] = ["pwd", "otp"]
        claims |= {name: str(value) for name, value in parties.items() if value is not None}
        return jwt.encode(claims | (more or {}), self._key, "RS256", headers={"kid": self._key_id})
