"""What can never be applied is released by two persons: one event, and what waits behind it is applied (F11)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.messaging.bus import Bus
from shared.messaging.rebuild import rebuild
from shared.vocabulary.errors import Conflict, NotFound
from shared.workshop.testing.parked_hearer import (
    of_pilot,
    outgoing,
    publish,
    refused,
)


async def test_only_the_first_of_an_aggregate_is_released_and_by_two_persons(log: Bus, make_hearer: Any) -> None:
    records = [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3), outgoing("a", 4)]
    await publish(log, records)
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return len(await hearer.parked()) == 3

    await hearer.hear(has_read)
    first, behind, _ = await hearer.parked()
    with pytest.raises(Conflict) as conflict:
        await hearer.release(behind.id, "anna")
    assert conflict.value.code == "parked_event_behind"
    assert await hearer.release(first.id, "anna") == "proposed"
    with pytest.raises(Conflict) as conflict:
        await hearer.release(first.id, "anna")
    assert conflict.value.code == "release_needs_two_persons"
    assert await hearer.effects() == 1
    assert await hearer.release(first.id, "bo") == "released"
    assert (await hearer.state())["effects"] == "a1,a3,a4"
    settled = "SELECT release_proposed_by || release_confirmed_by || release_reason FROM parked_events WHERE id="
    assert await hearer.scalar(f"{settled}{first.id}") == "annabocase 12"
    with pytest.raises(NotFound):
        await hearer.retry(10**6)


async def test_an_unreadable_envelope_parks_its_key_and_its_release_advances_the_sequence(
    log: Bus, make_hearer: Any
) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, headers=False), outgoing("a", 3), outgoing("b", 1)])
    hearer = make_hearer(log)

    async def has_read() -> bool:
        return await hearer.effects() == 2 and len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, _ = await hearer.parked()
    assert first.reason == "bad_envelope"
    await hearer.release(first.id, "anna")
    await hearer.release(first.id, "bo")
    assert (await hearer.state())["effects"] == "a1,a3,b1"


async def test_a_record_by_a_foreign_writer_is_parked_and_the_owners_event_still_counts(
    log: Bus, make_hearer: Any
) -> None:
    forged = outgoing("a", 2, "forged", source="registry")
    await publish(log, [outgoing("a", 1), forged, outgoing("a", 2), outgoing("b", 1)])
    hearer = make_hearer(log)

    async def has_read() -> bool:
        return await hearer.effects() == 2 and len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, second = await hearer.parked()
    assert (first.reason, second.reason) == ("forged_source", "behind")
    assert (await hearer.state())["effects"] == "a1,b1"
    await hearer.release(first.id, "anna")
    await hearer.release(first.id, "bo")
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,b1"
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    assert (await hearer.state())["effects"] == "a1,a2,b1"


async def test_the_staff_of_a_pilot_settle_events_of_their_pilot_and_of_none(log: Bus, make_hearer: Any) -> None:
    records = [
        outgoing("a", 1, "poison"),
        of_pilot("yiwu", outgoing("b", 1, "poison")),
        outgoing("c", 1, headers=False),
        outgoing("d", 1),
    ]
    await publish(log, records)
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return await hearer.effects() == 1

    await hearer.hear(has_read)
    assert {row.key for row in await hearer.parked()} == {"a", "c"}
    (theirs, _) = sorted(await hearer.parked("yiwu"), key=lambda row: row.key)
    assert theirs.key == "b"
    with pytest.raises(NotFound):
        await hearer.retry(theirs.id)
    with pytest.raises(NotFound):
        await hearer.release(theirs.id, "anna")
    hearer.failure = None
    assert await hearer.retry(theirs.id, "yiwu") == 1
