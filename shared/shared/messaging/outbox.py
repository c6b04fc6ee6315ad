"""Publishing: an event is an outbox row in its change's transaction (V62, ARCHITECTURE.md#how-an-event-travels)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.base import PARTITIONS, Event
from shared.events.catalogue import TOPICS
from shared.messaging.bus import Outgoing
from shared.messaging.envelope import headers_of, partition_of
from shared.messaging.signing import Signer
from shared.vocabulary.errors import Conflict
from shared.written import json_of

log = structlog.get_logger()

_WAKE_SECONDS = 0.01
MOST_BYTES = 8 * 1024 * 1024
"""What one transaction of the bus should hold, a single larger event aside."""

INSERT_OUTBOX = text(
    "INSERT INTO outbox"
    " (event_id, type, topic, key, sequence, occurred_at, actor, pilot, traceparent, delegation_id, payload) VALUES"
    " (:event_id, :type, :topic, :key, :sequence, :occurred_at, :actor, :pilot, :traceparent, :delegation_id,"
    " :payload)"
)


def outbox_row(
    event: Event,
    *,
    key: str | UUID,
    sequence: int,
    act: Act,
    spare: int = 0,
    written: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """The row of an event; Conflict when it is larger than its topic allows, `spare` bytes kept free.

    `written` is the JSON of fields that was made before.
    """
    payload = json_of(event, written)
    most = TOPICS[event.TOPIC].max_bytes if event.TOPIC in TOPICS else 512 * 1024
    if len(payload) + spare > most:
        reason = f"{event.TYPE} of {key} has {len(payload)} bytes; its topic allows {most}, {spare} kept free: split it"
        raise Conflict("document_too_large", reason)
    return {
        "event_id": uuid7(),
        "type": event.TYPE,
        "topic": event.TOPIC,
        "key": str(key),
        "sequence": sequence,
        "occurred_at": act.now,
        "actor": act.told_as,
        "pilot": act.pilot,
        "traceparent": act.traceparent,
        "delegation_id": act.delegation_id,
        "payload": payload,
    }


async def announce(
    session: AsyncSession,
    event: Event,
    *,
    key: str | UUID,
    sequence: int,
    act: Act,
    spare: int = 0,
    written: Mapping[str, bytes] | None = None,
) -> UUID:
    """Write the event while the caller holds the aggregate's lock; `sequence` is 1, 2, 3… per aggregate."""
    await session.flush()
    row = outbox_row(event, key=key, sequence=sequence, act=act, spare=spare, written=written)
    await session.execute(INSERT_OUTBOX, row)
    event_id: UUID = row["event_id"]
    return event_id


class _Row:
    """An outbox row with attributes, as `headers_of` reads it."""

    __slots__ = ("_record",)

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record

    def __getattr__(self, name: str) -> Any:
        return self._record[name]


class Sender:
    """Makes the bus records of a service's outbox, each signed with the service's key."""

    def __init__(self, signer: Signer, public_url: str = "") -> None:
        self._signer = signer
        self._public_url = public_url

    def outgoing(self, record: Mapping[str, Any]) -> Outgoing:
        """The bus record of an outbox row."""
        topic, value = record["topic"], bytes(record["payload"])
        return Outgoing(
            topic=topic,
            partition=partition_of(record["key"], TOPICS[topic].partitions if topic in TOPICS else PARTITIONS),
            key=record["key"],
            value=value,
            headers=self._signer.signed(headers_of(_Row(record), self._public_url), value),
        )

    def signed(self, record: Outgoing) -> Outgoing:
        """A bus record of something else than the outbox, with the service's signature."""
        return replace(record, headers=self._signer.signed(record.headers, record.value))


def wake_channel(service: str) -> str:
    """The NOTIFY channel that wakes a service's relay."""
    return "outbox_" + service.replace("-", "_")


class Wake:
    """A NOTIFY after commit, at most one in 10 ms: inside a transaction it takes a database-wide lock."""

    def __init__(self, engine: AsyncEngine, service: str) -> None:
        self._engine = engine
        self._channel = wake_channel(service)
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def poke(self) -> None:
        """Signal that something committed; cheap, and never waits."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._notify())
        else:
            self._again = True

    async def _notify(self) -> None:
        try:
            while True:
                self._again = False
                async with self._engine.connect() as connection:
                    raw: Any = (await connection.get_raw_connection()).driver_connection
                    await raw.execute(f"NOTIFY {self._channel}")
                await asyncio.sleep(_WAKE_SECONDS)
                if not self._again:
                    return
        except Exception as error:  # noqa: BLE001 - the relay polls anyway; a lost wake-up costs a second
            log.info("wake failed", error=type(error).__name__)

    async def close(self) -> None:
        """Wait for the notification under way."""
        if self._task is not None:
            await asyncio.wait([self._task])
