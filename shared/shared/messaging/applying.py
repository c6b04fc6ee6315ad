"""Apply one record: envelope, sequence, parking, handlers; the same for live reading, retry and rebuild."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from pydantic import ValidationError
from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging.bus import Positions, Record
from shared.messaging.checking import Poison, envelope_of, require_the_owners
from shared.messaging.envelope import Envelope
from shared.messaging.signing import Trust
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.vocabulary.errors import Refused

APPLIED = Counter("consumer_applied_total", "Events applied", ["service", "type"])
REPEATS = Counter("consumer_repeats_total", "Events skipped as already applied", ["service"])
GAPS = Counter("consumer_gaps_total", "Sequence gaps, each an alarm", ["service"])
UNTRUSTED = Counter(
    "consumer_untrusted_total", "Events that aren't shown to be their topic's owner's, each an alarm", ["service"]
)
UNKNOWN = Counter("consumer_unknown_total", "Events of unknown types skipped", ["service"])
CONFLICTS = Counter(
    "consumer_id_conflicts_total", "Known sequences that came with another event id, each an alarm", ["service"]
)
CONFLICTING = Gauge("parked_id_conflicts", "Parked events whose sequence another event took", ["service"])
NOT_HEARD = Counter("consumer_not_heard_total", "Events of known types that nothing here hears", ["service", "type"])
log = structlog.get_logger()


Key = tuple[str, str]
ID_CONFLICT = "id_conflict"


def show_counters(subscriptions: Subscriptions) -> None:
    """Show every series from the start: `increase()` doesn't see one that is born with its first incident."""
    for counter in (REPEATS, GAPS, CONFLICTS, UNTRUSTED, UNKNOWN):
        counter.labels(subscriptions.service)
    CONFLICTING.labels(subscriptions.service)
    for event in subscriptions.events():
        APPLIED.labels(subscriptions.service, event.TYPE)
    for event in subscriptions.not_heard():
        NOT_HEARD.labels(subscriptions.service, event.TYPE)


class Settled(NamedTuple):
    """Which event took a sequence: applied, or skipped for good; None where an unreadable one was skipped."""

    event_id: UUID | None
    skipped: bool


@dataclass(slots=True)
class Progress:
    """Last sequences and waiting aggregates of the keys in a batch; written back by `store_sequences`."""

    sequences: dict[Key, int]
    ids_from: dict[Key, int | None]
    parked: set[Key]
    changed: dict[Key, int] = field(default_factory=dict)
    settled: dict[tuple[Key, int], Settled] = field(default_factory=dict)
    applied: list[Envelope] = field(default_factory=list)
    behind: list[Record] = field(default_factory=list)
    repeats: int = 0
    unknown: int = 0
    not_heard: list[str] = field(default_factory=list)

    def advance(self, key: Key, sequence: int, event_id: UUID | None, *, skipped: bool = False) -> None:
        """Note the sequence that the aggregate has reached, and the event that took it."""
        if self.ids_from.get(key) is None:
            self.ids_from[key] = self.sequences.get(key, 0) + 1
        self.sequences[key] = self.changed[key] = sequence
        self.settled[key, sequence] = Settled(event_id, skipped)

    def publish(self, service: str) -> None:
        """Write to metrics and log; call it only after the transaction has committed."""
        REPEATS.labels(service).inc(self.repeats)
        UNKNOWN.labels(service).inc(self.unknown)
        for event_type in self.not_heard:
            NOT_HEARD.labels(service, event_type).inc()
        for envelope in self.applied:
            APPLIED.labels(service, envelope.type).inc()
            log.info("applied", **_ids_of(envelope))


def _ids_of(envelope: Envelope) -> dict[str, object]:
    return {
        "event_id": str(envelope.event_id),
        "event_type": envelope.type,
        "event_key": envelope.key,
        "sequence": envelope.sequence,
        "traceparent": envelope.traceparent,
    }


async def held_positions(
    session: AsyncSession, tables: MessagingTables, partitions: list[tuple[str, int]]
) -> Positions:
    """The partitions' positions, locked until the transaction ends, so that live batches and retries take turns."""
    table = tables.consumer_positions
    rows = await session.execute(
        select(table)
        .where(tuple_(table.c.topic, table.c.partition).in_(partitions))
        .order_by(table.c.topic, table.c.partition)
        .with_for_update()
    )
    return {(row.topic, row.partition): row.position for row in rows}


async def progress_of(session: AsyncSession, tables: MessagingTables, keys: set[Key]) -> Progress:
    """What the database knows of these aggregates."""
    sequences, parked = tables.consumer_sequences, tables.parked_events
    known = await session.execute(select(sequences).where(tuple_(sequences.c.topic, sequences.c.key).in_(list(keys))))
    waiting = await session.execute(
        select(parked.c.topic, parked.c.key)
        .distinct()
        .where(parked.c.state == "parked", tuple_(parked.c.topic, parked.c.key).in_(list(keys)))
    )
    rows = known.all()
    return Progress(
        sequences={(row.topic, row.key): row.sequence for row in rows},
        ids_from={(row.topic, row.key): row.ids_from for row in rows},
        parked={(row[0], row[1]) for row in waiting},
    )


async def store_sequences(session: AsyncSession, tables: MessagingTables, progress: Progress) -> None:
    """Write the sequences that moved, and which event took each."""
    if not progress.changed:
        return
    events = insert(tables.consumer_events)
    await session.execute(
        events.on_conflict_do_update(
            index_elements=["topic", "key", "sequence"],
            set_={"event_id": events.excluded.event_id, "skipped": events.excluded.skipped},
        ),
        [
            {"topic": topic, "key": key, "sequence": sequence, "event_id": taken.event_id, "skipped": taken.skipped}
            for ((topic, key), sequence), taken in sorted(progress.settled.items(), key=lambda each: each[0])
        ],
    )
    table = tables.consumer_sequences
    rows = [
        {"topic": key[0], "key": key[1], "sequence": sequence, "ids_from": progress.ids_from[key]}
        for key, sequence in sorted(progress.changed.items())
    ]
    statement = insert(table).values(rows)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.topic, table.c.key],
            set_={"sequence": statement.excluded.sequence, "ids_from": statement.excluded.ids_from},
        )
    )


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


async def apply_record(
    session: AsyncSession,
    tables: MessagingTables,
    subscriptions: Subscriptions,
    record: Record,
    progress: Progress,
    *,
    live: bool,
) -> None:
    """Apply the record, skip a repeat, or raise Poison; any other exception comes from a handler."""
    key = (record.topic, record.key)
    envelope = envelope_of(record)
    require_the_owners(subscriptions.trust, record, envelope)
    last = progress.sequences.get(key, 0)
    if envelope.sequence > last + 1:
        raise Poison("sequence_gap", f"sequence {envelope.sequence} after {last}")
    if envelope.sequence <= last and await _is_repeat(session, tables, progress, key, envelope):
        progress.repeats += 1
        return
    await handle(session, subscriptions, record, envelope, progress, live=live)
    progress.advance(key, envelope.sequence, envelope.event_id)


async def handle(
    session: AsyncSession,
    subscriptions: Subscriptions,
    record: Record,
    envelope: Envelope,
    progress: Progress,
    *,
    live: bool,
) -> None:
    """Hand the event to what hears it; skip an unknown one, or raise Poison."""
    event_type = subscriptions.event_class(envelope.type)
    if event_type is None:
        progress.unknown += 1
        return
    if record.topic != event_type.TOPIC:
        raise Poison("foreign_type", f"{envelope.type} is said on {event_type.TOPIC} only")
    handlers = subscriptions.handlers(event_type, live=live)
    if not handlers:
        progress.not_heard.append(envelope.type)
        return
    try:
        event = event_type.model_validate_json(record.value)
    except ValidationError as error:
        raise Poison(_kind_of(record.value), _without_values(error)) from error
    received = envelope.received(event)
    with structlog.contextvars.bound_contextvars(**_ids_of(envelope)):
        try:
            for handler in handlers:
                await handler(session, received)
        except Refused as error:
            raise Poison("refused", str(error)) from error
    progress.applied.append(envelope)


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
