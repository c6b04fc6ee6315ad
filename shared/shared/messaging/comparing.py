"""Compares a service's database with the bus: before the relay places anything, and before a consumer reads.

A cursor names the outbox that it belongs to and the event at its position, so that a restored database is recognised
whatever was written to it since. A topic has an identity, so that one made anew is recognised whatever it holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.events.catalogue import TOPICS
from shared.messaging.bus import Bus, Contradiction, Cursor, Publisher, cursor_topic

_ASK_AGAIN_SECONDS = 0.5
_REMEDY = "run `marketctl reconcile`"
_AT = "SELECT o.event_id FROM outbox_positions p JOIN outbox o ON o.id = p.outbox_id WHERE p.position = $1"
_LAST = "SELECT coalesce(max(position), 0) FROM outbox_positions"
# In the order of an index: where nearly all events are of one topic, another one would be looked for in all of them.
CARRIED = """
SELECT asked.topic FROM unnest($2::text[]) AS asked (topic) CROSS JOIN LATERAL (
  SELECT FROM outbox o JOIN outbox_positions p ON p.outbox_id = o.id
  WHERE o.topic = asked.topic AND p.position <= $1 ORDER BY o.key, o.sequence LIMIT 1) AS one
"""
_LINEAGE = "SELECT id FROM lineage WHERE only_row = 1"
_MAKE_LINEAGE = "INSERT INTO lineage (only_row) VALUES (1) ON CONFLICT DO NOTHING"
_LEARN = "INSERT INTO topic_identities (topic, identity) VALUES ($1, $2) ON CONFLICT DO NOTHING"


def topics_of(service: str) -> list[str]:
    """The topics that a service alone may write."""
    return [topic.name for topic in TOPICS.values() if topic.owner == service]


async def lineage_of(connection: Any) -> str:
    """What sets this database apart from every other, its own copies aside."""
    await connection.execute(_MAKE_LINEAGE)
    return str(await connection.fetchval(_LINEAGE))


async def known_topics(connection: Any) -> dict[str, str]:
    """The topics' identities as this service knew them first."""
    return {row["topic"]: row["identity"] for row in await connection.fetch("SELECT * FROM topic_identities")}


async def require_same_topics(connection: Any, bus: Bus, topics: Sequence[str], lived: Iterable[str] = ()) -> set[str]:
    """The topics that this service doesn't know yet; Contradiction where one is gone or was made anew.

    `lived`: topics that the service has used before their identities were kept; one of them that isn't there is gone.
    """
    known = await known_topics(connection)
    for last in (False, False, True):
        contradiction = _unlike(known, await bus.identities(topics), topics, lived)
        if contradiction is None:
            break
        if last:
            raise contradiction
        # A broker that has just started may not know every topic yet, and what is found here stands.
        await asyncio.sleep(_ASK_AGAIN_SECONDS)
    return {topic for topic in topics if topic not in known}


def _unlike(
    known: Mapping[str, str], found: Mapping[str, str], topics: Sequence[str], lived: Iterable[str]
) -> Contradiction | None:
    for topic in topics:
        if topic not in found and (topic in known or topic in lived):
            return Contradiction("topic_lost", f"topic {topic} is gone: {_REMEDY}; only that writes it again")
        if topic in known and found[topic] != known[topic]:
            return Contradiction("topic_replaced", f"topic {topic} was deleted and made anew: {_REMEDY}")
    return None


async def make_topics(
    connection: Any, bus: Bus, topics: Sequence[str], cursor_of: str | None = None, lived: Iterable[str] = ()
) -> set[str]:
    """Make the topics that this service has never known, and keep their identities; says which they are."""
    every = [*topics, cursor_topic(cursor_of)] if cursor_of else list(topics)
    new = await require_same_topics(connection, bus, every, lived)
    if new:
        await bus.ensure_topics(topics, cursor_of=cursor_of)
        found = await bus.identities(sorted(new))
        if new - found.keys():
            raise ConnectionError(f"the bus does not show {', '.join(sorted(new - found.keys()))} yet")
        await connection.executemany(_LEARN, sorted(found.items()))
    return new


async def agreed_cursor(connection: Any, bus: Bus, publisher: Publisher, service: str) -> Cursor:
    """The cursor after a fresh fence, if database and bus agree; else Contradiction."""
    own = topics_of(service)
    known = await known_topics(connection)
    carried = await _carried(connection, [topic for topic in own if topic not in known])
    new = await make_topics(connection, bus, own, service, carried)
    cursor = await publisher.fence()
    if cursor is None:
        if own and not await bus.is_empty(own):
            said = (
                f"{service}: the topics hold events but no relay cursor; it never starts from zero by itself: {_REMEDY}"
            )
            raise Contradiction("cursor_missing", said)
        cursor = Cursor(0)
    agreed = await _agreed(connection, service, cursor)
    for topic in await _carried(connection, sorted(new), cursor):
        if await bus.is_empty([topic]):
            raise Contradiction("topic_lost", f"topic {topic} is empty and was not: {_REMEDY}")
    if (agreed.lineage, agreed.event_id) != (cursor.lineage, cursor.event_id):
        await publisher.publish([], agreed)
    return agreed


async def _carried(connection: Any, topics: Sequence[str], cursor: int = 2**62) -> list[str]:
    """Those of the topics, none of whose identity was known, that events were placed for up to the cursor."""
    if not topics:
        return []
    return [row["topic"] for row in await connection.fetch(CARRIED, int(cursor), topics)]


async def _agreed(connection: Any, service: str, cursor: Cursor) -> Cursor:
    """The cursor with all that it may say; Contradiction where it isn't of this outbox, or of a later state of it."""
    lineage = await lineage_of(connection)
    if not cursor:
        return Cursor(0, lineage=lineage)
    if cursor.lineage not in (None, lineage):
        said = f"{service}: what the bus carried is of database {cursor.lineage}, this one is {lineage}: {_REMEDY}"
        raise Contradiction("other_lineage", said)
    event_id, last = await connection.fetchval(_AT, int(cursor)), await connection.fetchval(_LAST)
    if event_id is None:
        said = (
            f"{service}: the bus has carried up to {int(cursor)}, the outbox ends at {last}: the database was restored"
            f" to an earlier time; {_REMEDY}"
        )
        raise Contradiction("cursor_beyond", said)
    if cursor.event_id not in (None, str(event_id)):
        said = (
            f"{service}: the bus has carried event {cursor.event_id} at {int(cursor)}, the outbox has {event_id} there:"
            f" the database was restored to an earlier time; {_REMEDY}"
        )
        raise Contradiction("other_event", said)
    return Cursor(cursor, lineage=lineage, event_id=str(event_id))
