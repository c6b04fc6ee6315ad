"""A sequence belongs to one event: another with the same one is an alarm, and never a repeat (F11)."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from shared.messaging.bus import Bus
from shared.messaging.rebuild import rebuild
from shared.workshop.testing.parked_hearer import (
    TOPIC,
    hear_until,
    outgoing,
    publish,
    refused,
    release_by_two,
)


def conflicts() -> float:
    return REGISTRY.get_sample_value("consumer_id_conflicts_total", {"service": "fx-settlement"}) or 0.0


async def rebuilt(hearer: Any, log: Bus) -> dict[str, Any]:
    await rebuild(hearer.engine, log, hearer.side.messaging, hearer.subscriptions(), hearer.side.metadata)
    state: dict[str, Any] = await hearer.state()
    return state


@pytest.mark.parametrize("readable", [True, False], ids=["with the next sequence", "unreadable"])
async def test_the_real_event_behind_a_released_forgery_is_applied(log: Bus, make_hearer: Any, readable: bool) -> None:
    forged = outgoing("a", 2, "poison", event=99, headers=readable)
    await publish(log, [outgoing("a", 1), forged, outgoing("a", 2), outgoing("a", 3)])
    hearer = make_hearer(log, refused)
    await hear_until(hearer, 1, 3)
    await release_by_two(hearer, (await hearer.parked())[0].id)
    assert await hearer.parked() == []
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,a3"
    assert await hearer.scalar("SELECT count(*) FROM consumer_events WHERE skipped") == 0
    assert await rebuilt(hearer, log) == lived


async def test_the_real_event_that_comes_after_the_release_is_applied_too(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison", event=99)])
    hearer = make_hearer(log, refused)
    await hear_until(hearer, 1, 1)
    await release_by_two(hearer, (await hearer.parked())[0].id)
    await publish(log, [outgoing("a", 2, "poison", event=99), outgoing("a", 2), outgoing("a", 3)])
    await hear_until(hearer, 3, 0)
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,a3"
    assert await rebuilt(hearer, log) == lived


@pytest.mark.parametrize("sequence", [1, 3], ids=["of long ago", "the last"])
async def test_a_known_sequence_with_another_id_is_an_alarm_and_never_a_repeat(
    log: Bus, make_hearer: Any, sequence: int
) -> None:
    real, repeat = [outgoing("a", n) for n in (1, 2, 3)], outgoing("a", sequence)
    await publish(log, [*real, repeat, outgoing("a", sequence, "x", event=99), repeat, outgoing("a", 4)])
    hearer, before = make_hearer(log), conflicts()
    await hear_until(hearer, 3, 3)
    (forged, again, _) = await hearer.parked()
    assert (forged.reason, again.reason, conflicts() - before) == ("id_conflict", "behind", 1)
    assert f"sequence {sequence} was event 00000000-0000-0000-0000-{sequence:012}" in forged.error
    assert await hearer.retry(forged.id) == 0
    assert [row.reason for row in await hearer.parked()] == ["id_conflict", "behind", "behind"]
    await release_by_two(hearer, forged.id)
    lived = await hearer.state()
    assert lived["effects"] == "a1,a2,a3,a4"
    settled = "SELECT string_agg(state, ',' ORDER BY id) FROM parked_events"
    assert await hearer.scalar(settled) == "released,repeat,applied"
    assert await rebuilt(hearer, log) == lived


async def test_what_was_given_up_with_a_gap_is_no_repeat_when_it_comes(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 4)])
    hearer = make_hearer(log)
    await hear_until(hearer, 1, 1)
    await release_by_two(hearer, (await hearer.parked())[0].id)
    await publish(log, [outgoing("a", 2), outgoing("a", 5)])
    await hear_until(hearer, 1, 2)
    late, _ = await hearer.parked()
    assert (late.reason, "was given up" in late.error) == ("id_conflict", True)


async def test_a_sequence_that_the_last_release_applied_counts_as_a_repeat(log: Bus, make_hearer: Any) -> None:
    hearer = make_hearer(log)
    async with hearer.engine.begin() as connection:
        await connection.execute(
            text(f"INSERT INTO consumer_sequences (topic, key, sequence) VALUES ('{TOPIC}', 'a', 2)")
        )
    await publish(log, [outgoing("a", 2, event=99), outgoing("a", 3), outgoing("a", 2, event=98)])
    await publish(log, [outgoing("a", 3, event=99)])
    await hear_until(hearer, 1, 1)
    assert [row.reason for row in await hearer.parked()] == ["id_conflict"]
    assert (await hearer.state())["effects"] == "a3"
