"""What becomes of the aggregates whose events a restored database lacks: said anew, ended, or only named."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from uuid_utils.compat import uuid7

from shared.events.catalogue import EVENT_TYPES
from shared.events.withdrawing import BY_DATE, STAYS, Said, ending
from shared.messaging.bus import Record
from shared.messaging.envelope import Envelope

ONES = "event_id, type, topic, key, sequence, occurred_at, actor, pilot, traceparent, delegation_id, payload"
ADOPT = f"""
INSERT INTO outbox ({ONES}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING RETURNING id
"""
# What the owner knows of the aggregate: its newest events before those that it lost.
_KNOWN = """
SELECT type, payload FROM outbox WHERE topic = $1 AND key = $2
  AND event_id NOT IN (SELECT event_id FROM lost_acts WHERE kind = 'beyond') ORDER BY sequence DESC LIMIT $3
"""
_NEWEST = "SELECT occurred_at, pilot FROM outbox WHERE topic = $1 AND key = $2 ORDER BY sequence DESC LIMIT 1"
_HIGHEST = """
SELECT max(sequence) FROM (SELECT sequence FROM outbox WHERE topic = $1 AND key = $2
 UNION ALL SELECT sequence FROM lost_acts WHERE topic = $1 AND key = $2) every
"""
Told = tuple[Record, Envelope]


async def fates_of(connection: Any, beyond: Iterable[Told]) -> list[dict[str, Any]]:
    """What becomes of each aggregate with an event beyond the outbox: for the plan, never with content."""
    fates = []
    for (topic, key), lost in _by_aggregate(beyond).items():
        said, known = await _ending(connection, topic, key, lost)
        fate = {"topic": topic, "key": key, "type": lost[-1][1].type, "said": [each[0] for each in said]}
        fates.append(fate | {"fate": "said_anew" if said and known else "ended" if said else "named", "why": ""})
        if not said:
            fates[-1]["why"] = _why(lost[-1][1].type)
    return fates


async def say_anew(connection: Any, beyond: Iterable[Told]) -> None:
    """Bring readers to what the owner knows, under the next numbers; what it knows nothing of ends.

    Readers act on the whole state that an event carries: what is said last undoes what was lost.
    """
    for (topic, key), lost in _by_aggregate(beyond).items():
        said, _ = await _ending(connection, topic, key, lost)
        newest = await connection.fetchrow(_NEWEST, topic, key)
        told = (newest["occurred_at"], "reconcile", newest["pilot"], None, None)
        highest = await connection.fetchval(_HIGHEST, topic, key)
        for number, (event_type, payload) in enumerate(said, highest + 1):
            await connection.fetchval(ADOPT, uuid7(), event_type, topic, key, number, *told, payload)


def _by_aggregate(beyond: Iterable[Told]) -> dict[tuple[str, str], list[Told]]:
    found: dict[tuple[str, str], list[Told]] = {}
    for record, envelope in beyond:
        found.setdefault((record.topic, record.key), []).append((record, envelope))
    return {where: sorted(lost, key=lambda each: each[1].sequence) for where, lost in found.items()}


async def _ending(connection: Any, topic: str, key: str, lost: Sequence[Told]) -> tuple[list[Said], list[Said]]:
    """What is said of the aggregate, and what its owner knows of it."""
    rows = await connection.fetch(_KNOWN, topic, key, None if topic in BY_DATE else 1)
    known = [(row["type"], bytes(row["payload"])) for row in reversed(rows)]
    gone = [(envelope.type, record.value) for record, envelope in lost]
    at: datetime = lost[-1][1].occurred_at
    return ending(gone, known, at), known


def _why(event_type: str) -> str:
    event = EVENT_TYPES.get(event_type, object)
    return next((why for family, why in STAYS.items() if issubclass(event, family)), "its content can't be read here")
