"""Rebuilds the tables that only consumers write from the topics and compares them with the live ones (V63)."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import MetaData, delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.database import make_sessions
from shared.messaging.applying import Checked, apply_checked, checked_record, rounds_of, skip_released
from shared.messaging.bus import Batches, Bus, Positions, Record
from shared.messaging.checking import Poison, envelope_of
from shared.messaging.consumer import ACTIVE_CONSUMER_LOCK
from shared.messaging.progress import Key, Progress, progress_of, store_sequences
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.messaging.taking import TAKEN, take_over
from shared.vocabulary.errors import SetupProblem

_CONSUMERS = "consumers"


def consumer_tables(metadata: MetaData) -> list[str]:
    """The names of the tables that only consumers write."""
    return [table.name for table in metadata.sorted_tables if table.info.get("written_by") == _CONSUMERS]


async def projection_hashes(engine: AsyncEngine, metadata: MetaData) -> dict[str, str]:
    """One hash per consumer-only table over its rows, whatever their order."""
    hashes = {}
    async with engine.connect() as connection:
        for name in consumer_tables(metadata):
            hashes[name] = await connection.scalar(
                text(
                    f"SELECT md5(coalesce(string_agg(row_hash, '' ORDER BY row_hash), ''))"
                    f" FROM (SELECT md5(t::text) AS row_hash FROM {name} t) rows"
                )
            )
    return hashes


async def rebuild(
    engine: AsyncEngine, bus: Bus, tables: MessagingTables, subscriptions: Subscriptions, metadata: MetaData
) -> int:
    """Empty the consumer-only tables and apply the topics again up to the service's positions; says how many.

    One transaction: readers see the old rows until the new ones are whole. Only projections run: what the
    service decided or said stays. Refused while the service's worker runs.
    """
    async with make_sessions(engine).begin() as session:
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(ACTIVE_CONSUMER_LOCK))):
            raise SetupProblem("the service's worker is running: stop it, then rebuild")
        lived = await _lived(session, tables)
        for name in reversed(consumer_tables(metadata)):
            await session.execute(delete(metadata.tables[name]))
        again = _Again(session, tables, subscriptions, lived, await _settled(session, tables))

        async def from_zero() -> Positions:
            return {}

        reader = bus.reader("", subscriptions.topics(), from_zero)
        try:
            await reader.start()
            at: Positions = {}
            while any(at.get(where, 0) < position for where, position in lived.items()):
                batches = await reader.fetch(most=1000, wait_seconds=1)
                await again.apply(batches)
                at |= {where: batch[-1].offset + 1 for where, batch in batches.items()}
                if not batches and not await reader.lag():
                    raise SetupProblem("the topics end before the service's positions: they were cut")
        finally:
            await reader.close()
        again.check()
        return again.applied


async def _lived(session: AsyncSession, tables: MessagingTables) -> Positions:
    # Held, so that nobody retries or releases what is parked meanwhile.
    rows = await session.execute(select(tables.consumer_positions).with_for_update())
    return {(row.topic, row.partition): row.position for row in rows}


async def _settled(session: AsyncSession, tables: MessagingTables) -> dict[tuple[str, int, int], str]:
    """The state of every event that was ever parked, by where it lies."""
    parked = tables.parked_events
    rows = await session.execute(select(parked.c.topic, parked.c.partition, parked.c.offset, parked.c.state))
    return {(row.topic, row.partition, row.offset): row.state for row in rows}


class _Again:
    """Applies records as they were lived: what is parked still waits, what was released stays skipped."""

    def __init__(
        self,
        session: AsyncSession,
        tables: MessagingTables,
        subscriptions: Subscriptions,
        lived: Positions,
        settled: dict[tuple[str, int, int], str],
    ) -> None:
        self._session = session
        self._tables = tables
        self._subscriptions = subscriptions
        self._lived = lived
        self._settled = settled
        self._early: dict[Key, dict[int, Record]] = defaultdict(dict)
        self.applied = 0

    async def apply(self, batches: Batches) -> None:
        """Apply what the service had read of these batches."""
        records = [
            record for where, batch in batches.items() for record in batch if record.offset < self._lived.get(where, 0)
        ]
        keys = {(record.topic, record.key) for record in records}
        progress = await progress_of(self._session, self._tables, keys)
        for together in rounds_of(records):
            await self._round(together, progress)
        await self._session.flush()
        await store_sequences(self._session, self._tables, progress)

    async def _round(self, records: list[Record], progress: Progress) -> None:
        lived = []
        for record in records:
            state = self._settled.get((record.topic, record.partition, record.offset))
            if state == "released":
                skip_released(self._subscriptions.trust, progress, record)
            elif state == TAKEN:
                await take_over(self._session, self._subscriptions, record, progress, live=False)
            elif state != "parked":
                lived.append(record)
        await self._project(lived, progress)
        # An event that had waited behind a gap was applied when the gap had closed.
        keys = {(record.topic, record.key) for record in records}
        while waiting := [each for key in keys if (each := self._next(key, progress)) is not None]:
            await self._project(waiting, progress)

    def _next(self, key: Key, progress: Progress) -> Record | None:
        return self._early[key].pop(progress.sequences.get(key, 0) + 1, None)

    async def _project(self, records: list[Record], progress: Progress) -> None:
        found = [await self._checked(record, progress) for record in records]
        checked = [each for each in found if each is not None]
        await apply_checked(self._session, self._subscriptions, checked, progress, live=False)

    async def _checked(self, record: Record, progress: Progress) -> Checked | None:
        trust = self._subscriptions.trust
        try:
            checked = await checked_record(self._session, self._tables, trust, record, progress)
        except Poison as poison:
            if poison.reason != "sequence_gap":
                raise
            self._early[(record.topic, record.key)][envelope_of(record).sequence] = record
            return None
        self.applied += 1
        return checked

    def check(self) -> None:
        """SetupProblem when an applied event found no predecessor: the topics aren't what was lived."""
        if any(self._early.values()):
            raise SetupProblem("the topics lack events that this service had applied: they were cut or replaced")
