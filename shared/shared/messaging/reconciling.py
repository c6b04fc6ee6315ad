"""Brings database and bus together again: a plan of what each side lacks, and its execution once two persons agreed.

The relay does both, under its lock; a worker that is killed meanwhile begins again.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.messaging.bus import Bus, Cursor, Positions, Publisher, Record, cursor_topic
from shared.messaging.comparing import known_topics, lineage_of, topics_of
from shared.messaging.envelope import Envelope, UnreadableEnvelope, read_envelope
from shared.messaging.lost_aggregates import ADOPT, ONES, fates_of, say_anew
from shared.messaging.outbox import MOST_BYTES, Sender
from shared.messaging.signing import Distrusted, Trust
from shared.messaging.standing import COMPARED

_MOST = 1000
_PATIENCE_SECONDS = 20
_OPEN = "SELECT * FROM reconciliations WHERE settled_at IS NULL ORDER BY made_at DESC LIMIT 1"
_KEEP = """
INSERT INTO reconciliations (digest, plan) VALUES ($1, $2) ON CONFLICT (digest) DO UPDATE
SET made_at = now(), previewed_by = NULL, confirmed_by = NULL, begun_at = NULL, settled_at = NULL
"""
_MAKE_SEEN = "CREATE TEMP TABLE IF NOT EXISTS seen (event_id uuid PRIMARY KEY)"
# Set aside: an event of ours under a number that another event of the same aggregate has on the topic.
_UNSEEN = """
FROM outbox o LEFT JOIN outbox_positions p ON p.outbox_id = o.id
WHERE NOT EXISTS (SELECT FROM seen WHERE seen.event_id = o.event_id)
  AND NOT EXISTS (SELECT FROM lost_acts l WHERE l.event_id = o.event_id AND l.kind = 'set_aside')
"""
_LOST = """
INSERT INTO lost_acts (event_id, kind, topic, key, sequence, type, occurred_at, actor, pilot, digest, payload)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING
"""
_UNPLACED = """
INSERT INTO outbox_positions (position, outbox_id)
SELECT (SELECT coalesce(max(position), 0) FROM outbox_positions) + row_number() OVER (ORDER BY o.id), o.id
FROM outbox o WHERE NOT EXISTS (SELECT FROM outbox_positions p WHERE p.outbox_id = o.id)
"""
_END = """
SELECT p.position, o.event_id FROM outbox_positions p JOIN outbox o ON o.id = p.outbox_id ORDER BY 1 DESC LIMIT 1
"""
# Numbers that people were given go no second time: a process reserves some hundreds ahead of what it has used.
_NUMBERS = """
SELECT setval(c.oid::regclass, nextval(c.oid::regclass) + 1000 + $1) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = current_schema()
WHERE c.relkind = 'S' AND c.relname LIKE '%\\_numbers'
"""
# Not while history is taken in, whose numbers stay: `after_lost_acts` in messaging's tables.
_ADOPTING = "SELECT set_config('market.adopting', 'on', true)"
_NEXT = f"""
SELECT * FROM (
    SELECT o.*, p.position, sum(octet_length(o.payload)) OVER (ORDER BY p.position) AS bytes
    {_UNSEEN} ORDER BY p.position LIMIT {_MOST}
) next WHERE bytes <= {MOST_BYTES} OR bytes = octet_length(payload) ORDER BY position
"""


@dataclass(slots=True)
class Found:
    """What the topics hold that the outbox lacks, and how much that isn't this service's."""

    beyond: list[tuple[Record, Envelope]] = field(default_factory=list)
    foreign: int = 0


async def reconcile_step(connection: Any, bus: Bus, service: str, sender: Sender, trust: Trust) -> None:
    """Make the plan where there is none, or carry out the one that two persons agreed to.

    A plan that isn't what would be done now is made and agreed to anew. One that has begun is finished.
    """
    open_plan = await connection.fetchrow(_OPEN)
    if open_plan is not None and open_plan["confirmed_by"] is None:
        return
    if open_plan is None or open_plan["begun_at"] is None:
        made = await made_plan(connection, bus, service, trust)
        if made is None:
            return
        if open_plan is None or open_plan["digest"] != made[0]:
            await connection.execute("DELETE FROM reconciliations WHERE settled_at IS NULL")
            await connection.execute(_KEEP, *made)
            return
        await connection.execute("UPDATE reconciliations SET begun_at = now() WHERE digest = $1", made[0])
    publisher = bus.publisher(service)
    try:
        await carry_out(connection, bus, publisher, service, sender, trust, open_plan["digest"])
    finally:
        await publisher.close()


async def made_plan(connection: Any, bus: Bus, service: str, trust: Trust) -> tuple[str, str] | None:
    """Digest and JSON of what each side lacks, the same as long as nothing changes.

    None while a topic of another service is gone: its owner writes it again first.
    """
    again = await _read_again(connection, bus, service)
    if again is None:
        return None
    found, lost = await _look(connection, bus, service, trust), await _lost_topics(connection, bus, service)
    unseen = await connection.fetch(
        f"SELECT o.event_id, o.type, o.topic, o.key, o.sequence, o.occurred_at {_UNSEEN} ORDER BY o.id"
    )
    rewritten = [row for row in unseen if row["topic"] in lost]
    plan = {
        "service": service,
        "beyond_the_outbox": [_line(envelope, record.topic) for record, envelope in found.beyond],
        "never_carried": [_line(row, row["topic"]) for row in unseen if row["topic"] not in lost],
        "topics_written_again": {
            topic: sum(row["topic"] == topic for row in rewritten) for topic in lost if topic in topics_of(service)
        },
        "cursor_lost": cursor_topic(service) in lost,
        "topics_read_again": again,
        "foreign_records": found.foreign,
        "lost_aggregates": await fates_of(connection, found.beyond),
    }
    text = json.dumps(plan, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest(), text


def _line(said: Any, topic: str) -> dict[str, Any]:
    """An event as the plan names it: never its content."""
    names = ("event_id", "type", "key", "sequence", "occurred_at")
    values = {name: said[name] if hasattr(said, "keys") else getattr(said, name) for name in names}
    return {"topic": topic, **{name: value if name == "sequence" else str(value) for name, value in values.items()}}


async def _lost_topics(connection: Any, bus: Bus, service: str) -> list[str]:
    """The service's own topics that are gone or were made anew, its cursor's among them."""
    known = await known_topics(connection)
    own = [*topics_of(service), cursor_topic(service)]
    found = await bus.identities(own)
    return [topic for topic in own if topic not in found or known.get(topic, found[topic]) != found[topic]]


async def _read_again(connection: Any, bus: Bus, service: str) -> list[str] | None:
    """The topics of others to read from their beginning: made anew, or cut; None while one of them is gone."""
    own = {*topics_of(service), cursor_topic(service)}
    known = {topic: each for topic, each in (await known_topics(connection)).items() if topic not in own}
    found = await bus.identities(sorted(known))
    code = await connection.fetchval("SELECT code FROM contradictions WHERE part = 'consumer'")
    outside = code in ("position_beyond", "topic_cut")
    if found.keys() != known.keys():
        return None
    return [topic for topic, each in sorted(known.items()) if found[topic] != each or outside]


async def _look(connection: Any, bus: Bus, service: str, trust: Trust) -> Found:
    """Read the service's topics from their beginnings; `seen` then has every event on those that stay."""
    await connection.execute(_MAKE_SEEN)
    await connection.execute("TRUNCATE seen")
    own = sorted(await bus.identities(topics_of(service)))
    lost, found = set(await _lost_topics(connection, bus, service)), Found()
    if not own:
        return found

    reader = bus.reader("", own, _from_zero)
    try:
        await reader.start()
        fed = time.monotonic()
        while (batches := await reader.fetch(most=_MOST, wait_seconds=0.5)) or await reader.lag():
            fed = time.monotonic() if batches else fed
            if time.monotonic() - fed > _PATIENCE_SECONDS:
                raise ConnectionError(f"the bus gives nothing more, {await reader.lag()} offsets before its end")
            records = [record for batch in batches.values() for record in batch]
            own_records = [each for each in records if _is_signed(trust, each)]
            found.foreign += len(records) - len(own_records)
            await _compare(connection, service, own_records, lost, found)
    finally:
        await reader.close()
    # Partitions come as they come: the plan's digest, and the order of what is taken in, must not depend on it.
    found.beyond.sort(key=lambda each: (each[0].topic, each[0].partition, each[0].offset))
    return found


async def _from_zero() -> Positions:
    return {}


def _is_signed(trust: Trust, record: Record) -> bool:
    """Whether the service wrote it: what it didn't isn't taken into its outbox."""
    try:
        trust.require_signed(record)
    except Distrusted:
        return False
    return True


async def _compare(connection: Any, service: str, records: Sequence[Record], lost: set[str], found: Found) -> None:
    read = []
    for record in records:
        try:
            envelope = read_envelope(record.headers)
        except UnreadableEnvelope:
            found.foreign += 1
            continue
        if envelope.source == f"/services/{service}" and envelope.key == record.key:
            read.append((record, envelope))
        else:
            found.foreign += 1
    ids = [envelope.event_id for _, envelope in read]
    here = {row[0] for row in await connection.fetch("SELECT event_id FROM outbox WHERE event_id = ANY($1)", ids)}
    known = {row[0] for row in await connection.fetch("SELECT event_id FROM lost_acts WHERE event_id = ANY($1)", ids)}
    found.beyond += [each for each in read if each[1].event_id not in here | known]
    kept = [(envelope.event_id,) for record, envelope in read if record.topic not in lost]
    await connection.executemany("INSERT INTO seen VALUES ($1) ON CONFLICT DO NOTHING", kept)


async def carry_out(
    connection: Any, bus: Bus, publisher: Publisher, service: str, sender: Sender, trust: Trust, digest: str
) -> None:
    """Do what the plan says, and lift what stands against the service."""
    found, lost = await _look(connection, bus, service, trust), await _lost_topics(connection, bus, service)
    again = await _read_again(connection, bus, service) or []
    async with connection.transaction():
        await _take_in(connection, found, digest)
    await bus.make_anew([topic for topic in lost if topic != cursor_topic(service)])
    await bus.ensure_topics(topics_of(service), cursor_of=service)
    await publisher.fence()
    await _publish(connection, publisher, sender)
    own = [*topics_of(service), cursor_topic(service)]
    identities = await bus.identities([*own, *again])
    async with connection.transaction():
        learn = "INSERT INTO topic_identities VALUES ($1, $2) ON CONFLICT (topic) DO UPDATE SET identity = $2"
        await connection.executemany(learn, sorted(identities.items()))
        await connection.execute("DELETE FROM consumer_positions WHERE topic = ANY($1)", again)
        await connection.execute("UPDATE reconciliations SET settled_at = now() WHERE digest = $1", digest)
        await connection.execute("DELETE FROM contradictions")


async def _take_in(connection: Any, found: Found, digest: str) -> None:
    """Take lost events into the outbox as carried history, name each, and say anew what the owner knows."""
    standing = await connection.fetch("DELETE FROM contradictions RETURNING part, code, reason, since")
    await connection.execute(COMPARED)
    await connection.execute(_ADOPTING)
    if found.beyond:
        await connection.execute(_NUMBERS, len(found.beyond))
    for record, envelope in found.beyond:
        await _adopt(connection, record, envelope, digest)
    await say_anew(connection, found.beyond)
    await connection.execute(_UNPLACED)
    note = "INSERT INTO contradictions (part, code, reason, since) VALUES ($1, $2, $3, $4)"
    await connection.executemany(note, [tuple(row) for row in standing])


async def _adopt(connection: Any, record: Record, envelope: Envelope, digest: str) -> None:
    e = envelope
    number = (record.topic, e.key, e.sequence)
    about = (e.occurred_at, e.actor, e.pilot)
    under = (e.traceparent, e.delegation_id)
    taken = await connection.fetchval(ADOPT, e.event_id, e.type, *number, *about, *under, record.value)
    if taken is None:
        # Ours under that number was answered too: it is named, never carried, and said anew with the newest state.
        ours = await connection.fetchrow(
            f"SELECT {ONES} FROM outbox WHERE topic = $1 AND key = $2 AND sequence = $3", *number
        )
        aside = (ours["occurred_at"], ours["actor"], ours["pilot"])
        await connection.execute(_LOST, ours["event_id"], "set_aside", *number, ours["type"], *aside, digest, None)
    # What the outbox can't take is kept here.
    kept = record.value if taken is None else None
    await connection.execute(_LOST, e.event_id, "beyond", *number, e.type, *about, digest, kept)


async def _publish(connection: Any, publisher: Publisher, sender: Sender) -> None:
    """Carry whatever is not on the topics, in order, with the cursor at the outbox's end."""
    end = await connection.fetchrow(_END)
    lineage = await lineage_of(connection)
    cursor = (
        Cursor(end["position"], lineage=lineage, event_id=str(end["event_id"])) if end else Cursor(0, lineage=lineage)
    )
    while True:
        rows = await connection.fetch(_NEXT)
        await publisher.publish([sender.outgoing(row) for row in rows], cursor)
        if not rows:
            return
        ids: list[tuple[UUID]] = [(row["event_id"],) for row in rows]
        await connection.executemany("INSERT INTO seen VALUES ($1) ON CONFLICT DO NOTHING", ids)
