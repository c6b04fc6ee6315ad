"""The keys that seal, each with its id; new values are sealed by the newest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from pydantic import SecretStr

FIRST = "k1"
"""The id of SEALING_KEY, which was the only key of 0.1.0."""

_ENTRY = re.compile(r"([a-z][a-z0-9]{0,15}):(\S+)")


class KeyRing:
    """Secrets by their ids; `newest` seals, all open."""

    def __init__(self, secrets: dict[str, str], newest: str = "") -> None:
        """`newest` is the last one where nothing else is said; ValueError for an id that there isn't."""
        if not secrets:
            raise ValueError("SEALING_KEY is missing, and SEALING_KEYS has no other")
        self._secrets = secrets
        self.newest = newest or list(secrets)[-1]
        if self.newest not in secrets:
            raise ValueError(f"SEALING_WITH names {self.newest}, which is no key of the ring")

    def __iter__(self) -> Iterator[str]:
        return iter(self._secrets)

    def __contains__(self, key: object) -> bool:
        return key in self._secrets

    def secret(self, key: str) -> bytes:
        """The secret of a key's id; KeyError where the ring lacks it."""
        return self._secrets[key].encode()


def read_ring(first: str, more: str, newest: str = "") -> KeyRing:
    """The ring of the settings SEALING_KEY, SEALING_KEYS and SEALING_WITH; ValueError says what is wrong with them."""
    secrets = {FIRST: first} if first else {}
    for entry in more.split():
        read = _ENTRY.fullmatch(entry)
        if read is None:
            raise ValueError("an entry of SEALING_KEYS is no id:secret, such as k2:…")
        if read[1] in secrets:
            raise ValueError(f"the key {read[1]} is there twice")
        secrets[read[1]] = read[2]
    return KeyRing(secrets, newest)


class ToldKeys(Protocol):
    """Settings that say which keys seal."""

    @property
    def sealing_key(self) -> SecretStr: ...
    @property
    def sealing_keys(self) -> SecretStr: ...
    @property
    def sealing_with(self) -> str: ...


def ring_of(told: ToldKeys) -> KeyRing:
    """The ring that settings tell; ValueError says what is wrong with them."""
    return read_ring(told.sealing_key.get_secret_value(), told.sealing_keys.get_secret_value(), told.sealing_with)
