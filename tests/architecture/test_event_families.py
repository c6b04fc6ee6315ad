"""Every event belongs to a family, and each service hears the families it hears whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from marketctl.layout import SERVICES
from marketctl.services import described
from shared.events.base import Event
from shared.events.catalogue import EVENT_TYPES
from shared.events.examples import example_of
from shared.events.registry import CommodityEntryEvent, CommodityListPublished
from shared.events.withdrawing import ENDED, STAYS, ending
from shared.messaging.subscriptions import family_of

AT = datetime(2026, 5, 13, 1, tzinfo=UTC)


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


def test_each_family_ends_or_stays_named_where_its_owner_lost_it() -> None:
    families = {family_of(event) for event in EVENT_TYPES.values()}
    assert families == ENDED | set(STAYS)
    assert not ENDED & set(STAYS)


def test_what_only_stays_named_is_heard_by_nothing_but_the_trace() -> None:
    """docs/decisions/0009: whoever decides by a copy must hear that what it copied is lost."""
    for event in EVENT_TYPES.values():
        if family_of(event) in STAYS:
            heard = {
                each.__name__ for name in SERVICES for each in described(name).subscriptions.handlers(event, live=True)
            }
            assert heard <= {"link_events"}, event


@pytest.mark.parametrize("event", EVENT_TYPES.values(), ids=list(EVENT_TYPES))
def test_whatever_was_lost_last_the_aggregate_ends(event: type[Event]) -> None:
    lost = json.dumps(example_of(event)).encode()
    if issubclass(event, CommodityEntryEvent):
        header = (CommodityListPublished.TYPE, json.dumps(example_of(CommodityListPublished)).encode())
        said = ending([header, (event.TYPE, lost)], [], AT)
    else:
        said = ending([(event.TYPE, lost)], [], AT)
    assert bool(said) is (family_of(event) in ENDED)
    for event_type, payload in said:
        assert EVENT_TYPES[event_type].TOPIC == event.TOPIC
        EVENT_TYPES[event_type].model_validate_json(payload)
