"""Rebuild what only consumers write, from the topics, and compare it with what was lived (V63)."""

from __future__ import annotations

from sqlalchemy import MetaData, delete, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.database import make_sessions
from shared.messaging.applying import Poison, apply_record, progress_of, store_sequences
from shared.messaging.bus import Batches, Bus, Positions
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables

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
    """Empty the consumer-only tables and apply the topics again up to the service's positions; returns how many.

    Run it while the service's worker is stopped. Only projections run: what the service decided or said stays.
    """
    sessions = make_sessions(engine)
    async with sessions.begin() as session:
        table = tables.consumer_positions
        until: Positions = {
            (row.topic, row.partition): row.position for row in await session.execute(select(table))
        }
        for name in reversed(consumer_tables(metadata)):
            await session.execute(delete(metadata.tables[name]))

    async def from_zero() -> Positions:
        return {}

    reader = bus.reader("", subscriptions.topics(), from_zero)
    await reader.start()
    at: Positions = {}
    applied = 0
    try:
        while any(at.get(where, 0) < position for where, position in until.items()):
            batches = await reader.fetch(most=1000, wait_seconds=1)
            async with sessions.begin() as session:
                applied += await _apply(session, tables, subscriptions, batches, until)
            for where, batch in batches.items():
                at[where] = batch[-1].offset + 1
            if not batches and not await reader.lag():
                break
    finally:
        await reader.close()
    return applied


async def _apply(
    session: AsyncSession,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    batches: Batches,
    until: Positions,
) -> int:
    parked = tables.parked_events
    unsettled = await session.execute(
        select(parked.c.topic, parked.c.partition, parked.c.offset).where(parked.c.state != "applied")
    )
    skipped = {(row.topic, row.partition, row.offset) for row in unsettled}
    records = [
        record
        for where, batch in batches.items()
        for record in batch
        if record.offset < until.get(where, 0) and (*where, record.offset) not in skipped
    ]
    progress = await progress_of(session, tables, {(record.topic, record.key) for record in records})
    progress.parked.clear()
    for record in records:
        try:
            await apply_record(session, subscriptions, record, progress, live=False)
        except Poison as poison:
            # A released event left a hole in its aggregate's sequence; what followed it was applied all the same.
            if poison.reason != "sequence_gap":
                raise
            progress.sequences[(record.topic, record.key)] = _before(record.headers)
            await apply_record(session, subscriptions, record, progress, live=False)
    await store_sequences(session, tables, progress)
    return len(records)


def _before(headers: list[tuple[str, bytes]]) -> int:
    return int(dict(headers)["ce_sequence"]) - 1
