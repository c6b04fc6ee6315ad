"""Which tables don't grow, and which statements may read more than they are about: listed with reasons."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path

_LISTED = Path(__file__).with_name("allowed.toml")
_EVERY = "every"


class Allowed:
    """The exceptions of `allowed.toml`; one that nothing needed is told."""

    def __init__(self, listed: Path = _LISTED) -> None:
        told = tomllib.loads(listed.read_text("utf-8"))
        self.small: set[str] = set(told["small"])
        self.empty: set[str] = set(told["empty"])
        self._reads: list[dict[str, str]] = told.get("reads", [])
        self._needed: set[int] = set()
        self._seen: set[str] = set()

    def saw(self, tables: Iterable[str]) -> None:
        """These tables are there."""
        self._seen |= set(tables)

    def may(self, service: str, table: str, text: str) -> bool:
        """Whether a statement may read so much of a table."""
        for place, each in enumerate(self._reads):
            if each["service"] in (service, _EVERY) and each["table"] == table and each["text"] in text:
                self._needed.add(place)
                return True
        return False

    def unused(self) -> list[str]:
        """The exceptions that nothing needed."""
        tables = [
            f"{_LISTED.name}: no service has a table {each}" for each in sorted((self.small | self.empty) - self._seen)
        ]
        reads = [
            f"{_LISTED.name}: nothing reads {each['table']} by {each['text']}"
            for place, each in enumerate(self._reads)
            if place not in self._needed
        ]
        return tables + reads
