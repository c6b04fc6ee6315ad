"""Apply: a batch's effects and the positions behind it in one transaction (architecture.md §2.3–5)."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import structlog
from prometheus_client import Gauge
from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from shared.database import is_transient, make_sessions
from shared.messaging.applying import Poison, apply_record, envelope_of, progress_of, store_sequences
from shared.messaging.bus import Batches, Bus, BusStopped, Positions, Reader, Record
from shared.messaging.failpoints import failpoint
from shared.messaging.outbox import Wake
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables

PARKED = Gauge("parked_events", "Events waiting for a person", ["service"])
LAG = Gauge("consumer_lag", "Offsets between the consumer and the ends", ["service"])
STALLED = Gauge(
    "consumer_stalled_total", "Times the bus client was built anew for lack of progress", ["service"]
)
log = structlog.get_logger()

_MOST = 500
_WAIT_SECONDS = 0.5
_STALL_SECONDS = 20
_ACTIVE_CONSUMER_LOCK = 1039_0003


class PositionMoved(Exception):
    """Somebody else moved a position: this consumer's batch is void."""


class Stalled(Exception):
    """There is something to read and nothing comes."""


class Consumer:
    """Runs until stopped; many may run, one is active, and positions move by compare-and-set all the same."""

    def __init__(
        self, engine: AsyncEngine, tables: MessagingTables, bus: Bus, subscriptions: Subscriptions, wake: Wake
    ) -> None:
        self._engine = engine
        self._sessions = make_sessions(engine)
        self._tables = tables
        self._bus = bus
        self._subscriptions = subscriptions
        self._wake = wake
        self._service = subscriptions.service
        self.ready = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Read and apply; on any failure of the infrastructure back off and build the reader anew."""
        pause = 0.1
        while not stop.is_set():
            try:
                await self._as_active(stop)
                pause = 0.1
            except BusStopped:
                raise
            except Exception as error:  # noqa: BLE001 - clients of bus and database fail in many ways; rebuild them
                if isinstance(error, Stalled):
                    STALLED.labels(self._service).inc()
                log.warning("consumer begins anew", error=f"{type(error).__name__}: {error}")
                await _sleep(stop, pause)
                pause = min(pause * 2, 5.0)

    async def _as_active(self, stop: asyncio.Event) -> None:
        async with self._engine.connect() as lock:
            await lock.execution_options(isolation_level="AUTOCOMMIT")
            while not await lock.scalar(select(func.pg_try_advisory_lock(_ACTIVE_CONSUMER_LOCK))):
                self.ready.set()
                await _sleep(stop, 1.0)
                if stop.is_set():
                    return
            try:
                await self._read(stop, lock)
            finally:
                if not lock.closed and not lock.invalidated:
                    await lock.execute(select(func.pg_advisory_unlock(_ACTIVE_CONSUMER_LOCK)))

    async def _read(self, stop: asyncio.Event, lock: AsyncConnection) -> None:
        topics = self._subscriptions.topics()
        await self._bus.ensure_topics(topics)
        reader = self._bus.reader(self._service, topics, self.positions)
        try:
            await reader.start()
            self.ready.set()
            fed = checked = time.monotonic()
            while not stop.is_set():
                batches = await reader.fetch(most=_MOST, wait_seconds=_WAIT_SECONDS)
                failpoint("consumer.fetched")
                if batches:
                    await self.apply(reader, batches)
                    fed = time.monotonic()
                elif time.monotonic() - checked > 1:
                    checked = time.monotonic()
                    await lock.execute(text("SELECT 1"))
                    await self._watch(reader, fed)
        finally:
            await reader.close()

    async def _watch(self, reader: Reader, fed: float) -> None:
        lag = await reader.lag()
        LAG.labels(self._service).set(lag)
        # Markers of transactions are offsets without a record: a lag of a few is no stall.
        if lag > 100 and time.monotonic() - fed > _STALL_SECONDS:
            raise Stalled(f"{lag} offsets behind and nothing read for {_STALL_SECONDS} s")

    async def positions(self) -> Positions:
        """Where this service is, from its own database."""
        table = self._tables.consumer_positions
        async with self._sessions() as session:
            return {(row.topic, row.partition): row.position for row in await session.execute(select(table))}

    async def apply(self, reader: Reader, batches: Batches) -> None:
        """Apply the batches in one transaction; where an event resists, one by one, parking what can't be applied."""
        try:
            async with self._sessions.begin() as session:
                session.info["wake"] = self._wake
                await self._apply_all(session, batches)
        except PositionMoved:
            await reader.rewind()
            return
        except Exception as error:  # noqa: BLE001 - anything but the infrastructure's failure is the event's
            if is_transient(error):
                await reader.rewind()
                raise
            await self._one_by_one(reader, batches)
            return
        failpoint("consumer.after_commit")
        self._wake.poke()
        await reader.mirror({where: records[-1].offset + 1 for where, records in batches.items()})

    async def _apply_all(self, session: AsyncSession, batches: Batches) -> None:
        records = [record for batch in batches.values() for record in batch]
        progress = await progress_of(session, self._tables, {(each.topic, each.key) for each in records})
        for record in records:
            await apply_record(session, self._subscriptions, record, progress, live=True)
        await store_sequences(session, self._tables, progress)
        failpoint("consumer.effects_written")
        for where, batch in sorted(batches.items()):
            await self._move(session, where, batch[0].offset, batch[-1].offset + 1)
        await session.flush()
        failpoint("consumer.before_commit")

    async def _move(self, session: AsyncSession, where: tuple[str, int], seen: int, position: int) -> None:
        """Compare-and-set: only forward, and only from at most the first offset of the batch."""
        table = self._tables.consumer_positions
        moving = upsert(table).values(topic=where[0], partition=where[1], position=position)
        moved = await session.execute(
            moving.on_conflict_do_update(
                index_elements=[table.c.topic, table.c.partition],
                set_={"position": position},
                where=table.c.position <= seen,
            ).returning(table.c.position)
        )
        if moved.first() is None:
            raise PositionMoved(f"{where[0]}/{where[1]}")

    async def _one_by_one(self, reader: Reader, batches: Batches) -> None:
        for where, records in sorted(batches.items()):
            for record in records:
                try:
                    async with self._sessions.begin() as session:
                        session.info["wake"] = self._wake
                        await self._apply_or_park(session, record)
                        await self._move(session, where, record.offset, record.offset + 1)
                except PositionMoved:
                    await reader.rewind()
                    return
        self._wake.poke()

    async def _apply_or_park(self, session: AsyncSession, record: Record) -> None:
        progress = await progress_of(session, self._tables, {(record.topic, record.key)})
        try:
            async with session.begin_nested():
                await apply_record(session, self._subscriptions, record, progress, live=True)
                await session.flush()
        except Exception as error:  # noqa: BLE001 - a bug in a handler parks its event instead of stopping the rest
            if is_transient(error):
                raise
            await self._park(session, record, error)
            return
        await store_sequences(session, self._tables, progress)

    async def _park(self, session: AsyncSession, record: Record, error: Exception) -> None:
        reason = error.reason if isinstance(error, Poison) else "handler_error"
        text_of_error = f"{type(error).__name__}: {error}" if not isinstance(error, Poison) else str(error)
        log.error("parked", topic=record.topic, key=record.key, offset=record.offset, reason=reason)
        await session.execute(insert(self._tables.parked_events), parked_row(record, reason, text_of_error))
        PARKED.labels(self._service).inc()


def parked_row(record: Record, reason: str, error: str) -> dict[str, Any]:
    """The row that keeps a record whole until a person has settled it."""
    try:
        envelope = envelope_of(record)
        event_type, sequence = envelope.type, envelope.sequence
    except Poison:
        event_type, sequence = "", None
    headers = json.dumps([[name, value.decode("latin-1")] for name, value in record.headers])
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "type": event_type,
        "sequence": sequence,
        "headers": headers.encode(),
        "value": record.value,
        "reason": reason,
        "error": error[:2000],
    }


def parked_record(row: Any) -> Record:
    """The record of a parked row, as it was read."""
    headers = [(name, value.encode("latin-1")) for name, value in json.loads(bytes(row.headers))]
    return Record(row.topic, row.partition, row.offset, row.key, bytes(row.value), headers)


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
