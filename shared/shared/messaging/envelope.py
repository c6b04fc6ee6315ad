"""Converts an event to and from a record's headers: CloudEvents 1.0, Kafka binary mode (ARCHITECTURE.md#events)."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from shared.events.base import Event, Received, schema_path
from shared.events.catalogue import TOPICS

Headers = list[tuple[str, bytes]]
_LAST_SEQUENCE = 2**63 - 1


def owner_of(topic: str) -> str:
    """The service that alone may write a topic."""
    known = TOPICS.get(topic)
    return known.owner if known else topic.split(".")[0]


def headers_of(row: Any, public_url: str = "") -> Headers:
    """The headers of an outbox row; the address of its schema begins with its service's public one."""
    fields = {
        "ce_specversion": "1.0",
        "ce_id": str(row.event_id),
        "ce_source": f"/services/{owner_of(row.topic)}",
        "ce_type": row.type,
        "ce_time": row.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "ce_subject": row.key,
        "ce_dataschema": public_url + schema_path(row.type),
        "ce_sequence": str(row.sequence),
        "ce_actor": row.actor,
        "ce_pilot": row.pilot,
        "content-type": "application/json",
    }
    if row.traceparent:
        fields |= {"ce_traceparent": row.traceparent, "traceparent": row.traceparent}
    if row.delegation_id is not None:
        fields["ce_delegation"] = str(row.delegation_id)
    return [(name, value.encode()) for name, value in fields.items()]


def partition_of(key: str, partitions: int) -> int:
    """The partition of a key, the same on both adapters."""
    return zlib.crc32(key.encode()) % partitions


class UnreadableEnvelope(Exception):
    """The headers are not those of a CloudEvent of ours."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """The headers of a record, read."""

    event_id: UUID
    type: str
    source: str
    key: str
    sequence: int
    occurred_at: datetime
    actor: str
    pilot: str
    traceparent: str | None
    delegation_id: UUID | None = None

    def received(self, event: Event) -> Received[Event]:
        """The event with this envelope."""
        return Received(
            event=event,
            event_id=self.event_id,
            type=self.type,
            source=self.source,
            key=self.key,
            sequence=self.sequence,
            occurred_at=self.occurred_at,
            actor=self.actor,
            pilot=self.pilot,
            traceparent=self.traceparent,
            delegation_id=self.delegation_id,
        )


def read_envelope(headers: Iterable[tuple[str, bytes]]) -> Envelope:
    """The envelope, or UnreadableEnvelope naming what is missing, or there twice: readers would read it differently."""
    told = list(headers)
    fields = {name: value.decode("utf-8", "replace") for name, value in told}
    if len(fields) != len(told):
        twice = next(name for name in fields if sum(name == each for each, _ in told) > 1)
        raise UnreadableEnvelope(f"{twice:.30} is there twice")
    try:
        sequence = int(fields["ce_sequence"])
        if not 0 < sequence <= _LAST_SEQUENCE:
            raise UnreadableEnvelope(f"ce_sequence {fields['ce_sequence']:.30} is no aggregate's")
        occurred_at = datetime.fromisoformat(fields["ce_time"])
        if occurred_at.tzinfo is None:
            raise UnreadableEnvelope("ce_time has no offset")
        return Envelope(
            event_id=UUID(fields["ce_id"]),
            type=fields["ce_type"],
            source=fields["ce_source"],
            key=fields["ce_subject"],
            sequence=sequence,
            occurred_at=occurred_at,
            actor=fields["ce_actor"],
            pilot=fields["ce_pilot"],
            traceparent=fields.get("ce_traceparent"),
            delegation_id=UUID(fields["ce_delegation"]) if "ce_delegation" in fields else None,
        )
    except (KeyError, ValueError) as error:
        raise UnreadableEnvelope(f"{type(error).__name__}: {error}") from error
