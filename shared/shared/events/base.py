"""What every event of the published language has in common."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict

from shared.vocabulary.spelling import Unreadable, name_spelling, reference_spelling

PARTITIONS = 6


def told_reference(text: str) -> str:
    """A reference as an earlier release told it, in the one spelling of today; what can't be read stays."""
    try:
        return reference_spelling(text) if text else text
    except Unreadable:
        return text


def _told_name(text: str) -> str:
    try:
        return name_spelling(text)
    except Unreadable:
        return text


ToldReference = Annotated[str, AfterValidator(told_reference)]
"""A reference that copies are found by: events for ever keep the spelling in which an earlier release told it."""
ToldName = Annotated[str, AfterValidator(_told_name)]
"""A name that copies show, likewise."""


class Part(BaseModel):
    """A piece of an event's content; readers ignore fields they don't know."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(Part):
    """A past-tense fact with the aggregate's whole public state after the change.

    The envelope (id, time, sequence, actor, pilot, trace) is not part of the content: it travels as
    CloudEvents attributes and is handed to readers as `Received`.
    """

    TYPE: ClassVar[str]
    TOPIC: ClassVar[str]


def schema_path(event_type: str) -> str:
    """Where every service serves an event type's JSON Schema; `ce_dataschema` names it."""
    return f"/docs/events/{event_type}.json"


E = TypeVar("E", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Received(Generic[E]):
    """An event with its envelope, as a consumer's handler gets it."""

    event: E
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


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the bus and the service that alone may write it; `key` says in words what its records are keyed by."""

    name: str
    owner: str
    partitions: int = PARTITIONS
    max_bytes: int = 512 * 1024
    key: str = "the id of the aggregate"

    @property
    def max_message_bytes(self) -> int:
        """The largest message that the broker accepts: an event with its headers and framing."""
        return min(self.max_bytes + 65536, 4 * 1024 * 1024)
