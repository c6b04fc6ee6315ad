"""Parked events: list, retry in order, release by two persons with a reason (ARCHITECTURE.md#how-an-event-travels)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.database import is_transient
from shared.messaging.applying import apply_records, skip_released
from shared.messaging.parked_row import parked_record, reason_of, told
from shared.messaging.progress import held_positions, progress_of, store_sequences
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.vocabulary.errors import Conflict, NotFound

TAKING = "the owner's event, sha256 "
"""What the reason begins with where two persons take the owner's event instead of skipping one."""


def _of_pilot(table: Table, pilot: str) -> ColumnElement[bool]:
    """The events that a pilot's staff see: the pilot's own, and those that name no pilot."""
    return or_(table.c.pilot == pilot, table.c.pilot.is_(None))


async def list_parked(
    session: AsyncSession, tables: MessagingTables, pilot: str, *, after: int = 0, most: int | None = None
) -> list[Row[Any]]:
    """A pilot's parked events in order of arrival: all of them, or at most so many after an id."""
    table = tables.parked_events
    waiting = select(table).where(table.c.state == "parked", _of_pilot(table, pilot), table.c.id > after)
    return list((await session.execute(waiting.order_by(table.c.id).limit(most))).all())


async def _held(session: AsyncSession, tables: MessagingTables, pilot: str, parked_id: int) -> Row[Any]:
    """The parked event, with its partition locked so that nothing new is parked behind it meanwhile."""
    table = tables.parked_events
    this = select(table).where(table.c.id == parked_id, _of_pilot(table, pilot))
    row = (await session.execute(this)).first()
    if row is None:
        raise NotFound(f"no parked event {parked_id}")
    await held_positions(session, tables, [(row.topic, row.partition)])
    row = (await session.execute(this)).one()
    if row.state != "parked":
        raise Conflict("parked_event_settled", f"the event is {row.state}")
    return row


def in_order(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Sort by sequence, because an event after a gap may have arrived before the missing one.

    An event with an unreadable sequence stays behind the event that arrived before it.
    """
    placed: list[tuple[int, int, Row[Any]]] = []
    latest = 0
    for row in rows:
        latest = latest if row.sequence is None else row.sequence
        placed.append((latest, row.id, row))
    return [row for _, _, row in sorted(placed, key=lambda each: each[:2])]


async def _waiting(session: AsyncSession, tables: MessagingTables, topic: str, key: str) -> list[Row[Any]]:
    table = tables.parked_events
    rows = await session.execute(
        select(table)
        .where(table.c.state == "parked", table.c.topic == topic, table.c.key == key)
        .order_by(table.c.id)
        .with_for_update()
    )
    return in_order(rows.all())


async def retry_aggregate(
    session: AsyncSession, tables: MessagingTables, subscriptions: Subscriptions, pilot: str, parked_id: int
) -> int:
    """Apply the parked events of this event's aggregate in order; stop at the first that still fails.

    Returns how many were applied.
    """
    row = await _held(session, tables, pilot, parked_id)
    return await apply_waiting(session, tables, subscriptions, row.topic, row.key)


async def apply_waiting(
    session: AsyncSession, tables: MessagingTables, subscriptions: Subscriptions, topic: str, key: str
) -> int:
    """Apply an aggregate's parked events in order, up to the first that still fails; says how many were applied."""
    table = tables.parked_events
    progress = await progress_of(session, tables, {(topic, key)})
    applied = 0
    for row in await _waiting(session, tables, topic, key):
        this = update(table).where(table.c.id == row.id)
        repeats = progress.repeats
        try:
            async with session.begin_nested():
                await apply_records(session, tables, subscriptions, [parked_record(row)], progress, live=True)
                await session.flush()
        except Exception as error:
            # An event that still fails stays parked, with its newest error.
            if is_transient(error):
                raise
            await session.execute(this.values(reason=reason_of(error), error=told(error)))
            break
        repeated = progress.repeats > repeats
        await session.execute(this.values(state="repeat" if repeated else "applied", settled_at=func.now()))
        applied += not repeated
    await store_sequences(session, tables, progress)
    return applied


async def held_first(session: AsyncSession, tables: MessagingTables, pilot: str, parked_id: int) -> Row[Any]:
    """The parked event, held, if it is the first of its aggregate that waits; Conflict otherwise."""
    row = await _held(session, tables, pilot, parked_id)
    waiting = await _waiting(session, tables, row.topic, row.key)
    if waiting[0].id != parked_id:
        raise Conflict("parked_event_behind", f"parked event {waiting[0].id} of the same aggregate comes first")
    return row


def require_same_proposal(row: Row[Any], person: str, *, taking: str | None = None) -> None:
    """Conflict where the person proposed it, or where the other one proposed something else."""
    if row.release_proposed_by == person:
        raise Conflict("release_needs_two_persons", "the person who proposed a release can't confirm it")
    proposed = row.release_reason if (row.release_reason or "").startswith(TAKING) else None
    if proposed != taking:
        raise Conflict("parked_event_proposed_otherwise", f"{row.release_proposed_by} proposed: {row.release_reason}")


async def release(
    session: AsyncSession,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    pilot: str,
    parked_id: int,
    *,
    person: str,
    reason: str,
) -> str:
    """Skip an event for good: one person proposes, another confirms; then what waits behind it is applied.

    Only the first waiting event of its aggregate can be skipped: the others may be fine.
    """
    table = tables.parked_events
    row = await held_first(session, tables, pilot, parked_id)
    this = update(table).where(table.c.id == parked_id)
    if row.release_proposed_by is None:
        await session.execute(this.values(release_proposed_by=person, release_reason=reason))
        return "proposed"
    require_same_proposal(row, person)
    await session.execute(this.values(state="released", release_confirmed_by=person, settled_at=func.now()))
    progress = await progress_of(session, tables, {(row.topic, row.key)})
    skip_released(subscriptions.trust, progress, parked_record(row))
    await store_sequences(session, tables, progress)
    await apply_waiting(session, tables, subscriptions, row.topic, row.key)
    return "released"
