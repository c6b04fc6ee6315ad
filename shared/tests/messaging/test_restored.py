"""A database that was restored: what the bus knows better is found before anything is placed, and stands."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from shared.messaging.bus import Bus
from shared.messaging.relay import Relay
from shared.workshop.processes.ports import free_port
from shared.workshop.processes.postgres import PostgresServer
from shared.workshop.testing.running import sql
from shared.workshop.testing.servers import APP_PASSWORD, APP_ROLE, database_of
from shared.workshop.testing.signing import relay_of
from shared.workshop.waiting import until

SERVICE = "tax-exemption"
TOPIC = "tax-exemption.returns"
_SAY = """
INSERT INTO outbox (event_id, type, topic, key, sequence, occurred_at, actor, pilot, payload)
SELECT gen_random_uuid(), 'tax_exemption.item_decided.v1', 'tax-exemption.returns', $1, n, now(), 'a', 'ls', '{}'
FROM generate_series($2::int, $3::int) n
"""


@asynccontextmanager
async def relaying(dsn: str, bus: Bus) -> AsyncIterator[Relay]:
    """A relay that has begun: it carries, or it stands."""
    stop, relay = asyncio.Event(), relay_of(SERVICE, dsn, bus)
    task = asyncio.create_task(relay.run(stop))
    try:
        await until(lambda: relay.ready.is_set() or bool(relay.standing.reasons))
        yield relay
    finally:
        stop.set()
        await task


async def carry(dsn: str, bus: Bus, key: str, first: int, last: int) -> None:
    """Say some events of an aggregate and have them carried."""
    before = await bus.count_records([TOPIC]) if await bus.identities([TOPIC]) else 0
    await sql(dsn, _SAY, key, first, last)

    async def carried() -> bool:
        return await bus.count_records([TOPIC]) == before + last - first + 1

    async with relaying(dsn, bus):
        await until(carried)


@pytest.fixture
def restore(make_side: Any, make_database: Any) -> Any:
    """A copy of a side as it is now: other rows of the catalogue, the same of everything else."""

    def restored(side: Any) -> Any:
        return replace(side, dsn=make_database(database_of(side.dsn)))

    return restored


@pytest.fixture
async def lived(bus: Bus, make_side: Any, restore: Any) -> tuple[Any, Any]:
    """A side that has said 8 events, and its restored copy of the time when there were 3."""
    side = make_side()
    await carry(side.dsn, bus, "k", 1, 3)
    earlier = restore(side)
    await carry(side.dsn, bus, "k", 4, 8)
    return side, earlier


async def test_a_database_restored_to_an_earlier_time_stands_and_takes_nothing(
    bus: Bus, lived: tuple[Any, Any]
) -> None:
    earlier = lived[1].dsn
    for refused in ("not_compared", "needs_reconciling"):
        with pytest.raises(asyncpg.PostgresError, match=refused) as told:
            await sql(earlier, _SAY, "new", 1, 1)
        assert told.value.sqlstate == "55MR1"
        async with relaying(earlier, bus) as relay:
            assert "restored to an earlier time" in relay.standing.reasons["relay"]
            assert not relay.ready.is_set()
    assert await sql(earlier, "SELECT count(*) FROM outbox") == 3
    assert await bus.count_records([TOPIC]) == 8


async def test_what_was_written_before_the_comparison_does_not_hide_the_restore(
    bus: Bus, lived: tuple[Any, Any]
) -> None:
    earlier = lived[1].dsn
    # As a release without the guard: the outbox grows past the old cursor.
    await sql(earlier, "UPDATE lineage SET compared_in = NULL")
    await sql(earlier, _SAY, "new", 1, 9)
    async with relaying(earlier, bus) as relay:
        assert "the outbox ends at 3" in relay.standing.reasons["relay"]
    assert await sql(earlier, "SELECT max(position) FROM outbox_positions") == 3
    # As such a release's relay: other events at the positions that were carried.
    place = "INSERT INTO outbox_positions SELECT 3 + row_number() OVER (ORDER BY id), id FROM outbox WHERE key = 'new'"
    await sql(earlier, place)
    await sql(earlier, "DELETE FROM contradictions")
    async with relaying(earlier, bus) as relay:
        assert "the outbox has" in relay.standing.reasons["relay"]
    assert await bus.count_records([TOPIC]) == 8


async def test_the_contradiction_outlasts_its_cause_and_restarts(bus: Bus, lived: tuple[Any, Any]) -> None:
    side = lived[0].dsn
    # Nothing is wrong with this one but what stands in it.
    await sql(side, "INSERT INTO contradictions (part, code, reason) VALUES ('relay', 'x', 'found once')")
    for _ in range(2):
        async with relaying(side, bus) as relay:
            assert relay.standing.reasons == {"relay": "found once"}
            assert not relay.ready.is_set()


async def test_a_contradiction_found_meanwhile_stops_a_relay_that_carries(bus: Bus, lived: tuple[Any, Any]) -> None:
    side = lived[0].dsn
    async with relaying(side, bus) as relay:
        assert relay.ready.is_set()
        await sql(side, "INSERT INTO contradictions (part, code, reason) VALUES ('consumer', 'x', 'found')")
        await until(lambda: relay.standing.reasons == {"consumer": "found"})
        await sql(side, "DELETE FROM contradictions")
        await until(relay.ready.is_set)
        assert not relay.standing.reasons


async def test_a_copy_at_the_latest_state_goes_on_and_its_original_is_found_out(
    bus: Bus, lived: tuple[Any, Any], restore: Any
) -> None:
    original = lived[0]
    copy = restore(original)
    async with relaying(copy.dsn, bus) as relay:
        assert relay.ready.is_set()
    await carry(copy.dsn, bus, "k", 9, 10)
    async with relaying(original.dsn, bus) as relay:
        assert "restored to an earlier time" in relay.standing.reasons["relay"]


async def test_another_market_s_database_is_found_out(bus: Bus, lived: tuple[Any, Any], make_side: Any) -> None:
    other = make_side()
    async with relaying(other.dsn, bus) as relay:
        assert "what the bus carried is of database" in relay.standing.reasons["relay"]


async def test_every_row_is_placed_whatever_horizon_another_cluster_left(
    bus: Bus, lived: tuple[Any, Any], restore: Any
) -> None:
    copy = restore(lived[0])
    # As in a dump restored into a cluster whose transaction ids start again.
    await sql(copy.dsn, "UPDATE outbox_placement SET horizon = '999999999'")
    await sql(copy.dsn, "UPDATE lineage SET compared_in = NULL")
    await carry(copy.dsn, bus, "written before the first placement", 1, 21)
    await sql(copy.dsn, "UPDATE outbox_placement SET horizon = '999999999'")
    await carry(copy.dsn, bus, "k", 9, 12)
    assert await bus.count_records([TOPIC]) == 8 + 21 + 4
    assert await sql(copy.dsn, "SELECT count(*) FROM outbox_positions") == 33


async def test_a_cursor_of_the_last_release_is_taken_over(bus: Bus, lived: tuple[Any, Any]) -> None:
    side = lived[0].dsn
    publisher = bus.publisher(SERVICE)
    await publisher.fence()
    await publisher.publish([], 8)
    await publisher.close()
    async with relaying(side, bus) as relay:
        assert relay.ready.is_set()
    cursor = await publisher.fence()
    await publisher.close()
    assert cursor is not None
    assert cursor.lineage == str(await sql(side, "SELECT id FROM lineage"))
    last = "SELECT event_id FROM outbox_positions p JOIN outbox o ON o.id = p.outbox_id WHERE position = 8"
    assert cursor.event_id == str(await sql(side, last))


async def test_an_event_in_a_session_is_refused_as_infrastructure_is(
    bus: Bus, lived: tuple[Any, Any], make_engine_of: Any, say: Any
) -> None:
    from shared.database import is_transient

    with pytest.raises(DBAPIError, match="not_compared") as told:
        await say(make_engine_of(lived[1].dsn), "new", 1)
    assert is_transient(told.value)


@pytest.fixture
def dumped(lived: tuple[Any, Any], postgres: Any, tmp_path: Path) -> Iterator[str]:
    """The side's dump, restored into a cluster whose transaction ids start again."""
    with psycopg.connect(postgres.admin_dsn(database_of(lived[0].dsn)), autocommit=True) as long_lived:
        long_lived.execute("UPDATE outbox_placement SET horizon = '999999999'")
    server = PostgresServer(tmp_path / "pg", free_port(), settings={"fsync": "off"})
    server.start()
    try:
        server.create_role(APP_ROLE, APP_PASSWORD)
        server.create_database("dumped", owner=APP_ROLE)
        dump = [str(server.tool("pg_dump")), postgres.admin_dsn(database_of(lived[0].dsn))]
        said = subprocess.run(dump, capture_output=True, check=True).stdout
        load = [str(server.tool("psql")), "-q", "-v", "ON_ERROR_STOP=1", server.dsn("dumped")]
        subprocess.run(load, input=said, capture_output=True, check=True)
        yield server.dsn("dumped", APP_ROLE, APP_PASSWORD)
    finally:
        server.stop()


async def test_a_dump_in_a_new_cluster_loses_none_of_the_events_that_it_takes(bus: Bus, dumped: str) -> None:
    assert await sql(dumped, "SELECT horizon > pg_current_xact_id() FROM outbox_placement")
    with pytest.raises(asyncpg.PostgresError, match="not_compared"):
        await sql(dumped, _SAY, "before the first placement", 1, 21)
    async with relaying(dumped, bus) as relay:
        assert relay.ready.is_set()
    await carry(dumped, bus, "new", 1, 21)
    await carry(dumped, bus, "k", 9, 12)
    assert await bus.count_records([TOPIC]) == 8 + 21 + 4
