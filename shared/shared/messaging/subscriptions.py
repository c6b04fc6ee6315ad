"""The events that a service receives: maps families of events to handlers, all in one place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import copy
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from shared.events.base import Event, Received
from shared.events.catalogue import EVENT_TYPES
from shared.messaging.signing import NOBODY, Trust
from shared.vocabulary.errors import SetupProblem

E = TypeVar("E", bound=Event)
Handler = Callable[[AsyncSession, Sequence[Received[E]]], Awaitable[None]]


class Heard(NamedTuple):
    """A family of events and a handler of it."""

    family: type[Event]
    handler: Handler[Any]


def family_of(event: type[Event]) -> type[Event]:
    """The class right under Event that all events of one aggregate's shape share: SubjectEvent of SubjectFiled."""
    return event.__mro__[event.__mro__.index(Event) - 1]


class Subscriptions:
    """`project` handlers write consumer-only tables and run on rebuild too; `react` handlers live only.

    A handler receives several events at once, no two of one aggregate, and writes what it would have written had it
    received them one by one. What it receives is a whole family: an event added to the family later arrives without a
    change here, so no copy falls behind in silence. A handler that wants only a part gives its reason with
    `only_because`.
    """

    def __init__(self, service: str, catalogue: Mapping[str, type[Event]] = EVENT_TYPES) -> None:
        self.service = service
        self._catalogue = catalogue
        self._projections: list[Heard] = []
        self._reactions: list[Heard] = []
        self.trust = NOBODY

    def believing(self, trust: Trust) -> Subscriptions:
        """The same, where events that carry the signatures of `trust` are applied; without it none is."""
        found = copy(self)
        found.trust = trust
        return found

    def project(self, family: type[E], handler: Handler[E], *, only_because: str = "") -> None:
        """Register a handler that copies the events' facts into consumer-only tables."""
        self._projections.append(_whole(family, handler, only_because))

    def react(self, family: type[E], handler: Handler[E], *, only_because: str = "") -> None:
        """Register a handler that acts on the events, after the projections, in the same transaction."""
        self._reactions.append(_whole(family, handler, only_because))

    def event_class(self, event_type: str) -> type[Event] | None:
        """The class of a type, or None for one that this release doesn't know."""
        return self._catalogue.get(event_type)

    def events(self) -> list[type[Event]]:
        """Every event class that has a handler, by type name."""
        return [event for _, event in sorted(self._catalogue.items()) if self.handlers(event, live=True)]

    def not_heard(self) -> list[type[Event]]:
        """Every event class that travels on the topics read and is known, but has no handler here, by type name."""
        topics = self.topics()
        known = [event for _, event in sorted(self._catalogue.items()) if event.TOPIC in topics]
        return [event for event in known if not self.handlers(event, live=True)]

    def topics(self) -> list[str]:
        """The topics to read."""
        return sorted({heard.family.TOPIC for heard in (*self._projections, *self._reactions)})

    def in_order(self, *, live: bool) -> list[Heard]:
        """Each handler with the family that it hears, projections first."""
        return [*self._projections, *(self._reactions if live else ())]

    def handlers(self, event: type[Event], *, live: bool) -> list[Handler[Any]]:
        """The handlers of a class, projections first."""
        return [heard.handler for heard in self.in_order(live=live) if issubclass(event, heard.family)]


def _whole(family: type[Event], handler: Handler[Any], only_because: str) -> Heard:
    if family_of(family) is not family and not only_because:
        raise SetupProblem(
            f"{handler.__name__} hears {family.__name__}, a part of {family_of(family).__name__}: "
            "hear the whole family, or say with only_because why not"
        )
    return Heard(family, handler)
