"""What a service has applied: positions, last sequences, which event took each; and what it tells of a batch."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from shared.messaging.bus import Positions, Record
from shared.messaging.envelope import Envelope
from shared.messaging.subscriptions import Subscriptions
from shared.messaging.tables import MessagingTables
from shared.row_sets import put_all

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


_GIVEN = """unnest(
    CAST(:topics AS text[]), CAST(:partitions AS int[]), CAST(:seen AS bigint[]), CAST(:positions AS bigint[])
) AS given (topic, partition, seen, position)"""
_MOVE = text(f"""
INSERT INTO consumer_positions AS at (topic, partition, position)
SELECT topic, partition, position FROM {_GIVEN} ORDER BY topic, partition
ON CONFLICT (topic, partition) DO UPDATE SET position = excluded.position
WHERE at.position <= (SELECT seen FROM {_GIVEN} WHERE given.topic = at.topic AND given.partition = at.partition)
RETURNING at.position
""")


class PositionMoved(Exception):
    """Another consumer moved a position: this batch must not be committed."""


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
        for event_type, count in Count(each.type for each in self.applied).items():
            APPLIED.labels(service, event_type).inc(count)
        if self.applied:
            log.info("applied", **told_of(self.applied))


def told_of(envelopes: Sequence[Envelope]) -> dict[str, Any]:
    """What a log line says of events that are handled together: of one its ids, of several those by which each is
    looked for.
    """
    if len(envelopes) == 1:
        (only,) = envelopes
        return {
            "event_id": str(only.event_id),
            "event_type": only.type,
            "event_key": only.key,
            "sequence": only.sequence,
            "traceparent": only.traceparent,
        }
    return {
        "events": len(envelopes),
        "event_types": dict(Count(each.type for each in envelopes)),
        "event_ids": [str(each.event_id) for each in envelopes],
        "traceparents": list(dict.fromkeys(each.traceparent for each in envelopes if each.traceparent)),
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


async def move_positions(session: AsyncSession, moves: Mapping[tuple[str, int], tuple[int, int]]) -> None:
    """Compare-and-set: each partition's position moves forward, and from the first offset of its batch at most.

    PositionMoved where another consumer is further.
    """
    given = [(*where, *moves[where]) for where in sorted(moves)]
    topics, partitions, seen, positions = map(list, zip(*given, strict=True))
    told = {"topics": topics, "partitions": partitions, "seen": seen, "positions": positions}
    if len((await session.execute(_MOVE, told)).all()) < len(moves):
        raise PositionMoved(", ".join(f"{topic}/{partition}" for topic, partition in sorted(moves)))


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
    taken = [
        {"topic": topic, "key": key, "sequence": sequence, "event_id": each.event_id, "skipped": each.skipped}
        for ((topic, key), sequence), each in progress.settled.items()
    ]
    await put_all(session, tables.consumer_events, taken)
    reached = [
        {"topic": key[0], "key": key[1], "sequence": sequence, "ids_from": progress.ids_from[key]}
        for key, sequence in progress.changed.items()
    ]
    await put_all(session, tables.consumer_sequences, reached)
