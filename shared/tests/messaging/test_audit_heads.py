"""Where an audit chain ends is told on a topic of its own, signed, on both buses (V64)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from shared.events.base import PARTITIONS
from shared.messaging.audit_heads import AGE, Head, HeadPublisher, heads_topic, read_heads
from shared.messaging.bus import Bus, Outgoing
from shared.messaging.envelope import partition_of
from shared.workshop.testing.signing import TRUST, relay_of, signed
from shared.workshop.waiting import until

SERVICE = "tax-exemption"
TABLE = "CREATE TABLE audit_chain (position bigint PRIMARY KEY, audit_id bigint NOT NULL, hash bytea NOT NULL)"


async def link(dsn: str, *positions: int) -> None:
    connection = await asyncpg.connect(dsn)
    said = "INSERT INTO audit_chain SELECT p, p * 10, decode(repeat('ab', 32), 'hex') FROM unnest($1::bigint[]) p"
    await connection.execute(said, positions)
    await connection.close()


def head_at(position: int) -> Head:
    return Head(position, "ab" * 32, position * 10)


async def published(bus: Bus, after: int = 0) -> Any:
    return (await read_heads(bus, {SERVICE: after}, TRUST))[SERVICE]


@pytest.fixture
async def chained(make_side: Any) -> str:
    dsn: str = make_side().dsn
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLE)
    await connection.close()
    return dsn


async def test_the_end_of_a_chain_is_published_when_it_is_due_and_when_a_worker_stops(bus: Bus, chained: str) -> None:
    assert list((await published(bus)).heads) == []
    await link(chained, 1, 2)
    heads = HeadPublisher(SERVICE, every_seconds=3600)
    relay, stop = relay_of(SERVICE, chained, bus, heads=heads), asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    await until(lambda: heads.told()["position"] == 2)
    first = await published(bus)
    assert (list(first.heads), list(first.faults)) == ([head_at(2)], [])
    # It isn't due again: more links wait, and the end of the worker says them.
    await link(chained, 3)
    await asyncio.sleep(1.2)
    assert (await published(bus, first.end)).heads == []
    stop.set()
    await running
    again = await published(bus, first.end)
    assert (list(again.heads), again.end > first.end) == ([head_at(3)], True)
    assert list((await published(bus)).heads) == [head_at(2), head_at(3)]
    assert await published(bus, again.end) == replace(again, heads=[])
    assert AGE.labels(SERVICE)._value.get() == 0


async def test_what_the_service_did_not_sign_is_named_and_counts_for_nothing(bus: Bus) -> None:
    topic = heads_topic(SERVICE)
    await bus.ensure_topics([topic], cursor_of=SERVICE)
    publisher = bus.publisher(SERVICE)
    await publisher.fence()
    headers = [("ce_subject", SERVICE.encode())]
    plain = Outgoing(
        topic, partition_of(SERVICE, PARTITIONS), SERVICE, b'{"position": 1, "audit_id": 1, "hash": "aa"}', headers
    )
    other = replace(signed(replace(plain, topic=heads_topic("registry"))), topic=topic)
    await publisher.publish([plain, other, signed(replace(plain, value=b"[]")), signed(plain)], 0)
    await publisher.close()
    found = await published(bus)
    assert list(found.heads) == [Head(1, "aa", 1)]
    assert [each.partition(" isn't what its owner published: ")[0] for each in found.faults] == [
        f"{topic} at offset {number}" for number in range(3)
    ]
    untrusting = (await read_heads(bus, {SERVICE: 0}, None))[SERVICE]
    assert (len(untrusting.heads), len(untrusting.faults)) == (3, 1)


async def test_a_topic_that_ends_earlier_than_it_did_is_named(bus: Bus) -> None:
    topic = heads_topic(SERVICE)
    said = f"{topic} ends earlier than it did: it was cut off, or made anew"
    assert list((await published(bus)).faults) == []
    assert list((await published(bus, after=7)).faults) == [said]
    await bus.ensure_topics([topic])
    assert list((await published(bus, after=7)).faults) == [said]


async def test_the_age_counts_from_when_an_end_was_due_and_could_not_be_published(chained: str) -> None:
    heads = HeadPublisher(SERVICE, every_seconds=0)
    connection = await asyncpg.connect(chained)
    assert await heads.due(connection) is None
    assert heads.age() == 0
    await link(chained, 1)
    assert await heads.due(connection)
    await asyncio.sleep(0.05)
    assert await heads.due(connection)
    assert heads.age() >= 0.05
    assert heads.told()["position"] == 0
    heads.done()
    assert (heads.age(), heads.told()) == (0, {"position": 1, "age_seconds": 0.0})
    assert await heads.due(connection) is None
    await connection.execute("DELETE FROM audit_chain")
    assert await heads.due(connection) is None
    await connection.close()
