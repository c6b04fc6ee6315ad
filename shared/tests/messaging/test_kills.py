"""Relay and consumer as real processes, killed between any two steps: nothing is lost or duplicated (F1, F2, F3)."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.bus import Bus, Positions
from shared.messaging.envelope import read_envelope
from shared.workshop.testing.signing import relay_of
from shared.workshop.waiting import until

SERVICE = "tax-exemption"
TOPIC = "tax-exemption.returns"
# The first start of all also commits a cursor alone, before anything is fetched.
RELAY_POINTS = ["relay.fetched", "relay.before_commit", "relay.before_flush", "relay.after_commit"]
CONSUMER_POINTS = [
    "consumer.fetched",
    "consumer.effects_written",
    "consumer.before_commit",
    "consumer.after_commit",
]
_PROGRAM = Path(__file__).with_name("messaging_process.py")
Said = tuple[str, int]


@asynccontextmanager
async def process(part: str, dsn: str, address: str, failpoints: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    """Relay or consumer as a separate process; it is killed at the end if it still runs."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, str(_PROGRAM), part, dsn, address, env={**os.environ, "FAILPOINTS": failpoints}
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
            await started.wait()


async def on_topic(bus: Bus, count: int) -> list[Said]:
    """All committed records, once there are `count`; more would fail the test."""

    async def from_zero() -> Positions:
        return {}

    await bus.ensure_topics([TOPIC])
    reader = bus.reader("", [TOPIC], from_zero)
    await reader.start()
    said: list[Said] = []
    try:
        async with asyncio.timeout(60):
            while len(said) < count:
                for batch in (await reader.fetch(most=1000, wait_seconds=0.2)).values():
                    said += [(each.key, read_envelope(each.headers).sequence) for each in batch]
    finally:
        await reader.close()
    assert await bus.count_records([TOPIC]) == count
    return said


async def aborted_records(address: str) -> int:
    """How many records lie in aborted transactions: what `read_uncommitted` sees beyond the rest."""
    bootstrap, prefix = address.split("/")
    counts = []
    for isolation in ("read_uncommitted", "read_committed"):
        consumer = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            isolation_level=isolation,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(prefix + TOPIC, number) for number in range(6)]
            consumer.assign(partitions)
            for partition in partitions:
                consumer.seek(partition, 0)
            count = quiet = 0
            while quiet < 3:
                got = sum(map(len, (await consumer.getmany(timeout_ms=200)).values()))
                count += got
                quiet = 0 if got else quiet + 1
            counts.append(count)
        finally:
            await consumer.stop()
    return counts[0] - counts[1]


def assert_each_once_in_order(said: list[Said], keys: int, count: int) -> None:
    for n in range(keys):
        assert [sequence for key, sequence in said if key == f"k{n}"] == list(range(1, count + 1))
    assert len(said) == keys * count


async def effects(engine: AsyncEngine) -> list[Said]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT key, sequence::int FROM effects"))
        return [(row[0], row[1]) for row in rows]


async def positions(engine: AsyncEngine) -> int:
    """How many records lie before the positions, where offsets have no gaps."""
    async with engine.connect() as connection:
        return int(await connection.scalar(text("SELECT coalesce(sum(position), 0) FROM consumer_positions")))


async def test_a_relay_killed_between_any_two_steps_loses_and_repeats_nothing(
    bus: Bus, bus_address: str, make_side: Any, make_engine_of: Any, say: Any
) -> None:
    """V62."""
    side = make_side()
    engine = make_engine_of(side.dsn)
    for turn, point in enumerate(RELAY_POINTS):
        for n in range(3):
            await say(engine, f"k{n}", 2, first=2 * turn + 1)
        async with process("relay", side.dsn, bus_address, f"{point}=kill@1") as relay:
            async with asyncio.timeout(60):
                assert await relay.wait() == -signal.SIGKILL, point
    # A new event: only now would a relay that lost its cursor publish old events again.
    rounds = len(RELAY_POINTS) + 1
    for n in range(3):
        await say(engine, f"k{n}", 2, first=2 * rounds - 1)
    async with process("relay", side.dsn, bus_address):
        said = await on_topic(bus, 3 * 2 * rounds)
    assert_each_once_in_order(said, 3, 2 * rounds)
    if not bus_address.startswith("postgresql://"):
        assert await aborted_records(bus_address) > 0


async def test_a_consumer_killed_between_any_two_steps_applies_each_event_once(
    bus: Bus, bus_address: str, make_side: Any, make_engine_of: Any, say: Any
) -> None:
    """V62."""
    teller, hearer = make_side(), make_side()
    saying, hearing = make_engine_of(teller.dsn), make_engine_of(hearer.dsn)
    async with process("relay", teller.dsn, bus_address):
        for turn, point in enumerate(CONSUMER_POINTS):
            for n in range(3):
                await say(saying, f"k{n}", 2, first=2 * turn + 1)
            await on_topic(bus, 6 * (turn + 1))
            async with process("consumer", hearer.dsn, bus_address, f"{point}=kill@1") as consumer:
                async with asyncio.timeout(60):
                    assert await consumer.wait() == -signal.SIGKILL, point
            # The sequences would hide a fault here: effects and positions must be committed together.
            if bus_address.startswith("postgresql://"):
                assert await positions(hearing) == len(await effects(hearing)), point
        rounds = len(CONSUMER_POINTS) + 1
        for n in range(3):
            await say(saying, f"k{n}", 2, first=2 * rounds - 1)
        async with process("consumer", hearer.dsn, bus_address):
            await until(lambda: has(hearing, 6 * rounds))
    assert_each_once_in_order(await effects(hearing), 3, 2 * rounds)


async def has(engine: AsyncEngine, count: int) -> bool:
    return len(await effects(engine)) >= count


async def lock_holders(dsn: str) -> list[int]:
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return [row["pid"] for row in rows]
    finally:
        await connection.close()


async def test_a_relay_that_was_frozen_and_wakes_up_publishes_nothing_more(
    bus: Bus, bus_address: str, make_side: Any, make_engine_of: Any, say: Any
) -> None:
    side = make_side()
    engine = make_engine_of(side.dsn)
    async with process("relay", side.dsn, bus_address) as leader:
        await say(engine, "k0", 3)
        await on_topic(bus, 3)
        leader.send_signal(signal.SIGSTOP)
        await say(engine, "k0", 3, first=4)
        connection = await asyncpg.connect(side.dsn)
        for holder in await lock_holders(side.dsn):
            await connection.execute("SELECT pg_terminate_backend($1)", holder)
        await connection.close()
        async with process("relay", side.dsn, bus_address):
            await on_topic(bus, 6)
            leader.send_signal(signal.SIGCONT)
            await say(engine, "k0", 3, first=7)
            assert_each_once_in_order(await on_topic(bus, 9), 1, 9)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_two_relays_killed_forty_times_carry_each_event_once(
    bus: Bus, bus_address: str, make_side: Any, make_engine_of: Any, say: Any
) -> None:
    side, seed = make_side(), random.randrange(10**6)
    engine, chance = make_engine_of(side.dsn), random.Random(seed)
    killed = asyncio.Event()

    async def speak() -> int:
        sequence = 0
        while not killed.is_set():
            sequence += 1
            await asyncio.gather(*(say(engine, f"k{n}", 1, first=sequence) for n in range(6)))
            await asyncio.sleep(0.005 + 0.02 * chance.random())
        return sequence

    speaking = asyncio.create_task(speak())
    died = 0
    for _ in range(40):
        async with (
            process("relay", side.dsn, bus_address) as one,
            process("relay", side.dsn, bus_address) as two,
        ):
            await asyncio.sleep(1.5 + chance.random())
        died += [one.returncode, two.returncode].count(-signal.SIGKILL)
    killed.set()
    count = await speaking
    assert died == 80, f"seed {seed}"
    stop = asyncio.Event()
    last = asyncio.create_task(relay_of(SERVICE, side.dsn, bus).run(stop))
    said = await on_topic(bus, 6 * count)
    stop.set()
    await last
    assert_each_once_in_order(said, 6, count)
