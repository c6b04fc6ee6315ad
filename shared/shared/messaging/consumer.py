"""Apply: a batch's effects and the positions behind it in one transaction (ARCHITECTURE.md#how-an-event-travels)."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from typing import Any, TypeVar

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from shared.database import is_transient, make_sessions
from shared.messaging.active import Seat
from shared.messaging.applying import apply_records
from shared.messaging.bus import Batches, Bus, BusStopped, Contradiction, Positions, Reader, Record
from shared.messaging.cancelling import only_asked, pause
from shared.messaging.checking import UNTRUSTED_REASONS, Poison
from shared.messaging.comparing import make_topics, require_same_topics
from shared.messaging.failpoints import failpoint
from shared.messaging.outbox import Wake
from shared.messaging.parked_row import parked_row, reason_of, tell_parked
from shared.messaging.progress import (
    CONFLICTING,
    CONFLICTS,
    GAPS,
    ID_CONFLICT,
    UNTRUSTED,
    PositionMoved,
    Progress,
    held_positions,
    move_positions,
    progress_of,
    show_counters,
    store_sequences,
)
from shared.messaging.standing import Standing, note, noted
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables

PARKED = Gauge("parked_events", "Events waiting for a person", ["service"])
LAG = Gauge("consumer_lag", "Offsets between the consumer and the ends", ["service"])
STALLED = Counter("consumer_stalled_total", "Times the bus client stood still and was built anew", ["service"])
log = structlog.get_logger()
Answer = TypeVar("Answer")

_MOST = 500
# A batch costs ten statements, however few events are in it: while they keep coming, small ones wait for each other.
_APART_SECONDS = 0.05
_SMALL = 100
_WAIT_SECONDS = 0.5
_STALL_SECONDS = 20.0
_MOST_STALLS = 3
ACTIVE_CONSUMER_LOCK = 1039_0003
_ALARMS = {"sequence_gap": GAPS, ID_CONFLICT: CONFLICTS, **dict.fromkeys(UNTRUSTED_REASONS, UNTRUSTED)}
_BEHIND = Poison("behind", "an earlier event of this aggregate is parked")


class Stalled(Exception):
    """Records are waiting but the reader delivers none."""


class Consumer:
    """Runs until stopped; many may run, one is active, and positions move by compare-and-set all the same."""

    def __init__(
        self,
        engine: AsyncEngine,
        tables: MessagingTables,
        bus: Bus,
        subscriptions: Subscriptions,
        wake: Wake,
        *,
        stall_seconds: float = _STALL_SECONDS,
    ) -> None:
        self._engine = engine
        self._sessions = make_sessions(engine)
        self._tables = tables
        self._bus = bus
        self._subscriptions = subscriptions
        self._wake = wake
        self._stall_seconds = stall_seconds
        self._stalls = 0
        self._service = subscriptions.service
        show_counters(subscriptions)
        STALLED.labels(self._service)
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self.seat = Seat(self._service, "consumer", url, ACTIVE_CONSUMER_LOCK)
        self.ready = self.seat.ready
        self.standing = Standing()

    async def run(self, stop: asyncio.Event) -> None:
        """Read and apply until stopped; rebuild the reader when infrastructure fails; raise Stalled after too long."""
        patience = 0.1
        while not stop.is_set():
            started = time.monotonic()
            try:
                with only_asked():
                    await self._as_active(stop)
            except BusStopped:
                raise
            except Exception as error:
                # Clients of bus and database fail in many ways; after any failure they are opened again.
                self.seat.failed(error)
                if isinstance(error, Stalled):
                    self._stalls += 1
                    STALLED.labels(self._service).inc()
                    if self._stalls > _MOST_STALLS:
                        raise
                log.warning("consumer begins anew", error=f"{type(error).__name__}: {error}")
                patience = 0.1 if time.monotonic() - started > 30 else min(patience * 2, 5.0)
                await pause(stop, patience)

    async def _as_active(self, stop: asyncio.Event) -> None:
        async with self.seat.taken(stop) as active:
            if not active:
                return
            async with self._engine.connect() as connection:
                await connection.execution_options(isolation_level="AUTOCOMMIT")
                await self._read_until_contradicted(stop, connection)

    async def _read_until_contradicted(self, stop: asyncio.Event, connection: AsyncConnection) -> None:
        """Read; where something stands against the service, wait until it is gone, and say so."""
        raw = (await connection.get_raw_connection()).driver_connection
        try:
            if not await noted(raw):
                await self._read(stop, raw)
        except Contradiction as found:
            await note(raw, "consumer", found)
        await self.standing.outlast(raw, stop, self.ready)

    async def _read(self, stop: asyncio.Event, raw: Any) -> None:
        topics = self._subscriptions.topics()
        lived = {topic for (topic, _), position in (await self.positions()).items() if position}
        await make_topics(raw, self._bus, topics, lived=lived)
        reader = self._bus.reader(self._service, topics, self.positions)
        try:
            await reader.start()
            self.seat.begin()
            fed = checked = time.monotonic()
            while not stop.is_set():
                self.seat.check()
                batches = await self._answered(reader.fetch(most=_MOST, wait_seconds=_WAIT_SECONDS))
                failpoint("consumer.fetched")
                next_at = time.monotonic() + _APART_SECONDS
                if batches:
                    # Offsets of a topic made anew look the same.
                    await require_same_topics(raw, self._bus, sorted({topic for topic, _ in batches}))
                    await self.apply(reader, batches)
                    self._stalls = 0
                    fed = time.monotonic()
                    if sum(map(len, batches.values())) < _SMALL:
                        await pause(stop, next_at - fed)
                if time.monotonic() - checked > 1:
                    checked = time.monotonic()
                    if await noted(raw):
                        return
                    await require_same_topics(raw, self._bus, topics)
                    fed = await self._watch(reader, fed)
        finally:
            # A client that hangs may hang on closing too.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._stall_seconds):
                    await reader.close()

    async def _answered(self, asked: Awaitable[Answer]) -> Answer:
        try:
            async with asyncio.timeout(self._stall_seconds):
                return await asked
        except TimeoutError as error:
            raise Stalled(f"the client has not answered for {self._stall_seconds} s") from error

    async def _watch(self, reader: Reader, fed: float) -> float:
        """Note when the consumer last received records or had none to read; Stalled if that is too long ago."""
        lag = await self._answered(reader.lag())
        LAG.labels(self._service).set(lag)
        await self._count_parked()
        if not lag:
            self.seat.well()
            self._stalls = 0
            return time.monotonic()
        if time.monotonic() - fed > self._stall_seconds:
            raise Stalled(f"{lag} offsets behind and nothing read for {self._stall_seconds} s")
        return fed

    async def _count_parked(self) -> None:
        table = self._tables.parked_events
        counts = select(func.count(), func.count().filter(table.c.reason == ID_CONFLICT))
        async with self._sessions() as session:
            waiting, conflicting = (await session.execute(counts.where(table.c.state == "parked"))).one()
        PARKED.labels(self._service).set(waiting)
        CONFLICTING.labels(self._service).set(conflicting)

    async def positions(self) -> Positions:
        """The positions that this service has reached, from its own database."""
        table = self._tables.consumer_positions
        async with self._sessions() as session:
            return {(row.topic, row.partition): row.position for row in await session.execute(select(table))}

    async def apply(self, reader: Reader, batches: Batches) -> None:
        """Apply all in one transaction; if an event fails, apply one by one and park what can't be applied."""
        try:
            async with self._sessions.begin() as session:
                session.info["wake"] = self._wake
                progress = await self._apply_all(session, batches)
        except PositionMoved:
            await reader.rewind()
            return
        except Exception as error:
            # Any failure that isn't the infrastructure's was caused by one event.
            if is_transient(error):
                raise
            await self._one_by_one(reader, batches)
            return
        failpoint("consumer.after_commit")
        self.seat.well()
        self._tell(progress)
        self._wake.poke()
        await reader.mirror({where: records[-1].offset + 1 for where, records in batches.items()})

    async def _apply_all(self, session: AsyncSession, batches: Batches) -> Progress:
        await self._hold(session, {where: batch[0].offset for where, batch in batches.items()})
        records = [record for batch in batches.values() for record in batch]
        progress = await progress_of(session, self._tables, {(each.topic, each.key) for each in records})
        progress.behind += [each for each in records if (each.topic, each.key) in progress.parked]
        free = [each for each in records if (each.topic, each.key) not in progress.parked]
        await apply_records(session, self._tables, self._subscriptions, free, progress, live=True)
        await session.flush()
        await store_sequences(session, self._tables, progress)
        if progress.behind:
            waiting = [parked_row(record, _BEHIND) for record in progress.behind]
            await session.execute(insert(self._tables.parked_events), waiting)
        failpoint("consumer.effects_written")
        await move_positions(session, {where: (each[0].offset, each[-1].offset + 1) for where, each in batches.items()})
        failpoint("consumer.before_commit")
        return progress

    async def _hold(self, session: AsyncSession, seen: Positions) -> None:
        """Lock the partitions' positions; raise PositionMoved if another consumer is already further."""
        for where, position in (await held_positions(session, self._tables, sorted(seen))).items():
            if position > seen[where]:
                raise PositionMoved(f"{where[0]}/{where[1]}")

    async def _one_by_one(self, reader: Reader, batches: Batches) -> None:
        """Apply each event in its own transaction, so that only the failing one and those behind it are parked."""
        for _, records in sorted(batches.items()):
            for record in records:
                try:
                    await self._apply_or_park(record)
                except PositionMoved:
                    await reader.rewind()
                    return
        self._wake.poke()
        await self._count_parked()

    async def _apply_or_park(self, record: Record) -> None:
        try:
            async with self._sessions.begin() as session:
                session.info["wake"] = self._wake
                progress = await self._apply_all(session, {(record.topic, record.partition): [record]})
        except PositionMoved:
            raise
        except Exception as error:
            # A bug in a handler, even one that shows only at commit, parks its event and stops nothing else.
            if is_transient(error):
                raise
            await self._park(record, error)
            return
        self._tell(progress)

    async def _park(self, record: Record, error: Exception) -> None:
        async with self._sessions.begin() as session:
            await self._hold(session, {(record.topic, record.partition): record.offset})
            await session.execute(insert(self._tables.parked_events), parked_row(record, error))
            await move_positions(session, {(record.topic, record.partition): (record.offset, record.offset + 1)})
        if (alarm := _ALARMS.get(reason_of(error))) is not None:
            alarm.labels(self._service).inc()
        tell_parked(record, error)

    def _tell(self, progress: Progress) -> None:
        progress.publish(self._service)
        for record in progress.behind:
            tell_parked(record, _BEHIND)
