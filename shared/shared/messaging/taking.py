"""Takes the owner's event where another had its sequence (id_conflict), once two persons agreed."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging.applying import Checked, handle
from shared.messaging.bus import Record
from shared.messaging.checking import Poison, envelope_of, require_the_owners
from shared.messaging.parked_row import parked_record
from shared.messaging.parking import TAKING, apply_waiting, held_first, require_same_proposal
from shared.messaging.progress import ID_CONFLICT, Progress, Settled, progress_of, store_sequences
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.vocabulary.errors import Conflict

TAKEN = "taken"


async def take(
    session: AsyncSession,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    pilot: str,
    parked_id: int,
    *,
    person: str,
    digest: str,
) -> str:
    """Apply the parked event in the place of the one that took its sequence: one person proposes, another confirms.

    `digest` is the SHA-256 of the event's content in its owner's outbox: only who has looked there knows it. What waits
    behind the event is applied too.
    """
    table = tables.parked_events
    row = await held_first(session, tables, pilot, parked_id)
    record = parked_record(row)
    if row.reason != ID_CONFLICT:
        raise Conflict("parked_event_no_conflict", f"the event is parked for {row.reason}")
    try:
        require_the_owners(subscriptions.trust, record, envelope_of(record))
    except Poison as error:
        raise Conflict("parked_event_no_conflict", f"the event is parked for {error.reason}: retry it first") from error
    if hashlib.sha256(record.value).hexdigest() != digest:
        raise Conflict("owners_event_differs", "what is parked isn't what the owner's outbox holds")
    this = update(table).where(table.c.id == parked_id)
    reason = TAKING + digest
    if row.release_proposed_by is None:
        await session.execute(this.values(release_proposed_by=person, release_reason=reason))
        return "proposed"
    require_same_proposal(row, person, taking=reason)
    await session.execute(this.values(state=TAKEN, release_confirmed_by=person, settled_at=func.now()))
    progress = await progress_of(session, tables, {(row.topic, row.key)})
    await take_over(session, subscriptions, record, progress, live=True)
    await session.flush()
    await store_sequences(session, tables, progress)
    await apply_waiting(session, tables, subscriptions, row.topic, row.key)
    return TAKEN


async def take_over(
    session: AsyncSession, subscriptions: Subscriptions, record: Record, progress: Progress, *, live: bool
) -> None:
    """Give the event the sequence that another took, and apply its state unless a later one is applied already."""
    key, envelope = (record.topic, record.key), envelope_of(record)
    last = progress.sequences.get(key, 0)
    if envelope.sequence == last:
        await handle(session, subscriptions, [Checked(record, envelope)], progress, live=live)
    progress.settled[key, envelope.sequence] = Settled(envelope.event_id, skipped=False)
    progress.changed[key] = last
