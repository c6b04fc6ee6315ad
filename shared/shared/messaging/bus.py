"""The bus port: publish transactionally from a cursor, read from positions (ARCHITECTURE.md#the-bus)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.messaging.envelope import Headers
from shared.vocabulary.errors import SetupProblem

Positions = dict[tuple[str, int], int]
LoadPositions = Callable[[], Awaitable[Positions]]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to publish."""

    topic: str
    partition: int
    key: str
    value: bytes
    headers: Headers


@dataclass(frozen=True, slots=True)
class Record:
    """A record as readers get it."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes
    headers: Headers


Batches = dict[tuple[str, int], list[Record]]


class Cursor(int):
    """How far a service's outbox is on the bus; it may say whose outbox that is, and which event is at its position."""

    lineage: str | None
    event_id: str | None

    def __new__(cls, position: int, *, lineage: str | None = None, event_id: str | None = None) -> Cursor:
        made = super().__new__(cls, position)
        made.lineage, made.event_id = lineage, event_id
        return made

    @classmethod
    def read(cls, value: bytes, headers: Headers) -> Cursor:
        """From its record; the last release wrote the position alone."""
        said = {name: text.decode() for name, text in headers}
        return cls(int(value), lineage=said.get("lineage"), event_id=said.get("event_id"))

    @staticmethod
    def headers_of(cursor: int) -> Headers:
        """What its record says beside the position; readers of the last release ignore it."""
        said = {name: getattr(cursor, name, None) for name in ("lineage", "event_id")}
        return [(name, text.encode()) for name, text in said.items() if text is not None]


class BusStopped(SetupProblem):
    """The bus is not as this process needs it: an operator has to intervene."""


class Contradiction(BusStopped):
    """The bus and the database contradict each other; `code` says how. It stands until it is reconciled."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class BusRefused(ConnectionError):
    """The bus is reached and refuses this process; the text says why, and holds no secret."""


class Fenced(Exception):
    """Another publisher of the same service took over."""


class Publisher(Protocol):
    """The one active publisher of a service."""

    async def fence(self) -> Cursor | None:
        """End any predecessor and return the cursor it committed last; None when there never was one."""

    async def publish(self, records: Sequence[Outgoing], cursor: int) -> None:
        """All records and the cursor (a Cursor, or its position) in one transaction.

        After any error fence again before the next.
        """

    async def close(self) -> None: ...


class Reader(Protocol):
    """Reads committed records from positions that live with the reader's effects."""

    async def start(self) -> None: ...

    async def fetch(self, *, most: int, wait_seconds: float) -> Batches:
        """At most so many available records, per partition in offset order; empty after `wait_seconds`."""

    async def rewind(self) -> None:
        """Go back to the positions in the reader's database, after a batch that wasn't applied."""

    async def mirror(self, positions: Positions) -> None:
        """Report the reader's positions to the broker, for monitoring only."""

    async def lag(self) -> int:
        """How many offsets lie between the reader and the ends."""

    async def close(self) -> None: ...


class Bus(Protocol):
    """One adapter."""

    async def knock(self) -> None:
        """BusRefused where the bus is reached and doesn't let this process in; one that isn't reached is waited for."""

    async def ensure_topics(self, topics: Sequence[str], cursor_of: str | None = None) -> None:
        """Make missing topics, and the cursor topic of a service, with their settings."""

    async def make_anew(self, topics: Sequence[str]) -> None:
        """Delete topics, where they are, and make them again, empty; only reconciling does this."""

    def publisher(self, service: str) -> Publisher: ...

    def reader(self, service: str, topics: Sequence[str], positions: LoadPositions) -> Reader: ...

    async def identities(self, topics: Sequence[str]) -> dict[str, str]:
        """What sets each topic apart from one of the same name, made anew; without those that aren't there."""

    async def ends(self, topics: Sequence[str]) -> Positions:
        """The next offset of every partition of the topics, which are there."""

    async def is_empty(self, topics: Sequence[str]) -> bool:
        """Whether no topic holds a committed record."""

    async def count_records(self, topics: Sequence[str]) -> int:
        """How many committed records the topics hold."""

    async def close(self) -> None: ...


def cursor_topic(service: str) -> str:
    """The compacted topic, of one partition, that holds a service's relay cursor."""
    return f"relay.cursor.{service}"
