"""The one list of events: type name to class, and the topics they travel on."""

from __future__ import annotations

from types import ModuleType

from shared.events import fx_settlement, registry, tax_exemption, trade_ledger
from shared.events.base import Event, Topic

PUBLISHERS: dict[str, ModuleType] = {
    "registry": registry,
    "trade-ledger": trade_ledger,
    "fx-settlement": fx_settlement,
    "tax-exemption": tax_exemption,
}


def _events_of(module: ModuleType) -> list[type[Event]]:
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Event) and "TYPE" in vars(each)
    ]


EVENT_TYPES: dict[str, type[Event]] = {
    event.TYPE: event for module in PUBLISHERS.values() for event in _events_of(module)
}
TOPICS: dict[str, Topic] = {
    topic.name: topic for module in PUBLISHERS.values() for topic in vars(module).values() if isinstance(topic, Topic)
}
