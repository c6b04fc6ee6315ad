"""The act behind every write: its actor, time and trace."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.events.base import Received
from shared.policy import EVERY_PILOT

UNTOLD = "actor_untold"
"""Who caused an effect of an event that named its actor in clear, as those of 0.1.0 do."""

_OPAQUE = re.compile(r"actor_(?:untold|[0-9a-f]{32})")


class Actors:
    """Gives each account the id by which events name it: the same in all services, and nobody can turn it back.

    The secret is the deployment's. Who holds it can only check a guess; the audit trail says who it was.
    """

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(b"market-1039/actor\x00" + secret.encode()).digest()

    def opaque(self, issuer: str, account: str) -> str:
        """The id of an issuer's account."""
        named = json.dumps([issuer, account]).encode()
        return "actor_" + hmac.new(self._key, named, hashlib.sha256).hexdigest()[:32]


def told_actor(actor: str) -> str:
    """An event's actor as it may be told on: what an earlier release wrote in clear isn't."""
    return actor if _OPAQUE.fullmatch(actor) else UNTOLD


@dataclass(frozen=True, slots=True)
class Act:
    """One act of one actor at one business instant (UTC) in one pilot.

    `address` is where a request came from (`shared/shared/http/address.py`).

    `actor` is the account as the service's own rows and its audit trail name it, `told_as` its opaque id in events;
    `subject_id` is the party it acts for, if any; `delegation_id` is what lets it, where that party is another one;
    `national` says that the offices of its pilot publish for all pilots.
    """

    actor: str
    pilot: str
    now: datetime
    traceparent: str | None = None
    role: str = ""
    subject_id: str | None = None
    told_as: str = UNTOLD
    national: bool = False
    address: str | None = None
    delegation_id: UUID | None = None

    @property
    def publishes_for(self) -> str:
        """The pilot whose rates, days and parameters the actor's office publishes, or everybody (R-FX-10)."""
        return EVERY_PILOT if self.national else self.pilot


def act_of(received: Received[Any]) -> Act:
    """The act for effects of an event from another service: the same actor, instant and trace."""
    told_as = told_actor(received.actor)
    return Act(received.actor, received.pilot, received.occurred_at, received.traceparent, told_as=told_as)
