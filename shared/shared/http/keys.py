"""The token issuer's signing keys: refreshed early, kept while it is unreachable, requested at a limited rate."""

from __future__ import annotations

import asyncio
import time

import jwt
import structlog

_FRESH_SECONDS = 600.0
_PAUSE_SECONDS = 30.0
_TIMEOUT_SECONDS = 5
log = structlog.get_logger()


class KeysUnreachable(OSError):
    """The issuer's keys could not be read yet, so no token can be verified for now."""


class IssuerKeys:
    """The issuer's key set by key id; a key that left the set is no longer believed once it has been read again."""

    def __init__(self, jwks_url: str) -> None:
        self._client = jwt.PyJWKClient(jwks_url, cache_keys=False, cache_jwk_set=False, timeout=_TIMEOUT_SECONDS)
        self._keys: dict[str, jwt.PyJWK] = {}
        self._reading = asyncio.Lock()
        self._fresh_until = self._asked_at = -_FRESH_SECONDS

    async def find(self, key_id: str) -> jwt.PyJWK | None:
        """The key of that id; None for one that isn't in the set, KeysUnreachable where no set was ever read."""
        # A caller whose token has a known key never waits for the issuer.
        if self._is_due(key_id) and not (key_id in self._keys and self._reading.locked()):
            async with self._reading:
                if self._is_due(key_id):
                    await self._read()
        if not self._keys:
            raise KeysUnreachable
        return self._keys.get(key_id)

    def _is_due(self, key_id: str) -> bool:
        now = time.monotonic()
        # An unknown id may be a new key's or made up: ask the issuer, but only once in a while.
        return now >= self._fresh_until or (key_id not in self._keys and now >= self._asked_at + _PAUSE_SECONDS)

    async def _read(self) -> None:
        self._asked_at = time.monotonic()
        try:
            keys = await asyncio.to_thread(self._client.get_signing_keys)
        except (jwt.PyJWTError, ValueError, OSError) as error:
            log.warning("issuer_keys_unreachable", error=type(error).__name__)
            # Until keys were read once, retry sooner: the issuer may still be starting.
            self._fresh_until = time.monotonic() + (_PAUSE_SECONDS if self._keys else 1.0)
        else:
            self._keys = {key.key_id: key for key in keys if key.key_id}
            self._fresh_until = time.monotonic() + _FRESH_SECONDS
