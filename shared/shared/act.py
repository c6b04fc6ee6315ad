"""The act behind every write: its actor, time and trace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.events.base import Received


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one actor at one business instant (UTC) in one pilot.

    `actor` is an opaque account id (never a name or number); `subject_id` is the party it acts for, if any.
    """

    actor: str
    pilot: str
    now: datetime
    traceparent: str | None = None
    role: str = ""
    subject_id: str | None = None


def act_of(received: Received[Any]) -> Act:
    """The act for effects of an event from another service: the same actor, instant and trace."""
    return Act(received.actor, received.pilot, received.occurred_at, received.traceparent)
