"""A trade's number begins with the prefix that registry announced for the pilot. Without one, nothing is numbered."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from shared.events.registry import PilotChanged
from shared.workshop.testing.registry_events import places


def pilot(prefix: str | None) -> PilotChanged:
    said = next(event for event in places(uuid4()) if isinstance(event, PilotChanged))
    return said.model_copy(update={"number_prefix": prefix})


async def numbers(market: Any, *references: str) -> list[str]:
    return [(await market.registered(external_ref=each))["number"][:5] for each in references]


async def test_nothing_is_numbered_until_the_pilots_event_is_heard(door: Any, make_market: Any) -> None:
    market = make_market(door)
    await market.hear(*[event for event in market.events() if not isinstance(event, PilotChanged)])
    how = {**market.as_operator(), "key": "k"}
    for _ in range(2):
        refused = await door.call("POST", "/v1/trades", market.trade(), **how)
        assert (refused.status_code, refused.json()["code"]) == (409, "pilot_not_heard")
    await market.hear(pilot("LS"))
    filed = await door.call("POST", "/v1/trades", market.trade(), **how)
    assert (filed.status_code, filed.json()["number"][:5]) == (201, "LS-TR")


async def test_a_changed_prefix_counts_for_the_next_number(market: Any) -> None:
    assert await numbers(market, "S-1") == ["LS-TR"]
    await market.hear(pilot("XY"))
    assert await numbers(market, "S-2") == ["XY-TR"]
    await market.hear(pilot(None))
    assert await numbers(market, "S-3") == ["XY-TR"]
