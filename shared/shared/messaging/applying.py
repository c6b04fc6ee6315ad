"""Apply records: envelope, sequence, parking, handlers; the same for live reading, retry and rebuild."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import structlog
from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Event, Received
from shared.messaging.bus import Record
from shared.messaging.checking import Poison, envelope_of, require_the_owners
from shared.messaging.envelope import Envelope
from shared.messaging.progress import ID_CONFLICT, Key, Progress, Settled, told_of
from shared.messaging.signing import Trust
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.vocabulary.errors import Refused


class Checked(NamedTuple):
    """A record that is its aggregate's next, with its envelope."""

    record: Record
    envelope: Envelope


async def _is_repeat(
    session: AsyncSession, tables: MessagingTables, progress: Progress, key: Key, envelope: Envelope
) -> bool:
    """Whether the event took its sequence before; Poison where another did.

    A sequence that an earlier release took has no id to compare. An event that was skipped for good may have been a
    forgery: as long as it is the aggregate's last, its sequence is free for the real one.
    """
    if envelope.sequence < (progress.ids_from[key] or envelope.sequence + 1):
        return True
    taken = progress.settled.get((key, envelope.sequence))
    if taken is None:
        events = tables.consumer_events
        where = (events.c.topic == key[0], events.c.key == key[1], events.c.sequence == envelope.sequence)
        row = (await session.execute(select(events.c.event_id, events.c.skipped).where(*where))).first()
        # No row: two persons released a later event, and so gave up this one.
        taken = Settled(None, skipped=True) if row is None else Settled(row.event_id, row.skipped)
    if taken.event_id == envelope.event_id:
        return True
    if taken.skipped and envelope.sequence == progress.sequences[key]:
        return False
    was = f"was event {taken.event_id}" if taken.event_id else "was given up"
    raise Poison(ID_CONFLICT, f"sequence {envelope.sequence} {was}, and comes again as {envelope.event_id}")


def skip_released(trust: Trust, progress: Progress, record: Record) -> None:
    """Advance the sequence past a released event; an unreadable one counts as the aggregate's next.

    An event that isn't shown to be the topic owner's advances nothing: the owner's is still to come. Nor does one whose
    sequence another event took.
    """
    key = (record.topic, record.key)
    last = progress.sequences.get(key, 0)
    try:
        envelope = envelope_of(record)
    except Poison:
        progress.advance(key, last + 1, None, skipped=True)
        return
    try:
        require_the_owners(trust, record, envelope)
    except Poison:
        return
    if envelope.sequence > last:
        progress.advance(key, envelope.sequence, envelope.event_id, skipped=True)


def rounds_of(records: Iterable[Record]) -> list[list[Record]]:
    """The records so that no round has two of one aggregate; an aggregate's order is the order of the rounds."""
    rounds: list[list[Record]] = []
    seen: dict[Key, int] = defaultdict(int)
    for record in records:
        key = (record.topic, record.key)
        if seen[key] == len(rounds):
            rounds.append([])
        rounds[seen[key]].append(record)
        seen[key] += 1
    return rounds


async def apply_records(
    session: AsyncSession,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    records: Iterable[Record],
    progress: Progress,
    *,
    live: bool,
) -> None:
    """Apply the records round by round, skip repeats, or raise Poison; any other exception comes from a handler."""
    for together in rounds_of(records):
        checked = [await checked_record(session, tables, subscriptions.trust, each, progress) for each in together]
        await apply_checked(session, subscriptions, [each for each in checked if each is not None], progress, live=live)


async def checked_record(
    session: AsyncSession, tables: MessagingTables, trust: Trust, record: Record, progress: Progress
) -> Checked | None:
    """The record if it is its aggregate's next; None for a repeat, which is counted; otherwise Poison."""
    key = (record.topic, record.key)
    envelope = envelope_of(record)
    require_the_owners(trust, record, envelope)
    last = progress.sequences.get(key, 0)
    if envelope.sequence > last + 1:
        raise Poison("sequence_gap", f"sequence {envelope.sequence} after {last}")
    if envelope.sequence <= last and await _is_repeat(session, tables, progress, key, envelope):
        progress.repeats += 1
        return None
    return Checked(record, envelope)


async def apply_checked(
    session: AsyncSession, subscriptions: Subscriptions, checked: Sequence[Checked], progress: Progress, *, live: bool
) -> None:
    """Handle a round's records, and note the sequences that their aggregates have reached."""
    await handle(session, subscriptions, checked, progress, live=live)
    for record, envelope in checked:
        progress.advance((record.topic, record.key), envelope.sequence, envelope.event_id)


async def handle(
    session: AsyncSession, subscriptions: Subscriptions, checked: Sequence[Checked], progress: Progress, *, live: bool
) -> None:
    """Hand the events to what hears them, each handler all of its own at once; skip unknown ones, or raise Poison."""
    heard = [(each.envelope, event) for each in checked if (event := _heard(subscriptions, each, progress, live=live))]
    if not heard:
        return
    received = [envelope.received(event) for envelope, event in heard]
    with structlog.contextvars.bound_contextvars(**told_of([envelope for envelope, _ in heard])):
        try:
            await hand_over(session, subscriptions, received, live=live)
        except Refused as error:
            raise Poison("refused", str(error)) from error
    progress.applied += [envelope for envelope, _ in heard]


async def hand_over(
    session: AsyncSession, subscriptions: Subscriptions, received: Sequence[Received[Event]], *, live: bool
) -> None:
    """Call each handler once with the events that it hears: projections first, in the order of subscribing."""
    for family, handler in subscriptions.in_order(live=live):
        if its := [each for each in received if isinstance(each.event, family)]:
            await handler(session, its)


def _heard(subscriptions: Subscriptions, checked: Checked, progress: Progress, *, live: bool) -> Event | None:
    """The event if something hears it; None for one that is unknown or not heard, which is counted."""
    record, envelope = checked
    event_type = subscriptions.event_class(envelope.type)
    if event_type is None:
        progress.unknown += 1
        return None
    if record.topic != event_type.TOPIC:
        raise Poison("foreign_type", f"{envelope.type} is said on {event_type.TOPIC} only")
    if not subscriptions.handlers(event_type, live=live):
        progress.not_heard.append(envelope.type)
        return None
    try:
        return event_type.model_validate_json(record.value)
    except ValidationError as error:
        raise Poison(_kind_of(record.value), _without_values(error)) from error


def _kind_of(value: bytes) -> str:
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        return "bad_json"
    return "schema_breach"


def _without_values(error: ValidationError) -> str:
    """The error's location and reason without the value, which may be personal data (V66)."""
    return "; ".join(
        f"{'/'.join(map(str, each['loc']))}: {each['type']}"
        for each in error.errors(include_input=False, include_url=False, include_context=False)
    )
