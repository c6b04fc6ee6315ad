"""Where each audit chain ended, told on a topic of its own: outside of the database that holds the chain (V64)."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prometheus_client import Gauge
from uuid_utils.compat import uuid7

from shared.events.base import PARTITIONS
from shared.events.catalogue import PUBLISHERS
from shared.messaging.bus import Bus, Outgoing, Positions, Record
from shared.messaging.envelope import partition_of
from shared.messaging.signing import Distrusted, Trust

AGE = Gauge("audit_head_age_seconds", "How long the audit trail has gone on beyond its published end", ["service"])
_EVERY_SECONDS = 60.0
_END = "SELECT position, audit_id, hash FROM audit_chain ORDER BY position DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ended when it was looked at; `audit_id` is the row at its end, where that is known."""

    position: int
    hash: str
    audit_id: int | None = None


def heads_topic(service: str) -> str:
    """The topic that holds the ends of a service's audit chain; only the service writes it."""
    return f"{service}.audit-heads"


HEADS_TOPICS = tuple(heads_topic(service) for service in PUBLISHERS)


def _outgoing(service: str, head: Head) -> Outgoing:
    """A CloudEvent, not signed yet; its sequence is the position in the chain."""
    topic = heads_topic(service)
    said = {
        "ce_specversion": "1.0",
        "ce_id": str(uuid7()),
        "ce_source": f"/services/{service}",
        "ce_type": f"{service.replace('-', '_')}.audit_head_published.v1",
        "ce_time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        "ce_subject": service,
        "ce_sequence": str(head.position),
        "content-type": "application/json",
    }
    value = json.dumps({"position": head.position, "audit_id": head.audit_id, "hash": head.hash}).encode()
    headers = [(name, text.encode()) for name, text in said.items()]
    return Outgoing(topic, partition_of(service, PARTITIONS), service, value, headers)


class HeadPublisher:
    """Says what the active relay of a service has to publish, and how long the trail has gone on unpublished."""

    def __init__(self, service: str, every_seconds: float = _EVERY_SECONDS) -> None:
        self._service = service
        self._every = every_seconds
        self._published: Head | None = None
        self._next = Head(0, "")
        self._at = self._since = 0.0

    async def due(self, connection: Any, *, at_once: bool = False) -> Outgoing | None:
        """The chain's end, if it isn't published and the time has come; call `done` once it is."""
        if not at_once and self._at and time.monotonic() < self._at + self._every:
            return None
        row = await connection.fetchrow(_END)
        if row is None or (self._published is not None and self._published.position == row["position"]):
            self._since = 0.0
            return None
        self._since = self._since or time.monotonic()
        self._next = Head(row["position"], bytes(row["hash"]).hex(), row["audit_id"])
        return _outgoing(self._service, self._next)

    def done(self) -> None:
        """What was due is published."""
        self._published, self._at, self._since = self._next, time.monotonic(), 0.0

    def age(self) -> float:
        """Seconds since an end was due that isn't published yet."""
        return time.monotonic() - self._since if self._since else 0.0

    def told(self) -> dict[str, Any]:
        """For readiness."""
        position = self._published.position if self._published else 0
        return {"position": position, "age_seconds": round(self.age(), 1)}


@dataclass(frozen=True, slots=True)
class ReadHeads:
    """What a service has published; `end` is where the next one is read from."""

    heads: Sequence[Head]
    end: int
    faults: Sequence[str]


async def read_heads(bus: Bus, after: Mapping[str, int], trust: Trust | None) -> dict[str, ReadHeads]:
    """The published ends by service, each from its offset on; with keys, only what the service signed counts."""
    topics = {heads_topic(service): service for service in after}
    there = sorted(await bus.identities(list(topics)))
    ends = await bus.ends(there) if there else {}
    begin = {(topic, partition_of(topics[topic], PARTITIONS)): after[topics[topic]] for topic in there}
    cut = {topics[where[0]] for where, offset in begin.items() if offset > ends.get(where, 0)}
    lost = {topics[topic] for topic in topics if topic not in there and after[topics[topic]]}
    records = await _records(bus, {where: at for where, at in begin.items() if topics[where[0]] not in cut}, ends)
    found = {}
    for service in after:
        of = [each for each in records if topics[each.topic] == service]
        heads, faults = _believed(of, trust)
        if service in cut | lost:
            faults.insert(0, f"{heads_topic(service)} ends earlier than it did: it was cut off, or made anew")
        end = of[-1].offset + 1 if of else after[service]
        found[service] = ReadHeads(heads, end, faults)
    return found


async def _records(bus: Bus, begin: Positions, ends: Positions) -> list[Record]:
    open_ends = {where: at for where, at in begin.items() if ends.get(where, 0) > at}
    if not open_ends:
        return []

    async def from_there() -> Positions:
        return open_ends

    reader = bus.reader("", sorted({topic for topic, _ in open_ends}), from_there)
    found: list[Record] = []
    try:
        await reader.start()
        while any(at < ends[where] for where, at in open_ends.items()) and (
            batches := await reader.fetch(most=2000, wait_seconds=1)
        ):
            for where, batch in batches.items():
                found += batch
                open_ends = {**open_ends, where: batch[-1].offset + 1}
    finally:
        await reader.close()
    return sorted(found, key=lambda each: (each.topic, each.offset))


def _believed(records: Sequence[Record], trust: Trust | None) -> tuple[list[Head], list[str]]:
    heads, faults = [], []
    for record in records:
        try:
            if trust is not None:
                trust.require_signed(record)
            told = json.loads(record.value)
            heads.append(Head(int(told["position"]), str(told["hash"]), told["audit_id"]))
        except (Distrusted, ValueError, KeyError, TypeError) as error:
            faults.append(f"{record.topic} at offset {record.offset} isn't what its owner published: {error}")
    return heads, faults
