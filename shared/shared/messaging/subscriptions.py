"""What a service hears: event class to handlers, the whole inbound surface in one place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Event, Received

E = TypeVar("E", bound=Event)
Handler = Callable[[AsyncSession, Received[E]], Awaitable[None]]


class Subscriptions:
    """`project` handlers write consumer-only tables and run on rebuild too; `react` handlers live only."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._projections: dict[type[Event], list[Handler[Any]]] = defaultdict(list)
        self._reactions: dict[type[Event], list[Handler[Any]]] = defaultdict(list)

    def project(self, event: type[E], handler: Handler[E]) -> None:
        """Copy what the event says."""
        self._projections[event].append(handler)

    def react(self, event: type[E], handler: Handler[E]) -> None:
        """Do what follows from the event here, after the projections, in the same transaction."""
        self._reactions[event].append(handler)

    def events(self) -> list[type[Event]]:
        """Every event class heard, by type name."""
        return sorted({*self._projections, *self._reactions}, key=lambda event: event.TYPE)

    def topics(self) -> list[str]:
        """The topics to read."""
        return sorted({event.TOPIC for event in self.events()})

    def handlers(self, event: type[Event], *, live: bool) -> list[Handler[Any]]:
        """The handlers of a class, projections first."""
        return [*self._projections.get(event, ()), *(self._reactions.get(event, ()) if live else ())]
