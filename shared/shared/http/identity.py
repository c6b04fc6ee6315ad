"""Authentication: OIDC bearer tokens verified against the issuer's keys (ARCHITECTURE.md#who-may-do-what)."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import jwt

from shared.http.keys import IssuerKeys
from shared.production import names_development
from shared.scope import NAMED, PARTIES, Newcomer, OfBank, OfSite, OfSubject, Scope, WholeField
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
    "system",
    "security",
    "service",
)
ADMINISTRATORS = frozenset({"system", "security", "auditor"})
"""Who runs the system, who watches over access, who reads the trail: nobody is two of them (GB/T 22239 三权分立)."""
FORMER_ROLES = {"admin": "system"}
"""A role's word in tokens of earlier releases, and what it is now."""
OFFICERS = ADMINISTRATORS | {
    "commerce",
    "customs",
    "tax",
    "safe",
    "market_supervision",
    "ip_office",
    "district",
    "figures",
}
_ALGORITHMS = ["RS256", "ES256"]
_TYPES = {"jwt", "at+jwt", "application/at+jwt"}
_LEEWAY_SECONDS = 60
_LONGEST_TOKEN = 8192
_LONGEST_ACTOR = 255
# A pilot is a word: what means "all" in a policy or a query is none.
_PILOT = re.compile(r"[a-z][a-z0-9_-]{1,39}")
# Only an ID token tells these, and it says who signed in, not what they may do.
_OF_ID_TOKENS = {"nonce", "at_hash", "c_hash"}
# RFC 8176: what a person knows, has and is.
_FACTORS = [{"pwd", "pin", "kba"}, {"otp", "sms", "tel", "hwk", "swk", "sc", "pop"}, {"fpt", "face", "iris", "vbm"}]
_REMEMBERED = 4096
_REMEMBERED_SECONDS = 600


class NotAuthenticated(Exception):
    """No token, or an invalid one; the text gives the reason without repeating the token."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One authenticated caller; `subject_id`, `bank_id` and `site_id` say for which party it acts.

    `delegation_id`: the party is another one, which lets the caller act for it.
    """

    actor: str
    role: str
    pilot: str
    subject_id: UUID | None = None
    bank_id: UUID | None = None
    site_id: UUID | None = None
    issuer: str = ""
    delegation_id: UUID | None = None

    @property
    def principal(self) -> str:
        """Whose an idempotency key is: one account's in one role for one party. No two callers share a text."""
        parties = [None if each is None else str(each) for each in (self.subject_id, self.bank_id, self.site_id)]
        under = [] if self.delegation_id is None else [str(self.delegation_id)]
        return json.dumps([self.issuer, self.actor, self.pilot, self.role, *parties, *under])

    @property
    def lacks(self) -> str:
        """What the token of the caller's role should name and doesn't: subject, bank or site; empty where it does."""
        named = {"subject": self.subject_id, "bank": self.bank_id, "site": self.site_id}
        wanted = NAMED.get(self.role, "")
        return wanted if wanted and named[wanted] is None else ""

    def scope(self, today: date) -> Scope:
        """Whose rows it reaches on a legal day; Forbidden where the token doesn't name the party of its role."""
        named, own = NAMED.get(self.role), (self.pilot, self.role, today, self.actor)
        if named == "bank" and self.bank_id is not None:
            return OfBank(*own, self.bank_id)
        if named == "site" and self.site_id is not None:
            return OfSite(*own, self.site_id)
        if named == "subject" and self.subject_id is not None:
            return OfSubject(*own, self.subject_id)
        return (Newcomer if named == "subject" else WholeField)(*own)

    @property
    def is_party(self) -> bool:
        """Whether it sees only its own rows and those it acts for."""
        return self.role in PARTIES


class TokenVerifier:
    """Verifies bearer tokens; verified ones are remembered until they expire."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        jwks_url: str,
        environment: str,
        longest_minutes: int = 60,
        two_factor_acr: frozenset[str] = frozenset(),
    ) -> None:
        if environment == "production" and names_development(issuer):
            raise SetupProblem(f"ISSUER {issuer} is the development issuer: production refuses it")
        self._issuer = issuer
        self._audience = audience
        self._in_production = environment == "production"
        self._longest_seconds = longest_minutes * 60
        self._two_factor_acr = two_factor_acr
        self._keys = IssuerKeys(jwks_url)
        self._known: dict[str, tuple[float, Caller]] = {}

    async def caller(self, token: str) -> Caller:
        """The caller behind a token, or NotAuthenticated; KeysUnreachable where the issuer was never reached."""
        known = self._known.get(token)
        if known is not None and known[0] > time.time():
            return known[1]
        claims = await self._claims(token)
        caller = _caller_of(claims)
        if caller.role in OFFICERS and not _is_of_two_factors(claims, self._two_factor_acr):
            raise NotAuthenticated("the role needs a sign-in with a second factor (amr or acr)")
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[token] = (min(float(claims["exp"]) + _LEEWAY_SECONDS, time.time() + _REMEMBERED_SECONDS), caller)
        return caller

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > _LONGEST_TOKEN:
            raise NotAuthenticated("the token is too long")
        try:
            claims = await self._decoded(token)
        # What a stranger wrote is parsed before its signature is known: numbers beyond all bounds, and any depth.
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise NotAuthenticated(f"the token was refused: {type(error).__name__}") from error
        if int(claims["exp"]) - int(claims["nbf"] if "nbf" in claims else claims["iat"]) > self._longest_seconds:
            raise NotAuthenticated(f"the token lives longer than {self._longest_seconds // 60} minutes")
        return claims

    async def _decoded(self, token: str) -> dict[str, Any]:
        # Whatever the header says of where keys are (jku, x5u, jwk) is the sender's word and stays unread.
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid")
        if header.get("alg") not in _ALGORITHMS or str(header.get("typ", "JWT")).lower() not in _TYPES:
            raise NotAuthenticated("the token is of another kind")
        if not isinstance(key_id, str) or (self._in_production and names_development(key_id)):
            raise NotAuthenticated("the token names no key of the issuer")
        key = await self._keys.find(key_id)
        if key is None:
            raise NotAuthenticated("the token names no key of the issuer")
        claims = jwt.decode(
            token,
            key,
            algorithms=_ALGORITHMS,
            audience=self._audience,
            issuer=self._issuer,
            leeway=_LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        # Many providers, Keycloak among them, say only when a token was issued: then it counts from there.
        if "nbf" not in claims and "iat" not in claims:
            raise NotAuthenticated("the token doesn't say since when it counts (nbf or iat)")
        return claims


def _caller_of(claims: dict[str, Any]) -> Caller:
    role, pilot, actor = claims.get("role"), claims.get("pilot"), claims["sub"]
    if isinstance(role, str):
        role = FORMER_ROLES.get(role, role)
    if claims.get("typ") == "ID" or _OF_ID_TOKENS & claims.keys():
        raise NotAuthenticated("the token is an ID token: send the access token")
    if role not in ROLES or not isinstance(pilot, str) or not _PILOT.fullmatch(pilot):
        raise NotAuthenticated("the token names no known role or no pilot")
    if not (isinstance(actor, str) and 0 < len(actor) <= _LONGEST_ACTOR and actor.isprintable()):
        raise NotAuthenticated(f"the token names nobody: sub is a text of 1 to {_LONGEST_ACTOR} printable characters")
    try:
        return Caller(
            actor=actor,
            role=role,
            pilot=pilot,
            subject_id=_uuid(claims.get("subject_id")),
            bank_id=_uuid(claims.get("bank_id")),
            site_id=_uuid(claims.get("site_id")),
            issuer=claims["iss"],
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise NotAuthenticated("the token's party is not an id") from error


def _is_of_two_factors(claims: dict[str, Any], acr: frozenset[str]) -> bool:
    """Whether the sign-in had two factors of different kinds (GB/T 22239-2019 8.1.4.1 d)."""
    told = claims.get("amr")
    methods = {each for each in told if isinstance(each, str)} if isinstance(told, list) else set()
    return claims.get("acr") in acr or "mfa" in methods or sum(bool(each & methods) for each in _FACTORS) > 1


def _uuid(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
