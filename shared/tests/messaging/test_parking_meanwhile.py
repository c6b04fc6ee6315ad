"""Retries, rebuilds and live reading at the same time take turns (F11)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import make_sessions
from shared.messaging.bus import Bus
from shared.messaging.consumer import ACTIVE_CONSUMER_LOCK, Consumer
from shared.messaging.outbox import Wake
from shared.messaging.parking import retry_aggregate
from shared.messaging.rebuild import rebuild
from shared.vocabulary.errors import SetupProblem
from shared.workshop.testing.parked_hearer import (
    Hearer,
    outgoing,
    publish,
    refused,
)
from shared.workshop.waiting import until


class DeadlockDetected(Exception):
    """The error of PostgreSQL's driver for the loser of a deadlock."""

    sqlstate = "40P01"


async def test_a_rebuild_is_refused_while_the_consumer_runs(log: Bus, make_hearer: Any) -> None:
    hearer = make_hearer(log)
    async with hearer.engine.connect() as connection:
        await connection.execute(text(f"SELECT pg_advisory_lock({ACTIVE_CONSUMER_LOCK})"))
        side = hearer.side
        with pytest.raises(SetupProblem, match="stop it"):
            await rebuild(hearer.engine, log, side.messaging, hearer.subscriptions(), side.metadata)
        await connection.execute(text(f"SELECT pg_advisory_unlock({ACTIVE_CONSUMER_LOCK})"))


async def test_a_failure_of_the_infrastructure_is_tried_again_in_order_and_never_parked(
    log: Bus, make_hearer: Any
) -> None:
    failures = 3

    def deadlocked() -> Exception:
        nonlocal failures
        failures -= 1
        if not failures:
            hearer.failure = None
        return DBAPIError("UPDATE", None, DeadlockDetected("deadlock detected"))

    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3), outgoing("b", 1)])
    hearer = make_hearer(log, deadlocked)

    async def has_read() -> bool:
        return await hearer.effects() == 4

    await hearer.hear(has_read)
    assert failures == 0
    assert await hearer.scalar("SELECT count(*) FROM parked_events") == 0
    assert (await hearer.state())["effects"] == "a1,a2,a3,b1"


async def held_up(hearer: Hearer) -> bool:
    """Whether somebody waits for a row that another transaction holds."""
    question = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    return bool(await hearer.scalar(question))


async def test_an_event_that_arrives_during_a_retry_is_applied_after_it_and_not_parked(
    log: Bus, make_hearer: Any
) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3)])
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, _ = await hearer.parked()
    hearer.failure = None
    stop, wake = asyncio.Event(), Wake(hearer.engine, "fx-settlement")
    consumer = Consumer(hearer.engine, hearer.side.messaging, log, hearer.subscriptions(), wake)
    async with make_sessions(hearer.engine).begin() as session:
        tables = hearer.side.messaging
        assert await retry_aggregate(session, tables, hearer.subscriptions(), "longshui", first.id) == 2
        await publish(log, [outgoing("a", 4)])
        running = asyncio.create_task(consumer.run(stop))

        async def waits_or_went_on() -> bool:
            """Return once the consumer waits for the retry, which is right, or has gone on without it."""
            return await held_up(hearer) or len(await hearer.parked()) != 2

        await until(waits_or_went_on)

    async def all_or_parked() -> bool:
        return await hearer.effects() >= 4 or bool(await hearer.parked())

    await until(all_or_parked)
    stop.set()
    await running
    await wake.close()
    assert await hearer.parked() == []
    assert (await hearer.state())["effects"] == "a1,a2,a3,a4"


async def test_a_rebuild_waits_for_a_retry_under_way(log: Bus, make_hearer: Any) -> None:
    await publish(log, [outgoing("a", 1), outgoing("a", 2, "poison"), outgoing("a", 3)])
    hearer = make_hearer(log, refused)

    async def has_read() -> bool:
        return len(await hearer.parked()) == 2

    await hearer.hear(has_read)
    first, _ = await hearer.parked()
    hearer.failure = None
    side = hearer.side
    async with make_sessions(hearer.engine).begin() as session:
        await retry_aggregate(session, side.messaging, hearer.subscriptions(), "longshui", first.id)
        again = rebuild(hearer.engine, log, side.messaging, hearer.subscriptions(), side.metadata)
        rebuilding = asyncio.create_task(again)

        async def waits_or_is_done() -> bool:
            return await held_up(hearer) or rebuilding.done()

        await until(waits_or_is_done)
    await rebuilding
    lived = await hearer.state()
    assert (lived["effects"], await hearer.scalar("SELECT reason FROM copies")) == ("a1,a2,a3", "r")
    assert await hearer.scalar("SELECT sequence FROM consumer_sequences") == 3
