"""Carries events between the four services in this process, through the consumers' own batches.

It stands where relay and bus stand, so that the same seed hears the same events between the same requests.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import text

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.events.base import PARTITIONS
from shared.messaging.bus import Batches, Record
from shared.messaging.consumer import Consumer
from shared.messaging.envelope import owner_of, partition_of
from shared.messaging.outbox import Sender, Wake
from shared.workshop.testing.client import Door
from shared.workshop.testing.signing import SIGNERS, TRUST, signed

_MOST = 500
PLANTED = "planted "
"""Keys of events that nobody said, so that something waits for a person."""
_NOTHING = b"{}"
PLANTED_DIGEST = hashlib.sha256(_NOTHING).hexdigest()


class _NoReader:
    async def rewind(self) -> None:
        """Nothing moved: there is one consumer."""
        raise AssertionError("a position moved by itself")

    async def mirror(self, positions: object) -> None:
        """No broker is there to look."""


class _NoWake(Wake):
    def poke(self) -> None:
        """No relay waits to be woken."""


class Hearing:
    """What each service said, and how far each other one has heard it."""

    def __init__(self, doors: dict[str, Door]) -> None:
        self._doors = doors
        self._log: list[Record] = []
        self._read: Counter[str] = Counter()
        self._heard: Counter[str] = Counter()
        self._ends: Counter[tuple[str, int]] = Counter()
        self._spoke: set[str] = set()
        self._senders = {service: Sender(SIGNERS[service]) for service in SERVICES}
        self._consumers = {service: self._consumer(service) for service in SERVICES}
        self._parked: Counter[str] = Counter()
        self.not_applied: list[str] = []
        """Events that a service could not apply, by its own words."""

    def _consumer(self, service: str) -> Consumer:
        known, engine = described(service), self._doors[service].worker
        subscriptions = known.subscriptions.believing(TRUST)
        bus: Any = None
        return Consumer(engine, known.messaging, bus, subscriptions, _NoWake(engine, service))

    def said(self, service: str) -> None:
        """The service may have written events."""
        self._spoke.add(service)

    async def new_events(self, service: str) -> int:
        """How many events the service has written since it was last read."""
        async with self._doors[service].worker.connect() as connection:
            found = await connection.scalar(
                text("SELECT count(*) FROM outbox WHERE id > :last"), {"last": self._read[service]}
            )
        return int(found or 0)

    async def collect(self, service: str) -> None:
        """Read what a service has written."""
        if service not in self._spoke:
            return
        self._spoke.discard(service)
        async with self._doors[service].worker.connect() as connection:
            rows = await connection.execute(
                text("SELECT * FROM outbox WHERE id > :last ORDER BY id"), {"last": self._read[service]}
            )
            for row in rows.mappings():
                self._read[service] = row["id"]
                sent = self._senders[service].outgoing(row)
                self.append(Record(sent.topic, sent.partition, 0, sent.key, sent.value, sent.headers))

    def append(self, record: Record) -> None:
        """Put a record at the end of its partition."""
        where = (record.topic, record.partition)
        self._log.append(replace(record, offset=self._ends[where]))
        self._ends[where] += 1

    async def catch_up(self, service: str) -> None:
        """Let the service hear everything that the others have said."""
        for each in SERVICES:
            if each != service:
                await self.collect(each)
        if self._heard[service] == len(self._log):
            return
        topics = set(described(service).subscriptions.topics())
        for batches in self._batches(service, topics):
            await self._consumers[service].apply(_NoReader(), batches)  # type: ignore[arg-type]
        self._heard[service] = len(self._log)
        # What it heard may have let it act.
        self._spoke.add(service)
        await self._look(service)

    def _batches(self, service: str, topics: set[str]) -> Iterator[Batches]:
        heard = [each for each in self._log[self._heard[service] :] if each.topic in topics]
        for begin in range(0, len(heard), _MOST):
            batches: Batches = defaultdict(list)
            for record in heard[begin : begin + _MOST]:
                batches[record.topic, record.partition].append(record)
            yield batches

    async def _look(self, service: str) -> None:
        async with self._doors[service].worker.connect() as connection:
            rows = await connection.execute(
                text("SELECT id, key, type, reason, error FROM parked_events WHERE id > :last ORDER BY id"),
                {"last": self._parked[service]},
            )
            for row in rows:
                self._parked[service] = row.id
                if not row.key.startswith(PLANTED):
                    self.not_applied.append(f"{service} could not apply {row.type}: {row.reason} {row.error}")

    def plant(self, service: str, pilot: str, number: int, *, sequence: int, event: int = 0) -> None:
        """Put an event that nobody said before a service."""
        topic = next(each for each in sorted(described(service).subscriptions.topics()) if owner_of(each) != service)
        fields = {
            "ce_id": str(UUID(int=event or number)), "ce_type": "nothing.we.know", "ce_actor": "nobody",
            "ce_subject": f"{PLANTED}{number}", "ce_sequence": str(sequence), "ce_time": "2026-05-13T01:00:00Z",
            "ce_source": f"/services/{owner_of(topic)}", "ce_pilot": pilot,
        }  # fmt: skip
        headers = [(name, value.encode()) for name, value in fields.items()]
        key = fields["ce_subject"]
        self.append(signed(Record(topic, partition_of(key, PARTITIONS), 0, key, _NOTHING, headers)))
