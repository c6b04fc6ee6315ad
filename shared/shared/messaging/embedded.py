"""The embedded bus: the same topics, partitions and offsets as tables of one PostgreSQL database."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg

from shared.events.base import PARTITIONS
from shared.messaging.bus import (
    Batches,
    BusStopped,
    Contradiction,
    Cursor,
    Fenced,
    LoadPositions,
    Outgoing,
    Positions,
    Record,
    cursor_topic,
)
from shared.messaging.embedded_walls import bus_role, lock_tables, make_tables
from shared.messaging.envelope import Headers, owner_of
from shared.messaging.failpoints import failpoint

_CHANNEL = "bus_records"
# The most a reader holds at once, except for a single event that is larger.
_MOST_BYTES = 8 * 1024 * 1024
# A publisher frozen inside a transaction keeps its fence row locked: the server ends it for the successor.
_SESSION = {"timezone": "UTC", "lock_timeout": "20000", "idle_in_transaction_session_timeout": "10000"}
_MAKES_TABLES = "SELECT has_schema_privilege('public', 'CREATE')"
_IDENTITIES = """
SELECT topic, md5(string_agg(identity::text, ',' ORDER BY partition)) AS identity
FROM bus_partitions WHERE topic = ANY($1) GROUP BY topic
"""
_FROM = """
SELECT * FROM (
    SELECT "offset", key, value, headers, sum(octet_length(value)) OVER (ORDER BY "offset") AS bytes
    FROM bus_records WHERE topic = $1 AND partition = $2 AND "offset" >= $3 ORDER BY "offset" LIMIT $4
) next WHERE bytes <= $5 OR bytes = octet_length(value) ORDER BY "offset"
"""


_ADD_RECORDS = """
INSERT INTO bus_records (topic, partition, "offset", key, value, headers)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::bytea[], $6::bytea[])
"""


def _packed(headers: Headers) -> bytes:
    return json.dumps([[name, value.decode()] for name, value in headers], ensure_ascii=False).encode()


def _unpacked(stored: bytes) -> Headers:
    return [(name, value.encode()) for name, value in json.loads(stored)]


class EmbeddedBus:
    """One adapter of `shared.messaging.bus.Bus`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool: asyncpg.Pool | None = None

    async def pool(self) -> asyncpg.Pool:
        """The connections to the bus database, opened when first needed."""
        if self._pool is None:
            self._pool = await asyncpg.create_pool(self.url, min_size=0, max_size=4, server_settings=_SESSION)
        return self._pool

    async def knock(self) -> None:
        """Does nothing: what PostgreSQL refuses it says itself."""

    async def ensure_topics(self, topics: Sequence[str], cursor_of: str | None = None) -> None:
        wanted = [(topic, partition) for topic in topics for partition in range(PARTITIONS)]
        if cursor_of is not None:
            wanted.append((cursor_topic(cursor_of), 0))
        async with (await self.pool()).acquire() as connection, connection.transaction():
            await lock_tables(connection)
            if await connection.fetchval(_MAKES_TABLES):
                await make_tables(connection)
            else:
                wanted = await self._own(connection, wanted)
            await connection.executemany(
                "INSERT INTO bus_partitions (topic, partition) VALUES ($1, $2) ON CONFLICT DO NOTHING", wanted
            )

    async def _own(self, connection: Any, wanted: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """What a service's role may make: its own topics. Who reads another's waits for it."""
        if await connection.fetchval("SELECT to_regclass('bus_records')") is None:
            raise BusStopped("the bus's database holds no log: run `marketctl db upgrade` as its owner")
        role = await connection.fetchval("SELECT current_user")
        return [each for each in wanted if role == bus_role(owner_of(each[0].removeprefix(cursor_topic(""))))]

    async def make_anew(self, topics: Sequence[str]) -> None:
        async with (await self.pool()).acquire() as connection, connection.transaction():
            if await connection.fetchval(_MAKES_TABLES):
                await connection.execute("DELETE FROM bus_records WHERE topic = ANY($1)", list(topics))
                await connection.execute("DELETE FROM bus_partitions WHERE topic = ANY($1)", list(topics))
            else:
                await connection.execute("SELECT bus_make_anew($1)", list(topics))
        await self.ensure_topics(topics)

    def publisher(self, service: str) -> EmbeddedPublisher:
        return EmbeddedPublisher(self, service)

    def reader(self, service: str, topics: Sequence[str], positions: LoadPositions) -> EmbeddedReader:
        return EmbeddedReader(self, list(topics), positions)

    async def ends(self, topics: Sequence[str]) -> Positions:
        """The next offset of every partition."""
        rows = await (await self.pool()).fetch(
            "SELECT topic, partition, next_offset FROM bus_partitions WHERE topic = ANY($1)", list(topics)
        )
        return {(row["topic"], row["partition"]): row["next_offset"] for row in rows}

    async def identities(self, topics: Sequence[str]) -> dict[str, str]:
        pool = await self.pool()
        try:
            rows = await pool.fetch(_IDENTITIES, list(topics))
        except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError):
            # A log that nobody has used, or one of the last release.
            await self.ensure_topics([])
            rows = await pool.fetch(_IDENTITIES, list(topics))
        return {row["topic"]: row["identity"] for row in rows}

    async def is_empty(self, topics: Sequence[str]) -> bool:
        return not any((await self.ends(topics)).values())

    async def count_records(self, topics: Sequence[str]) -> int:
        counted: int = await (await self.pool()).fetchval(
            "SELECT count(*) FROM bus_records WHERE topic = ANY($1)", list(topics)
        )
        return counted

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.close()
            self._pool = None


class EmbeddedPublisher:
    """Publishes under its epoch; a newer epoch fences it, and waits for its open transaction first."""

    def __init__(self, bus: EmbeddedBus, service: str) -> None:
        self._bus = bus
        self._service = service
        self._epoch = 0

    async def fence(self) -> Cursor | None:
        pool = await self._bus.pool()
        self._epoch = await pool.fetchval(
            "INSERT INTO bus_producers (service, epoch) VALUES ($1, 1)"
            " ON CONFLICT (service) DO UPDATE SET epoch = bus_producers.epoch + 1 RETURNING epoch",
            self._service,
        )
        last = await pool.fetchrow(
            'SELECT value, headers FROM bus_records WHERE topic = $1 AND partition = 0 ORDER BY "offset" DESC LIMIT 1',
            cursor_topic(self._service),
        )
        return None if last is None else Cursor.read(last["value"], _unpacked(last["headers"]))

    async def publish(self, records: Sequence[Outgoing], cursor: int) -> None:
        async with (await self._bus.pool()).acquire() as connection:
            async with connection.transaction():
                epoch = await connection.fetchval(
                    "SELECT epoch FROM bus_producers WHERE service = $1 FOR UPDATE", self._service
                )
                if epoch != self._epoch:
                    raise Fenced(f"{self._service} is published by epoch {epoch} now")
                failpoint("relay.before_flush")
                said, at = str(int(cursor)).encode(), cursor_topic(self._service)
                cursor_record = Outgoing(at, 0, self._service, said, Cursor.headers_of(cursor))
                await _append(connection, [*records, cursor_record])
                await connection.execute(
                    'DELETE FROM bus_records WHERE topic = $1 AND partition = 0 AND "offset" <'
                    ' (SELECT max("offset") FROM bus_records WHERE topic = $1 AND partition = 0)',
                    cursor_topic(self._service),
                )
                failpoint("relay.before_commit")
            failpoint("relay.after_commit")
            await connection.execute(f"NOTIFY {_CHANNEL}")

    async def close(self) -> None:
        """Nothing to close: it holds nothing between transactions."""


async def _append(connection: Any, records: Sequence[Outgoing]) -> None:
    """Append with gapless offsets: each partition's row stays locked to commit, in sorted order."""
    grouped: dict[tuple[str, int], list[Outgoing]] = defaultdict(list)
    for record in records:
        grouped[(record.topic, record.partition)].append(record)
    rows = []
    for (topic, partition), group in sorted(grouped.items()):
        end = await connection.fetchval(
            "UPDATE bus_partitions SET next_offset = next_offset + $3 WHERE topic = $1 AND partition = $2"
            " RETURNING next_offset",
            topic,
            partition,
            len(group),
        )
        if end is None:
            said = f"topic {topic} has no partition {partition} that this service may write"
            raise BusStopped(f"{said}: run the worker of its owner once to make it")
        for offset, record in enumerate(group, end - len(group)):
            rows.append((topic, partition, offset, record.key, record.value, _packed(record.headers)))
    # COPY would be refused where each service writes its own topics only (row-level security).
    await connection.execute(_ADD_RECORDS, *map(list, zip(*rows, strict=True)))


class EmbeddedReader:
    """Reads all partitions of its topics, woken by NOTIFY with slow polling behind it."""

    def __init__(self, bus: EmbeddedBus, topics: list[str], positions: LoadPositions) -> None:
        self._bus = bus
        self._topics = topics
        self._load = positions
        self._at: Positions = {}
        self._listening: Any = None
        self._woken = asyncio.Event()

    async def start(self) -> None:
        self._listening = await asyncpg.connect(self._bus.url)
        await self._listening.add_listener(_CHANNEL, lambda *_: self._woken.set())
        await self.rewind()
        ends = await self._bus.ends(self._topics)
        for where, position in self._at.items():
            if position > ends.get(where, 0):
                raise Contradiction(
                    "position_beyond",
                    f"position {position} lies beyond the end of {where[0]}/{where[1]}: the topic was made anew or cut",
                )

    async def rewind(self) -> None:
        loaded = await self._load()
        self._at = {where: position for where, position in loaded.items() if where[0] in self._topics}

    async def fetch(self, *, most: int, wait_seconds: float) -> Batches:
        self._woken.clear()
        batches = await self._ready(most)
        if batches:
            return batches
        try:
            await asyncio.wait_for(self._woken.wait(), wait_seconds)
        except TimeoutError:
            if self._listening.is_closed():
                raise ConnectionError("the bus database closed the listening connection") from None
        return await self._ready(most)

    async def _ready(self, most: int) -> Batches:
        batches: Batches = {}
        ends = await self._bus.ends(self._topics)
        ready = [where for where, end in ends.items() if end > self._at.get(where, 0)]
        for where in ready:
            position, share = self._at.get(where, 0), (max(1, most // len(ready)), _MOST_BYTES // len(ready))
            rows = await (await self._bus.pool()).fetch(_FROM, *where, position, *share)
            # Offsets have no gaps: if the record at a position is gone, a later one must not be taken for it.
            if not rows or rows[0]["offset"] != position:
                said = f"position {position} is no longer in {where[0]}/{where[1]}: the topic was cut or replaced"
                raise Contradiction("topic_cut", said)
            batches[where] = [
                Record(*where, row["offset"], row["key"], row["value"], _unpacked(row["headers"])) for row in rows
            ]
            self._at[where] = rows[-1]["offset"] + 1
        return batches

    async def mirror(self, positions: Positions) -> None:
        """Does nothing: there is no broker to report to."""

    async def lag(self) -> int:
        ends = await self._bus.ends(self._topics)
        return sum(end - self._at.get(where, 0) for where, end in ends.items())

    async def close(self) -> None:
        if self._listening is not None:
            await self._listening.close()
