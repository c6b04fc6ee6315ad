"""Of two workers one is active: who is frozen, cut off or without its database or bus is not, and says so (F3, F5)."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events.tax_exemption import ItemDecided
from shared.messaging.bus import Bus, Outgoing
from shared.messaging.embedded import EmbeddedBus
from shared.messaging.envelope import partition_of
from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.signing import signed
from shared.workshop.testing.small_disk import database_on_a_small_disk
from shared.workshop.waiting import until

TOPIC = "tax-exemption.returns"
_PROGRAM = Path(__file__).with_name("messaging_process.py")
# How soon the server ends the session of a worker that no longer speaks.
_IDLE_SECONDS = "4"


class Worker:
    """A worker that says and hears, and what it tells of itself."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10)

    async def told(self) -> dict[str, Any]:
        """What `/readyz` answers, with its status; empty while nothing answers."""
        try:
            answer = await self.client.get("/readyz")
        except httpx.TransportError:
            return {}
        return {**answer.json(), "http": answer.status_code}

    async def is_ready_as(self, state: str) -> bool:
        told = await self.told()
        return told.get("http") == 200 and {told["relay"]["state"], told["consumer"]["state"]} == {state}

    async def measured(self, name: str) -> list[float]:
        lines = (await self.client.get("/metrics")).text.splitlines()
        return [float(line.split()[-1]) for line in lines if line.startswith(name + "{")]


@asynccontextmanager
async def worker(dsn: str, address: str) -> AsyncIterator[Worker]:
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *(str(_PROGRAM), "worker", dsn, address, str(port)),
        env={**os.environ, "IDLE_SECONDS": _IDLE_SECONDS},
        stderr=asyncio.subprocess.DEVNULL,
    )
    started = Worker(process, port)
    try:
        yield started
    finally:
        await started.client.aclose()
        if process.returncode is None:
            process.kill()
            await process.wait()


async def effects(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT sequence::int FROM effects ORDER BY sequence"))
        return [row[0] for row in rows]


async def test_a_frozen_worker_loses_both_parts_to_its_standby_and_repeats_nothing_when_it_wakes(
    bus: Bus, bus_address: str, make_side: Any, make_engine_of: Any, say: Any
) -> None:
    side = make_side()
    engine = make_engine_of(side.dsn)

    async def has(count: int) -> bool:
        return len(await effects(engine)) >= count

    async with worker(side.dsn, bus_address) as first:
        await until(lambda: first.is_ready_as("active"))
        async with worker(side.dsn, bus_address) as second:
            await until(lambda: second.is_ready_as("standby"))
            await say(engine, "k0", 5)
            await until(lambda: has(5))
            # Without its lock a second relay would have fenced the first, and a second consumer read with it.
            assert await first.is_ready_as("active")
            assert await second.is_ready_as("standby")
            assert await first.measured("worker_active") == [1, 1]
            assert await second.measured("worker_active") == [0, 0]
            assert sum(await second.measured("relay_fences_total")) == 0
            before = (await second.told())["consumer"]["since"]
            first.process.send_signal(signal.SIGSTOP)
            await say(engine, "k0", 3, first=6)
            await until(lambda: has(8))
            await until(lambda: second.is_ready_as("active"))
            assert (await second.told())["consumer"]["since"] >= before
            first.process.send_signal(signal.SIGCONT)
            await until(lambda: first.is_ready_as("standby"))
            await say(engine, "k0", 3, first=9)
            await until(lambda: has(11))
            assert await second.is_ready_as("active")
    assert await effects(engine) == list(range(1, 12))
    assert await bus.count_records([TOPIC]) == 11


async def test_a_worker_whose_lock_is_taken_away_stands_by(make_database: Any, make_side: Any) -> None:
    side = make_side()
    async with worker(side.dsn, make_database()) as alone:
        await until(lambda: alone.is_ready_as("active"))
        connection, other = await asyncpg.connect(side.dsn), await asyncpg.connect(side.dsn)
        taking = connection.execute("SELECT pg_advisory_lock(n) FROM unnest($1::bigint[]) n", LOCKS)
        waiting = asyncio.create_task(taking)
        # Whoever waits for a lock goes before those who only try.
        while not waiting.done():
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'lock' AND datname = current_database()"
            )
            await asyncio.sleep(0.05)
        await waiting
        await until(lambda: alone.is_ready_as("standby"))
        await connection.close()
        await other.close()
        await until(lambda: alone.is_ready_as("active"))


LOCKS = [1039_0002, 1039_0003]


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    folder = Path(tempfile.mkdtemp(prefix="market-pg-"))
    server = PostgresServer(folder / "pg", free_port())
    server.start()
    try:
        server.create_role("app", "app")
        server.create_database("own", owner="app")
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("gone", ["database", "bus"])
async def test_a_worker_without_its_database_or_its_bus_is_not_ready_until_it_is_back(
    own_server: PostgresServer, make_database: Any, make_side: Any, gone: str
) -> None:
    side, own = make_side(), own_server.dsn("own", "app", "app")
    dsn, address = (own, make_database()) if gone == "database" else (side.dsn, own)
    engine = create_engine(own.replace("postgresql://", "postgresql+psycopg://"))
    side.metadata.create_all(engine)
    engine.dispose()
    async with worker(dsn, address) as alone:

        async def says(status: int, state: str) -> bool:
            told = await alone.told()
            return (told.get("http"), told.get(gone)) == (status, state)

        await until(lambda: says(200, "ok"))
        await asyncio.to_thread(own_server.stop)
        await until(lambda: says(503, "unreachable"))
        await asyncio.to_thread(own_server.start)
        await until(lambda: says(200, "ok"))
        assert alone.process.returncode is None


async def test_a_worker_says_that_its_disk_is_full_and_catches_up_once_there_is_room(
    make_database: Any, make_side: Any, make_engine_of: Any, say: Any, decided_json: bytes
) -> None:
    """F16."""
    address = make_database()
    with database_on_a_small_disk() as disk:
        make_side(disk.dsn)
        engine = make_engine_of(disk.dsn)
        await say(engine, "k0", 300)
        disk.fill()
        async with worker(disk.dsn, address) as alone:

            async def says(status: int, part: str, trouble: str | None) -> bool:
                told = await alone.told()
                return told.get("http") == status and told[part]["trouble"] == trouble

            async def has(count: int) -> bool:
                return len(await effects(engine)) == count

            await until(lambda: says(503, "relay", "storage_exhausted"))
            disk.free()
            await until(lambda: has(300))
            await until(lambda: says(200, "relay", None))
            disk.fill()
            await publish(EmbeddedBus(address), decided_json, 3000)
            await until(lambda: says(503, "consumer", "storage_exhausted"))
            disk.free()
            await until(lambda: has(3300))
            await until(lambda: says(200, "consumer", None))


async def publish(bus: EmbeddedBus, content: bytes, count: int) -> None:
    """So many events of other aggregates, past the outbox; the relay, fenced for a moment, goes on where it was."""
    records = []
    for n in range(count):
        fields = {
            "ce_id": str(uuid4()),
            "ce_type": ItemDecided.TYPE,
            "ce_source": "/services/tax-exemption",
            "ce_subject": f"other{n}",
            "ce_sequence": "1",
            "ce_time": "2026-05-13T01:00:00Z",
            "ce_actor": "tax:1",
            "ce_pilot": "longshui",
        }
        headers = [(name, value.encode()) for name, value in fields.items()]
        records.append(signed(Outgoing(TOPIC, partition_of(f"other{n}", 6), f"other{n}", content, headers)))
    publisher = bus.publisher("tax-exemption")
    await publisher.publish(records, await publisher.fence() or 0)
    await bus.close()
