"""Who is asking: OIDC bearer tokens verified against the issuer's keys (architecture.md §7)."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import jwt

from shared.vocabulary.errors import SetupProblem

ROLES = (
    "stall_holder",
    "operator",
    "buyer",
    "agent",
    "broker",
    "carrier",
    "site_operator",
    "bank",
    "commerce",
    "customs",
    "tax",
    "safe",
    "market_supervision",
    "ip_office",
    "district",
    "figures",
    "auditor",
    "admin",
    "service",
)
PARTIES = frozenset({"stall_holder", "operator", "buyer", "agent", "broker", "carrier"})
DEVELOPMENT_ISSUER_MARK = "development-only"
_ALGORITHMS = ["RS256", "ES256"]
_LEEWAY_SECONDS = 60
_REMEMBERED = 4096


class NotAuthenticated(Exception):
    """No token, or one that can't be believed; the text says why without echoing it."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated caller; `subject_id`, `bank_id` and `site_id` say for which party it acts."""

    actor: str
    role: str
    pilot: str
    subject_id: UUID | None = None
    bank_id: UUID | None = None
    site_id: UUID | None = None

    @property
    def is_party(self) -> bool:
        """Whether it sees only its own rows and those it acts for."""
        return self.role in PARTIES


class TokenVerifier:
    """Verifies bearer tokens; keys are cached, and so are verified tokens until they expire."""

    def __init__(self, *, issuer: str, audience: str, jwks_url: str, environment: str) -> None:
        if environment == "production" and DEVELOPMENT_ISSUER_MARK in issuer:
            raise SetupProblem(f"ISSUER {issuer} is the development issuer: production refuses it")
        self._issuer = issuer
        self._audience = audience
        self._keys = jwt.PyJWKClient(jwks_url, cache_keys=True, lifespan=600, timeout=5)
        self._known: dict[str, tuple[float, Caller]] = {}

    async def caller(self, token: str) -> Caller:
        """The caller behind a token, or NotAuthenticated."""
        known = self._known.get(token)
        if known is not None and known[0] > time.time():
            return known[1]
        claims = await asyncio.to_thread(self._claims, token)
        caller = _caller_of(claims)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[token] = (float(claims["exp"]) + _LEEWAY_SECONDS, caller)
        return caller

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > 8192:
            raise NotAuthenticated("the token is too long")
        try:
            key = self._keys.get_signing_key_from_jwt(token)
            return jwt.decode(
                token,
                key,
                algorithms=_ALGORITHMS,
                audience=self._audience,
                issuer=self._issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError as error:
            raise NotAuthenticated(f"the token was refused: {type(error).__name__}") from error


def _caller_of(claims: dict[str, Any]) -> Caller:
    role = claims.get("role")
    pilot = claims.get("pilot")
    if role not in ROLES or not isinstance(pilot, str) or not pilot:
        raise NotAuthenticated("the token names no known role or no pilot")
    try:
        return Caller(
            actor=str(claims["sub"]),
            role=role,
            pilot=pilot,
            subject_id=_uuid(claims.get("subject_id")),
            bank_id=_uuid(claims.get("bank_id")),
            site_id=_uuid(claims.get("site_id")),
        )
    except ValueError as error:
        raise NotAuthenticated("the token's party is not an id") from error


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
