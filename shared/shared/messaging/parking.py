"""Parked events: list, retry in order, release by two persons with a reason (architecture.md §2.5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import is_transient
from shared.messaging.applying import Poison, apply_record, progress_of, store_sequences
from shared.messaging.consumer import parked_record
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.vocabulary.errors import Conflict, NotFound


async def list_parked(session: AsyncSession, tables: MessagingTables) -> list[Row[Any]]:
    """Everything that waits, in the order it came."""
    table = tables.parked_events
    return list(
        (await session.execute(select(table).where(table.c.state == "parked").order_by(table.c.id))).all()
    )


async def _one(session: AsyncSession, tables: MessagingTables, parked_id: int) -> Row[Any]:
    table = tables.parked_events
    row = (await session.execute(select(table).where(table.c.id == parked_id).with_for_update())).first()
    if row is None:
        raise NotFound(f"no parked event {parked_id}")
    if row.state != "parked":
        raise Conflict("parked_event_settled", f"the event is {row.state}")
    return row


async def retry_aggregate(
    session: AsyncSession, tables: MessagingTables, subscriptions: Subscriptions, parked_id: int
) -> int:
    """Apply the event's aggregate again from its first parked event on; stops at the first that still resists."""
    row = await _one(session, tables, parked_id)
    return await _apply_waiting(session, tables, subscriptions, row.topic, row.key)


async def _apply_waiting(
    session: AsyncSession, tables: MessagingTables, subscriptions: Subscriptions, topic: str, key: str
) -> int:
    table = tables.parked_events
    waiting = await session.execute(
        select(table)
        .where(table.c.state == "parked", table.c.topic == topic, table.c.key == key)
        .order_by(table.c.id)
        .with_for_update()
    )
    progress = await progress_of(session, tables, {(topic, key)})
    applied = 0
    for row in waiting.all():
        try:
            async with session.begin_nested():
                await apply_record(
                    session, subscriptions, parked_record(row), progress, live=True, retrying=True
                )
                await session.flush()
        except Exception as error:  # noqa: BLE001 - what still resists stays parked, with its newest error
            if is_transient(error):
                raise
            reason = error.reason if isinstance(error, Poison) else "handler_error"
            await session.execute(
                update(table).where(table.c.id == row.id).values(reason=reason, error=str(error)[:2000])
            )
            break
        await session.execute(
            update(table).where(table.c.id == row.id).values(state="applied", settled_at=func.now())
        )
        applied += 1
    await store_sequences(session, tables, progress)
    return applied


async def release(
    session: AsyncSession,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    parked_id: int,
    *,
    person: str,
    reason: str,
) -> str:
    """Skip an event for good: the first person proposes, another confirms; then what waits behind it is applied."""
    table = tables.parked_events
    row = await _one(session, tables, parked_id)
    this = table.c.id == parked_id
    if row.release_proposed_by is None:
        await session.execute(
            update(table).where(this).values(release_proposed_by=person, release_reason=reason)
        )
        return "proposed"
    if row.release_proposed_by == person:
        raise Conflict("release_needs_two_persons", "the person who proposed a release can't confirm it")
    await session.execute(
        update(table).where(this).values(state="released", release_confirmed_by=person, settled_at=func.now())
    )
    if row.sequence is not None:
        progress = await progress_of(session, tables, {(row.topic, row.key)})
        key = (row.topic, row.key)
        progress.changed[key] = max(row.sequence, progress.sequences.get(key, 0))
        await store_sequences(session, tables, progress)
    await _apply_waiting(session, tables, subscriptions, row.topic, row.key)
    return "released"
