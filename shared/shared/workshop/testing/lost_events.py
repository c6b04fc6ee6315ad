"""What readers hear after an owner has lost events of an aggregate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.events.base import Event
from shared.events.catalogue import EVENT_TYPES
from shared.events.withdrawing import Said, ending

_AT = datetime(2026, 5, 13, 1, tzinfo=UTC)


def ended(*lost: Event, known: tuple[Event, ...] = ()) -> list[Any]:
    """What the owner says of one aggregate of which it lost these events and knows those."""
    said = ending(_said(lost), _said(known), _AT)
    return [EVENT_TYPES[event_type].model_validate_json(payload) for event_type, payload in said]


def _said(events: tuple[Event, ...]) -> list[Said]:
    return [(each.TYPE, each.model_dump_json().encode()) for each in events]
