"""Every event belongs to a family, and each service hears the families it hears whole."""

from __future__ import annotations

import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.events.base import Event
from shared.events.catalogue import EVENT_TYPES
from shared.messaging.subscriptions import family_of


@pytest.mark.parametrize("event", EVENT_TYPES.values(), ids=list(EVENT_TYPES))
def test_an_event_belongs_to_a_family_that_others_may_join(event: type[Event]) -> None:
    family = family_of(event)
    assert family is not event
    assert not hasattr(family, "TYPE")
    assert family.TOPIC == event.TOPIC


@pytest.mark.parametrize("service", SERVICES)
def test_an_event_added_to_a_family_is_heard_like_its_siblings(service: str) -> None:
    subscriptions = described(service).subscriptions
    siblings = subscriptions.events()
    assert siblings
    for sibling in siblings:
        added = type("Added", (family_of(sibling),), {"TYPE": "another.v1", "__module__": __name__})
        for live in (True, False):
            assert subscriptions.handlers(added, live=live) == subscriptions.handlers(sibling, live=live), sibling
